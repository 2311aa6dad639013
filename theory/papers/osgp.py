"""Overlap SGP: messages up to tau rounds late."""

from __future__ import annotations

from dataclasses import replace

from theory.assumptions import augmented
from theory.catalogue import CARDS
from theory.derive import tuned
from theory.papers import push_sum
from theory.papers.common import ASSUMED

_PROOF = (
    push_sum.p4.proof
    + r"""
Overlap. Let virtual nodes hold the messages in flight; the augmented matrices are column-stochastic, no gradient enters at a
virtual node, and all mass starts at the real ones. With $\bar x$ the whole mass over $n$ the average still moves by
$-\frac\gamma n\sum_ig_i$, and the identity for $Z_k$ holds with $E(k,s)$ the real rows and columns of the augmented product.
Nothing else was used."""
)

p5 = replace(push_sum.p4, card=CARDS["ours.p5"], assumptions=(*ASSUMED, augmented), proof=_PROOF)
p5_tuned = tuned(p5, CARDS["ours.p5-tuned"])
p5_consensus = replace(push_sum.p4_consensus, card=CARDS["ours.p5-consensus"], assumptions=(*ASSUMED, augmented), proof=_PROOF)
