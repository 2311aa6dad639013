"""Leader SGD: the algebra of the proofs, exact expectations on quadratics, and the recursions behind the bounds."""

import numpy as np
import pytest
import sympy as sp

import theory
from theory.papers import lsgd, lsgd_geometry

STEPPED = [
    lsgd.theorem_1,
    lsgd.multi_leader,
    lsgd.limsup,
    lsgd.limsup_rederived,
    lsgd.stochastic_leader,
    lsgd.stochastic_leader_rederived,
    lsgd.infrequent_leader,
]


def admissible(rng, theorem, **more):
    L = 10 ** rng.uniform(-1, 1)
    here = {"L": L, "mu": L * 10 ** rng.uniform(-2, 0), "nu": rng.choice([0.0, 1.5]), "zeta": 0.0, "sigma": 1.0, "delta": 2.0}
    here |= {"lambda_": L * 10 ** rng.uniform(-3, 2), "lambda_G": L * 10 ** rng.uniform(-3, 2), "n": 4, "sigma_f": 0.3} | more
    return here | {"gamma": rng.choice([1.0, 0.5, 0.05]) * theorem.largest_step(**here)}


def test_determinant_of_the_quadratic_form():
    L, mu, nu, s, q, a, b = sp.symbols("L mu nu s q a b", positive=True)
    step = s / (2 * L * (1 + nu))
    strength = q * mu / (2 * L) / step
    form = (
        (step / 2 - L * step**2 * (1 + nu) / 2) * a**2
        - L * step**2 * strength * a * b
        + step * strength / 2 * (mu - L * step * strength) * b**2
    )
    determinant = sp.hessian(form, (a, b)).det() / 4
    claimed = mu**2 * q * s * (nu * (2 - q) * (2 - s) + 2 * (2 - q - s)) / (64 * L**2 * (1 + nu) ** 2)
    assert sp.simplify(determinant - claimed) == 0
    assert claimed.subs({nu: 0, s: 1, q: 1}) == 0


@pytest.mark.parametrize("theorem", STEPPED)
def test_largest_step_separates_the_steps(theorem):
    rng = np.random.default_rng(1)
    for _ in range(100):
        here = admissible(rng, theorem, tau=4, K=10)
        largest = theorem.largest_step(**here)
        assert theorem.applies(**{**here, "gamma": largest})
        assert not theorem.applies(**{**here, "gamma": largest * (1 + 1e-6)})
    assert not theorem.applies(**{**here, "zeta": 0.1})


def test_third_condition_is_redundant_and_not_empty():
    rng = np.random.default_rng(2)
    for _ in range(500):
        here = admissible(rng, lsgd.theorem_1)
        first, second, _, third = lsgd.theorem_1.conditions(**here)
        assert first
        assert second
        assert third.factor <= 2**-0.5 + 1e-9
    assert not lsgd.theorem_1.conditions(**{**here, "lambda_": here["mu"] / (here["gamma"] * here["L"]) ** 2})[3]


def test_a_pull_of_a_tenth_needs_a_condition_number_of_five():
    for kappa, holds in ((4.9, True), (5.1, False)):
        here = {"L": kappa, "mu": 1.0, "nu": 0.0, "zeta": 0.0, "gamma": 0.01}
        assert lsgd.theorem_1.applies(**here, lambda_=0.1 / 0.01) is holds


def descent(here, x, guides, strengths, curvatures):
    """Both sides of the descent inequality on a diagonal quadratic; the noise lies along the steepest direction."""
    gradient, gamma = curvatures * x, here["gamma"]

    def value(point):
        return 0.5 * curvatures @ point**2

    moved = x - gamma * (gradient + sum(c * (x - z) for c, z in zip(strengths, guides, strict=True)))
    noise = 0.5 * here["L"] * gamma**2 * (here["sigma"] ** 2 + here["nu"] * gradient @ gradient)
    drift = sum(c * (value(x) - value(z)) for c, z in zip(strengths, guides, strict=True))
    right = (1 - here["mu"] * gamma) * value(x) - gamma * drift + 0.5 * gamma**2 * here["L"] * here["sigma"] ** 2
    return value(moved) + noise, right


@pytest.mark.parametrize("leaders", [1, 2])
def test_descent_holds_for_every_guide_on_quadratics(leaders):
    rng = np.random.default_rng(3)
    theorem = (lsgd.theorem_1, lsgd.multi_leader)[leaders - 1]
    tightest = 0.0
    for _ in range(5000):
        here = admissible(rng, theorem, sigma=rng.choice([0.0, 1.0]))
        curvatures = np.array([here["mu"], here["L"], rng.uniform(here["mu"], here["L"])])
        x = rng.normal(size=3)
        guides = [x + rng.normal(size=3) * 10 ** rng.uniform(-2, 1) for _ in range(leaders)]
        left, right = descent(here, x, guides, (here["lambda_"], here["lambda_G"])[:leaders], curvatures)
        assert left <= right * (1 + 1e-12)
        tightest = max(tightest, left / right)
    assert tightest > 0.8


def test_descent_fails_beyond_the_conditions():
    """Condition number one, both conditions at their boundary: equality at z = 0, and 1.5 times the pull breaks it."""
    here = {"L": 1.0, "mu": 1.0, "nu": 0.0, "sigma": 0.0, "gamma": 0.5}

    def sides(z, strength):
        return descent(here, np.array([1.0]), [np.array([z])], (strength,), np.ones(1))

    assert sides(0.0, 1.0) == (0.0, 0.0)
    assert all(np.subtract(*sides(z, 1.0)) <= 1e-12 for z in np.linspace(-5, 5, 201))
    assert np.subtract(*sides(0.0, 1.5)) > 0.1


def test_finite_forms_are_their_recursions_and_tend_to_the_printed_limits():
    rng = np.random.default_rng(4)
    for _ in range(20):
        here = admissible(rng, lsgd.limsup)
        noise = here["gamma"] ** 2 * here["L"] * here["sigma"] ** 2 / 2
        mistake = here["gamma"] * here["lambda_"] * 2 * here["sigma_f"]
        for theorem, added in ((lsgd.limsup_rederived, 0.0), (lsgd.stochastic_leader_rederived, mistake)):
            d = here["delta"]
            for k in range(1, 40):
                d = (1 - here["mu"] * here["gamma"]) * d + noise + added
                assert theorem.bound(**here, K=k) == pytest.approx(d, rel=1e-9)
        assert lsgd.limsup_rederived.bound(**here, K=1e12) == pytest.approx(lsgd.limsup.bound(**here))
        late, exact = lsgd.stochastic_leader_rederived.bound(**here, K=1e12), lsgd.limsup.bound(**here)
        assert lsgd.stochastic_leader.bound(**here) - exact == pytest.approx(4 * (late - exact))


@pytest.mark.parametrize("n", [2, 16, 64])
def test_a_noisy_election_costs_at_most_root_n(n):
    rng = np.random.default_rng(5)
    for spread in (0.0, 0.3, 1.0, 3.0):
        values = np.linspace(0, spread, n) if n > 2 else np.array([0, spread])
        for noise in (rng.normal(size=(20_000, n)), rng.choice([-1.0, 1.0], (20_000, n))):
            elected = values[np.argmin(values + noise, axis=1)]
            assert elected.mean() - values.min() <= np.sqrt(n)


@pytest.mark.parametrize("n", [2, 16, 64])
def test_an_election_on_unbiased_estimates_can_cost_root_n(n):
    """All but the best are worse by nearly s = sqrt(n - 1), and each is flattered by s one time in n."""
    rng = np.random.default_rng(6)
    s = np.sqrt(n - 1)
    values = np.r_[0.0, np.full(n - 1, 0.99 * s)]
    errors = np.where(rng.random((50_000, n - 1)) < 1 / n, -s, s / (n - 1))
    assert errors.mean() == pytest.approx(0.0, abs=0.03)
    assert errors.var() == pytest.approx(1.0, rel=0.05)
    elected = values[np.argmin(values + np.c_[np.zeros(50_000), errors], axis=1)]
    assert 0.3 * np.sqrt(n) < elected.mean() <= np.sqrt(n)
    alike = np.where(rng.random((50_000, n)) < 1 / n, -s, s / (n - 1))  # one law: no worse than the average
    assert values[np.argmin(values + alike, axis=1)].mean() <= values.mean()


def test_steps_of_order_one_over_k():
    rng = np.random.default_rng(6)
    theorem = lsgd.one_over_k_rederived
    for _ in range(30):
        here = admissible(rng, lsgd.limsup) | {"pull": 0.0}
        start = 4 * here["L"] * (here["nu"] + 1) / here["mu"]
        here |= {"k_0": start * rng.uniform(1, 3)}
        assert theorem.applies(**here, K=1)
        assert not theorem.applies(**{**here, "k_0": max(1.0, start * 0.9)}, K=1)
        assert not theorem.applies(**{**here, "pull": 0.51 * here["mu"] / here["L"]}, K=1)
        d = here["delta"]
        for k in range(400):
            step = 2 / (here["mu"] * (k + here["k_0"]))
            assert step <= lsgd.limsup.largest_step(**{**here, "lambda_": 0.0}) * (1 + 1e-12)
            d = (1 - here["mu"] * step) * d + step**2 * here["L"] * here["sigma"] ** 2 / 2
            assert d <= theorem.bound(**here, K=k + 1) * (1 + 1e-12)


@pytest.mark.parametrize("tau", [1, 3, 16])
def test_rare_elections_dominate_the_recursion_at_every_iteration(tau):
    rng = np.random.default_rng(7)
    theorem = lsgd.infrequent_leader
    for _ in range(20):
        here = admissible(rng, theorem, tau=tau, delta=rng.choice([0.0, 2.0]))
        d = leader = here["delta"]
        for k in range(5 * tau):
            leader = d if k % tau == 0 else leader
            d = (1 - (here["mu"] + here["lambda_"]) * here["gamma"]) * d + here["gamma"] * here["lambda_"] * leader
            d += here["gamma"] ** 2 * here["L"] * here["sigma"] ** 2 / 2
            assert d <= theorem.bound(**here, K=k + 1) * (1 + 1e-9)
        assert theorem.bound(**here, K=1e14) == pytest.approx(lsgd.limsup.bound(**here), rel=1e-6)
        if tau == 1:
            decay = 1 - here["mu"] * here["gamma"]
            assert theorem.bound(**here, K=7) == pytest.approx(decay**7 * here["delta"] + lsgd.limsup.bound(**here), rel=1e-9)


def test_a_differentiated_leader_has_other_stationary_points():
    first, second, strength, c = sp.symbols("first second strength c", positive=True)

    def f(x):
        return strength * (x - x**2) + c * (3 * x**2 - 2 * x**3)

    where = {first: 0, second: 1}
    literal = f(first) + f(second) + strength / 2 * (second - first) ** 2  # the first worker leads
    assert (f(first) - f(second)).subs(where) == -c
    assert [sp.simplify(literal.diff(x).subs(where)) for x in (first, second)] == [0, 0]
    assert f(first).diff(first).subs(where) == strength
    # with the leader frozen only the second worker feels the pull, and the first is not at rest
    assert (f(second).diff(second) + strength * (second - first)).subs(where) == 0
    assert theory.registry.card("lsgd.stationary-points").known_false
    assert "False" in theory.get("lsgd.stationary-points:printed").standing_note


@pytest.mark.parametrize("period", [1, 4])
@pytest.mark.parametrize("share", [0.2, 1.0, 1.9])
def test_gradients_at_leaders_sum_up(period, share):
    """Leader gradient descent on a rugged landscape: sin has curvature one, and a slope keeps the leader changing."""
    rng = np.random.default_rng(8)

    def f(x):
        return (np.cos(x) + 0.5 * np.cos(np.sqrt(2) * x)).sum(-1) / 2

    def slope(x):
        return -(np.sin(x) + np.sqrt(0.5) * np.sin(np.sqrt(2) * x)) / 2

    L, gamma, rounds = 1.0, share, 60
    x = rng.uniform(-8, 8, (5, 3))
    leader, lead, total = int(np.argmin(f(x))), [], 0.0
    delta = f(x).min() + 3 * 0.75
    for k in range(rounds):
        if k % period == 0:
            leader = int(np.argmin(f(x)))
            x = x + 0.3 * (x[leader] - x)
        lead.append(leader)
        total += (slope(x[leader]) ** 2).sum()
        x = x - gamma * slope(x)
    bound = lsgd_geometry.limit_points.bound(gamma=gamma, L=L, delta=delta, K=rounds)
    assert 0 < total / rounds <= bound


def candidates(rng, A, x, size):
    """Points drawn uniformly from the ellipsoid {z: f(z) <= f(x)}."""
    d = len(x)
    ball = rng.normal(size=(size, d))
    ball *= (rng.uniform(size=(size, 1)) ** (1 / d)) / np.linalg.norm(ball, axis=1, keepdims=True)
    return ball * np.sqrt(x @ (A * x)) / np.sqrt(A)


def unimproved(rng, A, x, strength, size=4000):
    """Share of the candidates that turn the step away from the Newton step."""

    def cosine(step):
        return step @ -x / np.linalg.norm(step, axis=-1) / np.linalg.norm(x)

    z = candidates(rng, A, x, size)
    return np.mean(cosine(-A * x + strength * (z - x)) < cosine(-A * x))


def test_small_pulls_improve_at_least_half_of_the_directions():
    rng = np.random.default_rng(9)
    for _ in range(40):
        A = 10 ** rng.uniform(-1, 1, int(rng.integers(2, 6)))
        x = rng.normal(size=len(A))
        shares = [unimproved(np.random.default_rng(1), A, x, strength) for strength in (1e-5, 1e-2, 1.0)]
        assert shares[0] <= lsgd_geometry.angle_small_lambda.bound(cosine=0.5) + 4 * 0.5 / np.sqrt(4000)
        assert shares[0] <= shares[1] <= shares[2]


def test_large_angles_improve_at_least_half_of_the_directions():
    rng = np.random.default_rng(10)
    theorem = lsgd_geometry.angle_large
    tried = 0
    while tried < 30:
        A = np.array([1.0, 10 ** rng.uniform(2.5, 4)])
        x = np.array([1.0, 10 ** rng.uniform(-3, 0)])
        cosine = x @ (A * x) / np.linalg.norm(x) / np.linalg.norm(A * x)
        if not theorem.applies(cosine=cosine, L=A[1], mu=A[0]):
            continue
        tried += 1
        for strength in (1e-3, 1.0, 1e9):
            assert unimproved(rng, A, x, strength * A[1]) <= theorem.bound(cosine=cosine, L=A[1], mu=A[0]) + 0.032


def test_the_condition_on_large_angles_is_the_one_on_r():
    theorem = lsgd_geometry.angle_large
    for kappa, holds in ((130.9, False), (131.1, True)):
        r = 2 * kappa / (kappa + 1)  # the least r that Kantorovich's inequality admits
        plain = r / np.sqrt(kappa) + r**1.5 / kappa**0.25
        [check] = theorem.conditions(cosine=r / np.sqrt(kappa), L=kappa, mu=1.0)
        assert check.factor == pytest.approx(plain)
        assert bool(check) is holds
