"""Elastic consistency: adversarial views that the bounds survive, and systems that come close to their gauge."""

import numpy as np
import pytest

import theory
from theory.conditions import Condition
from theory.derive import at_step, compare
from theory.papers import elastic, elastic_convex, elastic_systems
from theory.symbols import K, n

CLOSE = {"L": 2.0, "mu": 0.3, "sigma": 0.7, "zeta": 0.0}
CURVATURES = np.array([CLOSE["mu"], 1.0, CLOSE["L"]])


def substituted(theorem, step):
    expression = at_step(theorem, step).expanded()
    return expression.subs({symbol: n / 2 for symbol in expression.free_symbols if symbol.name == "quorum"})


FORMS = [
    (elastic.any_single, elastic.nc_1_rederived, elastic.nc_1),
    (elastic.any_quorum, elastic.nc_p_rederived, elastic.nc_p),
    (elastic_convex.any_single, elastic_convex.sc_1_rederived, elastic_convex.sc_1),
    (elastic_convex.any_quorum, elastic_convex.sc_p_rederived, elastic_convex.sc_p),
]


def rules(theorem):
    return [c for c in theorem.requires if not c.text.startswith("zeta")]


@pytest.mark.parametrize(("general", "rederived", "printed"), FORMS)
def test_any_step_implies_rederived_implies_printed(general, rederived, printed):
    many = Condition("n >= 2", 2, n)
    floor = Condition("K <= 1e8", K, 10**8)
    for sharper, looser in ((substituted(general, rederived.step), rederived), (rederived.expanded(), printed)):
        outcome = compare(sharper, looser.expanded(), [*rules(looser), many, floor], draws=400_000)
        assert outcome
        assert outcome.draws > 50


@pytest.mark.parametrize(("general", "rederived", "printed"), FORMS)
def test_prescribed_steps_are_admissible(general, rederived, printed):
    for theorem in (rederived, printed):
        needed = next(c for c in theorem.requires if c.text.startswith("K")).lhs
        step = at_step(general, theorem.step).requires[0]
        assert compare(step.lhs, step.rhs, [Condition("K", needed, K)], draws=200_000)


def test_the_printed_constants_leave_a_factor_of_two():
    here = {"K": 1e6, "L": 2.0, "delta": 1.0, "sigma": 1.0, "B": 3.0, "zeta": 0.0, "n": 8.0, "mu": 0.1, "R_0": 2.0}
    for _, rederived, printed in FORMS:
        assert printed.bound(**here) > 2 * rederived.bound(**here)


def adversary(x, gamma, size, gradient):
    """The view within gamma B, in direction or against it, whose gradient points furthest away from descent."""
    directions = np.vstack([np.eye(len(x)), -np.eye(len(x)), x / np.linalg.norm(x), -x / np.linalg.norm(x)])
    views = x + gamma * size * directions
    return views[np.argmin((gradient(views) * gradient(x)).sum(1))]


@pytest.mark.parametrize("size", [0.0, 5.0, 60.0])
@pytest.mark.parametrize("share", [1.0, 0.2, 0.02])
def test_bounds_survive_an_adversary_on_a_rugged_landscape(size, share):
    """f = sum (cos x + x^2/8), of curvature at most 5/4, without noise: the views alone are against descent."""
    smooth = 1.25

    def f(x):
        return (np.cos(x) + x**2 / 8).sum(-1)

    def slope(x):
        return -np.sin(x) + x / 4

    gamma, steps = share / smooth, 400
    x = np.array([0.3, -4.0, 7.0])
    grid = np.linspace(-12, 12, 100_001)
    here = {"L": smooth, "sigma": 0.0, "zeta": 0.0, "delta": f(x) - 3 * (np.cos(grid) + grid**2 / 8).min(), "B": size}
    total = 0.0
    for _ in range(steps):
        total += (slope(x) ** 2).sum()
        x = x - gamma * slope(adversary(x, gamma, size, slope))
    assert 0 < total / steps <= elastic.any_single.bound(**here, gamma=gamma, K=steps)


@pytest.mark.parametrize("size", [0.0, 5.0, 200.0])
@pytest.mark.parametrize("share", [1.0, 0.3, 0.05])
@pytest.mark.parametrize("active", [1, 2, 4])
def test_strongly_convex_bounds_hold_in_exact_second_moments(size, share, active):
    """Quadratic, 4 workers of whom ``active`` contribute: views all off by gamma B along the flattest or steepest direction."""
    workers = 4
    here = CLOSE | {"n": workers, "quorum": active, "B": size, "R_0": np.sqrt(3.0)}
    theorem = elastic_convex.any_quorum
    here["gamma"] = gamma = share * theorem.largest_step(**here)
    weight, tight = active / workers, 0.0
    for direction in np.eye(3):
        mean, variance = np.ones(3), 0.0
        for k in range(1, 200):
            mean = mean - gamma * weight * CURVATURES * (mean - gamma * size * direction)
            variance = (1 - gamma * weight * CURVATURES) ** 2 * variance + gamma**2 * weight * CLOSE["sigma"] ** 2 / workers / 3
            second = mean @ mean + np.sum(variance)
            assert second <= theorem.bound(**here, K=k) * (1 + 1e-12)
            tight = max(tight, second / theorem.bound(**here, K=k))
    assert tight > 0.02


def test_the_printed_parallel_statement_survives_where_only_half_contribute():
    """Recalled with little confidence; the exact worst case of the contraction stays below it."""
    rng = np.random.default_rng(1)
    theorem = elastic_convex.sc_p
    for _ in range(200):
        here = {"L": 1.0, "mu": 10 ** rng.uniform(-1, 0), "n": float(rng.integers(1, 9) * 2), "sigma": rng.choice([0.0, 1.0])}
        here |= {"B": rng.choice([0.0, 1.0, 30.0]), "R_0": rng.choice([0.0, 2.0]), "zeta": 0.0}
        here["K"] = float(np.ceil(256 * here["n"] / here["mu"] ** 2))
        gamma = theorem.step_size(**here)
        assert theorem.applies(**here)
        s, a = gamma / 2 * here["mu"], here["R_0"] ** 2
        drift, noise = s * (gamma * here["B"] / here["mu"]) ** 2, gamma**2 * here["sigma"] ** 2 / (2 * here["n"])
        for _ in range(int(here["K"])):
            a = (1 - s) * a + drift + noise
        assert a <= theorem.bound(**here)


def gauge(key, **here):
    return theory.get(key).bound(**{"sigma": 0.0, "zeta": 0.0, **here})


@pytest.mark.parametrize("lag", [0, 1, 7])
def test_shared_memory_reads_of_a_window(lag):
    """Coordinates of random ages stay below T G; reads of the oldest model where gradients are all the same attain it."""
    rng = np.random.default_rng(2)
    dim, bound = 30, gauge("elastic.b-shared-memory", M=1.0, T=lag, d=30)
    assert bound == pytest.approx(30 * gauge("elastic.b-shared-memory:rederived", M=1.0, T=lag))
    steps = rng.normal(size=(60, dim))
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    path = np.vstack([np.zeros(dim), -np.cumsum(steps, axis=0)])
    for k in range(20, 60):
        read = path[k - rng.integers(0, lag + 1, dim), np.arange(dim)]
        assert ((path[k] - read) ** 2).sum() <= gauge("elastic.b-shared-memory:rederived", M=1.0, T=lag)
    assert (lag * 1.0) ** 2 == pytest.approx(gauge("elastic.b-shared-memory:rederived", M=1.0, T=lag))


def test_reads_without_a_window_may_need_the_dimension():
    """T = 1 and d coordinates, each of which lacks another of d aligned updates: sqrt(d) G, and not G."""
    dim = 25
    missing = np.eye(dim)  # update j has its whole length in coordinate j, which is the one the read lacks
    distance = np.linalg.norm(np.diag(missing))
    assert distance**2 == pytest.approx(gauge("elastic.b-shared-memory", M=1.0, T=1, d=dim))


def test_missing_gradients_attain_the_rows_of_messages():
    workers, same = 8, np.array([1.0, 0, 0])
    for key, count, more in (
        ("elastic.b-crash", 3, {"faults": 3}),
        ("elastic.b-omission", 3, {"faults": 3}),
        ("elastic.b-async-messages", 5 * (workers - 1), {"tau": 5}),
        ("elastic.b-norm-bounded", workers - 1, {}),
    ):
        missing = count * same / workers
        assert missing @ missing == pytest.approx(gauge(key, M=1.0, n=workers, **more))
    assert not theory.get("elastic.b-crash").applies(n=4, faults=4, M=1.0, sigma=0.0)


@pytest.mark.parametrize("late", [1, 3, 7])
@pytest.mark.parametrize("share", [1 / 6, 0.4])
def test_own_gradients_in_place_of_late_ones(late, share):
    """Quadratic with the same curvature everywhere, all noises Gaussian: the recursion of means of squares is exact."""
    workers, sigma, smooth = 8, 0.9, 2.0
    gamma = share / smooth
    here = {"n": workers, "L": smooth, "sigma": sigma, "gamma": gamma, "zeta": 0.0}
    rng = np.random.default_rng(3)
    replicas = 4000
    center, views = np.ones(replicas), np.ones((workers, replicas))
    largest = 0.0
    for _ in range(12):
        gradients = smooth * views + sigma * rng.normal(size=views.shape)
        center = center - gamma / workers * gradients.sum(0)
        views = np.empty_like(views)
        for i in range(workers):
            missing = (i + 1 + np.arange(late)) % workers
            views[i] = center - gamma / workers * (late * gradients[i] - gradients[missing].sum(0))
        largest = max(largest, float(((views - center) ** 2).mean(1).max()) / gamma**2)
    bound = theory.get("elastic.b-variance-bounded:rederived").bound(**here)
    assert largest <= bound * (1 + 4 * np.sqrt(2 / replicas))
    if late == workers - 1:
        assert largest > 0.6 * bound
    if share == 1 / 6:
        assert bound <= 1.126 * sigma**2 < theory.get("elastic.b-variance-bounded").bound(**here)


def test_largest_step_of_substituted_gradients():
    theorem = elastic_systems.variance_bounded_rederived
    here = {"n": 4, "L": 2.0, "sigma": 1.0, "zeta": 0.0}
    assert theorem.largest_step(**here) == 0.25
    assert theorem.bound(**here, gamma=1e-9) == pytest.approx(0.75)


@pytest.mark.parametrize("theta", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("ordered", [True, False])
def test_late_messages_with_error_feedback(theta, ordered):
    """Aligned gradients and the compressor that shrinks: streams add up; lost single messages carry memories with them."""
    workers, tau, root = 5, 3, np.sqrt(theta)
    memory, messages = 0.0, []
    for _ in range(400):
        sent = (1 - root) * (1 + memory)
        memory += 1 - sent
        messages.append(sent)
    center = len(messages)
    missing = (workers - 1) / workers * sum(messages[-tau:])
    distance = center - (sum(messages) - missing)
    key = "ours.elastic-composition" + ("" if ordered else "-messages")
    bound = np.sqrt(gauge(key, M=1.0, n=workers, tau=tau, lost=theta))
    assert distance <= bound * (1 + 1e-9)
    if ordered:
        assert distance == pytest.approx(bound, rel=1e-6)


def test_error_feedback_inflates_what_single_late_messages_leave():
    here = {"n": 8, "tau": 4, "M": 1.0}
    plain = gauge("elastic.b-async-messages", **here)
    for key in ("ours.elastic-composition", "ours.elastic-composition-messages"):
        assert gauge(key, lost=0.0, **here) == pytest.approx(plain)
    for theta in (0.1, 0.5, 0.99):
        ordered, single = (np.sqrt(gauge(f"ours.elastic-composition{end}", lost=theta, **here)) for end in ("", "-messages"))
        memory = np.sqrt(gauge("elastic.b-error-feedback:rederived", lost=theta, M=1.0))
        assert ordered == pytest.approx(np.sqrt(plain) + memory)
        assert single == pytest.approx(np.sqrt(plain) / (1 - np.sqrt(theta)) + memory)


def test_gossip_stays_within_its_gauge():
    """Opposed gradients on a ring, mixed after the step and before it."""
    workers = 6
    W = sum(np.roll(np.eye(workers), shift, axis=0) for shift in (-1, 0, 1)) / 3
    rho = np.sort(np.abs(np.linalg.eigvalsh(W)))[-2] ** 2
    slow = np.sign(np.cos(2 * np.pi * np.arange(workers) / workers + 0.1))
    bound = gauge("ours.gauge-dpsgd", M=1.0, n=workers, rho=rho)
    for before in (True, False):
        x = np.zeros(workers)
        for _ in range(200):
            x = W @ x - slow if before else W @ (x - slow)
        assert 0.05 * bound < ((x - x.mean()) ** 2).max() <= bound


def test_local_steps_and_leaders_stay_within_their_gauge():
    workers, tau, alpha = 6, 5, 0.2
    gradients = np.array([1.0] + [-1.0] * (workers - 1))
    drift = -(tau - 1) * (gradients - gradients.mean())
    assert (drift**2).max() == pytest.approx(gauge("ours.gauge-local-sgd", M=1.0, n=workers, tau=tau))
    x = np.zeros(workers)
    for _ in range(300):
        x = x - gradients - alpha * (x - x[2])
    assert ((x - x.mean()) ** 2).max() == pytest.approx(gauge("ours.gauge-lsgd", M=1.0, n=workers, pull=alpha))


@pytest.mark.parametrize("theta", [0.0, 0.3, 0.9])
def test_memories_of_single_writes_add_up(theta):
    """Aligned gradients, workers in turn: n memories and T missing writes, within the gauge and a good part of it."""
    workers, lag, root = 4, 3, np.sqrt(theta)
    memory, writes = np.zeros(workers), []
    for k in range(2000):
        whole = 1 + memory[k % workers]
        writes.append((1 - root) * whole)
        memory[k % workers] = whole - writes[-1]
    distance = len(writes) - sum(writes[:-lag])
    bound = np.sqrt(gauge("ours.elastic-composition-shared", M=1.0, n=workers, T=lag, lost=theta))
    assert memory.sum() == pytest.approx(workers * root / (1 - root))
    assert 0.5 * bound < distance <= bound * (1 + 1e-12)


def test_pairs_that_average_stay_within_the_gauge_of_adpsgd():
    """Random pairs of 4 workers: E[W'W] contracts by 1 - 1/(n - 1), and views are up to T updates old."""
    workers, lag, replicas, rng = 4, 3, 400, np.random.default_rng(6)
    rho = 1 - 1 / (workers - 1)
    bound = gauge("ours.gauge-adpsgd", M=1.0, n=workers, rho=rho, T=lag)
    x = np.zeros((replicas, workers))
    past, worst = [x], 0.0
    for _ in range(150):
        rows = np.arange(replicas)
        acting = rng.integers(0, workers, replicas)
        old = past[max(0, len(past) - 1 - lag)]
        worst = max(worst, ((old[rows, acting] - x.mean(1)) ** 2).mean())
        partner = (acting + rng.integers(1, workers, replicas)) % workers
        x = x.copy()
        x[rows, acting] = x[rows, partner] = (x[rows, acting] + x[rows, partner]) / 2
        x[rows, acting] -= np.where(old[rows, acting] >= old.mean(1), -1.0, 1.0)
        past.append(x)
    assert 0.02 * bound < worst <= bound


def test_push_sum_stays_within_the_gauge_of_sgp():
    """A directed ring with unequal shares; gradients that push the workers apart."""
    workers = 5
    keep = np.linspace(0.4, 0.7, workers)
    P = np.diag(keep) + np.roll(np.diag(1 - keep), 1, axis=0)
    rate, envelope = 0.85, 1.0
    product, w = np.eye(workers), np.ones(workers)
    for start in range(30):
        product, w = np.eye(workers), np.linalg.matrix_power(P, start) @ np.ones(workers)
        for age in range(1, 60):
            product, w = P @ product, P @ w
            envelope = max(envelope, np.linalg.norm(product / w[:, None] - 1 / workers, 2) / rate**age)
    x, w, worst = np.zeros(workers), np.ones(workers), 0.0
    for _ in range(100):
        z = x / w
        worst = max(worst, ((z - x.mean()) ** 2).max())
        x, w = P @ (x - np.where(z >= x.mean(), -1.0, 1.0)), P @ w
    assert 0 < worst <= gauge("ours.gauge-sgp", M=1.0, n=workers, C=envelope, q=rate)


def test_gauges_that_are_lemmas_divided_by_the_step():
    here = {"M": 1.0, "sigma": 0.5, "n": 8, "tau": 3, "quorum": 5, "gamma": 0.01, "group": 2}
    lemma = theory.get("eager.lemma-6.2:corrected").bound(**here)
    assert theory.get("ours.gauge-eager").bound(**here) == pytest.approx(lemma / 0.01**2)
    # 2 gamma G for the models and 2 gamma G for their mean, in each of the tau - 1 iterations since the last average
    assert theory.get("ours.gauge-wagma").bound(**here) == pytest.approx(16 * 4 * 1.25)
