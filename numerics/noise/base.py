"""What gradient noise is: something that turns exact local gradients into stochastic ones, drawn per replica."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

import numpy as np

from numerics.objectives.base import Constant, Objective, Workers
from numerics.streams import Streams
from numerics.typing import Floats
from straggler import InputError, positive


class Oracle(Protocol):
    """Stochastic gradients: ``oracle(points, workers, out)``, with the arguments of `Objective.local_gradients`."""

    def __call__(self, points: Floats, workers: Workers, out: Floats | None = None) -> Floats:
        """Return stochastic gradients of f_i at worker i's points, in ``out`` where given."""
        ...


class Losses(Protocol):
    """Stochastic values: ``losses(points, workers)``, shape (m, R), of what the oracle took the gradients of."""

    def __call__(self, points: Floats, workers: Workers) -> Floats:
        """Return the losses at worker i's points (m, R, d)."""
        ...


class Noise(ABC):
    """A model of gradient noise; its random numbers come from one stream per replica."""

    kind: str

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.provenance().items() if name != "kind")
        return f"{type(self).__name__}({settings})"

    @abstractmethod
    def check(self, objective: Objective) -> None:
        """Raise `InputError` if there cannot be this noise on that objective."""

    @abstractmethod
    def oracle(self, objective: Objective, streams: Streams) -> Oracle:
        """Return an oracle for the replicas of ``streams``, at the beginning of their streams."""

    def losses(self, objective: Objective, streams: Streams) -> Losses:
        """Return the losses that belong to the gradients of an oracle on the same streams, to be asked for event by event.

        Raises
        ------
        InputError
            If the noise is added to gradients, so that there are no losses they are the gradients of.
        """
        raise InputError("noise", self.kind, "minibatch, where losses of samples are asked for")

    @abstractmethod
    def constant(self, objective: Objective) -> Constant:
        """Return sigma, whose square bounds ``E||g - grad f_i(x)||^2`` for every worker."""

    def growth(self, objective: Objective) -> Constant:
        """Return nu such that ``sigma^2 + nu ||grad f_i(x)||^2`` bounds the variance: 0 where sigma^2 alone does."""
        return Constant(0.0, "exact", "sigma bounds the variance everywhere, whatever the gradient")

    @abstractmethod
    def deviation(self, objective: Objective, x: Floats) -> Floats:
        """Return the largest of the workers' standard deviations at each of the points (R, d), shape (R,)."""

    @abstractmethod
    def provenance(self) -> dict[str, Any]:
        """Return kind and parameters, ready for JSON."""


class Sampler(ABC):
    """Additive noise bound to streams."""

    @abstractmethod
    def perturb(self, gradients: Floats) -> None:
        """Add the next noise to ``gradients`` (m, R, d) in place; ask for pieces of one event in the order of its workers."""


class AdditiveNoise(Noise):
    """Noise whose distribution depends neither on the point nor on the worker.

    Parameters
    ----------
    sigma
        Root of ``E||noise||^2``, finite and >= 0.
    """

    def __init__(self, sigma: float) -> None:
        self.sigma = positive("sigma", sigma, zero_ok=True)

    def check(self, objective: Objective) -> None:
        """Accept every objective."""

    @abstractmethod
    def bind(self, streams: Streams, dim: int) -> Sampler:
        """Return a sampler of noise vectors in R^d for the replicas of ``streams``."""

    def oracle(self, objective: Objective, streams: Streams) -> Oracle:
        """Return an oracle that adds noise to the exact gradients, piece by piece while they are in cache."""
        if self.sigma == 0:
            return objective.local_gradients
        sampler = self.bind(streams, objective.dim)

        def kernel(points: Floats, workers: Workers, out: Floats) -> None:
            objective.tile_gradients(points, workers, out)
            sampler.perturb(out)

        def oracle(points: Floats, workers: Workers, out: Floats | None = None) -> Floats:
            return objective.in_tiles(kernel, points, workers, out)

        return oracle

    def constant(self, objective: Objective) -> Constant:
        """Return sigma: it is what the noise is made from."""
        return Constant(self.sigma, "exact", f"{self.kind} noise with E||noise||^2 = sigma^2 at every point")

    def deviation(self, objective: Objective, x: Floats) -> Floats:
        """Return sigma at each of the points (R, d), shape (R,)."""
        return np.full(x.shape[0], self.sigma)

    def provenance(self) -> dict[str, Any]:
        """Return kind and sigma."""
        return {"kind": self.kind, "sigma": self.sigma}
