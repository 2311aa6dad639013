"""Cards: elastic consistency."""

from __future__ import annotations

from typing import Literal

from theory.card import Card, Provenance, Source, Standing

MESSAGES, SCHEDULING, COMPRESSED = "message-passing", "elastic-scheduling", "compressed-messages"
SHARED_MEMORY, COMPRESSED_MEMORY = ("hogwild", "apsgd"), ("hogwild", "async-ef")
FEEDBACK = ("ef-sgd",)
SHARED = (*SHARED_MEMORY, "async-ef", "adversarial-views-async")
PARALLEL = (MESSAGES, SCHEDULING, *FEEDBACK, "def", COMPRESSED, "adversarial-views")
_STEP = "The prescribed step carries no length scale: the statement is not invariant under a change of units. "
_VIEWS = "The views must not depend on the samples drawn at them, and B must hold in every iteration."


def _printed(
    name: str, title: str, statement: str, systems: tuple[str, ...], sure: Literal["high", "medium", "low"], note: str
) -> Card:
    attribute = name.replace("-", "_")
    module = "elastic_convex" if name.startswith("sc") else "elastic"
    provenance = Provenance("recalled", sure)
    source = Source("nadiradze-2021", statement)
    return Card(f"elastic.{name}:printed", title, source, module, attribute, systems, "printed", note + _VIEWS, provenance)


def _proved(key: str, title: str, statement: str, attribute: str, systems: tuple[str, ...], note: str) -> Card:
    ours = key.startswith("ours.")
    standing: Standing = "ours" if ours else "rederived"
    source = Source("straggler" if ours else "nadiradze-2021", statement)
    module = "elastic_convex" if "sc" in key.split(".")[1].split(":")[0].split("-") else "elastic"
    return Card(key, title, source, module, attribute, systems, standing, note + _VIEWS, Provenance("derived"))


_NC_1, _NC_P = "Elastic consistency, non-convex, single steps", "Elastic consistency, non-convex, parallel steps"
_SC_1, _SC_P = "Elastic consistency, strongly convex, single steps", "Elastic consistency, strongly convex, parallel steps"
_QUORUM_NOTE = "Proved here, for any step, where at least Q of n workers contribute to an iteration. "

CARDS = (
    _printed(
        "nc-1",
        _NC_1,
        "non-convex, single steps",
        SHARED,
        "high",
        "Recalled, not compared with the print; the argument of the paper, a bound of 3 sigma^2 + 3 L^2 ||x - v||^2 + "
        "3 ||grad f||^2 on second moments, gives exactly these constants. Proved here by a shorter way. " + _STEP,
    ),
    _proved(
        "elastic.nc-1:rederived",
        _NC_1,
        "non-convex, single steps",
        "nc_1_rederived",
        SHARED,
        "The printed step with constants 2, 1 and 1 for 4, 6 and 2, without the last term, from K >= L^2 on, and for the mean "
        "over iterations in place of the least of them. " + _STEP,
    ),
    _proved(
        "ours.elastic-nc",
        _NC_1 + ", any step",
        "elastic, non-convex",
        "any_single",
        SHARED,
        "Proved here: the descent lemma with bias and noise kept apart. ",
    ),
    _printed(
        "nc-p",
        _NC_P,
        "non-convex, parallel steps",
        PARALLEL,
        "medium",
        "Recalled, not compared with the print; the argument of the paper gives 4 and 8 for the remembered 8 and 16 of the "
        "second and the last term. Proved here by a shorter way. " + _STEP,
    ),
    _proved(
        "elastic.nc-p:rederived",
        _NC_P,
        "non-convex, parallel steps",
        "nc_p_rederived",
        PARALLEL,
        "The printed step with constants 4, 1 and 1, without the last term, from K >= L^2 n on. " + _STEP,
    ),
    _proved(
        "ours.elastic-nc-parallel",
        _NC_P + ", any step, all workers",
        "elastic, non-convex, all workers",
        "any_parallel",
        PARALLEL,
        "Proved here, for the mean over iterations; data may be heterogeneous. ",
    ),
    _proved(
        "ours.elastic-nc-quorum",
        _NC_P + ", any step, some workers",
        "elastic, non-convex, some workers",
        "any_quorum",
        PARALLEL,
        _QUORUM_NOTE,
    ),
    _printed(
        "sc-1",
        _SC_1,
        "strongly convex, single steps",
        SHARED,
        "medium",
        "Recalled with medium to high confidence, not compared with the print; the argument of the paper gives exactly these "
        "constants. Proved here by another way: a step is a contraction, which views disturb. ",
    ),
    _proved(
        "elastic.sc-1:rederived",
        _SC_1,
        "strongly convex, single steps",
        "sc_1_rederived",
        SHARED,
        "The printed step with 4 and 2 for 16 and 12, without the last term, the start falling as 1/K^2, from K >= 4 L^2/mu^2 "
        "on. ",
    ),
    _proved(
        "ours.elastic-sc",
        _SC_1 + ", any step",
        "elastic, strongly convex",
        "any_single",
        SHARED,
        "Proved here: a step is a contraction, which views disturb. ",
    ),
    _printed(
        "sc-p",
        _SC_P,
        "strongly convex, parallel steps",
        PARALLEL,
        "low",
        "Recalled with low confidence, not compared with the print. The argument behind the single-step statement proves this "
        "one only where all workers contribute; with half of them it needs twice the step and gives 128, 48 and 768 for 16, "
        "12 and 48. Proved here all the same, with half of the workers: the constants of a contraction have room for them. ",
    ),
    _proved(
        "elastic.sc-p:rederived",
        _SC_P,
        "strongly convex, parallel steps",
        "sc_p_rederived",
        PARALLEL,
        "The printed step with 4 and 2 for 16 and 12, without the last term, from K >= 4 L^2 n/mu^2 on. ",
    ),
    _proved(
        "ours.elastic-sc-parallel",
        _SC_P + ", any step, all workers",
        "elastic, strongly convex, all workers",
        "any_parallel",
        PARALLEL,
        "Proved here; data may be heterogeneous. ",
    ),
    _proved(
        "ours.elastic-sc-quorum",
        _SC_P + ", any step, some workers",
        "elastic, strongly convex, some workers",
        "any_quorum",
        PARALLEL,
        _QUORUM_NOTE,
    ),
)
