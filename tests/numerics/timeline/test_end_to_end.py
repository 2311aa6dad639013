"""AD-PSGD and A-PSGD on a cluster, against themselves one event at a time: plain Python lists, clocks and all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.cluster import Cluster, InjectedDelays, Network, ShiftedExponential, SlowWorkers
from numerics.streams import Streams
from numerics.timeline import NeighbourBarrier, Pairwise, Server, WaitAvoiding
from tests.numerics.timeline import event_reference as reference

N, DIM, SEED, GAMMA, EVENTS = 6, 3, 13, 0.07, 400
MACHINE = Cluster(N, ShiftedExponential(0.2, 3.0), (SlowWorkers({4: 3.0}),), Network(latency=0.1))


def problem():
    return problems.quadratic(dim=DIM, workers=N, sigma=0.6, zeta=0.5, spectrum=[0.3, 0.6, 1.0])


def gradient(f, x, worker):
    """grad f_i by hand; without a worker, grad f."""
    slope = [float(f.options["spectrum"][j]) * (x[j] - f.options.get("center", 0.0)) for j in range(DIM)]
    return slope if worker is None else [s + float(f.objective.tilts[worker][j]) for j, s in enumerate(slope)]


def noise(f, replica):
    generator = Streams(SEED, [replica]).generators("noise")[0]
    while True:
        yield [f.noise.sigma / math.sqrt(DIM) * float(z) for z in generator.standard_normal(DIM)]


def table(replica, rows=600):
    return MACHINE.compute_times(rows, Streams(SEED, [replica]).generators("timeline"))[:, :, 0].tolist()


def square(x):
    return sum(t * t for t in x)


def compare(run, replica, slopes, events, mean_age):
    np.testing.assert_allclose(run.grad_norm_sq.values[:, replica], slopes, rtol=1e-12, atol=1e-12 * max(slopes))
    np.testing.assert_allclose(run.time.values[1:, replica], [event[0] for event in events], rtol=1e-12)
    assert run.time.values[0, replica] == 0
    assert float(run.mean_staleness[replica]) == pytest.approx(mean_age, rel=1e-12)


@pytest.mark.parametrize("initiators", ["active", "all"])
def test_adpsgd(initiators):
    f, graph = problem(), graphs.ring(N)
    timeline = Pairwise(MACHINE, graph.schedule(), initiators=initiators)
    run = simulate(algorithms.ADPSGD(step_size=GAMMA), f, graph, iterations=EVENTS, replicas=2, seed=SEED, timeline=timeline)
    for replica in range(2):
        uniforms = Streams(SEED, [replica]).generators("timeline")[0].random((600, N))

        def partner(j, i, uniforms=uniforms):
            return sorted([(i - 1) % N, (i + 1) % N])[int(2 * uniforms[j, i])] if initiators == "all" or i % 2 else i

        cost = lambda i, j: 0.1  # noqa: E731
        events = reference.pairwise(table(replica), partner, cost, EVENTS, initiators == "active")
        x = [[float(t) for t in f.start()] for _ in range(N)]
        read, draw = [list(row) for row in x], noise(f, replica)
        slopes = [square(gradient(f, x[0], None))]
        for _, i, j, _, _ in events:
            g = [a + b for a, b in zip(gradient(f, read[i], i), next(draw), strict=True)]
            x[i], x[j] = ([(a + b) / 2 for a, b in zip(x[i], x[j], strict=True)] for _ in range(2))
            x[i] = [a - GAMMA * s for a, s in zip(x[i], g, strict=True)]
            if i == j:
                x[j] = x[i]
            read[i] = list(x[i])
            slopes.append(square(gradient(f, [sum(row[c] for row in x) / N for c in range(DIM)], None)))
        compare(run, replica, slopes, events, sum(event[3] for event in events) / EVENTS)


MODES = [("asynchronous", 1), ("synchronous", N), ("k-sync", 3), ("k-batch-sync", 4), ("k-async", 3), ("k-batch-async", 4)]


@pytest.mark.parametrize(("mode", "k"), MODES)
def test_apsgd(mode, k):
    f, gamma = problem(), GAMMA / k
    run = simulate(
        algorithms.APSGD(step_size=gamma),
        f,
        graphs.complete(N),
        iterations=EVENTS // 4,
        replicas=2,
        seed=SEED,
        timeline=Server(MACHINE, mode, k),
    )
    for replica in range(2):
        events = reference.server(table(replica), mode, k, 0.1, EVENTS // 4)
        versions, draw = [[float(t) for t in f.start()]], noise(f, replica)
        for _, workers, ages in events:
            who = sorted(zip(workers, ages, strict=True)) if mode == "synchronous" else zip(workers, ages, strict=True)
            total = [0.0] * DIM
            for worker, age in who:
                g = zip(gradient(f, versions[len(versions) - 1 - age], worker), next(draw), strict=True)
                total = [t + a + b for t, (a, b) in zip(total, g, strict=True)]
            versions.append([a - gamma * t for a, t in zip(versions[-1], total, strict=True)])
        slopes = [square(gradient(f, x, None)) for x in versions]
        compare(run, replica, slopes, events, sum(sum(event[2]) for event in events) / (k * len(events)))


def test_rounds_carry_times_and_ages_into_the_dataset():
    f, machine = problems.quadratic(dim=2, workers=8), Cluster(8, ShiftedExponential(0.1, 1.0), (InjectedDelays(1, 1.0),))
    barrier = NeighbourBarrier(machine, graphs.ring(8).schedule())
    run = simulate(algorithms.DPSGD(step_size=0.1), f, graphs.ring(8), iterations=20, replicas=3, timeline=barrier)
    assert (np.diff(run.time.values, axis=0) > 0).all()
    for algorithm, timeline in (
        (algorithms.WAGMA(step_size=0.1, group_size=4, period=5), WaitAvoiding(machine, "group", 4, 5)),
        (algorithms.WAGMA(step_size=0.1, group_size=4, period=1000), WaitAvoiding(machine, "group", 4)),
        (algorithms.EagerSGD(step_size=0.1), WaitAvoiding(machine, "majority")),
        (algorithms.EagerSGD(step_size=0.1, period=7), WaitAvoiding(machine, "solo", period=7)),
    ):
        late = simulate(algorithm, f, graphs.complete(8), iterations=120, replicas=3, timeline=timeline)
        assert (np.diff(late.time.values, axis=0) >= 0).all()
        assert (late.diverged_at.values == -1).all()
        assert float(late.grad_norm_sq[-1].mean()) < float(late.grad_norm_sq[0].mean())


def test_jobs_and_blocks_do_not_change_a_run():
    f, graph = problem(), graphs.ring(N)
    runs = [
        simulate(
            algorithms.ADPSGD(step_size=GAMMA),
            f,
            graph,
            iterations=60,
            replicas=which,
            seed=SEED,
            timeline=Pairwise(MACHINE, graph.schedule()),
        )
        for which in (range(4), range(2, 4))
    ]
    for name in ("grad_norm_sq", "time", "mean_staleness", "largest_staleness"):
        np.testing.assert_array_equal(runs[0][name].values[..., 2:], runs[1][name].values)
