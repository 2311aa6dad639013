"""The tests can fail: each of these small errors, planted into the toolkit, is seen by the comparison with plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulation
from numerics.algorithms import DPSGD, OSGP, SGP, LocalSGD
from numerics.algorithms.base import State
from numerics.algorithms.sgp import PushSumState
from numerics.mixing import Circulant, PeriodicSchedule, operator_from_matrix
from numerics.noise.additive import Gaussian, Rademacher
from numerics.objectives.cosine import Cosine
from numerics.objectives.tilted import Tilted
from numerics.streams import Streams
from numerics.timeline import base
from tests.numerics.measurements import MEASUREMENTS, RTOL

PLANTS = {}


def plant(measurement: str):
    """Register an error, planted by a function of ``monkeypatch``, and the measurement that must notice."""

    def register(function):
        PLANTS[function.__name__] = (measurement, function)
        return function

    return register


@plant("dpsgd cosine ring")
def half_of_the_gaussian_noise(patch):
    bind = Gaussian.bind
    patch.setattr(Gaussian, "bind", lambda self, streams, dim: bind(Gaussian(self.sigma / 2), streams, dim))


@plant("dpsgd rational path")
def noise_scaled_for_one_dimension_more(patch):
    bind = Rademacher.bind
    patch.setattr(Rademacher, "bind", lambda self, streams, dim: bind(self, streams, dim + 1))


@plant("dpsgd cosine ring")
def the_same_noise_for_every_replica(patch):
    generators = Streams.generators
    patch.setattr(Streams, "generators", lambda self, purpose: generators(Streams(self.seed, [0] * len(self.replicas)), purpose))


@plant("dpsgd cosine ring")
def a_wrong_mixing_weight(patch):
    weights = Circulant(6, {0: 0.34, 1: 0.33, 5: 0.33})
    patch.setattr(simulation, "schedule_of", lambda _: PeriodicSchedule([weights], "ring"))


@plant("sgp cosine star")
def weights_of_receivers_instead_of_senders(patch):
    matrix = graphs.star(5).schedule("push").at(0).matrix()
    patch.setattr(SGP, "admit", lambda self, schedule: None)
    patch.setattr(simulation, "schedule_of", lambda _: PeriodicSchedule([operator_from_matrix(matrix.T)], "star"))


@plant("sgp rational one-peer")
def hops_one_round_early(patch):
    rounds = base.rounds

    def early(schedule, iterations):
        for event in rounds(schedule, iterations):
            event.mixing = schedule.at(event.k + 1)
            yield event

    patch.setattr(base, "rounds", early)


@plant("sgp cosine star")
def push_sum_weights_one_round_late(patch):
    push = PushSumState.push_weights

    def late(self, mixing):
        self.w, waiting = getattr(self, "waiting", self.w), self.w
        self.w = waiting
        push(self, mixing)
        self.waiting, self.w = self.w, waiting

    patch.setattr(PushSumState, "push_weights", late)


@plant("sgp cosine star")
def gradients_at_the_biased_models(patch):
    patch.setattr(SGP, "view", lambda self, state, event: state.x)


@plant("osgp saddle star")
def messages_one_round_early(patch):
    init = OSGP.init

    def early(self, x0, n):
        state = init(self, x0, n)
        state.flight.popleft()
        return state

    patch.setattr(OSGP, "init", early)


@plant("osgp quadratic one-peer")
def center_without_the_messages_in_flight(patch):
    patch.setattr(OSGP, "center", algorithms.Algorithm.center)


@plant("local-sgd rational")
def periods_one_step_too_long(patch):
    step = LocalSGD.step

    def late(self, state, gradients, event):
        step(LocalSGD(step_size=self.step_size, period=self.period + 1), state, gradients, event)

    patch.setattr(LocalSGD, "step", late)


@plant("dpsgd rational path")
def steps_before_mixing(patch):
    def swapped(self, state, gradients, event):
        state.descend(self.gamma(event.k), self.direction(state, gradients))
        state.mix(event.mixing)

    patch.setattr(DPSGD, "step", swapped)


@plant("dpsgd saddle hypercube")
def one_worker_forgets_to_mix(patch):
    mix = State.mix

    def forgetful(self, mixing):
        last = self.x[-1].copy()
        mix(self, mixing)
        self.x[-1] = last

    patch.setattr(State, "mix", forgetful)


@plant("sgp quadratics star, momentum")
def momentum_that_is_switched_off(patch):
    patch.setattr(SGP, "direction", lambda self, state, gradients: gradients)


@plant("dpsgd cosine ring")
def tilts_of_the_wrong_sign(patch):
    gradients = Tilted.tile_gradients

    def flipped(self, points, workers, out):
        gradients(self, points, workers, out)
        out -= 2 * self.tilts[workers][:, None]

    patch.setattr(Tilted, "tile_gradients", flipped)


@plant("dpsgd cosine ring")
def a_gradient_off_by_a_millionth(patch):
    def off(self, x, out):
        np.multiply(self.smoothness * (1 + 1e-6), np.sin(x), out=out)

    patch.setattr(Cosine, "common_gradient", off)


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_error_is_noticed(name, monkeypatch):
    measurement = MEASUREMENTS[PLANTS[name][0]]
    expected = measurement.brute_force()
    assert measurement.simulated() == pytest.approx(expected, rel=RTOL)
    PLANTS[name][1](monkeypatch)
    assert measurement.simulated() != pytest.approx(expected, rel=RTOL)


def test_tilts_that_do_not_cancel_are_noticed():
    measurement = MEASUREMENTS["dpsgd cosine ring"]
    problem = problems.cosine(dim=3, workers=6, sigma=0.9, zeta=0.4, seed=1, smoothness=2.0)
    problem.objective.tilts[0] += 1e-3
    assert measurement.simulated(problem) != pytest.approx(measurement.brute_force(), rel=RTOL)
