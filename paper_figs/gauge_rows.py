"""Which systems and timelines are gauged, and which predictions of B^2 they are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.gauging import Reading

WORKERS, STEP = 8, 0.05
PROBLEM: dict[str, Any] = {"dim": 8, "smoothness": 1.0, "sigma": 0.6, "start": 1.5707963267948966}
"""A cosine, all workers with the same data, from where its gradient is largest."""

UNLIKE: dict[str, Any] = {"zeta": 3.0}
"""Added where models drift apart because data differ."""


@dataclass(frozen=True)
class Row:
    """A system on a timeline, gauged.

    Parameters
    ----------
    label
        Its words in the figure.
    system, options
        Name and options of the algorithm.
    keys
        Theorems that predict B^2, by key.
    timeline, told
        Name of the timeline and its options; None for the natural one.
    graph
        Name of the graph.
    of_table
        Whether it is a row of the table of Nadiradze et al. 2021.
    alike
        Whether all workers have the same data.
    """

    label: str
    system: str
    keys: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    timeline: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    graph: str = "complete"
    of_table: bool = True
    alike: bool = True


SHARED = ("elastic.b-shared-memory:printed", "elastic.b-shared-memory:rederived")
FEEDBACK = ("elastic.b-error-feedback:printed", "ef-sgd.lemma-3", "elastic.b-error-feedback:rederived")
COMPOSED = ("ours.elastic-composition-shared",)
LATE = {"count": 2, "delay": 3, "order": "fixed"}
STALE = {"delay": 6}
TOP = {"compressor": "top-k", "k": 2}


def _house(label: str, system: str, key: str = "", **more: Any) -> Row:
    return Row(label, system, (f"ours.gauge-{key or system}",), of_table=False, **{"alike": False} | more)


def _messages(label: str, key: str, timeline: str, **told: Any) -> list[Row]:
    return [
        Row(f"{label}, {kind}", "message-passing", (f"elastic.b-{key}",), {}, timeline, told | {"kind": kind})
        for kind in ("adversarial", "random")
    ]


ROWS = (
    Row("shared memory: Hogwild, torn reads, $T=6$", "hogwild", SHARED, {"delay": 6}, "worst-delay", {"delay": 0}),
    Row("shared memory: A-PSGD, whole reads, $T=6$", "apsgd", SHARED, {}, "worst-delay", STALE),
    *_messages("crashes, 3 of 8", "crash", "crashes", faults=3),
    *_messages("omissions, 3 at a time, 2 rounds", "omission", "omissions", faults=3, delay=2),
    *_messages(r"late messages, $\tau=3$", "async-messages", "message-delays", delay=3),
    Row("error feedback: top-2 of 8", "ef-sgd", FEEDBACK, TOP),
    Row("error feedback: one bit", "ef-sgd", FEEDBACK, {"compressor": "one-bit"}),
    Row("elastic scheduling, by norm", "elastic-scheduling", ("elastic.b-norm-bounded",), {"bound": "norm"}, "arrivals"),
    Row(
        "elastic scheduling, own gradients for late",
        "elastic-scheduling",
        ("elastic.b-variance-bounded:printed", "elastic.b-variance-bounded:rederived"),
        {"bound": "variance"},
        "arrivals",
    ),
    Row("Hogwild, torn, $T=6$, top-6 with feedback", "hogwild", COMPOSED, TOP | {"k": 6, "delay": 6, "feedback": True},
        "worst-delay", {"delay": 0}, of_table=False),
    Row("server, stale, $T=6$, top-6 with feedback", "async-ef", COMPOSED, TOP | {"k": 6}, "worst-delay", STALE, of_table=False),
    Row("detached feedback: top-2 of 8", "def", ("ours.detached-gauge",), TOP, of_table=False),
    _house("D-PSGD, ring", "dpsgd", graph="ring"),
    _house("AD-PSGD, ring, $T=6$", "adpsgd", graph="ring", timeline="worst-delay", told=STALE),
    _house("SGP, one peer", "sgp", graph="one-peer-exponential"),
    _house(r"local SGD, $\tau=6$", "local-sgd", options={"period": 6}),
    _house(r"leader SGD, $\alpha=0.2$", "lsgd", options={"pull": 0.2, "period": 1}),
    _house(r"WAGMA-SGD, $S=2$, $\tau=4$", "wagma-sequential", "wagma", options={"group_size": 2, "period": 4}),
    _house("eager-SGD, 2 late by 3", "eager", timeline="late", told=LATE, alike=True),
)  # fmt: skip


@dataclass(frozen=True)
class Gauged:
    """A row with what was read and the B^2 of each of its theorems."""

    row: Row
    reading: Reading
    bounds: Mapping[str, float]

    @property
    def best(self) -> float:
        """Smallest of the predictions."""
        return min(self.bounds.values())


def gauged(row: Row, iterations: int, replicas: int, seed: int) -> Gauged:
    """Run a row and read its gauge in every iteration; ``iterations`` rounds, or as many updates."""
    from experiments.gauging import read
    from numerics import algorithms, graphs, problems, timeline
    from numerics.gauge import gauge
    from numerics.mixing import push_sum_constants
    from theory import registry

    schedule = graphs.get(row.graph, WORKERS).schedule()
    algorithm = algorithms.get(row.system, step_size=STEP, **row.options)
    # A server of which every update collects one gradient of each worker would be another row: here updates are single.
    clock: timeline.Timeline | None = None
    if row.timeline == "worst-delay":
        clock = timeline.WorstDelay(schedule, row.told["delay"])
    elif row.timeline is not None:
        clock = timeline.get(row.timeline, algorithm, schedule, **row.told)
    problem = problems.cosine(workers=WORKERS, **PROBLEM | ({} if row.alike else UNLIKE))
    readings = gauge(algorithm, problem, schedule, iterations=iterations, replicas=replicas, seed=seed, every=1, timeline=clock)
    constants = readings.constants
    theorems = [registry.get(key) for key in row.keys]
    if any("q" in theorem.constants for theorem in theorems):
        constants |= push_sum_constants(schedule)
    bounds = {theorem.key: float(theorem.bound(**constants)) for theorem in theorems}
    return Gauged(row, read(readings, WORKERS), bounds)
