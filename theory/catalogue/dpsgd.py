"""Cards: decentralised SGD with doubly stochastic mixing."""

from __future__ import annotations

from theory.card import Card, Provenance, Source

CARDS = (
    Card(
        "dpsgd.theorem-1",
        "D-PSGD, any constant step",
        Source("lian-2017", "Theorem 1"),
        "dpsgd",
        "theorem_1",
        ("dpsgd",),
        "printed",
        "Recalled, not compared with the print; true, because ours.p2 implies it (with a factor of about n to spare). The left "
        "side of the paper also holds a nonnegative term, which is dropped, and D_1 times the gradient norm, by which the "
        "right side is divided.",
        Provenance("recalled"),
    ),
    Card(
        "dpsgd.corollary-2",
        "D-PSGD, step 1/(2L + sigma sqrt(K/n))",
        Source("lian-2017", "Corollary 2"),
        "dpsgd",
        "corollary_2",
        ("dpsgd",),
        "printed",
        "Step size read in a second-hand account, the rest recalled, not compared with the print. In the first condition sigma^6 "
        "and L/2 are recalled with medium confidence; memory also offers L in place of L/2. With L/2 the printed constants come "
        "out of the program's derivation exactly; the variant with L is true too: dpsgd.corollary-2:rederived. The step and the "
        "sum of Delta and L/2 add unlike units: the statement is not invariant under a change of units.",
        Provenance("recalled", "medium"),
    ),
    Card(
        "dpsgd.corollary-2:rederived",
        "D-PSGD, step 1/(2L + sigma sqrt(K/n)), weaker condition, smaller constants",
        Source("lian-2017", "Corollary 2"),
        "dpsgd",
        "corollary_2_rederived",
        ("dpsgd",),
        "rederived",
        "Proved here from ours.p2-consensus, with L in place of L/2 in the first condition, which is weaker: the printed bound "
        "with 3 in place of 8 and without its term of order 1/K, which the second condition makes small beside the other. The "
        "last steps are derived by the program.",
        Provenance("derived"),
    ),
    Card(
        "dpsgd.theorem-3:printed",
        "D-PSGD, consensus error",
        Source("lian-2017", "Theorem 3"),
        "dpsgd",
        "theorem_3",
        ("dpsgd",),
        "printed",
        "Recalled with low confidence, not compared with the print. As recalled the constant A adds L^2 sigma^2 to sigma^2, "
        "which have different units, and its last bracket lacks 1/D_1 on the first term: no proof gives this form. As an "
        "inequality between numbers it is true, because ours.p2-consensus is smaller than its first two terms.",
        Provenance("recalled", "low"),
    ),
    Card(
        "dpsgd.theorem-3:corrected",
        "D-PSGD, consensus error, with consistent units",
        Source("lian-2017", "Theorem 3"),
        "dpsgd",
        "theorem_3_corrected",
        ("dpsgd",),
        "corrected",
        "The printed constant has inconsistent units; this one follows by putting Theorem 1 into the paper's own "
        "consensus lemma.",
        Provenance("derived"),
    ),
    Card(
        "ours.p2",
        "Decentralised SGD, any constant step",
        Source("straggler", "P2"),
        "dpsgd",
        "p2",
        ("dpsgd",),
        "ours",
        "Proved here; random mixing matrices are admitted.",
        Provenance("derived"),
    ),
    Card(
        "ours.p2-tuned",
        "Decentralised SGD, tuned step",
        Source("straggler", "P2, tuned"),
        "dpsgd",
        "p2_tuned",
        ("dpsgd",),
        "ours",
        "Derived by the program from ours.p2.",
        Provenance("derived"),
    ),
    Card(
        "ours.p2-consensus",
        "Decentralised SGD, consensus error",
        Source("straggler", "P2, consensus"),
        "dpsgd",
        "p2_consensus",
        ("dpsgd",),
        "ours",
        "Proved here, on the way to ours.p2.",
        Provenance("derived"),
    ),
)
