"""What workers share that count their own steps, and talk to a server every tau of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from numerics.algorithms.asynchronous import ReadState
from numerics.events import Numbers
from numerics.typing import Array
from straggler import InputError


@dataclass
class ClockedState(ReadState):
    """Models that only their own worker writes to, and how many gradients each of the ``n`` workers has finished.

    ``clocks``, shape (n, R), is part of the structure of the state: it does not depend on the values of the slabs.
    """

    n: int = 1
    clocks: Any = field(default=None)

    def open(self, readers: Array) -> None:
        """Start the clocks and make the read copies; `InputError` unless slot i is read by worker i."""
        self.wind(readers)
        super().open(readers)

    def wind(self, readers: Array) -> None:
        """Start the clocks, for a timeline whose slot i is read by worker i; else `InputError`."""
        if readers.shape[0] != self.n or (readers != np.arange(self.n)[:, None]).any():
            raise InputError("timeline", "one with reads that belong to no worker", "a slot of its own for each worker")
        self.clocks = np.zeros(readers.shape, dtype=np.intp)

    def tick(self, workers: Numbers, period: int) -> NDArray[np.bool_]:
        """Count a finished gradient of these workers, shape (m, R), and return whose clock ``period`` divides now."""
        replicas = np.arange(workers.shape[1])
        self.clocks[workers, replicas] += 1
        due: NDArray[np.bool_] = self.clocks[workers, replicas] % period == 0
        return due

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays; more replicas than there are share the clocks of the first."""
        other = super().with_slabs(slabs)
        replicas = slabs[0].shape[1]
        enough = replicas <= self.clocks.shape[1]
        other.clocks = self.clocks[:, :replicas].copy() if enough else np.repeat(self.clocks[:, :1], replicas, axis=1)
        return other


def where(due: NDArray[np.bool_], yes: Array, no: Array) -> Array:
    """Return ``yes`` in the rows that are ``due``, shape (m, R), and ``no`` in the others, shape (m, R, d)."""
    if due.all():
        return yes
    xp = array_namespace(no)
    return xp.where(xp.asarray(due[..., None], device=device(no)), yes, no)
