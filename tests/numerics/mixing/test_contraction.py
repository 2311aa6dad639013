"""Second eigenvalues and norms against closed forms and against the table of SGP's appendix."""

import json
import math

import numpy as np
import pytest

from numerics import graphs
from numerics.mixing import (
    Circulant,
    Dense,
    GroupMean,
    PeriodicSchedule,
    contraction,
    product,
    report,
    rho,
    second_eigenvalue,
    spectral_gap,
)

cos, pi = math.cos, math.pi


def largest_but_one(matrix):
    """Second largest eigenvalue modulus by sorting all eigenvalues."""
    return np.sort(np.abs(np.linalg.eigvals(matrix)))[-2]


CLOSED_FORMS = [
    *[("ring", n, max(abs(1 + 2 * cos(2 * pi * k / n)) / 3 for k in (1, n // 2))) for n in (3, 4, 5, 16, 64)],
    *[("path", n, max(abs(1 + 2 * cos(pi * k / n)) / 3 for k in (1, n - 1))) for n in (3, 5, 16)],
    *[("torus", s * s, max(abs(1 + 2 * cos(2 * pi / s) + 2), abs(1 - 4)) / 5) for s in (4, 6, 8)],
    *[("hypercube", 2**k, (k - 1) / (k + 1)) for k in (2, 3, 4, 6)],
    *[("complete", n, 0.0) for n in (2, 5, 16)],
    *[("star", n, 1 - 1 / n) for n in (3, 8, 32)],
    *[("exponential", 2**t, (t - 1) / (t + 1)) for t in (2, 3, 4, 5, 6)],
]


@pytest.mark.parametrize(("name", "n", "expected"), CLOSED_FORMS)
def test_second_eigenvalue_has_its_closed_form(name, n, expected):
    operator = graphs.get(name, n).schedule().at(0)
    assert second_eigenvalue(operator) == pytest.approx(expected, abs=1e-12)
    assert spectral_gap(operator.matrix()) == pytest.approx(1 - expected, abs=1e-12)
    assert contraction(operator) == pytest.approx(np.linalg.norm(operator.matrix() - 1 / n, 2), abs=1e-12)
    assert rho(graphs.get(name, n).schedule()) == pytest.approx(expected**2, abs=1e-12)


@pytest.mark.parametrize(("name", "n"), [("ring", 512), ("path", 450), ("torus", 576)])
def test_large_sparse_graphs_agree_with_closed_forms(name, n):
    side = 24
    expected = {
        "ring": (1 + 2 * cos(2 * pi / n)) / 3,
        "path": (1 + 2 * cos(pi / n)) / 3,
        "torus": (3 + 2 * cos(2 * pi / side)) / 5,
    }[name]
    # With workers in another order, so that the ring does not take its Fourier shortcut.
    order = np.random.default_rng(1).permutation(n)
    matrix = graphs.get(name, n).schedule().at(0).matrix()
    assert second_eigenvalue(matrix[order][:, order]) == pytest.approx(expected, abs=1e-10)
    assert second_eigenvalue(matrix) == pytest.approx(expected, abs=1e-10)


def test_large_sparse_matrix_whose_least_eigenvalue_decides():
    """A hypercube of 2^8 times pairs that nearly swap: eigenvalues of the hypercube, 1 and at most 7/9, times 1 and -0.9."""
    cube = graphs.hypercube(256).schedule().at(0).matrix()
    order = np.random.default_rng(2).permutation(512)
    matrix = np.kron(cube, [[0.05, 0.95], [0.95, 0.05]])[order][:, order]
    assert second_eigenvalue(matrix) == pytest.approx(0.9, abs=1e-10)


def test_group_means_need_no_eigenvalues():
    order = np.random.default_rng(3).permutation(30).tolist()
    for groups, expected in ((30, 0), ([order], 0), (10, 1), ([[1, 2, 3]], 1), ([order[:29]], 1)):
        operator = GroupMean(30, groups)
        assert second_eigenvalue(operator) == expected == contraction(operator)
        assert largest_but_one(operator.matrix()) == pytest.approx(expected, abs=1e-7)


def test_general_matrices_agree_with_sorted_eigenvalues():
    generator = np.random.default_rng(0)
    for n in (3, 7, 12):
        rows = generator.dirichlet(np.ones(n), size=n)
        for matrix in (rows, rows.T, Dense(rows).matrix()):
            assert second_eigenvalue(matrix) == pytest.approx(largest_but_one(matrix), abs=1e-10)
    offsets = {0: 0.5, 1: 0.3, 4: 0.2}
    assert second_eigenvalue(Circulant(9, offsets)) == pytest.approx(largest_but_one(Circulant(9, offsets).matrix()), abs=1e-12)


def test_a_disconnected_matrix_does_not_contract():
    assert second_eigenvalue(np.eye(4)) == pytest.approx(1)
    assert contraction(np.kron(np.eye(2), np.full((2, 2), 0.5))) == pytest.approx(1)


def cycling(hops, n=32):
    return PeriodicSchedule([Circulant(n, {0: 0.5, hop: 0.5}) for hop in hops], "cycling")


# Products of circulants are normal: the second eigenvalue modulus is the spectral norm of the product minus J.
@pytest.mark.parametrize(
    ("schedule", "rounds", "expected"),
    [
        *[(graphs.one_peer_exponential(32).schedule(), r, v) for r, v in enumerate((0.9952, 0.9761, 0.9018, 0.6376, 0.0), 1)],
        *[(graphs.k_peer_exponential(32, 2).schedule(), r, v) for r, v in enumerate((0.9872, 0.8763, 0.1781, 0.1253), 1)],
        (cycling((1, 2, 3, 4, 5)), 5, 0.761),
        (cycling((1, 3, 5, 7, 9)), 5, 0.412),
    ],
)
def test_table_of_deterministic_products_for_32_nodes(schedule, rounds, expected):
    matrix = product(schedule, rounds)
    digits = 10 ** -len(str(expected).split(".")[1]) if expected else 1e-13
    assert second_eigenvalue(matrix) == pytest.approx(expected, abs=0.51 * digits)
    assert contraction(matrix) == pytest.approx(expected, abs=0.51 * digits)
    assert report(schedule, rounds)["contraction"] == pytest.approx(expected, abs=0.51 * digits)


@pytest.mark.parametrize(
    ("among", "shared", "eigenvalue", "norm"),
    [
        ("exponential", False, 0.358, 0.738),
        ("complete", False, 0.199, 0.697),
        ("exponential", True, 0.754, 0.754),
        ("complete", True, 0.452, 0.452),
    ],
)
def test_table_of_random_products_for_32_nodes(among, shared, eigenvalue, norm):
    schedule = graphs.random_peer(32, among, seed=1, shared=shared)
    products = [product(schedule, 5, start=5 * draw) for draw in range(400)]
    eigenvalues = np.array([second_eigenvalue(p) for p in products])
    norms = np.array([contraction(p) for p in products])
    assert abs(eigenvalues.mean() - eigenvalue) < 4 * eigenvalues.std() / 20 + 0.002
    assert abs(norms.mean() - norm) < 4 * norms.std() / 20 + 0.002


def test_rho_of_a_time_varying_schedule_is_that_of_its_worst_round():
    schedule = graphs.one_peer_exponential(8).schedule()
    worst = max(np.linalg.norm(schedule.at(k).matrix() - 1 / 8, 2) ** 2 for k in range(3))
    assert rho(schedule) == pytest.approx(worst)
    assert rho(schedule) == pytest.approx(1.0)


@pytest.mark.parametrize("shared", [False, True])
def test_rho_of_a_random_schedule_is_exact_and_close_to_the_estimate(shared):
    schedule = graphs.random_peer(8, "complete", seed=0, shared=shared)
    exact = rho(schedule)
    moment = sum(schedule.at(k).matrix().T @ schedule.at(k).matrix() for k in range(4000)) / 4000 - 1 / 8
    assert exact == pytest.approx(np.linalg.norm(moment, 2), abs=0.03)
    assert report(schedule)["rho_exact"]
    schedule.second_moment = None
    assert rho(schedule) == pytest.approx(exact, abs=0.04)
    assert not report(schedule)["rho_exact"]


def test_report_keeps_its_promises():
    found = json.loads(json.dumps(report(graphs.ring(16).schedule())))
    assert {"nodes", "weights", "lambda2", "rho", "spectral_gap", "contraction", "rounds"} <= set(found)
    assert (found["nodes"], found["weights"], found["rounds"]) == (16, "metropolis", 1)
    assert found["lambda2"] == pytest.approx(0.949253, abs=1e-6)
    assert found["spectral_gap"] == pytest.approx(1 - found["lambda2"])
    assert report(graphs.ring(16).schedule(), rounds=10)["lambda2"] == pytest.approx(found["lambda2"] ** 10)
    assert report(graphs.one_peer_exponential(16).schedule())["rounds"] == 4
