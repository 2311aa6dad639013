"""Cards: SGD with the exact average of n workers."""

from __future__ import annotations

from theory.card import Card, Provenance, Source

CARDS = (
    Card(
        "sgd.ghadimi-lan",
        "Randomised stochastic gradient, any constant step",
        Source("ghadimi-lan-2013", "the bound of the RSG method"),
        "sgd",
        "ghadimi_lan",
        ("sgd",),
        "printed",
        "Recalled, not compared with the print; proved again here. Stated for n workers whose gradients are averaged, which "
        "divides the variance by n, and for a constant step, where the random index of the paper is uniform.",
        Provenance("recalled"),
    ),
    Card(
        "sgd.ghadimi-lan-tuned",
        "Randomised stochastic gradient, tuned step",
        Source("ghadimi-lan-2013", "the corollary of the RSG method"),
        "sgd",
        "ghadimi_lan_tuned",
        ("sgd",),
        "printed",
        "Recalled, not compared with the print; derived by the program from sgd.ghadimi-lan, at the best value of the free "
        "constant of the paper's step.",
        Provenance("recalled"),
    ),
    Card(
        "ours.p1",
        "AllReduce SGD, any constant step",
        Source("straggler", "P1"),
        "sgd",
        "p1",
        ("sgd",),
        "ours",
        "Proved here: the descent lemma without a consensus error. The lemma drops half of the descent, so for small steps "
        "sgd.ghadimi-lan is smaller by a factor of two.",
        Provenance("derived"),
    ),
    Card(
        "ours.p1-tuned",
        "AllReduce SGD, tuned step",
        Source("straggler", "P1, tuned"),
        "sgd",
        "p1_tuned",
        ("sgd",),
        "ours",
        "Derived by the program from ours.p1.",
        Provenance("derived"),
    ),
)
