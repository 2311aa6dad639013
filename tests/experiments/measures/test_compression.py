"""What compressors are held against, by other means: sampling, linear programming, and runs written down as loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from experiments import measures, verify
from experiments.claims import Claim
from experiments.measures.compression import states
from experiments.measures.quantised import Midpoints, vectors
from experiments.settings import prepare
from numerics import compressors
from numerics.algorithms import EFSGD, MemSGD
from numerics.compressors import QSGD, StreamDraws
from numerics.streams import Streams

ALPHA = 1e-4
ROUNDING = Claim(
    theorem="qsgd.lemma-3.1-mean",
    system="compressed-sgd",
    problem="quadratic",
    nodes=2,
    iterations=1,
    options={"compressor": "qsgd", "levels": 2},
    problem_options={"dim": 9},
    budget=16,
)
BALL = {"dim": 3, "smoothness": 1.0, "mu": 0.5, "sigma": 0.4, "start": 1.5, "radius": 6.0}
MEMORY = Claim(
    theorem="mem-sgd.theorem-2.4:rederived",
    system="mem-sgd",
    problem="quadratic",
    nodes=2,
    iterations=37,
    step="falling",
    options={"k": 1, "offset": 50.0},
    problem_options=BALL,
    budget=32,
)
KINKED = Claim(
    theorem="ef-sgd.theorem-3:printed",
    system="ef-sgd",
    problem="huber",
    nodes=3,
    iterations=29,
    step=0.02,
    options={"compressor": "top-k", "k": 1},
    problem_options={"dim": 3, "smoothness": 20.0, "knee": 0.05, "sigma": 0.3, "start": 1.0},
)


def measured(claim: Claim, quantity: str, replicas: int = 5) -> np.ndarray:
    return measures.get(quantity).sample(prepare(claim), range(replicas))["sample"].values


@pytest.mark.parametrize("dim", [1, 2, 7, 16])
def test_vectors_and_their_norms_are_integers(dim: int) -> None:
    found = list(vectors(dim))
    assert found
    for x, norm in found:
        assert x.shape == (dim,)
        assert (x == np.round(x)).all()
        assert x @ x == norm**2 > 0


@pytest.mark.parametrize("levels", [1, 3])
def test_midpoints_give_the_expectations_that_sampling_does(levels: int) -> None:
    compressor = compressors.get("qsgd", levels=levels)
    for x, norm in list(vectors(5))[:8]:
        exact = compressor.compress(np.broadcast_to(x, (1, norm, 5)).copy(), Midpoints(norm))[0]
        draws = StreamDraws(Streams(3, range(20_000)))
        sampled = compressor.compress(np.broadcast_to(x, (1, 20_000, 5)).copy(), draws)[0]
        np.testing.assert_allclose(sampled.mean(axis=0), exact.mean(axis=0), atol=0.03 * norm)
        np.testing.assert_allclose(((sampled - x) ** 2).mean(axis=0), ((exact - x) ** 2).mean(axis=0), atol=0.03 * norm**2)
        np.testing.assert_allclose((sampled != 0).mean(axis=0), (exact != 0).mean(axis=0), atol=0.03)


def _biased(self, x, draws, out) -> None:
    self._original(x, draws, out)
    out *= 1 + 1e-9


def _coarse(self, x, draws, out) -> None:
    QSGD(1)._original(x, draws, out)


def _shown(self, x, draws, out) -> None:
    self._original(x, draws, out)
    out += (out == 0) * 1e-3


@pytest.mark.parametrize(
    ("plant", "key"),
    [(_biased, "-mean"), (_coarse, ":rederived"), (_coarse, ":printed"), (_shown, "-sparsity")],
)
def test_a_wrong_rounding_is_a_violation(plant, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = 40 if plant is _coarse else 1
    told = {"theorem": f"qsgd.lemma-3.1{key}", "options": {"compressor": "qsgd", "levels": levels}}
    claim = ROUNDING.model_copy(update=told | {"problem_options": {"dim": 100}})
    assert verify.examine(claim, ALPHA).finding.verdict == "holds"
    monkeypatch.setattr(QSGD, "_original", QSGD._kernel, raising=False)
    monkeypatch.setattr(QSGD, "_kernel", plant)
    assert verify.examine(claim, ALPHA).finding.verdict == "violated"


@pytest.mark.parametrize(("offset", "square", "cube"), [(6.0, 1.0, 0.0), (6.0, 0.2, 5.0), (40.0, 0.0, 0.0)])
def test_duality_finds_what_linear_programming_does(offset: float, square: float, cube: float) -> None:
    given = {"per_square": square, "per_cube": cube}
    claim = MEMORY.model_copy(
        update={"theorem": "mem-sgd.lemma-3.3", "iterations": 30, "parameters": given, "options": {"offset": offset}}
    )
    setting = prepare(claim)
    c, k = setting.constants, np.arange(30)
    weights, steps = (k + offset) ** 2, 8 / (c["mu"] * (k + offset))
    # unknowns e_0 .. e_29, a_1 .. a_30; a_(k+1) - (1 - mu gamma_k/2) a_k + gamma_k e_k <= gamma_k^2 A_2 + gamma_k^3 A_3
    matrix, right = np.zeros((30, 60)), steps**2 * square + steps**3 * cube
    matrix[k, k], matrix[k, 30 + k] = steps, 1.0
    matrix[k[1:], 29 + k[1:]] = -(1 - c["mu"] * steps[1:] / 2)
    right[0] += (1 - c["mu"] * steps[0] / 2) * c["R_0"] ** 2
    solved = linprog(np.append(-weights / weights.sum(), np.zeros(30)), A_ub=matrix, b_ub=right, method="highs")
    assert measured(claim, "weighted_recursion_mean", 1)[0] == pytest.approx(-solved.fun, rel=1e-7)


def path(claim: Claim, replica: int) -> tuple[np.ndarray, np.ndarray]:
    """Models and mean memories before every iteration of a run with top-1 messages, written out worker by worker."""
    setting = prepare(claim)
    oracle = setting.problem.oracle(Streams(claim.seed, [replica]))
    x, memories, models, means = setting.problem.start(), np.zeros((claim.nodes, 3)), [], []
    for k in range(claim.iterations):
        models.append(x)
        means.append(memories.mean(axis=0))
        offset = claim.options.get("offset")
        gamma = 8 / (setting.constants["mu"] * (k + offset)) if offset else setting.gamma
        gradients = oracle(np.tile(x, (claim.nodes, 1, 1)), slice(None), None)[:, 0]
        sent = []
        for i in range(claim.nodes):
            due = memories[i] + gamma * gradients[i]
            kept = np.where(np.arange(3) == np.abs(due).argmax(), due, 0.0)
            memories[i] = due - kept
            sent.append(kept)
        x = x - np.mean(sent, axis=0)
    return np.array(models), np.array(means)


def test_averages_of_models_are_their_definitions() -> None:
    for claim, quantity in ((MEMORY, "weighted_average_suboptimality"), (KINKED, "average_suboptimality")):
        found, objective = measured(claim, quantity), prepare(claim).problem.objective
        weights = (np.arange(claim.iterations) + claim.options.get("offset", 0.0)) ** (2.0 if claim is MEMORY else 0.0)
        for replica in range(5):
            average = weights @ path(claim, replica)[0] / weights.sum()
            assert found[replica] == pytest.approx(objective.value(average), rel=1e-9)


def test_the_ratio_of_a_step_is_its_definition_in_the_mean_over_noise() -> None:
    claim = MEMORY.model_copy(update={"theorem": "mem-sgd.lemma-3.1"})
    found, setting = measured(claim, "memory_recursion_ratio"), prepare(claim)
    c, objective = setting.constants, setting.problem.objective
    for replica in range(5):
        ratios = []
        for k, (x, m) in enumerate(zip(*path(claim, replica), strict=True)):
            gamma = 8 / (c["mu"] * (k + 50.0))
            y, g = x - m, objective.gradient(x)
            left = np.sum((y - gamma * g) ** 2) + gamma**2 * 0.4**2 / 2 + gamma * objective.value(x)
            right = (1 - c["mu"] * gamma / 2) * np.sum(y**2) + gamma**2 * (c["M"] ** 2 + 0.4**2)
            ratios.append(left / (right + gamma * (c["mu"] + 2 * c["L"]) * np.sum(m**2)))
        assert found[replica] == pytest.approx(max(ratios), rel=1e-9)


@pytest.mark.parametrize("theorem", ["mem-sgd.lemma-3.1", "mem-sgd.theorem-2.4:rederived"])
def test_runs_that_leave_the_ball_of_the_second_moment_show_nothing(theorem) -> None:
    # 8 / (mu k_0) is far beyond 2/L here: the model runs away, and gradients with it
    far = MEMORY.model_copy(update={"theorem": theorem, "iterations": 12, "options": {"k": 1, "offset": 5.0}})
    far = far.model_copy(update={"problem_options": BALL | {"mu": 0.01}})
    assert measured(far, prepare(far).theorem.quantity.name).max() > 1
    outcome = verify.examine(far, ALPHA)
    assert outcome.finding.verdict == "inapplicable"
    assert "left the ball" in outcome.finding.reason
    near = MEMORY.model_copy(update={"theorem": theorem})
    assert verify.examine(near, ALPHA).finding.verdict in ("holds", "vacuous")


def _forgets(step):
    def planted(self, state, gradients, event) -> None:
        step(self, state, gradients, event)
        state.residual[...] = 0

    return planted


def test_a_forgotten_memory_violates_what_is_said_of_averages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signs that are forgotten never leave the valley: without feedback a run gets no further than its noise."""
    claim = KINKED.model_copy(update={"iterations": 2000, "step": 0.01})
    assert verify.examine(claim, ALPHA).finding.verdict == "holds"
    monkeypatch.setattr(EFSGD, "step", _forgets(EFSGD.step))
    skewed = measured(claim.model_copy(update={"options": {"compressor": "top-k", "k": 1}}), "average_suboptimality")
    monkeypatch.undo()
    assert skewed.mean() > 1.2 * measured(claim, "average_suboptimality").mean()


def test_a_run_that_leaves_the_ball_is_not_judged_by_a_bound_that_holds_on_it() -> None:
    wide = MEMORY.model_copy(update={"problem_options": BALL | {"radius": 1.0}, "theorem": "mem-sgd.lemma-3.2:rederived"})
    for claim in (wide, wide.model_copy(update={"theorem": "mem-sgd.theorem-2.4:rederived"})):
        finding = verify.examine(claim, ALPHA).finding
        assert finding.verdict == "inapplicable"
        assert "left the ball" in finding.reason


def test_mem_sgd_keeps_the_average_that_is_measured() -> None:
    setting = prepare(MEMORY)
    *_, (algorithm, state) = states(setting, range(5))
    assert isinstance(algorithm, MemSGD)
    kept = setting.problem.objective.value(algorithm.average(state))
    np.testing.assert_allclose(measured(MEMORY, "weighted_average_suboptimality"), kept, rtol=1e-9)
