"""Cards: asynchronous decentralised SGD."""

from __future__ import annotations

from theory.card import Card, Provenance, Source

_COUNTING = (
    "K counts updates of single workers, not rounds. An update is the sum of a batch of gradients, each of variance sigma^2; "
    "where updates are means, put batch = 1 and the variance of the mean."
)
_UNITS = "The step and the sum of Delta and L add unlike units: the statement is not invariant under a change of units. "

CARDS = (
    Card(
        "adpsgd.theorem-1:printed",
        "AD-PSGD, any constant step",
        Source("lian-2018", "Theorem 1"),
        "adpsgd",
        "theorem_1",
        ("adpsgd",),
        "printed",
        "Recalled, not compared with the print; the factors 24 in C_1 and 4 in C_2 with medium confidence. True, because its "
        "conditions imply those of ours.p6, for every T. The paper has E f(mean of X_K) where f* stands here, and divides by C_1 "
        "where its positive part stands: the same wherever C_1 > 0, which is required. " + _COUNTING,
        Provenance("recalled", "medium"),
    ),
    Card(
        "adpsgd.corollary-2:printed",
        "AD-PSGD, step n/(10 M_b L + sqrt((sigma^2 + 6 M_b zeta^2) K M_b))",
        Source("lian-2018", "Corollary 2"),
        "adpsgd",
        "corollary_2",
        ("adpsgd",),
        "printed",
        "Recalled, not compared with the print; the fourth condition on K with low confidence. It is not needed: the first three "
        "imply the conditions of adpsgd.theorem-1, and from its bound the program derives this one to the letter. "
        + _UNITS
        + _COUNTING,
        Provenance("recalled", "medium"),
    ),
    Card(
        "adpsgd.corollary-2:rederived",
        "AD-PSGD, step n/(10 M_b L + sqrt((sigma^2 + 6 M_b zeta^2) K M_b)), one term, smaller K",
        Source("lian-2018", "Corollary 2"),
        "adpsgd",
        "corollary_2_rederived",
        ("adpsgd",),
        "rederived",
        "Proved here on the way of ours.p6: the printed bound without its term of order 1/K, at the same step, under three "
        "conditions on K in terms of kappa and the accumulated consensus error of ours. A single worker, to whom the "
        "conditions may leave K = 1, needs that term: hence n >= 2. " + _UNITS + _COUNTING,
        Provenance("derived"),
    ),
    Card(
        "ours.p6",
        "AD-PSGD, any constant step, under weaker conditions",
        Source("straggler", "P6"),
        "adpsgd",
        "p6",
        ("adpsgd",),
        "ours",
        "Proved here: the bound of adpsgd.theorem-1 under weaker conditions, which admit steps up to 4 n times larger where "
        "mixing is slow. " + _COUNTING,
        Provenance("derived"),
    ),
)
