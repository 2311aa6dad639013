"""Cards: local SGD."""

from __future__ import annotations

from theory.card import Card, Provenance, Source

CARDS = (
    Card(
        "local-sgd.wang-joshi",
        "Periodic averaging SGD, iid data",
        Source("wang-joshi-2021", "the bound of PASGD"),
        "local_sgd",
        "wang_joshi",
        ("local-sgd",),
        "printed",
        "Recalled, not compared with the print; proved again here with the same constants.",
        Provenance("recalled"),
    ),
    Card(
        "local-sgd.wang-joshi-mixing",
        "Cooperative SGD: periodic mixing, iid data",
        Source("wang-joshi-2021", "Theorem 1"),
        "local_sgd",
        "wang_joshi_mixing",
        ("local-sgd",),
        "printed",
        "Recalled with medium confidence, the step condition with low; neither compared with the print nor proved again here.",
        Provenance("recalled", "low"),
    ),
    Card(
        "ours.p3",
        "Local SGD, any constant step",
        Source("straggler", "P3"),
        "local_sgd",
        "p3",
        ("local-sgd",),
        "ours",
        "Proved here, for heterogeneous data and any K.",
        Provenance("derived"),
    ),
    Card(
        "ours.p3-tuned",
        "Local SGD, tuned step",
        Source("straggler", "P3, tuned"),
        "local_sgd",
        "p3_tuned",
        ("local-sgd",),
        "ours",
        "Derived by the program from ours.p3.",
        Provenance("derived"),
    ),
    Card(
        "ours.p3-consensus",
        "Local SGD, consensus error",
        Source("straggler", "P3, consensus"),
        "local_sgd",
        "p3_consensus",
        ("local-sgd",),
        "ours",
        "Proved here, on the way to ours.p3.",
        Provenance("derived"),
    ),
)
