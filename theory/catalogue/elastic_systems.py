"""Cards: the gauge B of relaxed systems."""

from __future__ import annotations

from theory.card import Card, Provenance, Source
from theory.catalogue.elastic import COMPRESSED, COMPRESSED_MEMORY, FEEDBACK, MESSAGES, SCHEDULING, SHARED_MEMORY

_RECALLED = "Recalled, not compared with the print. "
_TABLE = "Table 1"
_DERIVED = Provenance("derived")


def _printed(name: str, title: str, systems: tuple[str, ...], note: str) -> Card:
    attribute = name.removesuffix(":printed").replace("-", "_").removeprefix("async_messages_")
    attribute = {"error_feedback": "feedback"}.get(attribute, attribute)
    source = Source("nadiradze-2021", _TABLE)
    key, module = f"elastic.b-{name}", "elastic_systems"
    return Card(key, title, source, module, attribute, systems, "printed", _RECALLED + note, Provenance("recalled"))


def _proved(name: str, title: str, attribute: str, systems: tuple[str, ...], note: str) -> Card:
    source = Source("nadiradze-2021", _TABLE)
    return Card(
        f"elastic.b-{name}", title, source, "elastic_systems", attribute, systems, "rederived", "Proved here. " + note, _DERIVED
    )


def _ours(name: str, title: str, attribute: str, systems: tuple[str, ...], note: str, module: str = "elastic_systems") -> Card:
    source = Source("straggler", "gauges of more systems" if module == "elastic_house" else "composed gauges")
    return Card(f"ours.{name}", title, source, module, attribute, systems, "ours", "Proved here. " + note, _DERIVED)


def _house(system: str, title: str, note: str, name: str = "") -> Card:
    name = name or system
    return _ours(f"gauge-{name}", f"Gauge of {title}", name.replace("-", "_"), (system,), note, "elastic_house")


CARDS = (
    _printed(
        "shared-memory:printed",
        "Gauge of shared memory, inconsistent reads",
        SHARED_MEMORY,
        "Proved here, where the updates that a coordinate lacks are any T of them. Where all are among the last T the factor "
        "sqrt(d) is not needed: elastic.b-shared-memory:rederived.",
    ),
    _proved(
        "shared-memory:rederived",
        "Gauge of shared memory, inconsistent reads of the last T updates",
        "shared_memory_rederived",
        SHARED_MEMORY,
        "T G in place of sqrt(d) T G, for reads that lack updates, whole or by coordinates, from a window of the last T. "
        "Attained by reads that lack all of them where gradients are all the same.",
    ),
    _printed(
        "crash",
        "Gauge of synchronous messages with crashes",
        (MESSAGES,),
        "Proved here. Another form of this row, with 3 f/p, is remembered faintly.",
    ),
    _printed("omission", "Gauge of synchronous messages with omissions", (MESSAGES,), "Proved here."),
    _printed("async-messages", "Gauge of asynchronous messages", (MESSAGES,), "Proved here."),
    _printed(
        "error-feedback:printed",
        "Gauge of compression with error feedback",
        FEEDBACK,
        "Proved here, with exactly this constant. It is smaller than that of ef-sgd.lemma-3 up to theta = 2/3 and much larger "
        "for theta close to one; elastic.b-error-feedback:rederived is smaller than both.",
    ),
    _proved(
        "error-feedback:rederived",
        "Gauge of compression with error feedback, attained",
        "feedback_rederived",
        FEEDBACK,
        "The constant cannot be improved: a compressor and constant gradients attain it in the limit.",
    ),
    _printed(
        "variance-bounded:printed",
        "Gauge of elastic scheduling, own gradients in place of late ones",
        (SCHEDULING,),
        "Proved here, for gamma <= 1/(6 L), where 1.061 sigma in place of 3 sigma would do.",
    ),
    _proved(
        "variance-bounded:rederived",
        "Gauge of elastic scheduling, own gradients in place of late ones, any step",
        "variance_bounded_rederived",
        (SCHEDULING,),
        "At most 1.061 sigma where gamma <= 1/(6 L), in place of 3 sigma: noises of different workers are independent, and only "
        "one of them is counted more than once.",
    ),
    _proved(
        "norm-bounded",
        "Gauge of elastic scheduling, late gradients one round later",
        "norm_bounded",
        (SCHEDULING,),
        "The paper has a constant of order M, which is not recalled; this one is proved here: all gradients of others may be one "
        "round late.",
    ),
    _ours(
        "elastic-composition",
        "Gauge of late messages with error feedback",
        "composition",
        (COMPRESSED,),
        "Staleness and compression add up: the gauge of asynchronous messages, and the one of error feedback. For messages that "
        "are applied in the order in which they were sent.",
    ),
    _ours(
        "elastic-composition-messages",
        "Gauge of late messages with error feedback, in any order",
        "composition_messages",
        (COMPRESSED,),
        "Late messages carry memories with them: error feedback makes the part of staleness larger by 1/(1 - sqrt(theta)). One "
        "reading of the remark that error feedback need not help where updates are asynchronous.",
    ),
    _ours(
        "elastic-composition-shared",
        "Gauge of compressed writes to shared memory with error feedback",
        "composition_shared",
        COMPRESSED_MEMORY,
        "Every worker has a memory of its own, and as single writes are not divided by n the memories add up.",
    ),
    _house("dpsgd", "D-PSGD", "For any doubly stochastic mixing that contracts distances by rho in mean square."),
    _house("adpsgd", "AD-PSGD", "Models may be T updates old, in which the mean moves by gamma G / n each."),
    _house("sgp", "SGP", "Follows from sgp.lemma-3:corrected."),
    _house("local-sgd", "local SGD", "For exact averages every tau steps."),
    _house(
        "lsgd",
        "leader SGD",
        "Whatever the leader is, as long as all workers move the same share of the distance to it each time.",
    ),
    _house("wagma-sequential", "WAGMA-SGD", "In the sequential model of its proof.", "wagma"),
    _house("eager", "eager-SGD", "This is eager.lemma-6.2:corrected."),
)
