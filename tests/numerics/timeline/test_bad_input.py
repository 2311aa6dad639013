"""What timelines of clusters refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.cluster import Cluster, Constant, InjectedDelays, Straggling
from numerics.streams import Streams
from numerics.timeline import Barrier, NeighbourBarrier, Overlapped, Pairwise, Periodic, Rounds, Server, WaitAvoiding, report
from straggler import InputError, StragglerError, UnknownName

EIGHT, FIVE = Cluster(8, Constant(1.0)), Cluster(5, Constant(1.0))
RING, PENTAGON = graphs.ring(8).schedule(), graphs.ring(5).schedule()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Pairwise(FIVE, PENTAGON), "cycle of odd length 5"),
        (lambda: Pairwise(EIGHT, graphs.complete(8).schedule()), "cycle of odd length 3"),
        (lambda: Pairwise(EIGHT, RING, [[1, 0, 3, 2, 5, 4, 7, 2]]), r"partner of worker 7 = 2.*\[0, 6\]"),
        (lambda: Pairwise(EIGHT, RING, [[1, 0, 3, 2, 5, 4, 7, 8]]), "partner of worker 7 = 8"),
        (lambda: Pairwise(EIGHT, RING, [[1, 0]]), "shape of partners"),
        (lambda: Pairwise(EIGHT, RING, "nearest"), "unknown partners"),
        (lambda: Pairwise(EIGHT, RING, initiators="everybody"), "unknown initiators"),
        (lambda: Pairwise(EIGHT, RING, flows=0), "flows"),
        (lambda: Pairwise(EIGHT, PENTAGON), "workers of the cluster = 8"),
        (lambda: Barrier(EIGHT, PENTAGON), "the 5 nodes of ring"),
        (lambda: Barrier(EIGHT, RING, "rings"), "did you mean ring"),
        (lambda: Periodic(EIGHT, RING, 0), "period = 0"),
        (lambda: Periodic(EIGHT, RING, 1, switch=-1), "switch = -1"),
        (lambda: Overlapped(EIGHT, RING, -1), "overlap = -1"),
        (lambda: Overlapped(EIGHT, RING, 1, 0), "send_every = 0"),
        (lambda: NeighbourBarrier(FIVE, RING), "workers of the cluster = 5"),
        (lambda: Server(EIGHT, "slow"), "unknown mode"),
        (lambda: Server(EIGHT, "k-sync"), "1 and 8"),
        (lambda: Server(EIGHT, "k-sync", 9), "at most the 8 workers"),
        (lambda: Server(EIGHT, "k-async", 0), "k = 0"),
        (lambda: Server(EIGHT, "asynchronous", 2), "1 in mode asynchronous"),
        (lambda: WaitAvoiding(EIGHT, "late"), "unknown mode"),
        (lambda: WaitAvoiding(EIGHT, "group"), "group_size"),
        (lambda: WaitAvoiding(EIGHT, "solo", 4), "group_size"),
        (lambda: WaitAvoiding(EIGHT, "group", 3), "group_size = 3"),
        (lambda: WaitAvoiding(EIGHT, "group", 16), "group_size = 16"),
        (lambda: WaitAvoiding(EIGHT, "group", 4, 0), "period = 0"),
        (lambda: WaitAvoiding(FIVE, "group", 5), "group_size = 5"),
        (lambda: report(Rounds(RING)), "it has a clock"),
        (lambda: report(Server(EIGHT), 0), "iterations = 0"),
        (lambda: report(Server(Cluster(3, Constant(0.0))), 10), "takes time"),
    ],
)
def test_refused(make, says):
    with pytest.raises(StragglerError, match=says):
        make()


def test_the_odd_cycle_is_one():
    for seed in range(10):
        graph = graphs.erdos_renyi(12, p=0.3, seed=seed)
        with pytest.raises(InputError) as caught:
            Pairwise(Cluster(12, Constant(1.0)), graph.schedule())
        cycle = [int(worker) for worker in re.search(r"workers ([\d-]+) form", str(caught.value)).group(1).split("-")]
        assert len(cycle) % 2 == 1 == len(cycle) // len(set(cycle))
        assert all(graph.union[i, j] for i, j in zip(cycle, cycle[1:] + cycle[:1], strict=True))


@dataclass(frozen=True)
class Never(Straggling):
    """Worker 3 does not return from its 20th gradient."""

    value: float
    kind: ClassVar[str] = "never"

    def check(self, workers):
        pass

    def bind(self, workers, generator):
        seen = 0

        def hang(times):
            nonlocal seen
            if seen <= 20 < seen + len(times):
                times[20 - seen, 3] = self.value
            seen += len(times)

        return hang


@pytest.mark.parametrize("value", [np.inf, np.nan, -1.0])
@pytest.mark.parametrize(
    "make",
    [
        lambda m: Barrier(m, RING),
        lambda m: Overlapped(m, RING),
        lambda m: Pairwise(m, RING),
        lambda m: Server(m),
        lambda m: Server(m, "k-sync", 2),
        lambda m: Server(m, "k-batch-async", 2),
        lambda m: WaitAvoiding(m),
    ],
)
def test_who_never_returns_is_named(make, value):
    with pytest.raises(InputError, match="worker 3 in iteration 20"):
        list(make(Cluster(8, Constant(1.0), (Never(value),))).play(1000, Streams(0, [0])))


def test_times_of_zero_do_not_hang():
    still = Cluster(8, Constant(0.0), (InjectedDelays(1, 0.0),))
    for timeline in (
        Barrier(still, RING),
        Pairwise(still, RING),
        Server(still),
        Server(still, "k-batch-sync", 3),
        WaitAvoiding(still),
    ):
        assert all((event.time == 0).all() for event in timeline.play(100, Streams(0, [0])))


def test_a_timeline_has_to_fit_its_algorithm():
    problem = problems.cosine(dim=2, workers=8)
    for algorithm, timeline in ((algorithms.DPSGD, Server(EIGHT)), (algorithms.ADPSGD, Barrier(EIGHT, RING))):
        with pytest.raises(InputError, match=r"which .* reacts to"):
            simulate(algorithm(step_size=0.1), problem, graphs.ring(8), iterations=3, timeline=timeline)
    with pytest.raises(InputError, match="workers of the timeline = 5"):
        simulate(algorithms.DPSGD(step_size=0.1), problem, graphs.ring(8), iterations=3, timeline=Barrier(FIVE, PENTAGON))


def test_unknown_names_are_of_one_family():
    with pytest.raises(UnknownName):
        Server(EIGHT, "k-sinc", 2)
