"""A lock-free run played again from its logs: in which order, how stale, how far from the model of theory.

Updates are put in the order in which their writes began. The model of theory, x_k, is the start less gamma times the first k
gradients of that order. What update k was read from, v_k, then has nothing of updates after k, and all of every update whose
write had ended when the read began. In between are the last T_k before k, which may be missing in any coordinate: this T_k is
the staleness of update k. Clock times order events as the cores saw them on machines that keep stores in order, as x86 does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.shared_memory.record import Outcome, Record
from numerics.typing import Floats
from straggler import StragglerError

if TYPE_CHECKING:
    import xarray as xr

_Stamps: TypeAlias = NDArray[np.int64]

CHUNK = 4096
MOMENTS, BATCHES = 8, 16


@dataclass(frozen=True, repr=False)
class LockFreeRun:
    """What a lock-free run did.

    Parameters
    ----------
    outcomes
        How each process ended.
    process
        Which process made each update, in the order of writes, shape (K,). An update during which its process was killed is one
        of them, with the coordinates that were written.
    staleness
        T_k of each update, see the head of this module, shape (K,).
    overtaken
        Updates that others finished between its read and its write, by their counters, shape (K,).
    gradient_norm
        ||g_k||, shape (K,).
    read_at
        The updates whose read copies were kept, ascending, shape (m,).
    distance_sq
        Their ||x_k - v_k||^2 / gamma^2, shape (m,).
    reach_sq
        What that can be at most if nothing is lost: the square of the sum of the norms of the last T_k gradients, shape (m,).
    model, auxiliary
        The model in memory at the end, and x_K; shape (d,).
    lost
        (model - auxiliary) / gamma, where that is more than rounding, else 0; shape (d,).
    seconds
        From the beginning of the first read to the end of the last write.
    """

    outcomes: tuple[Outcome, ...]
    process: NDArray[np.intp]
    staleness: NDArray[np.intp]
    overtaken: NDArray[np.int64]
    gradient_norm: Floats
    read_at: NDArray[np.intp]
    distance_sq: Floats
    reach_sq: Floats
    model: Floats
    auxiliary: Floats
    lost: Floats
    seconds: float

    def __repr__(self) -> str:
        return f"LockFreeRun({self.process.size} updates, {len(self.outcomes)} processes, tau = {self.largest_staleness})"

    @property
    def largest_staleness(self) -> int:
        """The largest T_k."""
        return int(self.staleness.max())

    def gauge(self) -> xr.Dataset:
        """Return the readings as `numerics.gauge.gauge` does, means over stretches of time in the place of replicas.

        The readings of each process are cut into moments, and these into up to 16 stretches, whose means are as good as
        independent where a stretch is longer than delays are remembered. Processes with fewer readings are left out.
        """
        import xarray as xr

        readings = [self.distance_sq[self.process[self.read_at] == i] for i in range(len(self.outcomes))]
        batches = min(BATCHES, max(each.size for each in readings))
        active = [i for i, each in enumerate(readings) if each.size >= batches]
        moments = int(np.clip(min(readings[i].size for i in active) // batches, 1, MOMENTS))
        table = np.empty((moments, len(active), batches))
        for column, i in enumerate(active):
            pieces = np.array_split(readings[i], moments * batches)
            table[:, column] = np.reshape([piece.mean() for piece in pieces], (moments, batches))
        names = ("iteration", "active", "replica")
        who = np.broadcast_to(np.array(active)[:, None], table.shape)
        begins = np.arange(moments) * self.process.size // moments
        return xr.Dataset({"distance_sq": (names, table), "workers": (names, who)}, coords={"iteration": begins})


def replay(record: Record, x0: Floats, step_size: float) -> LockFreeRun:
    """Return what a run did that began at ``x0``, shape (d,); `StragglerError` if nobody finished an update."""
    if not record.process.size:
        raise StragglerError(f"nothing was updated: {'; '.join(str(outcome) for outcome in record.outcomes)}")
    with np.errstate(all="ignore"):
        process, stamps, seen, gradients = _with_torn(record, x0, step_size)
        order = np.lexsort((process, stamps[:, 2]))
        rank = np.argsort(order)
        process, stamps, seen, gradients = process[order], stamps[order], seen[order], gradients[order]
        read_at = rank[np.flatnonzero(record.own % record.layout.every == 0)]
        ascending = np.argsort(read_at)
        read_at, reads = read_at[ascending], record.reads[ascending]
        distance_sq, auxiliary, largest = _distances(gradients, x0, step_size, read_at, reads)
        first = _first_missing(stamps)
        norms = np.sqrt(np.vecdot(gradients, gradients))
        travelled = np.concatenate([[0.0], np.cumsum(norms)])
        apart = record.model - auxiliary
        rounding = len(order) * np.finfo(float).eps * largest
        return LockFreeRun(
            record.outcomes,
            process=process,
            staleness=np.arange(len(order)) - first,
            overtaken=seen[:, 2] - seen[:, 0],
            gradient_norm=norms,
            read_at=read_at,
            distance_sq=distance_sq,
            reach_sq=(travelled[read_at] - travelled[first[read_at]]) ** 2,
            model=record.model,
            auxiliary=auxiliary,
            lost=np.where(np.abs(apart) <= rounding, 0.0, apart / step_size),
            seconds=float(stamps[:, 3].max() - stamps[:, 0].min()) / 1e9,
        )


def _with_torn(record: Record, x0: Floats, step_size: float) -> tuple[NDArray[np.intp], _Stamps, _Stamps, Floats]:
    """Return processes, stamps, counters and gradients of all updates, those that a killed process broke off at the end.

    Of these, the coordinates count that the model lacks less if they do; their write lasted until the process was found dead.
    """
    process, stamps, seen, gradients = record.process, record.stamps, record.seen, record.gradients
    apart = record.model - (x0 - step_size * gradients.sum(axis=0))
    for who, begun, ended, gradient in record.torn:
        part = np.where(np.abs(apart + step_size * gradient) < np.abs(apart), gradient, 0.0)
        if not part.any():
            continue
        apart += step_size * part
        process = np.append(process, who)
        stamps = np.vstack([stamps, [[begun, begun, begun, ended]]])
        seen = np.vstack([seen, np.zeros((1, 3), dtype=np.int64)])
        gradients = np.vstack([gradients, part[None]])
    return process, stamps, seen, gradients


def _first_missing(stamps: _Stamps) -> NDArray[np.intp]:
    """Return, for updates in the order of writes, the first one whose write had not ended when the read began, or itself."""
    ended = np.maximum.accumulate(stamps[:, 3])
    return np.minimum(np.searchsorted(ended, stamps[:, 0], side="right"), np.arange(len(stamps)))


def _distances(
    gradients: Floats, x0: Floats, step_size: float, read_at: NDArray[np.intp], reads: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return ||x_k - v_k||^2 / gamma^2 of the reads, the last x_k, and the largest |x_k| by coordinate.

    Gradients are subtracted one after the other, as the processes do: a single process is followed to the last bit.
    """
    distances, x, largest = np.empty(len(read_at)), x0, np.abs(x0)
    for first in range(0, len(gradients), CHUNK):
        steps = gradients[first : first + CHUNK] * step_size
        path = np.subtract.accumulate(np.concatenate([x[None], steps]), axis=0)
        here = slice(*np.searchsorted(read_at, (first, first + len(steps))))
        apart = (path[read_at[here] - first] - reads[here]) / step_size
        distances[here] = np.vecdot(apart, apart)
        x, largest = path[-1], np.maximum(largest, np.abs(path).max(axis=0))
    return distances, x, largest
