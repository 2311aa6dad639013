"""Workers of very different speed: the same events as with one reader for all, and little that waits in memory."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from numerics import graphs
from numerics.cluster import Cluster, Constant, LogNormal, Network, Pareto, SlowWorkers
from numerics.streams import Streams
from numerics.timeline import Pairwise, Server, completions

N = 8
NET = Network(latency=0.01)
SCHEDULE = graphs.bipartite_exponential(N).schedule()
SPEEDS = {
    "one fast": {i: 20.0 for i in range(N) if i != 3},
    "one slow": {3: 20.0},
    "stairs": {i: 3.0**i for i in range(N)},
    "two sides": dict.fromkeys(range(0, N, 2), 16.0),
}
TIMELINES = {
    "server": lambda machine: Server(machine),
    "k-async": lambda machine: Server(machine, "k-async", 2),
    "k-batch-async": lambda machine: Server(machine, "k-batch-async", 3),
    "pairs": lambda machine: Pairwise(machine, SCHEDULE),
    "scheduled pairs": lambda machine: Pairwise(machine, SCHEDULE, "scheduled"),
    "all initiate": lambda machine: Pairwise(machine, SCHEDULE, initiators="all"),
}


def machine(speeds, network, law):
    return Cluster(N, law, (SlowWorkers(SPEEDS[speeds]),), network, 1.0)


def events(timeline, count=3000):
    spans = list(timeline.spans(count, Streams(2, range(2))))
    together = [np.concatenate([getattr(span, name) for span in spans]) for name in ("times", "workers", "ages")]
    partners = [span.partners for span in spans if span.partners is not None]
    return [*together, *([np.concatenate(partners)] if partners else []), sum(span.idle for span in spans)]


@pytest.mark.parametrize("law", [LogNormal.from_moments(1.0, 0.3), Constant(1.0)], ids=["lognormal", "constant"])
@pytest.mark.parametrize("network", [Network(), NET], ids=["free", "net"])
@pytest.mark.parametrize("name", TIMELINES)
@pytest.mark.parametrize("speeds", SPEEDS)
def test_groups_change_no_event(speeds, name, network, law, monkeypatch):
    """Constant times coincide all the time: who comes first of equals must not depend on who reads for whom."""
    timeline = TIMELINES[name](machine(speeds, network, law))
    found = events(timeline)
    monkeypatch.setattr(completions, "BACKLOG", math.inf)
    for one, other in zip(found, events(timeline), strict=True):
        # idle times are summed up in another order
        np.testing.assert_allclose(one, other, rtol=1e-9 if one.ndim == 1 else 0)


@pytest.mark.parametrize("network", [Network(), NET], ids=["free", "net"])
@pytest.mark.parametrize("name", ["server", "k-async", "pairs"])
def test_little_waits_in_memory(name, network):
    timeline, peaks = TIMELINES[name](machine("one fast", network, LogNormal.from_moments(1.0, 0.1))), []
    for count in (15_000, 35_000):
        tracemalloc.start()
        for _ in timeline.spans(count, Streams(0, [0])):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 20_000 < 32


def groups(cluster, workers=None):
    return [None if each is None else each.tolist() for each in completions.paces(cluster, workers)]


def test_groups_are_of_similar_speed_and_as_few_as_may_be():
    law = Constant(1.0)
    assert groups(Cluster(4, law)) == [None]
    assert groups(Cluster(4, Constant(0.0))) == [None]
    assert groups(Cluster(4, Pareto(1.0, 0.9), (SlowWorkers({0: 9.0}),))) == [None]  # no mean, no groups
    assert groups(Cluster(4, law, (SlowWorkers({1: 5.0, 2: 5.0, 3: 5.0}),))) == [[0], [1, 2, 3]]
    assert groups(Cluster(64, law, (SlowWorkers({5: 100.0}),))) == [None]  # one number for 63 events
    assert groups(Cluster(3, (Constant(2.0), Constant(0.0), Constant(2.0)))) == [[1], [0, 2]]
    assert groups(Cluster(6, law, (SlowWorkers({1: 9.0, 3: 9.0}),)), np.array([1, 3, 5])) == [[5], [1, 3]]
    assert groups(Cluster(6, law, (SlowWorkers({1: 9.0, 3: 9.0}),)), np.array([1, 3])) == [[1, 3]]
    means = Cluster(3, LogNormal.from_moments(2.0, 1.0), (SlowWorkers({1: 3.0}),)).mean_times
    assert means == pytest.approx([2.0, 6.0, 2.0])
