"""What processes have left behind in the shared memory, copied out of it."""

from __future__ import annotations

import signal
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics.shared_memory.layout import Layout
from numerics.typing import Array, Floats


@dataclass(frozen=True)
class Outcome:
    """How a process ended.

    Parameters
    ----------
    updates, planned
        Numbers of updates that it finished, and that it was to make.
    exitcode
        0, an exit status, or minus the number of the signal that killed it.
    """

    process: int
    updates: int
    planned: int
    exitcode: int

    @property
    def finished(self) -> bool:
        """Whether it made all of its updates."""
        return self.updates == self.planned

    def __str__(self) -> str:
        if self.finished:
            return f"process {self.process} finished its {self.planned} updates"
        end = "ended"
        if self.exitcode < 0:
            try:
                end = f"killed by {signal.Signals(-self.exitcode).name}"
            except ValueError:
                end = f"killed by signal {-self.exitcode}"
        elif self.exitcode > 0:
            end = f"failed with exit status {self.exitcode}"
        return f"process {self.process} {end} after {self.updates} of {self.planned} updates"


@dataclass(frozen=True)
class Record:
    """The logs of all finished updates, process by process, in the order in which each made them.

    Parameters
    ----------
    layout
        Sizes of the run.
    outcomes
        How the processes ended.
    process, own
        Which process made an update, and which of its updates that was, shape (K,).
    stamps, seen, gradients
        See `Layout.shapes`; shapes (K, 4), (K, 3), (K, d).
    reads
        Copies kept, shape (m, d), of the updates with ``own`` divisible by ``layout.every``, in the order of these.
    model
        What was in the shared memory at the end, shape (d,).
    torn
        For each process that was killed while it wrote: when it began to, when it was found dead, and its gradient (d,).
    """

    layout: Layout
    outcomes: tuple[Outcome, ...]
    process: NDArray[np.intp]
    own: NDArray[np.intp]
    stamps: NDArray[np.int64]
    seen: NDArray[np.int64]
    gradients: Floats
    reads: Floats
    model: Floats
    torn: tuple[tuple[int, int, int, Floats], ...]


def collect(layout: Layout, shared: dict[str, Array], exitcodes: list[int], ended: list[int]) -> Record:
    """Return copies of what is in the shared memory after processes have ended with these codes, at these times."""
    done = [int(count) for count in shared["counts"][:, 0]]
    everyone = range(layout.processes)
    kept = [-(-count // layout.every) for count in done]
    torn = [
        (i, int(shared["stamps"][i, done[i], 2]), ended[i], shared["gradients"][i, done[i]].copy())
        for i in everyone
        if done[i] < layout.quota(i) and shared["stamps"][i, done[i], 2]
    ]

    def logs(name: str) -> Array:
        return np.concatenate([shared[name][i, : done[i]] for i in everyone])

    return Record(
        layout,
        tuple(Outcome(i, done[i], layout.quota(i), exitcodes[i]) for i in everyone),
        process=np.repeat(np.arange(layout.processes), done),
        own=np.concatenate([np.arange(count) for count in done]),
        stamps=logs("stamps"),
        seen=logs("seen"),
        gradients=logs("gradients"),
        reads=np.concatenate([shared["reads"][i, : kept[i]] for i in everyone]),
        model=shared["model"].copy(),
        torn=tuple(torn),
    )
