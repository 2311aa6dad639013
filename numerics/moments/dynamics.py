"""First and second moments of the stacked state, and how an event moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.algorithms import Algorithm, State
from numerics.algorithms.asynchronous import ReadState
from numerics.moments.linear import LinearRound, coordinates
from numerics.moments.quadratic import Decoupled
from numerics.noise.base import AdditiveNoise
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

    def advance(self, chances: Sequence[float], transition: Floats, drift: Floats, noise: Floats) -> None:
        """Apply s' = T s + c + noise, where one of b cases is drawn.

        T has shape (b, m, p' q, p q), c (b, m, p' q), and the noise has covariance (b, 1, p' q, p' q).
        """
        means = (transition @ self.mean[..., None])[..., 0] + drift
        covariances = transition @ self.covariance @ transition.swapaxes(-1, -2) + noise
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


def settled(timeline: Timeline) -> Timeline:
    """Return a timeline if its events are the same in all replicas; `InputError` for one that draws them."""
    if not timeline.deterministic:
        raise InputError("timeline", timeline.name, "one that is the same in all replicas, for exact moments")
    return timeline


def variance(problem: Problem) -> float:
    """Return the noise variance per coordinate: sigma^2 / d, for additive isotropic noise."""
    if not isinstance(problem.noise, AdditiveNoise):
        raise InputError("noise", problem.noise.kind, "additive noise (its covariance must not depend on the model)")
    return float(problem.noise.sigma**2 / problem.objective.dim)


def start(algorithm: Algorithm, quadratic: Decoupled, timeline: Timeline, x0: Floats) -> tuple[State, Moments]:
    """Return the state in which a timeline begins, for its structure, and its moments."""
    state = algorithm.init(x0[None, :] if x0.ndim == 1 else x0[:, None, :], timeline.n)
    if isinstance(state, ReadState):
        state.open(timeline.chances_opening())
    mean = quadratic.groups(coordinates(state)).reshape(quadratic.hessians.shape[0], -1)
    return state, Moments(mean, np.zeros((*mean.shape, mean.shape[1])))


def systems(linears: Sequence[LinearRound], quadratic: Decoupled, variance: float) -> tuple[Floats, Floats, Floats]:
    """Return transition, drift and noise covariance of several cases, stacked along a new first axis."""
    transitions, drifts, noises = zip(*(_system(linear, quadratic, variance) for linear in linears), strict=True)
    return np.stack(transitions), np.stack(drifts), np.stack(noises)[:, None]


def _system(linear: LinearRound, quadratic: Decoupled, variance: float) -> tuple[Floats, Floats, Floats]:
    """Return transition, drift and noise covariance of the stacked state under the quadratic's gradients."""
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
