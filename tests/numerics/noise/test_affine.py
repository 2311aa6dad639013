"""Noise that grows with the gradient: its variance exactly, its documented order, and the constants it tells."""

import math

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics import noise as noises
from numerics.moments import closes, exact_moments, stationary
from numerics.objectives import Cosine, base
from numerics.streams import Streams
from straggler import InputError, UnknownName

N, DIM = 4, 11
NORMAL_999 = 3.29


def drawn(noise, events, replicas, points=None, seed=0):
    """Return exact gradients (n, R, d) and noisy ones of several events (events, n, R, d), at the same points."""
    objective = Cosine(N, DIM, zeta=0.5)
    points = np.random.default_rng(1).standard_normal((N, 1, DIM)) if points is None else points
    points = np.broadcast_to(points, (N, len(replicas), DIM))
    oracle = noise.oracle(objective, Streams(seed, replicas))
    return objective.local_gradients(points), np.stack([oracle(points, slice(None)) for _ in range(events)])


@pytest.mark.parametrize("kind", ["gaussian", "rademacher"])
def test_the_documented_order_of_the_streams(kind):
    """One byte of the words of stream 6 per (iteration, worker); what is added is the additive noise alone."""
    events, replicas = 5, [5, 2]
    exact, noisy = drawn(noises.affine(noises.get(kind, sigma=0.7), nu=0.3), events, replicas)
    _, added = drawn(noises.get(kind, sigma=0.7), events, replicas)
    for column, replica in enumerate(replicas):
        words = np.random.SFC64(np.random.SeedSequence(0, spawn_key=(replica, 6))).random_raw(3)
        data = b"".join(int(word).to_bytes(8, "little") for word in words)
        for event in range(events):
            for worker in range(N):
                factor = 1 + math.sqrt(0.3) * (1 if data[event * N + worker] & 1 else -1)
                expected = factor * exact[worker, column] + (added[event, worker, column] - exact[worker, column])
                np.testing.assert_allclose(noisy[event, worker, column], expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("kind", ["gaussian", "rademacher"])
def test_the_variance_is_sigma_squared_and_nu_times_the_squared_gradient(kind):
    noise = noises.affine(noises.get(kind, sigma=0.7), nu=1.5)
    exact, noisy = drawn(noise, 4000, range(6))
    squares = np.sum((noisy - exact) ** 2, axis=-1).swapaxes(0, 1).reshape(N, -1)
    half = NORMAL_999 * squares.std(axis=1) / math.sqrt(squares.shape[1])
    wanted = 0.49 + 1.5 * np.sum(exact[:, 0] ** 2, axis=-1)
    assert (np.abs(squares.mean(axis=1) - wanted) <= half).all()
    assert (half < 0.05 * wanted).all()
    mean = (noisy - exact).swapaxes(0, 1).reshape(N, -1, DIM).mean(axis=1)
    assert (np.linalg.norm(mean, axis=1) < 5 * np.sqrt(wanted / squares.shape[1])).all()
    x = np.random.default_rng(2).standard_normal((3, DIM))
    local = Cosine(N, DIM, zeta=0.5).local_gradients(np.broadcast_to(x, (N, 3, DIM)))
    expected = np.sqrt(0.49 + 1.5 * np.max(np.sum(local**2, axis=-1), axis=0))
    np.testing.assert_allclose(noise.deviation(Cosine(N, DIM, zeta=0.5), x), expected, rtol=1e-12)


def test_blocks_of_replicas_and_tiles_of_workers_do_not_matter(monkeypatch):
    noise = noises.affine(noises.get("gaussian"), nu=0.5)
    _, together = drawn(noise, 40, range(5))
    for block in ([0, 1], [2], [3, 4]):
        assert np.array_equal(drawn(noise, 40, block)[1], together[:, :, block])
    monkeypatch.setattr(base, "TILE_BYTES", DIM * 8 * 5)
    assert np.array_equal(drawn(noise, 40, range(5))[1], together)
    assert not np.allclose(drawn(noise, 40, range(5), seed=1)[1], together)


def test_problems_take_nu_and_tell_it():
    problem = problems.rational(dim=3, workers=4, sigma=0.5, nu=0.25, noise="rademacher")
    assert (problem.numbers["sigma"], problem.numbers["nu"]) == (0.5, 0.25)
    assert problem.provenance()["noise"] == {"kind": "rademacher", "sigma": 0.5, "nu": 0.25}
    assert simulate(algorithms.SGD(step_size=0.1), problem, graphs.ring(4), iterations=2).constants["nu"] == 0.25
    plain = problems.rational(dim=3, workers=4, sigma=0.5, nu=0.0)
    assert (type(plain.noise), plain.numbers["nu"]) == (noises.Gaussian, 0.0)


@pytest.mark.parametrize("name", ["sgd", "dpsgd", "sgp", "osgp", "adpsgd", "apsgd", "easgd"])
@pytest.mark.parametrize("hessians", ["shared", "different"])
def test_exact_moments_know_it(name, hessians):
    """The mean of 1500 runs within 99.9 % of the exact expectation, noise of both parts and random events included."""
    options = {"dim": 3, "workers": 4, "sigma": 0.4, "nu": 0.8, "hessians": hessians, "zeta": 0.4, "center": 0.5}
    problem, algorithm = problems.quadratic(**options), algorithms.get(name, step_size=0.2)
    assert closes(problem)
    graph = graphs.ring(4) if name != "adpsgd" else graphs.get("bipartite-exponential", 4)
    exact = exact_moments(algorithm, problem, graph, iterations=25)
    run = simulate(algorithm, problem, graph, iterations=25, replicas=1500, quantities=("grad_norm_sq", "consensus_sq"), seed=4)
    for quantity in ("grad_norm_sq", "consensus_sq"):
        averages = run[quantity].mean("iteration").values
        half = NORMAL_999 * averages.std(ddof=1) / math.sqrt(averages.size)
        expected = float(exact[quantity].mean())
        assert abs(averages.mean() - expected) <= half + 1e-12, quantity
        assert half <= 0.1 * expected + 1e-12
    quiet = exact_moments(algorithm, problems.quadratic(**options | {"nu": 0.0}), graph, iterations=25)
    assert float(exact.grad_norm_sq[-1]) > 1.03 * float(quiet.grad_norm_sq[-1])


def test_refusals():
    for nu in (-1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="nu"):
            problems.cosine(nu=nu)
    for kind in ("none", "minibatch"):
        with pytest.raises(InputError, match=rf"nu = 0.5 .*0 where noise is {kind}"):
            noises.affine(noises.get(kind), nu=0.5)
    with pytest.raises(UnknownName, match="did you mean nu"):
        problems.cosine(nuu=0.5)
    problem = problems.quadratic(dim=2, workers=4, nu=0.5)
    with pytest.raises(InputError, match="limits of moments"):
        stationary(algorithms.SGD(step_size=0.1), problem, graphs.ring(4))
