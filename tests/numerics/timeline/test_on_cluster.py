"""Algorithms on a modelled cluster by name: their own options decide when they meet, and clocks are those made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate, timeline
from numerics.cluster import load
from numerics.timeline import NeighbourBarrier, Overlapped, Pairwise, Periodic, Server, WaitAvoiding
from numerics.timeline.system import PATTERNS
from straggler import StragglerError

FILE = """
[gradient]
bytes = 1e6
[compute]
kind = "constant"
seconds = 0.5
[[imbalance]]
kind = "injected-delays"
count = 1
seconds = 0.3
[network]
bandwidth = 1e8
[training]
period = 9
group = 2
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    return str(path)


def schedule_for(name):
    return graphs.get("bipartite-exponential" if name == "adpsgd" else "one-peer-exponential", 8).schedule()


@pytest.mark.parametrize("name", PATTERNS)
def test_every_system_with_a_cluster_gets_a_clock(name):
    algorithm, schedule = algorithms.get(name, step_size=0.05), schedule_for(name)
    clock = timeline.get("cluster", algorithm, schedule)
    run = simulate(algorithm, problems.quadratic(dim=2, workers=8), schedule, iterations=12, replicas=2, timeline=clock)
    times = run.time.values
    assert times[0].tolist() == [0.0, 0.0]
    # completions may coincide, rounds take time; nobody computes faster than the workload says
    assert (np.diff(times, axis=0) >= 0).all()
    assert (times[-1] >= 0.611 * (12 if algorithm.pattern == "rounds" else 12 // 8)).all()
    sent = 4 * 25559081 / (2 if name == "def" else 1)  # one of two blocks that all share
    assert run.provenance["timeline"]["cluster"]["message_bytes"] == pytest.approx(sent, abs=4)


@pytest.mark.parametrize(
    ("name", "own", "told", "made"),
    [
        ("local-sgd", {"period": 3, "switch": 4}, {}, lambda c, s: Periodic(c, s, 3, None, 4)),
        ("osgp", {"overlap": 2, "send_every": 3}, {}, lambda c, s: Overlapped(c, s, 2, 3)),
        (
            "wagma",
            {"period": 5, "group_size": 4, "grouping": "fixed"},
            {},
            lambda c, s: WaitAvoiding(c, "group", 4, 5, "rabenseifner", "fixed"),
        ),
        ("eager", {"period": 4}, {"mode": "majority"}, lambda c, s: WaitAvoiding(c, "majority", None, 4)),
        ("eager", {}, {}, lambda c, s: WaitAvoiding(c, "solo", None, None)),
        ("dpsgd", {}, {}, lambda c, s: NeighbourBarrier(c, s)),
        ("dpsgd", {}, {"barrier": "global"}, lambda c, s: Periodic(c, s, 1, None)),
        ("adpsgd", {}, {"initiators": "all"}, lambda c, s: Pairwise(c, s, "random", "all")),
        ("apsgd", {}, {"mode": "k-async", "k": 3}, lambda c, s: Server(c, "k-async", 3)),
        ("easgd", {"period": 6}, {"allreduce": "ring"}, lambda c, s: Periodic(c, s, 6, "ring")),
    ],
)
def test_it_is_the_timeline_one_would_make(name, own, told, made, file):
    schedule, algorithm = schedule_for(name), algorithms.get(name, step_size=0.05, **own)
    cluster = load(file).cluster(8)
    found = timeline.get("cluster", algorithm, schedule, workload=file, **told)
    problem = problems.quadratic(dim=2, workers=8)
    runs = [
        simulate(algorithm, problem, schedule, iterations=40, replicas=3, timeline=clock)
        for clock in (found, made(cluster, schedule))
    ]
    np.testing.assert_array_equal(runs[0].time, runs[1].time)
    np.testing.assert_array_equal(runs[0].value, runs[1].value)


def test_local_sgd_sends_what_its_graph_says(file):
    """One MB at 100 MB/s takes 10 ms: a ring sends two of them, an all-reduce among eight 7/8 of one twice."""
    algorithm, told = algorithms.LocalSGD(step_size=0.1, period=4), {"workload": file, "compute.seconds": 0.8}
    problem = problems.quadratic(dim=2, workers=8)
    for graph, seconds in ((graphs.ring(8), 0.02), (graphs.complete(8), 2 * 7 / 8 * 0.01)):
        # one of eight is 0.3 s late in every round: between two barriers the slowest is one that was hit most often
        clock = timeline.get("cluster", algorithm, graph.schedule(), **told)
        run = simulate(algorithm, problem, graph, iterations=400, replicas=2, timeline=clock)
        hits = (run.time.values[4::4] - run.time.values[:-4:4] - 4 * 0.8 - seconds) / 0.3
        np.testing.assert_allclose(hits, np.round(hits), atol=1e-9)
        assert set(np.round(hits).ravel()) <= {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("name", "own", "told", "says"),
    [
        ("admm", {}, {}, "unknown system on a cluster 'admm'"),
        ("osgp", {}, {"overlap": 2}, "overlap = 2 .*no value for osgp: it is an option of the algorithm"),
        ("local-sgd", {}, {"period": 2}, "period = 2 .*it is an option of the algorithm"),
        ("sgp", {}, {"peers": 2}, "peers = 2 .*the graph and its weights decide it"),
        ("local-sgd", {}, {"allreduce": "ring"}, "allreduce = 'ring' .*the graph and its weights decide it"),
        ("sgd", {}, {"mode": "solo"}, "unknown option of sgd on a cluster 'mode'; known: allreduce, workload"),
        ("sgd", {}, {"workload": "resnet50"}, "unknown workload 'resnet50'; did you mean resnet50-64"),
        ("sgd", {}, {"network.bandwith": 1.0}, "unknown key .*'bandwith'; did you mean bandwidth"),
        ("eager", {}, {"mode": "group"}, "unknown mode 'group'"),
        ("apsgd", {}, {"mode": "k-sync"}, "k = None"),
    ],
)
def test_refusals(name, own, told, says):
    with pytest.raises(StragglerError, match=says):
        timeline.get("cluster", algorithms.get(name, step_size=0.1, **own), schedule_for(name), **told)
