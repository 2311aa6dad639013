"""Elections: who judges the workers of the leader family, and who leads whom."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

from numerics.algorithms.asynchronous import Rows
from numerics.noise import Losses
from numerics.problems import Objective, Problem
from numerics.streams import Reservoir, Streams
from numerics.typing import Array, Floats
from straggler import UnknownName

ELECTIONS = ("exact", "noisy", "flattering", "minibatch")

DRAWN_AHEAD = 1 << 15
"""Bytes of normal numbers drawn ahead per block of replicas."""


FLATTERED = 0.9
"""Probability with which a flattering estimate makes the worst model look better than it is."""


class Judge(ABC):
    """Gives every worker the number it is judged by, the smaller the better."""

    attentive: bool = False
    """Whether `observe` wants to be called at every event."""

    @abstractmethod
    def values(self, x: Array) -> Array:
        """Return the numbers of workers at models (n, R, d), shape (n, R)."""

    def observe(self, points: Array, workers: Any) -> None:  # noqa: B027 (most have no use for it)
        """Take note of the points (m, R, d) at which some workers have just taken their gradients."""


class Exact(Judge):
    """Judges by the objective f of all workers, evaluated once at the model of each."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective

    def values(self, x: Array) -> Array:
        """Return f at every model."""
        return self._objective.value(x)


class Noisy(Exact):
    """Judges by unbiased estimates f + N(0, sigma_f^2), independent of each other.

    A replica's ``election`` stream is read by ``Generator.standard_normal``, in the order evaluation, worker.
    """

    def __init__(self, objective: Objective, sigma_f: float, streams: Streams) -> None:
        super().__init__(objective)
        self._sigma, generators = sigma_f, streams.generators("election")

        def fill(row: int, out: Array) -> None:
            generators[row].standard_normal(out=out)

        self._normals = Reservoir(fill, len(generators), np.float64, DRAWN_AHEAD)

    def values(self, x: Array) -> Array:
        """Return estimates of f at every model."""
        return super().values(x) + self._sigma * self._normals.take(x.shape[0]).T


class Flattering(Exact):
    """Judges by unbiased estimates that flatter the worst model of all, of equals the first: f is estimated exactly elsewhere.

    The error there is -sigma_f/3 with probability 9/10 and 3 sigma_f with probability 1/10: mean zero and variance sigma_f^2.
    A replica's ``election`` stream is read by ``Generator.random``, once per evaluation; below 9/10 the worst is flattered.
    """

    def __init__(self, objective: Objective, sigma_f: float, streams: Streams) -> None:
        super().__init__(objective)
        self._sigma, generators = sigma_f, streams.generators("election")

        def fill(row: int, out: Array) -> None:
            generators[row].random(out=out)

        self._uniforms = Reservoir(fill, len(generators), np.float64, DRAWN_AHEAD)

    def values(self, x: Array) -> Array:
        """Return estimates of f at every model."""
        found = super().values(x)
        errors = np.where(self._uniforms.take(1)[:, 0] < FLATTERED, -1 / 3, 3.0)
        found[found.argmax(0), np.arange(found.shape[1])] += self._sigma * errors
        return found


class Recent(Judge):
    """Judges by the average of each worker's last ``window`` minibatch losses, at whatever models it had then.

    The losses are those of the very samples whose gradients were taken (`numerics.noise.Noise.losses`). A worker that has none
    yet is worse than any other.
    """

    attentive = True

    def __init__(self, losses: Losses, workers: int, replicas: int, window: int) -> None:
        self._losses, self._window = losses, window
        self._kept: Floats = np.zeros((workers, replicas, window))
        self._seen = np.zeros((workers, replicas), dtype=np.intp)

    def values(self, x: Array) -> Array:
        """Return the averages; the models are not looked at."""
        total = self._kept.sum(axis=-1)
        return np.where(self._seen > 0, total / np.clip(self._seen, 1, self._window), np.inf)

    def observe(self, points: Array, workers: Any) -> None:
        """Let the losses at these points take the place of the oldest."""
        replica = np.arange(self._seen.shape[1])
        who = np.arange(len(self._seen))[workers][:, None] if isinstance(workers, slice) else workers
        self._kept[who, replica, self._seen[who, replica] % self._window] = self._losses(points, workers)
        self._seen[who, replica] += 1


def judge(election: str, problem: Problem, streams: Streams, *, sigma_f: float, window: int) -> Judge:
    """Return the judge called ``election``, one of `ELECTIONS`, for the replicas of ``streams``.

    Raises
    ------
    UnknownName, InputError
        For another name; for ``minibatch`` where gradients are not those of samples.
    """
    if election == "exact":
        return Exact(problem.objective)
    if election == "noisy":
        return Noisy(problem.objective, sigma_f, streams)
    if election == "flattering":
        return Flattering(problem.objective, sigma_f, streams)
    if election == "minibatch":
        return Recent(problem.noise.losses(problem.objective, streams), problem.n, len(streams.replicas), window)
    raise UnknownName("election", election, ELECTIONS)


class Leadership:
    """The leaders of equally large groups of consecutive workers: the best of each group, of equals the first.

    Attributes
    ----------
    leaders
        Number of the worker that leads each group, shape (groups, R).
    models
        Its model when it was elected, shape (groups, R, d).
    led
        How many elections each worker has won, shape (n, R).

    Parameters
    ----------
    x, values
        Models (n, R, d) and the numbers (n, R) of the first election.
    groups
        Number of groups, a divisor of n.
    """

    def __init__(self, x: Array, values: Array, groups: int) -> None:
        xp, n = array_namespace(x), x.shape[0]
        self.groups, self._shape = groups, (groups, n // groups, *x.shape[1:])
        self._first = xp.arange(0, n, n // groups, device=device(x))[:, None]
        self._replica = xp.arange(x.shape[1], device=device(x))
        self.led: Array = xp.zeros(x.shape[:2], dtype=xp.int64, device=device(x))
        self.elect(x, values)

    def elect(self, x: Array, values: Array) -> None:
        """Let the best of each group lead, by ``values`` (n, R), and keep a copy of its model in ``x`` (n, R, d)."""
        xp = array_namespace(values)
        self.leaders = self._first + xp.argmin(values.reshape(self._shape[:3]), axis=1)
        self.models = Rows(self.leaders).of(x)
        self.led[self.leaders, self._replica] += 1

    def distances(self, x: Array, out: Array) -> Array:
        """Return each model minus that of its leader when it was elected, in ``out`` (n, R, d); zero for the leaders."""
        out[...] = x
        grouped = out.reshape(self._shape)
        grouped -= self.models[:, None]
        Rows(self.leaders).put(out, 0.0)
        return out
