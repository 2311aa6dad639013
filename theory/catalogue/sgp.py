"""Cards: stochastic gradient push."""

from __future__ import annotations

from theory.card import Card, Provenance, Source

_ENVELOPE = (
    "C and q bound the error operators in operator norm; the explicit constants of the paper's Lemma 3 make the conditions "
    "unreachable, the computed ones do not."
)

CARDS = (
    Card(
        "sgp.theorem-1:printed",
        "SGP at step sqrt(n/K)",
        Source("assran-2019", "Theorem 1"),
        "sgp",
        "theorem_1",
        ("sgp",),
        "printed",
        "Recalled, not compared with the print; P_2 with low confidence (memory also offers a factor L^2 C^2 on its second "
        "term). Proved here with 3 in place of 12, without the condition on P_2, and with C >= 1, which the paper leaves unsaid. "
        "The step carries no length scale: the statement is not invariant under a change of units. " + _ENVELOPE,
        Provenance("recalled"),
    ),
    Card(
        "sgp.theorem-1:rederived",
        "SGP at step sqrt(n/K), with constant 3",
        Source("assran-2019", "Theorem 1"),
        "sgp",
        "theorem_1_rederived",
        ("sgp",),
        "rederived",
        "Proved here: the constant 12 may be 3 and the condition on P_2 is not needed. The last steps are derived by the "
        "program. " + _ENVELOPE,
        Provenance("derived"),
    ),
    Card(
        "sgp.theorem-2",
        "SGP, gradients at all nodes",
        Source("assran-2019", "Theorem 2"),
        "sgp",
        "theorem_2",
        ("sgp",),
        "rederived",
        "The paper states an order, O(1/sqrt(nK) + 1/K + 1/K^(3/2)) (recalled). Proved here in one term: the conditions on K "
        "bound the terms of order 1/K and 1/K^(3/2) by it.",
        Provenance("derived"),
    ),
    Card(
        "sgp.theorem-2-consensus",
        "SGP, consensus error",
        Source("assran-2019", "Theorem 2"),
        "sgp",
        "theorem_2_consensus",
        ("sgp",),
        "rederived",
        "The paper states an order, O(1/K + 1/K^(3/2)) (recalled); these constants are proved here, and without the condition "
        "on P_1.",
        Provenance("derived"),
    ),
    Card(
        "sgp.lemma-3:printed",
        "Push-sum with gradient perturbations, node by node",
        Source("assran-2019", "Lemma 3"),
        "sgp",
        "lemma_3",
        ("sgp",),
        "printed",
        "Recalled, not compared with the print. False: the right side knows the start and the gradients of one node only, but a "
        "node whose own are zero drifts with its neighbours. Four workers, each sending half to the next; the first has gradient "
        "one and the others none: after one step the fourth is off the mean and its right side is zero.",
        Provenance("recalled"),
        known_false=True,
    ),
    Card(
        "sgp.lemma-3:corrected",
        "Push-sum with gradient perturbations, in root mean square",
        Source("assran-2019", "Lemma 3"),
        "sgp",
        "lemma_3_corrected",
        ("sgp",),
        "corrected",
        "Proved here: the printed inequality holds when both sides are taken over all nodes, with C and q in operator norm. This "
        "is all that Theorems 1 and 2 use.",
        Provenance("derived"),
    ),
    Card(
        "ours.p4",
        "SGP, any constant step",
        Source("straggler", "P4"),
        "sgp",
        "p4",
        ("sgp",),
        "ours",
        "Proved here, for any deterministic column-stochastic sequence with finite B_E.",
        Provenance("derived"),
    ),
    Card(
        "ours.p4-tuned",
        "SGP, tuned step",
        Source("straggler", "P4, tuned"),
        "sgp",
        "p4_tuned",
        ("sgp",),
        "ours",
        "Derived by the program from ours.p4.",
        Provenance("derived"),
    ),
    Card(
        "ours.p4-consensus",
        "SGP, consensus error",
        Source("straggler", "P4, consensus"),
        "sgp",
        "p4_consensus",
        ("sgp",),
        "ours",
        "Proved here, on the way to ours.p4.",
        Provenance("derived"),
    ),
    Card(
        "ours.p4-view",
        "SGP, gradients at all nodes",
        Source("straggler", "P4, all nodes"),
        "sgp",
        "p4_view",
        ("sgp",),
        "ours",
        "Proved here from ours.p4 and ours.p4-consensus.",
        Provenance("derived"),
    ),
    Card(
        "ours.p4-doubly",
        "SGP on doubly stochastic graphs, any constant step",
        Source("straggler", "P4'"),
        "sgp",
        "p4_doubly",
        ("sgp",),
        "ours",
        "Proved here; sharper than ours.p4, because the noise averages along the way.",
        Provenance("derived"),
    ),
    Card(
        "ours.p4-doubly-tuned",
        "SGP on doubly stochastic graphs, tuned step",
        Source("straggler", "P4', tuned"),
        "sgp",
        "p4_doubly_tuned",
        ("sgp",),
        "ours",
        "Derived by the program from ours.p4-doubly.",
        Provenance("derived"),
    ),
    Card(
        "ours.p4-doubly-consensus",
        "SGP on doubly stochastic graphs, consensus error",
        Source("straggler", "P4', consensus"),
        "sgp",
        "p4_doubly_consensus",
        ("sgp",),
        "ours",
        "Proved here, on the way to ours.p4-doubly.",
        Provenance("derived"),
    ),
)
