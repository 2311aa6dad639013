"""Planted errors: each makes a claim or a check fail that passes without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from experiments import verify
from experiments.claims import Claim
from numerics import graphs, problems
from numerics.algorithms import DPSGD, OSGP, SGD, SGP, InvariantError, State, check_invariants
from numerics.algorithms.osgp import OverlapState
from numerics.algorithms.sgp import PushSumState
from numerics.mixing import Circulant
from numerics.mixing.contraction import rho
from numerics.noise.additive import _GaussianSampler
from numerics.objectives import Cosine
from theory import registry

ALPHA = 1e-4
ROUGH = {"dim": 6, "smoothness": 1.0, "sigma": 1.0, "zeta": 0.4}
# On a quadratic with Hessian L I and at gamma = 1/L, Ghadimi and Lan's bound is nearly attained.
TIGHT = Claim(
    theorem="sgd.ghadimi-lan",
    system="sgd",
    problem="quadratic",
    nodes=4,
    iterations=400,
    step=0.5,
    problem_options={"dim": 6, "smoothness": 1.0, "mu": 1.0, "sigma": 1.0},
)
GOSSIP = Claim(
    theorem="ours.p2", system="dpsgd", problem="quadratic", graph="ring", nodes=6, iterations=200, problem_options=ROUGH
)


def verdict(claim: Claim) -> str:
    return verify.examine(claim, ALPHA).finding.verdict


def plant_bound(monkeypatch: pytest.MonkeyPatch, key: str, change: Callable) -> None:
    """Replace the right side of a theorem by ``change`` of it, everywhere it is looked up."""
    original = registry.get(key)
    forged = replace(original, right_side=change(original.right_side, original))
    get = registry.get
    monkeypatch.setattr(registry, "get", lambda name: forged if name == key else get(name))


def test_without_plants_the_claims_hold() -> None:
    assert verdict(TIGHT) == "holds"
    assert verdict(GOSSIP) == "holds"
    assert verify.examine(TIGHT, ALPHA).finding.factor < 1.1


def test_plant_1_noise_term_dropped_from_a_tight_bound(monkeypatch) -> None:
    from theory.symbols import sigma

    plant_bound(monkeypatch, TIGHT.theorem, lambda bound, theorem: theorem.expanded(bound).subs(sigma, 0))
    assert verdict(TIGHT) == "violated"


def test_plant_2_initial_term_dropped_from_a_tight_bound(monkeypatch) -> None:
    from theory.symbols import delta

    plant_bound(monkeypatch, TIGHT.theorem, lambda bound, theorem: theorem.expanded(bound).subs(delta, 0))
    short = TIGHT.model_copy(update={"iterations": 20})
    assert verdict(short) == "violated"


def test_plant_3_constant_of_a_tight_bound_halved(monkeypatch) -> None:
    plant_bound(monkeypatch, TIGHT.theorem, lambda bound, _: bound / 2)
    assert verdict(TIGHT) == "violated"


def test_plant_4_simulated_noise_halved(monkeypatch) -> None:
    """The exact second moments know the variance that was asked for."""
    initial = _GaussianSampler.__init__
    monkeypatch.setattr(_GaussianSampler, "__init__", lambda self, scale, streams: initial(self, scale / 2, streams))
    stationary = GOSSIP.model_copy(update={"problem_options": ROUGH | {"start": 0.0}})
    finding = verify.examine(stationary, ALPHA).finding
    assert finding.verdict == "inconclusive"
    assert "witnesses disagree" in finding.reason


def test_plant_5_smoothness_constant_reported_too_small(monkeypatch) -> None:
    from numerics.objectives import Quadratic

    constants = Quadratic.constants
    halved = lambda self: constants(self) | {"L": replace(constants(self)["L"], value=constants(self)["L"].value / 2)}  # noqa: E731
    monkeypatch.setattr(Quadratic, "constants", halved)
    assert verdict(TIGHT.model_copy(update={"step": 0.95})) in ("violated", "diverged")


def test_plant_6_wrong_mixing_weight_that_is_still_doubly_stochastic() -> None:
    """The ring's spectrum is known in closed form: ((1 + 2 cos(2 pi / n)) / 3)^2 for weights 1/3."""
    n, closed_form = 8, ((1 + 2 * np.cos(2 * np.pi / 8)) / 3) ** 2
    from numerics.mixing import PeriodicSchedule

    assert rho(graphs.ring(n).schedule()) == pytest.approx(closed_form, rel=1e-12)
    planted = PeriodicSchedule([Circulant(n, {0: 0.3, 1: 0.35, -1: 0.35})], "ring", {})
    assert rho(planted) != pytest.approx(closed_form, rel=1e-3)


def test_plant_7_mixing_weight_that_loses_mass(monkeypatch) -> None:
    apply = Circulant.apply
    monkeypatch.setattr(Circulant, "apply", lambda self, x, out: np.multiply(apply(self, x, out), 1 - 1e-6, out=out))
    with pytest.raises(InvariantError, match="mass is conserved"):
        check_invariants(DPSGD(step_size=0.1), graphs.ring(16).schedule())


def test_plant_8_off_by_one_in_the_push_sum_weights(monkeypatch) -> None:
    """Weights pushed with the previous round's matrix still sum to n, but no longer undo the bias of the models."""
    push = PushSumState.push_weights

    def late(self, mixing) -> None:
        push(self, getattr(self, "previous", mixing))
        self.previous = mixing

    check_invariants(SGP(step_size=0.1), _alternating())
    monkeypatch.setattr(PushSumState, "push_weights", late)
    with pytest.raises(InvariantError, match="consensus is a fixed point"):
        check_invariants(SGP(step_size=0.1), _alternating())


def test_plant_9_gradients_taken_at_the_biased_model(monkeypatch) -> None:
    monkeypatch.setattr(SGP, "view", lambda self, state, event: state.x)
    with pytest.raises(InvariantError, match="consensus is a fixed point"):
        check_invariants(SGP(step_size=0.1), graphs.star(5).schedule("push"))


def test_plant_10_a_message_dropped_in_flight(monkeypatch) -> None:
    step = OSGP.step

    def lossy(self, state: OverlapState, gradients, event) -> None:
        step(self, state, gradients, event)
        if event.k == 5:
            state.flight[0] = None

    monkeypatch.setattr(OSGP, "step", lossy)
    with pytest.raises(InvariantError, match="mass is conserved"):
        check_invariants(OSGP(step_size=0.1, overlap=2), graphs.one_peer_exponential(8).schedule())


def test_plant_11_step_size_applied_twice(monkeypatch) -> None:
    descend = State.descend
    monkeypatch.setattr(State, "descend", lambda self, gamma, direction: descend(self, gamma * gamma, direction))
    with pytest.raises(InvariantError, match="gamma times the mean direction"):
        check_invariants(SGD(step_size=0.1), graphs.complete(4).schedule())


def test_plant_12_gradient_with_a_wrong_factor(monkeypatch) -> None:
    """A finite difference of f sees it."""
    objective = problems.cosine(dim=4, workers=3, zeta=0.2).objective
    x, direction = np.full((1, 4), 0.3), np.array([1.0, -2.0, 0.5, 0.0])
    slope = (objective.value(x + 1e-6 * direction) - objective.value(x - 1e-6 * direction)) / 2e-6
    assert objective.gradient(x) @ direction == pytest.approx(slope, rel=1e-6)
    monkeypatch.setattr(Cosine, "common_gradient", lambda self, x, out: np.multiply(np.sin(x), 0.5, out=out))
    assert objective.gradient(x) @ direction != pytest.approx(slope, rel=1e-2)


def _alternating():
    """Return a schedule whose push weights differ from round to round: a hub that only sends, then a one-way ring."""
    from numerics.graphs.graph import Graph

    out = np.zeros((4, 4), dtype=bool)
    out[1:, 0] = True
    ring = np.roll(np.eye(4, dtype=bool), 1, axis=0)
    return Graph("alternating", 4, (out, ring), directed=True).schedule("push")
