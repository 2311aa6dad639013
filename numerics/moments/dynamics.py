"""First and second moments of the stacked state, and how an event moves them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.algorithms import Algorithm, State
from numerics.algorithms.asynchronous import ReadState
from numerics.moments.linear import LinearRound, coordinates
from numerics.moments.quadratic import Decoupled
from numerics.noise import AdditiveNoise, Affine
from numerics.problems import Problem
from numerics.streams import Streams
from numerics.timeline import Timeline
from numerics.typing import Floats
from straggler import InputError

SINGLE = Streams(0, (0,))
"""The one replica that a timeline is played for when all see the same events."""


@dataclass
class Moments:
    """Mean, shape (m, p q), and covariance, shape (m, p q, p q), of the stacked state in each decoupled group."""

    mean: Floats
    covariance: Floats

    def advance(self, chances: Sequence[float], system: System) -> None:
        """Apply s' = T s + c + noise, where one of b cases is drawn."""
        transition = system.transition
        means = (transition @ self.mean[..., None])[..., 0] + system.drift
        covariances = transition @ self.covariance @ transition.swapaxes(-1, -2) + system.noise
        if system.relative is not None:
            covariances += system.relative.covariance(self)
        if len(chances) == 1:
            self.mean, self.covariance = means[0], covariances[0]
            return
        self.mean = np.tensordot(chances, means, 1)
        apart = means - self.mean
        covariances += apart[..., :, None] * apart[..., None, :]
        self.covariance = np.tensordot(chances, covariances, 1)

    def second(self, functional: Floats, around: Floats) -> Floats:
        """Return E[y y^T] of y = F s - around for F (r, p): shape (m, r, q, q)."""
        m, q = around.shape[0], around.shape[-1]
        r, p = functional.shape
        mean = functional @ self.mean.reshape(m, p, q) - around.reshape(m, -1, q)
        left = (functional @ self.covariance.reshape(m, p, -1)).reshape(m, r, q, p, q)
        total: Floats = np.einsum("mraub,ru->mrab", left, functional)
        total += mean[..., :, None] * mean[..., None, :]
        return total


@dataclass(frozen=True)
class Relative:
    """The part of the noise that is proportional to the gradient: g_w is multiplied by 1 + a variable of variance nu.

    Only products of coordinates of one group are kept; what the noise adds to them depends on that group's gradients alone.

    Parameters
    ----------
    slope, offset
        Gradients g = slope s + offset of the w active workers, shapes (b, m, w, q, p q) and (b, m, w, q).
    response
        Next state per unit gradient, times sqrt(nu), shape (b, p', w).
    """

    slope: Floats
    offset: Floats
    response: Floats

    def covariance(self, moments: Moments) -> Floats:
        """Return nu sum_w G_w G_w^T (x) E[g_w g_w^T] before the event, shape (b, m, p' q, p' q)."""
        mean = np.einsum("bmwaj,mj->bmwa", self.slope, moments.mean) + self.offset
        second = np.einsum("bmwaj,mjk,bmwck->bmwac", self.slope, moments.covariance, self.slope, optimize=True)
        second += mean[..., :, None] * mean[..., None, :]
        b, m, _, q, _ = second.shape
        size = self.response.shape[1] * q
        spread = np.einsum("biw,bjw,bmwac->bmiajc", self.response, self.response, second, optimize=True)
        return np.asarray(spread, dtype=float).reshape(b, m, size, size)


@dataclass(frozen=True)
class System:
    """What an event does to the stacked state in each of b cases: s' = T s + c + noise.

    T has shape (b, m, p' q, p q), c (b, m, p' q), and the additive noise has covariance (b, 1, p' q, p' q).
    """

    transition: Floats
    drift: Floats
    noise: Floats
    relative: Relative | None = None


def settled(timeline: Timeline) -> Timeline:
    """Return a timeline if its events are the same in all replicas; `InputError` for one that draws them."""
    if not timeline.deterministic:
        raise InputError("timeline", timeline.name, "one that is the same in all replicas, for exact moments")
    return timeline


def variance(problem: Problem) -> tuple[float, float]:
    """Return the noise variance per coordinate, sigma^2 / d, and nu, for isotropic noise and noise along the gradient."""
    if not isinstance(problem.noise, (AdditiveNoise, Affine)):
        raise InputError("noise", problem.noise.kind, "additive or affine noise (whose covariance the second moments determine)")
    return problem.noise.sigma**2 / problem.objective.dim, problem.numbers["nu"]


def start(algorithm: Algorithm, quadratic: Decoupled, timeline: Timeline, x0: Floats) -> tuple[State, Moments]:
    """Return the state in which a timeline begins, for its structure, and its moments."""
    state = algorithm.init(x0[None, :] if x0.ndim == 1 else x0[:, None, :], timeline.n)
    if isinstance(state, ReadState):
        state.open(timeline.chances_opening())
    mean = quadratic.groups(coordinates(state)).reshape(quadratic.hessians.shape[0], -1)
    return state, Moments(mean, np.zeros((*mean.shape, mean.shape[1])))


def systems(linears: Sequence[LinearRound], quadratic: Decoupled, noise: tuple[float, float]) -> System:
    """Return how several cases act on the stacked state under noise of some `variance`, stacked along a new first axis."""
    variance, nu = noise
    transitions, drifts, noises = zip(*(_system(linear, quadratic, variance) for linear in linears), strict=True)
    relative = _relative(linears, quadratic, nu) if nu else None
    return System(np.stack(transitions), np.stack(drifts), np.stack(noises)[:, None], relative)


def _relative(linears: Sequence[LinearRound], quadratic: Decoupled, nu: float) -> Relative:
    """Return the gradients of several cases as functions of the state, and what they move."""
    slopes = [np.einsum("mwab,wj->mwajb", quadratic.hessians[:, linear.workers], linear.view) for linear in linears]
    offsets = [quadratic.offsets[:, linear.workers] for linear in linears]
    responses = [math.sqrt(nu) * linear.response for linear in linears]
    return Relative(np.stack([slope.reshape(*slope.shape[:3], -1) for slope in slopes]), np.stack(offsets), np.stack(responses))


def _system(linear: LinearRound, quadratic: Decoupled, variance: float) -> tuple[Floats, Floats, Floats]:
    """Return transition, drift and covariance of the additive noise of the stacked state under the quadratic's gradients."""
    m, _, q, _ = quadratic.hessians.shape
    rows, columns = linear.transition.shape
    at_view = np.einsum("mwab,wj->mwajb", quadratic.hessians[:, linear.workers], linear.view).reshape(m, -1, q * columns * q)
    transition = (linear.response @ at_view).reshape(m, rows, q, columns, q)
    transition += np.einsum("ij,ab->iajb", linear.transition, np.eye(q))
    drift = np.einsum("iw,mwa->mia", linear.response, quadratic.offsets[:, linear.workers])
    noise: Floats = np.asarray(variance * np.kron(linear.response @ linear.response.T, np.eye(q)), dtype=float)
    return transition.reshape(m, rows * q, columns * q), drift.reshape(m, rows * q), noise


def measure(where: tuple[Floats, Floats], moments: Moments, quadratic: Decoupled) -> dict[str, float]:
    """Return the expected quantities, given center and views as functionals of the state (see `functionals`)."""
    center, views = where
    minimiser, hessian = quadratic.minimiser, quadratic.mean_hessian
    square = hessian @ hessian
    around_center = moments.second(center[None, :], minimiser)[:, 0]
    around_views = moments.second(views, np.repeat(minimiser[:, None, :], views.shape[0], axis=1)).mean(1)
    around_mean = moments.second(views.mean(0, keepdims=True), minimiser)[:, 0]
    spread = moments.second(views - center, np.zeros((*minimiser.shape[:1], views.shape[0], minimiser.shape[1]))).mean(1)
    return {
        "grad_norm_sq": float(np.einsum("mab,mab->", square, around_center)),
        "consensus_sq": float(np.einsum("maa->", spread)),
        "value": quadratic.optimum + 0.5 * float(np.einsum("mab,mab->", hessian, around_center)),
        "view_grad_norm_sq": float(np.einsum("mab,mab->", square, around_views)),
        "center_distance_sq": float(np.einsum("maa->", around_center)),
        "view_distance_sq": float(np.einsum("maa->", around_views)),
        "view_mean_distance_sq": float(np.einsum("maa->", around_mean)),
    }
