"""What algorithms without rounds share: read copies in slots, and rows of the stacked model picked per replica."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from numerics.algorithms.base import State
from numerics.memory import empty
from numerics.typing import Array


class Rows:
    """Rows of arrays (n, R, d), one per replica: those of worker ``workers[r]`` in replica r.

    Parameters
    ----------
    workers
        Workers (or slots), shape (m, R).
    """

    def __init__(self, workers: Array) -> None:
        replicas = workers.shape[-1]
        # torch tensors come with one replica, where the first axis can be indexed as it is
        self._flat = None if replicas == 1 else workers * replicas + np.arange(replicas)
        self._first = workers[:, 0]

    def of(self, x: Array) -> Array:
        """Return a copy of the rows of ``x``, shape (m, R, d)."""
        if self._flat is None:
            return x[self._first]
        return x.reshape(-1, x.shape[-1]).take(self._flat, axis=0, mode="clip")

    def put(self, x: Array, values: Array) -> None:
        """Overwrite the rows of ``x`` with ``values``, shape (m, R, d) or (1, R, d) for all alike."""
        if self._flat is None:
            x[self._first] = values
        else:
            x.reshape(-1, x.shape[-1])[self._flat] = values


@dataclass
class ReadState(State):
    """A state with read copies of the model: ``reads``, shape (slots, R, d), the views of the gradients under way."""

    reads: Array = field(default=None)

    def open(self, readers: Array) -> None:
        """Make the read copies of an asynchronous timeline: slot s holds what worker ``readers[s]`` sees; shape (slots, R)."""
        self.reads = Rows(readers).of(self.x)

    def slabs(self) -> list[Array]:
        """Return the models, the velocity, and the read copies."""
        return [*super().slabs(), self.reads]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.reads = slabs[1 if self.velocity is None else 2]
        return other

    def push(self, beta: float, nesterov: bool, rows: Rows, gradients: Array) -> Array:
        """Return the direction with momentum of some workers; see `push`."""
        return push(self, beta, nesterov, rows, gradients)


def push(state: State, beta: float, nesterov: bool, rows: Rows, gradients: Array) -> Array:
    """Return the direction with momentum of some workers, each with a velocity of its own, written into ``gradients``."""
    if state.velocity is None:
        state.velocity = empty(state.x.shape, state.x)
        state.velocity[...] = 0
    velocity = rows.of(state.velocity)
    velocity *= beta
    velocity += gradients
    rows.put(state.velocity, velocity)
    if nesterov:
        gradients += beta * velocity
    else:
        gradients[...] = velocity
    return gradients
