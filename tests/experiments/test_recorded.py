"""Error feedback at its worst, replayed with the compressors that the adversary chose."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import worst_case
from experiments.recorded import RecordedCompressor
from numerics import algorithms, problems, simulate
from numerics.mixing import GroupMean, PeriodicSchedule
from straggler import InputError, StragglerError
from theory import worst_case as theory

GAMMA, L, DELTA, ZETA = 0.3, 2.0, 1.5, 0.7


def together(n: int) -> PeriodicSchedule:
    return PeriodicSchedule([GroupMean(n, n)], "complete")


def solved(rounds: int, contraction: float, n: int, goal: str = "mean") -> theory.WorstCase:
    family = theory.nonconvex(theory.error_feedback(rounds, contraction, n), goal=goal)
    return family.at(gamma=GAMMA, L=L, delta=DELTA, zeta=ZETA if n > 1 else 0.0)


def feedback(found: theory.WorstCase, **settings: object) -> algorithms.EFSGD:
    return algorithms.EFSGD(step_size=GAMMA, compressor=RecordedCompressor(found.instance), **settings)


@pytest.mark.parametrize("goal", ["mean", "least"])
@pytest.mark.parametrize("contraction", [0.05, 0.3, 0.8])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("rounds", [2, 4])
def test_a_replay_attains_the_worst_case(monkeypatch, rounds, n, contraction, goal) -> None:
    """And what the simulator hands over and what it keeps are as far apart as the compressors of the class may put them."""
    found, sent, compress = solved(rounds, contraction, n, goal), [], RecordedCompressor.compress
    assert found.gap < 1e-5 * found.upper

    def watched(self, x, draws=None, out=None):
        given = x.copy()
        sent.append((given, compress(self, x, draws, out).copy()))
        return sent[-1][1] if out is None else out

    monkeypatch.setattr(RecordedCompressor, "compress", watched)
    asked = ("grad_norm_sq", "zeta")
    run = worst_case.replay(found.instance, feedback(found), together(n), rounds, delta=DELTA, zeta=ZETA, quantities=asked)
    measured = run.grad_norm_sq.values
    assert {"mean": measured[:rounds].mean(), "least": measured.min()}[goal] == pytest.approx(
        found.lower, rel={"mean": 1e-9, "least": 1e-6}[goal]
    )
    assert float(run.zeta.max()) <= ZETA
    assert len(sent) == rounds
    shares = np.array([((given - out) ** 2).sum(-1) / (given**2).sum(-1) for given, out in sent])
    assert shares.shape == (rounds, n, 1)
    assert shares.max() <= (1 - contraction) * (1 + 1e-9)
    assert shares[:-1].max() > 0.9 * (1 - contraction)
    np.testing.assert_allclose(shares[-1], 0, atol=1e-12)


def test_without_what_was_lost_the_replay_is_another_run() -> None:
    found = solved(3, 0.3, 2)
    with pytest.raises(StragglerError, match="recorded"):
        worst_case.replay(found.instance, algorithms.EFSGD(step_size=GAMMA, compressor="identity"), together(2), 3)
    with pytest.raises(StragglerError, match="recorded to have compressed"):
        worst_case.replay(found.instance, feedback(found, momentum=0.5), together(2), 3)
    with pytest.raises(StragglerError, match="recorded to have compressed"):
        RecordedCompressor(found.instance).compress(np.ones((2, 1, found.instance.dim)))


@pytest.mark.parametrize("goal", ["value", "distance"])
def test_a_replay_of_the_last_iterate(goal) -> None:
    family = theory.last_iterate(theory.error_feedback(3, 0.3, 2), goal, goal)
    found = family.at(gamma=GAMMA, L=L, mu=0.3, zeta=0.4, delta=DELTA, radius=1.7)
    quantity = {"value": "value", "distance": "center_distance_sq"}[goal]
    run = worst_case.replay(found.instance, feedback(found), together(2), 3, quantities=(quantity,), record_every=3)
    assert float(run[quantity].values[-1, 0]) == pytest.approx(found.lower, rel=1e-9)


def test_no_fixed_compressor_does_worse() -> None:
    """Top-k keeps half of the squared norm of vectors of four coordinates; the worst case is over all that keep so much."""
    problem = problems.get("cosine", workers=3, dim=4, noise="none", zeta=0.5, sigma=0.0)
    algorithm = algorithms.EFSGD(step_size=0.5 / problem.numbers["L"], compressor="top-k", k=2)
    seen = worst_case.method(algorithm, together(3), 4, dim=4)
    assert seen.share == 0.5
    run = simulate(algorithm, problem, together(3), iterations=4, quantities=("grad_norm_sq",), record_every=1)
    constants = {name: problem.numbers[name] for name in ("L", "delta", "zeta")}
    worst = theory.nonconvex(seen).at(gamma=algorithm.step_size, **constants)
    assert 0 < float(run.grad_norm_sq.values[:4].mean()) <= worst.upper


def test_the_recorded_compressors_are_the_class_they_were_found_in() -> None:
    found = solved(3, 0.3, 2)
    compressor, dim = RecordedCompressor(found.instance), found.instance.dim
    assert compressor.contraction(dim) == pytest.approx(0.7)
    assert compressor.blow_up(dim) is None
    assert compressor.bits(dim) == 32 * dim
    again = theory.nonconvex(worst_case.method(feedback(found), together(2), 3, dim=dim))
    assert again.at(gamma=GAMMA, L=L, delta=DELTA, zeta=ZETA).value == pytest.approx(found.value, rel=1e-9)


def test_a_run_says_with_which_compressor() -> None:
    found = solved(2, 0.3, 2)
    provenance = worst_case.replay(found.instance, feedback(found), together(2), 2).provenance
    assert provenance["options"]["compressor"] == {"name": "recorded", "lost": pytest.approx(0.7)}


def test_what_cannot_be_played_back() -> None:
    plain = theory.nonconvex(theory.gradient_descent(2)).at(gamma=0.1)
    with pytest.raises(InputError, match="error feedback"):
        RecordedCompressor(plain.instance)
    found = solved(2, 0.3, 2)
    with pytest.raises(InputError, match="coordinates"):
        RecordedCompressor(found.instance).compress(np.ones((2, 1, found.instance.dim + 1)))
    with pytest.raises(InputError, match="one of each worker"):
        RecordedCompressor(found.instance).compress(np.ones((3, 1, found.instance.dim)))
    with pytest.raises(InputError, match=r"k = 3.*recorded"):
        feedback(found, k=3)


@pytest.mark.parametrize(
    "options", [{"compressor": "random-k"}, {"compressor": "qsgd"}, {"compressor": "top-k", "detached": 0.3}]
)
def test_feedback_that_has_no_such_form(options) -> None:
    assert worst_case.method(algorithms.EFSGD(step_size=0.1, **options), together(2), 3, dim=4) is None
    assert worst_case.method(algorithms.EFSGD(step_size=0.1, compressor="top-k"), together(2), 3) is None
