"""`check_invariants` passes for every algorithm, and names what is wrong with deliberately broken ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from numerics import algorithms, graphs
from numerics.algorithms import DPSGD, OSGP, SGD, SGP, InvariantError, LocalSGD, check_invariants
from straggler import InputError
from tests.numerics.algorithms.reference import CASES, label
from tests.numerics.algorithms.topologies import ADMITTED, TOPOLOGIES


@pytest.mark.parametrize("case", CASES, ids=label)
def test_invariants_hold_on_every_graph(case):
    name, settings = case
    algorithm = algorithms.get(name, step_size=lambda k: 0.3 / (1 + k), **settings)
    for topology in ADMITTED[name]:
        check_invariants(algorithm, TOPOLOGIES[topology](), rounds=7)


class Broken:
    """Options of the sound algorithm are kept; only one method is wrong."""

    name: ClassVar[str] = "broken"


@dataclass(frozen=True, kw_only=True)
class DroppedMessage(Broken, OSGP):
    """Loses the message of one round."""

    def step(self, state, gradients, event):
        super().step(state, gradients, event)
        if event.k == 3:
            state.flight[-1] = (np.zeros_like(state.x), np.zeros_like(state.w))


@dataclass(frozen=True, kw_only=True)
class DroppedWeight(Broken, OSGP):
    """Loses the push-sum weight of a message but not the message."""

    def step(self, state, gradients, event):
        super().step(state, gradients, event)
        if event.k == 3:
            state.flight[-1] = (state.flight[-1][0], np.zeros_like(state.w))


@dataclass(frozen=True, kw_only=True)
class CenterForgetsFlight(Broken, OSGP):
    """Averages what the workers hold and forgets what is under way."""

    def center(self, state):
        return state.x.mean(0)


@dataclass(frozen=True, kw_only=True)
class WrongMean(Broken, DPSGD):
    """Calls worker 0 the center."""

    def center(self, state):
        return state.x[0].copy()


@dataclass(frozen=True, kw_only=True)
class OneWorkerForgotten(Broken, SGD):
    """Averages the gradients of all workers but the last."""

    def step(self, state, gradients, event):
        super().step(state, gradients[:-1], event)


@dataclass(frozen=True, kw_only=True)
class KeepsGradients(Broken, DPSGD):
    """Stores the caller's array as its velocity instead of a copy."""

    def step(self, state, gradients, event):
        state.velocity = gradients if state.velocity is None else state.velocity * self.momentum + gradients
        state.mix(event.mixing)
        state.x -= self.gamma(event.k) * state.velocity


@dataclass(frozen=True, kw_only=True)
class LeakingReplicas(Broken, LocalSGD):
    """Pulls every replica towards the others, in a way that leaves all means over workers in place."""

    def step(self, state, gradients, event):
        super().step(state, gradients, event)
        spread = state.x - state.x.mean(0)
        state.x += 1e-3 * spread.mean(1, keepdims=True)


@dataclass(frozen=True, kw_only=True)
class LateWeights(Broken, SGP):
    """Pushes the weights with the matrix of the round before."""

    def step(self, state, gradients, event):
        before = state.w.copy()
        super().step(state, gradients, event)
        state.w, state.late = getattr(state, "late", before), state.w


@dataclass(frozen=True, kw_only=True)
class WeightsLoseMass(Broken, SGP):
    """Weights decay a little in every round."""

    def step(self, state, gradients, event):
        super().step(state, gradients, event)
        state.w = state.w * 0.999


@dataclass(frozen=True, kw_only=True)
class WrongStart(Broken, DPSGD):
    """Starts in the wrong place."""

    def init(self, x0, n):
        return super().init(1.01 * x0, n)


@dataclass(frozen=True, kw_only=True)
class OneWorkerStartsElsewhere(Broken, DPSGD):
    """Two workers start off the common point, on opposite sides of it."""

    def init(self, x0, n):
        state = super().init(x0, n)
        state.x[1] += 1.0
        state.x[2] -= 1.0
        return state


@dataclass(frozen=True, kw_only=True)
class DoubledStep(Broken, SGP):
    """Applies the gradients twice."""

    def step(self, state, gradients, event):
        super().step(state, 2 * gradients, event)


@dataclass(frozen=True, kw_only=True)
class MissingAxis(Broken, DPSGD):
    """Drops an axis of the center."""

    def center(self, state):
        return super().center(state)[0]


@dataclass(frozen=True, kw_only=True)
class Drifts(Broken, DPSGD):
    """Moves the workers apart around a center that stays."""

    def step(self, state, gradients, event):
        super().step(state, gradients, event)
        state.x[0] += 1e-6
        state.x[-1] -= 1e-6


PUSH = "one-way-5-push"

BROKEN = [
    (DroppedMessage(step_size=0.1, overlap=2), PUSH, "the center moves by gamma times the mean direction (mass is conserved)"),
    (DroppedWeight(step_size=0.1, overlap=2), PUSH, "push-sum weights sum to n"),
    (CenterForgetsFlight(step_size=0.1), PUSH, "the center moves by gamma times the mean direction (mass is conserved)"),
    (WrongMean(step_size=0.1), "ring-6", "the center moves by gamma times the mean direction"),
    (OneWorkerForgotten(step_size=0.1), "ring-6", "the center moves by gamma times the mean direction"),
    (DoubledStep(step_size=0.1), PUSH, "the center moves by gamma times the mean direction"),
    (KeepsGradients(step_size=0.1, momentum=0.5), "ring-6", "step does not keep the gradients it was handed"),
    (LeakingReplicas(step_size=0.1, period=3), "ring-6", "replicas do not see each other"),
    (LateWeights(step_size=0.1), PUSH, "without gradients consensus is a fixed point"),
    (WeightsLoseMass(step_size=0.1), PUSH, "push-sum weights sum to n"),
    (WrongStart(step_size=0.1), "ring-6", "the center starts at x0"),
    (OneWorkerStartsElsewhere(step_size=0.1), "ring-6", "every view starts at x0"),
    (MissingAxis(step_size=0.1), "ring-6", "center has shape (R, d)"),
    (Drifts(step_size=0.1), "ring-6", "without gradients consensus is a fixed point"),
]


@pytest.mark.parametrize(("algorithm", "topology", "invariant"), BROKEN, ids=[type(case[0]).__name__ for case in BROKEN])
def test_a_broken_algorithm_is_caught_and_the_invariant_named(algorithm, topology, invariant):
    check_invariants(type(algorithm).__mro__[2](step_size=0.1), TOPOLOGIES[topology]())
    with pytest.raises(InvariantError, match="iteration") as caught:
        check_invariants(algorithm, TOPOLOGIES[topology]())
    assert invariant in str(caught.value)


def test_mixing_that_loses_mass_is_caught():
    """An algorithm that admits anything is checked against the mixing it is given."""

    @dataclass(frozen=True, kw_only=True)
    class Careless(DPSGD):
        def admit(self, schedule):
            pass

    with pytest.raises(InvariantError, match="1'W = 1'"):
        check_invariants(Careless(step_size=0.1), graphs.star(5).schedule("uniform"))


def test_inadmissible_mixing_is_refused_before_anything_runs():
    with pytest.raises(InputError, match="doubly stochastic"):
        check_invariants(DPSGD(step_size=0.1), graphs.star(5).schedule("push"))
    with pytest.raises(InputError, match="column-stochastic"):
        check_invariants(SGP(step_size=0.1), graphs.star(5).schedule("uniform"))
