"""Mutants that cannot be refuted unless another theorem of the house is: what they say follows from it."""

from __future__ import annotations

from theory.mutants.changes import TERM, Mutant

FOLLOWS: dict[tuple[str, str], str] = {
    ("sgp.theorem-2", "40 C^2 L^2 x0_sq/(9 K (1 - q)^2)"): "ours.p4-view",
    ("sgp.theorem-2", "40 C^2 L^2 n sigma^2/(9 K (1 - q)^2)"): "ours.p4-view",
    ("sgp.theorem-2", "40 C^2 L^2 n zeta^2/(3 K (1 - q)^2)"): "ours.p4-view",
    ("sgp.theorem-2", "190 C^2 F L^2 sqrt(n)/(3 K^(3/2) (1 - q)^2)"): "ours.p4-view",
    ("sgp.theorem-2-consensus", "95 C^2 L sqrt(n) sigma^2/(6 K^(3/2) (1 - q)^2)"): "ours.p4-consensus",
}
"""By key and term of a theorem, what implies it without the term, for runs whose workers start together.

Such runs can be shifted to start at zero; and an envelope ``|E(k,s)| <= C q^(k-s)`` says ``B_E <= C^2/(1-q)^2``.
"""


def implied_by(mutant: Mutant) -> str | None:
    """Return the key of a theorem that a mutant follows from, for runs whose workers start together; None where none is known."""
    return FOLLOWS.get((mutant.theorem.key, mutant.term)) if mutant.kind == TERM else None
