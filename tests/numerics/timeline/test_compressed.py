"""Compressed messages on a cluster: sizes and seconds worked out by hand."""

from __future__ import annotations

import pytest

from numerics import algorithms, graphs, problems, simulate, timeline
from numerics.cluster import load
from numerics.timeline import of_system, report
from straggler import StragglerError

FILE = """
[gradient]
{model}
[compute]
kind = "constant"
seconds = 0.5
[network]
latency = 1e-3
bandwidth = 1e5
"""
N, D, COMPUTE, LATENCY, BANDWIDTH = 8, 1000, 0.5, 1e-3, 1e5


@pytest.fixture
def workload(tmp_path):
    def made(model="parameters = 1000"):
        (tmp_path / "mine.toml").write_text(FILE.format(model=model))
        return load(tmp_path / "mine.toml")

    return made


def gathered(size):
    """Seven messages of the others pass every card, one after the other."""
    return COMPUTE + 7 * (LATENCY + size / BANDWIDTH), 8 * 7 * size


def reduced(size):
    """Rabenseifner's all-reduce on eight workers."""
    return COMPUTE + 2 * 3 * LATENCY + 2 * 7 / 8 * size / BANDWIDTH, 2 * 7 * size


@pytest.mark.parametrize(
    ("system", "options", "expected"),
    [
        # ten values of 32 bits at positions of 10 bits: 420 bits
        ("mem-sgd", {"k": 10}, gathered(10 * (32 + 10) / 8)),
        ("ef-sgd", {"compressor": "top-k", "k": 1}, gathered((32 + 10) / 8)),
        # one sign each, and one norm
        ("ef-sgd", {}, gathered((1000 + 32) / 8)),
        # one sign each, and two means
        ("ef-sgd", {"compressor": "one-bit"}, gathered((1000 + 64) / 8)),
        # nine levels from -4 to 4 take four bits each, and the norm 32
        ("compressed-sgd", {"levels": 4, "coding": "fixed"}, gathered((32 + 4 * 1000) / 8)),
        ("compressed-messages", {"k": 20}, gathered(20 * 42 / 8)),
        # four bits each, and two ends for each of two buckets of 500
        ("compressed-sgd", {"compressor": "max-min", "bucket": 500}, gathered((4 * 1000 + 2 * 64) / 8)),
        # a block of 250 that all workers share is added up on the way, others are not
        ("def", {"blocks": 4}, reduced(250 * 4)),
        ("def", {"blocks": 4, "shared": False}, gathered(250 * 4)),
        ("compressed-sgd", {"compressor": "identity"}, reduced(4000)),
        ("sgd", {}, reduced(4000)),
    ],
    ids=str,
)
def test_rounds_by_hand(workload, system, options, expected):
    found = report(of_system(system, workload(), N, **options), 20)
    assert (found["iteration_seconds"], found["bytes_per_iteration"]) == pytest.approx(expected)
    assert found["idle_fraction"] == pytest.approx(1 - COMPUTE / expected[0])


@pytest.mark.parametrize(("compressor", "options", "size"), [("scaled-sign", {}, 129.0), ("top-k", {"k": 400}, 2100.0)])
def test_a_server_gets_little_and_answers_with_the_model(workload, compressor, options, size):
    """Once all cards are busy, the server's own is: models of 4000 bytes leave it one after the other."""
    clock = of_system("async-ef", workload(), N, compressor=compressor, **options)
    assert clock.provenance()["gradient_bytes"] == size
    found = report(clock, 400)
    assert found["bytes_per_iteration"] == pytest.approx(N * (size + 4000))
    # a worker is back after computing, sending and being served: seven others are served meanwhile if that takes longer
    alone = COMPUTE + 2 * LATENCY + (size + 4000) / BANDWIDTH
    assert found["iteration_seconds"] == pytest.approx(max(alone, N * (LATENCY + 4000 / BANDWIDTH)), rel=0.02)
    slow = of_system("async-ef", workload("parameters = 100000"), N, compressor=compressor, **options)
    assert report(slow, 400)["iteration_seconds"] == pytest.approx(N * (LATENCY + 4e5 / BANDWIDTH), rel=0.02)


def test_the_number_of_coordinates_is_that_of_the_model(workload):
    """In half precision a model of 1000 parameters has 2000 bytes; a file that gives bytes alone is in single precision."""
    expected = gathered((1000 + 32) / 8)[0]
    for model in ('parameters = 1000\ndtype = "float16"', "bytes = 4000", "bytes = 3999"):
        assert report(of_system("ef-sgd", workload(model), N), 5)["iteration_seconds"] == pytest.approx(expected)


def test_a_run_on_a_cluster_compresses_as_its_algorithm_says(workload):
    algorithm = algorithms.get("mem-sgd", step_size=0.05, k=3)
    schedule, where = graphs.ring(N).schedule(), workload()
    clock = timeline.get("cluster", algorithm, schedule, workload=where.name)
    run = simulate(algorithm, problems.quadratic(dim=5, workers=N), schedule, iterations=7, timeline=clock)
    assert float(run.time[-1, 0]) == pytest.approx(7 * gathered(3 * 42 / 8)[0])
    for option, value in (("k", 5), ("compressor", "qsgd")):
        with pytest.raises(StragglerError, match=rf"{option} = .*option of the algorithm"):
            timeline.get("cluster", algorithm, schedule, workload=where.name, **{option: value})


@pytest.mark.parametrize(
    ("system", "options", "says"),
    [
        ("mem-sgd", {"k": 1001}, "k of top-k = 1001 .*<= 1000"),
        ("mem-sgd", {"levels": 2}, "unknown option of top-k 'levels'"),
        ("ef-sgd", {"compressor": "topk"}, "unknown compressor 'topk'; did you mean top-k"),
        ("ef-sgd", {"compresor": "top-k"}, "unknown option of ef-sgd on a cluster 'compresor'; did you mean compressor"),
        ("sgd", {"compressor": "top-k"}, "unknown option of sgd on a cluster 'compressor'"),
        ("async-ef", {"mode": "k-sync"}, "unknown option of async-ef on a cluster 'mode'"),
    ],
)
def test_refusals(workload, system, options, says):
    with pytest.raises(StragglerError, match=says):
        of_system(system, workload(), N, **options)
