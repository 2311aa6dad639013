"""Cards: asynchronous SGD with a parameter server."""

from __future__ import annotations

from theory.card import Card, Provenance, Source

_COUNTING = (
    "K counts updates of the server. An update is the sum of a batch of gradients, each of variance sigma^2; where updates are "
    "means, put batch = 1 and the variance of the mean."
)

CARDS = (
    Card(
        "apsgd.theorem-1",
        "A-PSGD, any constant step",
        Source("lian-2015", "Theorem 1"),
        "apsgd",
        "theorem_1",
        ("apsgd",),
        "printed",
        "Recalled, not compared with the print; proved again here with the same constants. Stated for a constant step and "
        "consistent reads (AsySG-con). " + _COUNTING,
        Provenance("recalled"),
    ),
    Card(
        "apsgd.corollary-2",
        "A-PSGD, tuned step",
        Source("lian-2015", "Corollary 2"),
        "apsgd",
        "corollary_2",
        ("apsgd",),
        "printed",
        "Recalled, not compared with the print; derived by the program from apsgd.theorem-1, with the constant 4 to the letter. "
        + _COUNTING,
        Provenance("recalled"),
    ),
)
