"""The table of compute times: reproducible however it is cut, and never infinite."""

import json
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from numerics.cluster import (
    Cluster,
    Constant,
    Empirical,
    InjectedDelays,
    LogNormal,
    MarkovStragglers,
    Network,
    Pareto,
    ShiftedExponential,
    SlowWorkers,
    cluster,
)
from numerics.cluster.compute import Distribution
from numerics.streams import Streams
from straggler import InputError

MODIFIERS = (SlowWorkers({2: 3.0}), InjectedDelays(2, 0.3), MarkovStragglers(0.1, 0.3, 2.0))
MIXED = (
    Constant(1.0),
    Pareto(1.0, 3.0),
    LogNormal(0.0, 0.5),
    Pareto(1.0, 3.0),
    ShiftedExponential(0.2, 1.0),
    Empirical([0.3, 0.5]),
)
CLUSTERS = {
    "plain": Cluster(6, ShiftedExponential(0.5, 2.0)),
    "empirical": Cluster(6, Empirical([0.1, 0.2, 0.4]), MODIFIERS),
    "modified": Cluster(6, LogNormal(0.0, 0.5), MODIFIERS),
    "mixed": Cluster(6, MIXED, MODIFIERS),
}


def generators(replicas, seed=0):
    return Streams(seed, replicas).generators("timeline")


@pytest.mark.parametrize("name", CLUSTERS)
def test_cuts_blocks_and_replicas_do_not_matter(name, monkeypatch):
    machine = CLUSTERS[name]
    whole = machine.compute_times(50, generators(range(5)))
    assert whole.shape == (50, 6, 5)
    assert whole.dtype == np.float64
    assert whole.flags.c_contiguous
    for size in (1, 7, 50, 64):
        blocks = list(machine.blocks(50, generators(range(5)), size))
        assert max(len(block) for block in blocks) <= size
        assert np.array_equal(np.concatenate(blocks), whole)
    for replica in range(5):
        assert np.array_equal(machine.compute_times(50, generators([replica]))[..., 0], whole[..., replica])
    for piece in (1, 100, 1 << 20):
        monkeypatch.setattr(cluster, "PIECE", piece)
        assert np.array_equal(machine.compute_times(50, generators(range(5))), whole)
    table = machine.times(generators(range(5)))
    assert np.array_equal(np.concatenate([table.take(count) for count in (0, 3, 1, 46)]), whole)
    assert not np.array_equal(machine.compute_times(50, generators(range(5), seed=1)), whole)
    assert len({whole[..., replica].tobytes() for replica in range(5)}) == 5


def test_the_order_is_iteration_then_worker():
    machine = CLUSTERS["plain"]
    (stream,) = generators([3])[0].spawn(1)
    expected = machine.compute.draw(stream, (20, 6))
    assert np.array_equal(machine.compute_times(20, generators([3]))[..., 0], expected)


def test_every_worker_has_its_own_distribution():
    times = Cluster(6, MIXED).compute_times(20_000, generators([0]))[..., 0]
    for worker, law in enumerate(MIXED):
        assert times[:, worker].mean() == pytest.approx(law.mean, rel=0.03)
    assert not np.array_equal(times[:, 1], times[:, 3])


def test_modifiers_leave_the_compute_times_below_them_alone():
    plain = Cluster(6, LogNormal(0.0, 0.5)).compute_times(40, generators(range(2)))
    delayed = Cluster(6, LogNormal(0.0, 0.5), (InjectedDelays(2, 0.5),)).compute_times(40, generators(range(2)))
    added = delayed - plain
    assert np.all(np.isclose(added, 0) | np.isclose(added, 0.5))
    assert np.all(np.sum(np.isclose(added, 0.5), axis=1) == 2)
    slow = Cluster(6, LogNormal(0.0, 0.5), (SlowWorkers({0: 2.0}),)).compute_times(40, generators(range(2)))
    assert np.array_equal(slow[:, 0], 2 * plain[:, 0])
    assert np.array_equal(slow[:, 1:], plain[:, 1:])


def test_modifiers_apply_in_order():
    factor, delay = SlowWorkers(dict.fromkeys(range(2), 3.0)), InjectedDelays(2, 1.0)
    assert np.all(Cluster(2, Constant(1.0), (factor, delay)).compute_times(3, generators([0])) == 4)
    assert np.all(Cluster(2, Constant(1.0), (delay, factor)).compute_times(3, generators([0])) == 6)


def test_a_barrier_waits_for_the_delayed():
    """A fixed number of delayed workers costs every step the delay: ``E max = c + D``."""
    times = Cluster(16, Constant(0.611), (InjectedDelays(2, 0.32),)).compute_times(100, generators(range(3)))
    assert np.all(times.max(axis=1) == 0.611 + 0.32)


@dataclass(frozen=True)
class Broken(Distribution):
    """Right until row 5 of the table, where worker 4 gets ``value``."""

    value: float
    kind: ClassVar[str] = "broken"

    @property
    def mean(self):
        return 1.0

    def draw(self, generator, shape):
        times = np.ones(shape)
        if shape[0] > 5:
            times[5, 4] = self.value
        return times

    def _order_mean(self, k, workers):
        return 1.0


@pytest.mark.parametrize("value", [math.inf, math.nan, -0.5, -math.inf])
def test_who_never_returns_is_named(value):
    with pytest.raises(InputError, match=rf"compute time of worker 4 in iteration 5 = {value} .* a finite number of seconds"):
        Cluster(6, Broken(value)).compute_times(10, generators(range(2)))


def test_iterations_are_counted_over_pieces(monkeypatch):
    table = Cluster(6, Broken(math.inf)).times(generators([0]))
    table.take(5)
    with pytest.raises(InputError, match="worker 4 in iteration 10 = inf"):
        table.take(6)


def test_overflow_is_named_too():
    machine = Cluster(3, (Constant(1.0), Constant(1.0), Pareto(1.0, 1e-4)))
    with pytest.raises(InputError, match="compute time of worker 2 in iteration"):
        machine.compute_times(50, generators([0]))


def test_clusters_are_values():
    for machine in CLUSTERS.values():
        assert hash(machine) == hash(machine)
        described = json.loads(json.dumps(machine.provenance(), allow_nan=False))
        assert described["workers"] == 6
    same = Cluster(2, [Constant(1.0), Constant(2.0)], [SlowWorkers({0: 2.0})])
    assert same == Cluster(2, (Constant(1.0), Constant(2.0)), (SlowWorkers({0: 2.0}),))
    assert len(same.provenance()["compute"]) == 2
    assert Cluster(2, Constant(1.0)).provenance()["compute"] == {"kind": "constant", "seconds": 1.0}
    assert Cluster(2, Constant(1.0)).provenance() != Cluster(2, Constant(1.0), network=Network(1.0)).provenance()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cluster(0, Constant(1.0)), "workers = 0"),
        (lambda: Cluster(3, (Constant(1.0),) * 2), "distributions of compute times = 2 .* needs 3, one per worker"),
        (lambda: Cluster(3, Constant(1.0), (InjectedDelays(4, 1.0),)), "count = 4"),
        (lambda: Cluster(3, Constant(1.0), (SlowWorkers({3: 2.0}),)), "slow worker = 3"),
        (lambda: Cluster(3, Constant(1.0), message_bytes=-1), "message_bytes = -1"),
        (lambda: Cluster(3, Constant(1.0), samples_per_gradient=0), "samples_per_gradient = 0"),
        (lambda: Cluster(3, Constant(1.0)).compute_times(-1, generators([0])), "iterations = -1"),
        (lambda: list(Cluster(3, Constant(1.0)).blocks(4, generators([0]), 0)), "size = 0"),
    ],
)
def test_bad_clusters(make, message):
    with pytest.raises(InputError, match=message):
        make()
