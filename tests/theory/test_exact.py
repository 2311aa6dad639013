"""The bounds against exact moments of the algorithms on scalar quadratics f_i(x) = L (x - b_i)^2 / 2, in plain loops."""

from dataclasses import dataclass

import numpy as np
import pytest

import theory

SCALES = [(1.0, 0.0), (1.0, 1.0), (0.1, 2.0)]
ITERATIONS = 150


@dataclass(frozen=True)
class Schedule:
    """Mixing matrices over a period, whether mixing comes before the step, and the constants a theorem needs."""

    matrices: tuple
    mix_first: bool
    constants: dict


def moments(schedule, gamma, L, sigma, tilt, start, iterations=ITERATIONS):
    n = len(tilt)
    average = np.full((n, n), 1 / n)
    mean, covariance, w = np.full(n, start), np.zeros((n, n)), np.ones(n)
    gradient = consensus = view = 0.0
    for k in range(iterations):
        second = covariance + np.outer(mean, mean)
        z = second / np.outer(w, w)
        center = np.ones(n) @ second @ np.ones(n) / n**2
        gradient += L**2 * center
        view += L**2 * np.trace(z) / n
        spread = np.diag(1 / w) - average
        consensus += np.trace(spread @ second @ spread.T) / n
        P = schedule.matrices[k % len(schedule.matrices)]
        step = np.diag(gamma * L / w)
        A, noise = (P - step, np.eye(n)) if schedule.mix_first else (P @ (np.eye(n) - step), P)
        mean = A @ mean + gamma * L * noise @ tilt
        covariance = A @ covariance @ A.T + gamma**2 * sigma**2 * noise @ noise.T
        w = P @ w
    return {
        "mean_grad_norm_sq": gradient / iterations,
        "mean_consensus_sq": consensus / iterations,
        "mean_view_grad_norm_sq": view / iterations,
    }


def ring(n):
    return sum(np.roll(np.eye(n), shift, axis=0) for shift in (-1, 0, 1)) / 3


def error_norms(matrices, horizon=60):
    """||E(k, s)|| for 0 <= s < k <= horizon, by multiplying matrices."""
    n = len(matrices[0])
    norms = np.zeros((horizon + 1, horizon + 1))
    for s in range(horizon):
        product, w = np.eye(n), np.ones(n)
        for k in range(s):
            w = matrices[k % len(matrices)] @ w
        for k in range(s, horizon):
            P = matrices[k % len(matrices)]
            product, w = P @ product, P @ w
            norms[k + 1, s] = np.linalg.norm(product / w[:, None] - 1 / n, 2)
    return norms


def push(matrices):
    norms = error_norms(matrices)
    age = np.maximum(np.subtract.outer(np.arange(len(norms)), np.arange(len(norms))), 0)
    envelopes = {q: max(1.0, (norms / q**age).max()) for q in np.arange(0.5, 0.99, 0.01)}
    q = min(envelopes, key=lambda rate: envelopes[rate] / (1 - rate))
    return {
        "B_E": norms.sum(1).max() * norms.sum(0).max(),
        "B_2": (norms**2).sum(1).max(),
        "q": q,
        "C": envelopes[q],
    }


def hops(n):
    return tuple((np.eye(n) + np.roll(np.eye(n), hop, axis=0)) / 2 for hop in (2**j for j in range(n.bit_length() - 1)))


def uneven(n):
    """A ring whose nodes keep different shares: column-stochastic, not doubly."""
    keep = np.linspace(0.4, 0.7, n)
    return (np.diag(keep) + np.roll(np.diag(1 - keep), 1, axis=0),)


def period(tau, mixing):
    return (*[np.eye(len(mixing))] * (tau - 1), mixing)


FULL = np.full((4, 4), 0.25)
RHO = {"rho": (np.linalg.eigvalsh(ring(8))[-2]) ** 2}
CASES = {
    "sgd.ghadimi-lan": Schedule((FULL,), False, {}),
    "ours.p1": Schedule((FULL,), False, {}),
    **{
        key: Schedule((ring(8),), mix_first=True, constants=RHO)
        for key in ("ours.p2", "ours.p2-consensus", "dpsgd.theorem-1", "dpsgd.theorem-3:printed", "dpsgd.theorem-3:corrected")
    },
    **{key: Schedule(period(4, FULL), False, {"tau": 4}) for key in ("ours.p3", "ours.p3-consensus", "local-sgd.wang-joshi")},
    "local-sgd.wang-joshi-mixing": Schedule(period(3, ring(8)), mix_first=False, constants=RHO | {"tau": 3}),
    **{
        key: Schedule(uneven(5), False, push(uneven(5)))
        for key in ("ours.p4", "ours.p4-consensus", "ours.p4-view", "sgp.theorem-1:printed", "sgp.theorem-1:rederived")
    },
    **{key: Schedule(uneven(5), False, push(uneven(5))) for key in ("sgp.theorem-2", "sgp.theorem-2-consensus")},
    **{key: Schedule(hops(8), False, push(hops(8))) for key in ("ours.p4-doubly", "ours.p4-doubly-consensus")},
}


@pytest.mark.parametrize("key", CASES)
@pytest.mark.parametrize(("sigma", "spread"), SCALES)
def test_bound_holds_exactly(key, sigma, spread):
    theorem, schedule = theory.get(key), CASES[key]
    # the prescribed step sqrt(n/K) is small only where L is
    L, iterations = (2.0, ITERATIONS) if theorem.step is None else (0.005, 4000)
    n, start = len(schedule.matrices[0]), 1.5
    tilt = spread * np.cos(2 * np.pi * np.arange(n) / n) * (0 if key.startswith("local-sgd") else 1)
    here = schedule.constants | {
        "n": n,
        "L": L,
        "sigma": sigma,
        "zeta": L * np.sqrt(np.mean(tilt**2)),
        "delta": L * start**2 / 2,
        "x0_sq": start**2,
        "K": iterations,
    }
    if theorem.step is None:
        steps = [theorem.largest_step(**here) * share for share in (0.999, 0.3, 0.05)]
    else:
        steps = [theorem.step_size(**here)]
    for gamma in steps:
        assert theorem.applies(**here, gamma=gamma)
        measured = moments(schedule, gamma, L, sigma, tilt, start, iterations)[theorem.quantity.name]
        assert 0 < measured <= theorem.bound(**here, gamma=gamma)


def test_the_bound_of_sgd_is_tight_within_a_factor_of_two():
    n, L, sigma, start = 4, 2.0, 1.0, 1.5
    here = {"n": n, "K": ITERATIONS, "L": L, "sigma": sigma, "delta": L * start**2 / 2, "gamma": 0.25}
    measured = moments(CASES["ours.p1"], 0.25, L, sigma, np.zeros(n), start)["mean_grad_norm_sq"]
    assert measured > theory.get("ours.p1").bound(**here) / 2


def test_lemma_3_fails_node_by_node_and_holds_in_root_mean_square():
    n, gamma = 4, 0.1
    P = (np.eye(n) + np.roll(np.eye(n), -1, axis=0)) / 2
    gradients = np.array([1.0, 0, 0, 0])
    z = P @ (-gamma * gradients)
    distance = np.abs(z - z.mean())
    for node in range(1, n):
        assert gradients[node] == 0
        assert distance[node] == pytest.approx(0.025)
    norm = np.linalg.norm(P - 1 / n, 2)
    assert np.linalg.norm(distance) <= gamma * norm * np.linalg.norm(gradients)
    assert "False" in theory.get("sgp.lemma-3:printed").standing_note


def test_error_norms_of_the_one_peer_exponential_graph():
    for n in (4, 8, 16):
        found = push(hops(n))
        steps = n.bit_length() - 1
        assert found["B_E"] == pytest.approx((steps - 1) ** 2)
        assert found["B_2"] == pytest.approx(steps - 1)
