"""LGD against the reference, its special cases, the descent of Theorem 1, and the landscape of the paper."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.algorithms import LGD, LSGD
from numerics.events import Round
from numerics.noise import NoNoise
from numerics.objectives import Quadratic
from numerics.problems import Problem
from numerics.streams import Streams
from straggler import InputError, UnknownName
from tests.numerics.algorithms.leader_battery import CASES, label, play, replay


@pytest.mark.parametrize("case", CASES, ids=label)
def test_replays_the_reference(case):
    kind, settings = case
    led = replay("lgd", kind, settings, iterations=25)
    if settings.get("groups", 1) == 1:
        assert max(np.count_nonzero(each) for each in led) >= 2, "several workers should lead in a test of leaders"


def test_equally_good_workers_are_led_by_the_first():
    led = replay("lgd", "quadratic", {"period": 30}, iterations=5, common=True)
    assert [each.tolist() for each in led] == [[1, 0, 0, 0, 0, 0]] * 2


def bowl(n=6, dim=3, **options):
    return Problem(Quadratic(n, dim, **options), NoNoise())


def last(algorithm, problem, x0, iterations=12, replicas=range(1)):
    *_, (_, state) = play(algorithm, problem, x0, iterations, replicas)
    return state


@pytest.mark.parametrize("algorithm", [LGD(step_size=0.3, period=3), LSGD(step_size=0.3, period=2)], ids=lambda a: a.name)
def test_one_worker_descends_alone(algorithm):
    x0 = np.random.default_rng(0).standard_normal((1, 1, 3))
    state = last(algorithm, bowl(1), x0)
    alone = x0.copy()
    for _ in range(12):
        alone -= 0.3 * bowl(1).objective.gradient(alone[0])
    np.testing.assert_allclose(state.x, alone, rtol=1e-13)


@pytest.mark.parametrize("name", ["lgd", "lsgd"])
def test_without_a_pull_workers_are_independent(name):
    problem, graph = problems.quadratic(dim=4, workers=6, zeta=0.3), graphs.complete(6)
    settings = {"iterations": 40, "replicas": 3, "quantities": ("value", "consensus_sq", "view_grad_norm_sq")}
    ours = simulate(algorithms.get(name, step_size=0.1, pull=0.0, period=3, momentum=0.5), problem, graph, **settings)
    apart = simulate(algorithms.LocalSGD(step_size=0.1, period=1000, momentum=0.5), problem, graph, **settings)
    for quantity in settings["quantities"]:
        np.testing.assert_allclose(ours[quantity], apart[quantity], rtol=1e-13)


@pytest.mark.parametrize("settings", [{}, {"period": 3}, {"groups": 6, "global_pull": 0.3, "period": 2, "global_period": 4}])
@pytest.mark.parametrize("name", ["lgd", "lsgd"])
def test_names_of_workers_do_not_matter(name, settings):
    algorithm = algorithms.get(name, step_size=0.2, **settings)
    rng = np.random.default_rng(1)
    x0, order = rng.standard_normal((6, 2, 3)), rng.permutation(6)
    one, two = (last(algorithm, bowl(), start, replicas=range(2)) for start in (x0, x0[order]))
    assert np.array_equal(one.x[order], two.x)
    assert np.array_equal(one.local.led[order], two.local.led)
    assert np.array_equal(algorithm.leader(one), order[algorithm.leader(two)])


@pytest.mark.parametrize("name", ["lgd", "lsgd"])
def test_groups_of_one_worker_have_the_leader_of_all_only(name):
    x0 = np.random.default_rng(2).standard_normal((6, 1, 3))
    alone = algorithms.get(name, step_size=0.2, groups=6, global_pull=0.3, global_period=2, pull=0.9)
    single = algorithms.get(name, step_size=0.2, pull=0.3, period=2)
    one, two = last(alone, bowl(), x0), last(single, bowl(), x0)
    np.testing.assert_allclose(one.x, two.x, rtol=1e-13)
    assert np.array_equal(one.overall.led, two.local.led)


@pytest.mark.parametrize("name", ["lgd", "lsgd"])
def test_groups_without_a_common_leader_do_not_see_each_other(name):
    x0 = np.random.default_rng(2).standard_normal((6, 1, 3))
    together = last(algorithms.get(name, step_size=0.2, groups=2, global_pull=0.0, period=2), bowl(), x0)
    for half in (slice(0, 3), slice(3, 6)):
        apart = last(algorithms.get(name, step_size=0.2, period=2), bowl(3), x0[half])
        np.testing.assert_allclose(together.x[half], apart.x, rtol=1e-13)


@pytest.mark.parametrize("groups", [1, 2])
def test_one_step_descends_as_theorem_1_says(groups):
    """f(x+) - f* <= (1 - mu gamma)(f(x) - f*) - gamma sum_l lambda_l (f(x) - f(z_l)) for every worker."""
    rng = np.random.default_rng(groups)
    closest = np.inf
    for _ in range(150):
        dim = int(rng.integers(1, 6))
        spectrum = 10 ** rng.uniform(-2, 1, dim)
        largest, smallest = spectrum.max(), spectrum.min()
        problem = bowl(4, dim, spectrum=spectrum, rotate=True, seed=int(rng.integers(1 << 30)))
        f, gamma = problem.objective.value, rng.uniform(0.3, 1) / (2 * largest)
        total = rng.uniform(0, 1) * smallest / (2 * largest * gamma)
        shares = [total] if groups == 1 else [0.4 * total, 0.6 * total]
        more = {} if groups == 1 else {"global_attraction": shares[1], "groups": 2}
        algorithm = LGD(step_size=gamma, attraction=shares[0], **more)
        x = 10 ** rng.uniform(-3, 0, dim) * rng.standard_normal((4, 1, dim))
        state = last(algorithm, problem, x, iterations=1)
        value = f(x)[:, 0]
        guides = [np.repeat(value.reshape(groups, -1).min(axis=1), 4 // groups), np.full(4, value.min())]
        allowed = (1 - smallest * gamma) * value
        for share, guide in zip(shares, guides, strict=False):
            allowed = allowed - gamma * share * (value - guide)
        slack = (allowed - f(state.x)[:, 0]) / value
        assert slack.min() >= -1e-12
        closest = min(closest, slack.min())
    assert closest < 0.05, "the inequality should be nearly attained somewhere, or the test is blunt"


def test_the_landscape_of_the_paper():
    """Four workers on sinc: the leader takes all of them to the innermost ring (poster, first figure)."""
    problem = problems.sinc(noise="none")
    x0 = np.array([[20.0, 11], [17, 8], [-6, -4], [-15, -18]])
    algorithm = LGD(step_size=0.1, pull=0.1)
    state = last(algorithm, problem, x0[:, None], iterations=4000)
    np.testing.assert_allclose(state.x[:, 0], np.tile([1.43, 0.06], (4, 1)), atol=0.005)
    np.testing.assert_allclose(problem.objective.value(state.x), -0.2172, atol=5e-5)
    run = simulate(algorithm, problem, graphs.complete(4), iterations=4000, x0=x0, record_every=4000)
    assert float(run.value[-1, 0]) == pytest.approx(-0.2172, abs=5e-5)


def test_an_infrequent_leader_goes_on_by_itself():
    """Between elections the leader takes plain steps, while the others are pulled to where it was elected."""
    x0 = np.array([[[3.0]], [[1.0]]])
    problem, gamma, pull = bowl(2, 1, smoothness=1.0, mu=1.0), 0.1, 0.25
    for event, state in play(LGD(step_size=gamma, pull=pull, period=100), problem, x0, 5, range(1)):
        assert state.x[1, 0, 0] == pytest.approx(0.9 ** (event.k + 1))
    other = 3.0
    for _ in range(5):
        other -= gamma * other + pull * (other - 1.0)
    assert state.x[0, 0, 0] == pytest.approx(other)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"pull": 0.1, "attraction": 1.0}, InputError, "attraction = 1.0 is not admissible: needs no pull beside it"),
        ({"groups": 2, "global_pull": 0.1, "global_attraction": 1.0}, InputError, "needs no global_pull beside it"),
        ({"pull": 1.5}, InputError, "pull = 1.5"),
        ({"attraction": -1.0}, InputError, "attraction = -1.0"),
        ({"global_pull": 0.1}, InputError, "at least two groups"),
        ({"period": 0}, InputError, "period = 0"),
        ({"global_period": 0}, InputError, "global_period = 0"),
        ({"groups": 0}, InputError, "groups = 0"),
        ({"election": "exat"}, UnknownName, "did you mean exact"),
        ({"sigma_f": -1.0}, InputError, "sigma_f = -1.0"),
        ({"window": 0}, InputError, "window = 0"),
    ],
)
@pytest.mark.parametrize("name", ["lgd", "lsgd", "lsgd-async"])
def test_refusals(name, options, error, message):
    with pytest.raises(error, match=message):
        algorithms.get(name, step_size=0.1, **options)


def test_groups_divide_the_workers():
    with pytest.raises(InputError, match=r"groups = 4 .* divisor of the 6 workers"):
        simulate(LGD(step_size=0.1, groups=4), problems.quadratic(workers=6), graphs.ring(6), iterations=1)


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.5, "groups": 2, "period": 2, "global_period": 4}])
@pytest.mark.parametrize("name", ["lgd", "lsgd"])
def test_torch_tensors_follow_numpy_arrays(name, settings):
    torch = pytest.importorskip("torch")

    class Norms(algorithms.election.Judge):
        def values(self, x):
            return (x * x).sum(-1)

    algorithm = algorithms.get(name, step_size=0.3, **settings)
    x0 = np.random.default_rng(3).standard_normal((4, 1, 5))
    seen = []
    for start in (x0, torch.from_numpy(x0.copy())):
        state = algorithm.init(start, 4)
        algorithm.seat(state, Norms())
        for k in range(9):
            algorithm.step(state, 0.5 * algorithm.view(state, None) ** 3, Round(k, None))
        seen.append((state.x, algorithm.center(state), state.local.led, algorithm.leader(state)))
    for ours, theirs in zip(*seen, strict=True):
        assert isinstance(theirs, torch.Tensor)
        np.testing.assert_allclose(theirs.numpy(), ours, rtol=1e-13)


def test_the_first_election_is_at_the_start():
    state = LGD(step_size=0.1).init(np.array([[[2.0]], [[-1.0]], [[1.0]]]), 3)
    LGD(step_size=0.1).equip(state, bowl(3, 1), Streams(0, range(1)))
    assert LGD(step_size=0.1).leader(state).tolist() == [1]
    assert state.local.led.tolist() == [[0], [1], [0]]


def test_symbols_that_theorems_ask_for():
    assert LGD(step_size=0.5, pull=0.2, period=3).symbols(8) == {
        "beta": 0.0, "tau": 3, "sigma_f": 0.0, "lambda_": 0.4, "pull": 0.2
    }  # fmt: skip
    two = LGD(step_size=0.5, groups=2, attraction=0.4, global_pull=0.3, election="noisy", sigma_f=0.7).symbols(8)
    assert two == {"beta": 0.0, "tau": 1, "sigma_f": 0.7, "lambda_": 0.4, "pull": 0.2, "lambda_G": 0.6}
    assert LGD(step_size=0.5, election="flattering", sigma_f=0.7).symbols(8)["sigma_f"] == 0.7
    falling = {"beta": 0.0, "tau": 1, "sigma_f": 0.0}
    assert LGD(step_size=lambda k: 1 / (k + 1), pull=0.2).symbols(8) == falling | {"pull": 0.2}
    assert LGD(step_size=lambda k: 1 / (k + 1), attraction=0.2).symbols(8) == falling | {"lambda_": 0.2}
