"""Cards: overlap SGP."""

from __future__ import annotations

from theory.card import Card, Provenance, Source

CARDS = (
    Card(
        "ours.p5",
        "Overlap SGP, any constant step",
        Source("straggler", "P5"),
        "osgp",
        "p5",
        ("osgp",),
        "ours",
        "Proved here: ours.p4 on the graph augmented by the messages in flight.",
        Provenance("derived"),
    ),
    Card(
        "ours.p5-tuned",
        "Overlap SGP, tuned step",
        Source("straggler", "P5, tuned"),
        "osgp",
        "p5_tuned",
        ("osgp",),
        "ours",
        "Derived by the program from ours.p5.",
        Provenance("derived"),
    ),
    Card(
        "ours.p5-consensus",
        "Overlap SGP, consensus error",
        Source("straggler", "P5, consensus"),
        "osgp",
        "p5_consensus",
        ("osgp",),
        "ours",
        "Proved here, on the way to ours.p5.",
        Provenance("derived"),
    ),
)
