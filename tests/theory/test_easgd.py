"""EASGD: spectra on grids, moments by recursion, and the algebra of the proofs."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from theory.papers import easgd

REGION = easgd.round_robin_stability


def one_pass(n, x, alpha):
    """One round-robin pass over n workers; the center is the last coordinate."""
    total = np.eye(n + 1)
    for i in range(n):
        single = np.eye(n + 1)
        single[np.ix_([i, n], [i, n])] = [[1 - x - alpha, alpha], [alpha, 1 - alpha]]
        total = single @ total
    return np.abs(np.linalg.eigvals(total)).max()


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_round_robin_is_stable_in_the_region(n):
    unstable_outside = 0
    for x in np.linspace(0.05, 2.5, 25):
        for alpha in np.linspace(0.0, 1.6, 23):
            inside = REGION.applies(gamma=x / 2, L=2.0, pull=alpha)
            assert inside == (x <= 2 and alpha <= (4 - 2 * x) / (4 - x) + 1e-12)
            if inside:
                assert one_pass(n, x, alpha) <= 1 + 1e-7
            else:
                unstable_outside += one_pass(n, x, alpha) > 1 + 1e-7
    assert unstable_outside > 200


def test_the_region_is_where_single_maps_are_stable():
    x, alpha = sp.symbols("x alpha", positive=True)
    matrix = sp.Matrix([[1 - x - alpha, alpha], [alpha, 1 - alpha]])
    assert sp.expand((matrix + sp.eye(2)).det() - (4 - 4 * alpha - 2 * x + x * alpha)) == 0
    assert sp.expand((matrix - sp.eye(2)).det() - x * alpha) == 0
    limit = REGION.largest_step(L=1.0, pull=0.3)
    assert one_pass(1, limit, 0.3) == pytest.approx(1)
    assert one_pass(1, limit * 1.01, 0.3) > 1.001


def admm(n, step, penalty):
    """The single updates of round-robin ADMM, in exact arithmetic; multipliers, then models, then the center."""
    maps = []
    for i in range(n):
        multiplier, model, center = (sp.eye(2 * n + 1) for _ in range(3))
        multiplier[i, n + i], multiplier[i, 2 * n] = -1, 1
        model[n + i, n + i] = (1 - step) / (1 + penalty)
        model[n + i, i] = model[n + i, 2 * n] = penalty / (1 + penalty)
        for j in range(n):
            center[2 * n, n + j], center[2 * n, j] = sp.Rational(1, n), -sp.Rational(1, n)
        center[2 * n, 2 * n] = 0
        maps.append(center * model * multiplier)
    return maps


def radius(matrix):
    """Largest modulus of an eigenvalue: roots of the square-free part of the characteristic polynomial, to thirty digits."""
    variable = sp.Symbol("m")
    polynomial = sp.Poly(matrix.charpoly(variable).as_expr(), variable)
    free = polynomial.quo(sp.gcd(polynomial, polynomial.diff()))
    with mpmath.workdps(40):
        return float(max(abs(complex(root)) for root in free.nroots(n=30, maxsteps=200)))


def test_admm_is_unstable_although_its_maps_are_not():
    maps = admm(3, sp.Rational(1, 1000), sp.Rational(1, 400))
    for single in maps:
        assert radius(single) == pytest.approx(1, abs=1e-12)
    whole = radius(maps[2] * maps[1] * maps[0])
    assert whole == pytest.approx(1.00097, abs=5e-6)
    here = {"n": 3, "L": 1.0, "gamma": 1e-3, "lambda_": 2.5}
    assert easgd.admm_instability.applies(**here)
    assert 1 / whole <= easgd.admm_instability.bound(**here) < 1
    assert not easgd.admm_instability.applies(**{**here, "lambda_": 2.6})


def recursion(n, x, alpha, sigma, gamma, starts, center, rounds):
    """Mean and covariance of all models and the center, worker by worker."""
    move = np.diag(np.r_[np.full(n, 1 - x - alpha), 1 - n * alpha])
    move[:n, n], move[n, :n] = alpha, alpha
    mean, covariance = np.r_[starts, center], np.zeros((n + 1, n + 1))
    noise = np.diag(np.r_[np.full(n, gamma**2 * sigma**2), 0.0])
    for _ in range(rounds):
        mean, covariance = move @ mean, move @ covariance @ move.T + noise
    return mean[n], covariance[n, n]


def stable(rng):
    while True:
        n, L = int(rng.integers(1, 9)), 10 ** rng.uniform(-1, 1)
        here = {"n": n, "L": L, "pull": rng.uniform(0.01, 2) / n, "gamma": rng.uniform(0.02, 2) / L, "zeta": 0.0}
        if easgd.corollary_rederived.applies(**here):
            return here


def test_lemma_6_1_is_the_recursion():
    rng = np.random.default_rng(1)
    for _ in range(200):
        here = stable(rng) | {"sigma": rng.uniform(0, 3), "K": int(rng.integers(1, 200))}
        starts, center = rng.normal(size=here["n"]), rng.normal()
        n, x = here["n"], here["gamma"] * here["L"]
        bias, variance = recursion(n, x, here["pull"], here["sigma"], here["gamma"], starts, center, here["K"])
        found = easgd.lemma_6_1.bound(**here, x0_center=center, x0_workers=starts.mean())
        assert found == pytest.approx(bias**2 + variance, rel=1e-10, abs=1e-14)


def test_moments_tend_to_the_corollaries():
    rng = np.random.default_rng(2)
    for _ in range(100):
        here = stable(rng) | {"sigma": 1.5}
        late = easgd.lemma_6_1.bound(**here, K=1e6, x0_center=0.0, x0_workers=0.0)
        assert late == pytest.approx(easgd.corollary_rederived.bound(**here), rel=1e-9)
        many = here | {"n": 10**7, "pull": here["n"] * here["pull"] / 10**7}
        if here["gamma"] * here["L"] < 1.95 and here["n"] * here["pull"] < 1.95:
            assert 10**7 * easgd.corollary_rederived.bound(**many) == pytest.approx(easgd.corollary.bound(**many), rel=1e-4)


def test_stability_is_that_of_the_two_modes():
    rng = np.random.default_rng(3)
    outside = 0
    for _ in range(3000):
        n, x, alpha = int(rng.integers(1, 9)), rng.uniform(0, 3), rng.uniform(0, 1)
        modes = np.linalg.eigvals([[1 - x - alpha, n * alpha], [alpha, 1 - n * alpha]])
        assert np.abs(modes.imag).max() == 0
        here = {"n": n, "L": 1.0, "gamma": x, "pull": alpha, "zeta": 0.0}
        holds = easgd.lemma_6_1.applies(**here)
        assert holds == (np.abs(modes).max() < 1)
        dossier = (2 - x) * (2 - n * alpha) > 2 * alpha and (2 - x) + (2 - n * alpha) > alpha
        assert holds == dossier
        outside += not holds
    assert 300 < outside < 2900


def rows(y, g, center, gamma, pull):
    """Mean squares after a round without noise, for workers at y with gradients g, n of them in the last axis."""
    moved = (1 - pull) * y - gamma * g + pull * center[:, None]
    after = center + pull * (y - center[:, None]).sum(1)
    return moved.mean(1) ** 2, (moved**2).mean(1), after**2


@pytest.mark.parametrize("n", [1, 2, 5])
def test_recursion_of_the_convex_case_on_piecewise_linear_gradients(n):
    rng = np.random.default_rng(4)
    mu, L, pull, count = 0.3, 2.0, 0.15, 20_000
    for share in (1.0, 0.3):
        gamma = share * easgd.strongly_convex_rows.largest_step(mu=mu, L=L, pull=pull)
        y = rng.normal(size=(count, n)) + rng.normal(size=(count, 1)) * 2
        center = rng.normal(size=count)
        knots, slopes = rng.uniform(0, 1.5, (count, 2)), rng.choice([mu, L], (count, 4))
        inner = np.clip(y, -knots[:, :1], knots[:, 1:])
        g = np.where(inner > 0, slopes[:, 1:2], slopes[:, 2:3]) * inner
        g += np.where(y > 0, slopes[:, :1], slopes[:, 3:]) * (y - inner)
        a, b, c = y.mean(1) ** 2, (y**2).mean(1), center**2
        c_1 = 2 * gamma * mu * L / (mu + L)
        found = rows(y, g, center, gamma, pull)
        for c_2 in (gamma * (L - mu) ** 2 / (2 * (mu + L)), 2 * gamma * L * (1 - 2 * np.sqrt(mu * L) / (mu + L))):
            bounds = (
                (1 - c_1 - c_2 - pull) * a + c_2 * b + pull * c,
                (1 - c_1 - pull) * b + pull * c,
                (1 - n * pull) * c + n * pull * a,
            )
            for left, right in zip(found, bounds, strict=True):
                assert (left <= right + 1e-12).all()


def test_bound_of_the_convex_case_dominates_the_recursion():
    rng = np.random.default_rng(5)
    theorem = easgd.strongly_convex_rederived
    for _ in range(200):
        n, L = int(rng.integers(1, 9)), 10 ** rng.uniform(-1, 1)
        mu, pull = L * 10 ** rng.uniform(-2, 0), 10 ** rng.uniform(-2, -0.01) / n
        gamma = rng.uniform(0.05, 1) * theorem.largest_step(mu=mu, L=L, pull=pull)
        here = {"n": n, "L": L, "mu": mu, "pull": pull, "gamma": gamma, "sigma": 1.0, "R_0": 2.0, "zeta": 0.0}
        assert theorem.applies(**here)
        c_1, c_2 = 2 * gamma * mu * L / (mu + L), gamma * (L - mu) ** 2 / (2 * (mu + L))
        U = np.array([[1 - c_1 - c_2 - pull, c_2, pull], [0, 1 - c_1 - pull, pull], [n * pull, 0, 1 - n * pull]])
        v = gamma**2 * np.array([1 / n, 1.0, 0])
        assert U.min() >= -1e-15
        state, fixed = np.full(3, 4.0), np.linalg.solve(np.eye(3) - U, v)
        assert theorem.bound(**here, K=1e300) == pytest.approx(fixed[2], rel=1e-9)
        for k in range(1, 300):
            state = U @ state + v
            assert state[2] <= theorem.bound(**here, K=k) * (1 + 1e-12)


def test_convex_bound_holds_for_exact_moments_on_a_quadratic():
    n, L, pull, sigma = 4, 2.0, 0.1, 1.0
    gamma = easgd.strongly_convex_rederived.largest_step(mu=L, L=L, pull=pull) / 2
    here = {"n": n, "L": L, "mu": L, "pull": pull, "gamma": gamma, "sigma": sigma, "zeta": 0.0}
    for k in (1, 10, 100):
        exact = easgd.lemma_6_1.bound(**here, K=k, x0_center=1.5, x0_workers=1.5)
        assert 0 < exact <= easgd.strongly_convex_rederived.bound(**here, K=k, R_0=1.5)


def test_stationary_points_move():
    x, y, c = sp.symbols("x y c", positive=True)
    inner, outer = (3 - x**2) / 2 + c * x * (1 - x**2) ** 2, sp.exp(1 - x)
    for order in (0, 1):
        assert sp.simplify((inner.diff(x, order) - outer.diff(x, order)).subs(x, 1)) == 0
        mirrored = inner.subs(x, -x)  # f(-x), whose value and slope at one are those of the other side
        assert sp.simplify((mirrored.diff(x, order) - outer.diff(x, order)).subs(x, 1)) == 0
    assert inner.diff(x).subs(x, 0) == c
    theorem = easgd.moved_stationary_point
    for strength in (1e-3, 0.1, 0.5, 1.0):
        root = float(sp.nsolve(strength * y - sp.exp(1 - y), 2.0))
        assert root >= 1 - 1e-12
        slope = -np.exp(1 - root)
        assert slope + strength * root == pytest.approx(0, abs=1e-12)
        for tilt in (0.01, 0.7):
            here = {"lambda_": strength, "tilt": tilt}
            assert theorem.applies(**here)
            assert 1 / min(abs(slope), tilt) <= theorem.bound(**here) * (1 + 1e-12)
    assert not theorem.applies(lambda_=1.5, tilt=1.0)
