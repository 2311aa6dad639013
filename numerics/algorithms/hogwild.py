"""Hogwild: reads of a shared model in which every coordinate has an age of its own."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from numerics.algorithms.apsgd import APSGD, ServerState
from numerics.algorithms.asynchronous import Rows
from numerics.algorithms.base import State, stack
from numerics.algorithms.compression import CompressedState, Compressing
from numerics.algorithms.sgd import shared
from numerics.events import Completion, Numbers
from numerics.streams import Streams
from numerics.typing import Array
from straggler import InputError, UnknownName, at_least

if TYPE_CHECKING:
    from numerics.problems import Problem

READS = ("uniform", "sweep")
OLDEST = 1000
DRAWN_AHEAD = 1 << 17
"""Bytes of ages drawn ahead per block of replicas."""


class Ages:
    """Uniform ages 0 .. largest of the coordinates of reads.

    A replica's ages come from the first child (``Generator.spawn``) of its ``timeline`` stream, which is read by
    ``Generator.random`` in the order read, coordinate; an age is the integer part of (largest + 1) times such a number.

    Parameters
    ----------
    streams
        The replicas.
    largest
        Largest age.
    dim
        Number of coordinates.
    """

    def __init__(self, streams: Streams, largest: int, dim: int) -> None:
        self._generators = [generator.spawn(1)[0] for generator in streams.generators("timeline")]
        self._largest, self._dim = largest, dim
        self._block: Numbers = np.empty((0, len(self._generators), dim), dtype=np.intp)

    def take(self, reads: int) -> Numbers:
        """Return the ages of the next reads, shape (reads, R, d)."""
        if reads > len(self._block):
            more = max(reads, DRAWN_AHEAD // (8 * self._dim * max(1, len(self._generators))))
            uniforms = np.stack([generator.random((more, self._dim)) for generator in self._generators], axis=1)
            self._block = np.concatenate([self._block, (uniforms * (self._largest + 1)).astype(np.intp)])
        taken, self._block = self._block[:reads], self._block[reads:]
        return taken

    def first(self, replicas: int) -> Ages:
        """Return the same ages for the first replicas only, as a copy with a future of its own."""
        other = deepcopy(self)
        other._generators, other._block = other._generators[:replicas], other._block[:, :replicas]
        return other


@dataclass
class HogwildState(CompressedState, ServerState):
    """The model, the read copies, the residuals, and ``past``, the last T + 1 models in turn, (T + 1, R, d), none if T = 0."""

    past: Array = field(default=None)
    ages: Ages | None = None

    def slabs(self) -> list[Array]:
        """Return the model, the velocity, the read copies, the residuals, and the past models."""
        return [*super().slabs(), self.past]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays; `InputError` where coordinates or replicas cannot be told apart."""
        other = super().with_slabs(slabs)
        other.past = slabs[-1]
        replicas, dim = slabs[0].shape[1:]
        if self.past.shape[0] and (dim != self.x.shape[2] or replicas > self.x.shape[1]):
            raise InputError("delay", self.past.shape[0] - 1, "0 for exact moments: coordinates are read at different times")
        other.ages = None if self.ages is None else self.ages.first(replicas)
        return other


@dataclass(frozen=True, kw_only=True)
class Hogwild(Compressing, APSGD):
    """Asynchronous SGD with inconsistent reads of a shared model (Hogwild, AsySG-incon).

    As `APSGD`, but a worker reads while others write: coordinate j of what it reads after update k is that of the model after
    update k - a_j (of the start, before there were so many). The timeline adds the same number of updates to the age of all
    coordinates of a gradient. Updates themselves are not torn apart.

    With a compressor, worker i writes -C(gamma g_i) in place of -gamma g_i or, with feedback, -C(gamma g_i + e_i), keeping
    e_i <- gamma g_i + e_i - C(gamma g_i + e_i); one write after the other. The center is then the model less all e_i.

    Ages are drawn from the seed of the run (`equip`), and from seed 0 where nobody hands one over.

    Parameters
    ----------
    delay
        Largest age T >= 0 of a coordinate when its read ends, in updates; 0 is `APSGD`.
    reads
        ``uniform``: every a_j is uniform on 0 .. T, independent of everything else. ``sweep``: coordinates are read in order
        while T updates happen, coordinate j of d being a_j = T - floor(j (T + 1) / d) updates old.
    feedback
        Whether workers keep what compression loses. Compressed writes and feedback know no momentum.

    References
    ----------
    Recht, Re, Wright, Niu (NIPS 2011); Lian et al. (NeurIPS 2015), the inconsistent reads of AsySG-incon.
    """

    delay: int = 1
    reads: str = "uniform"
    feedback: bool = False

    name: ClassVar[str] = "hogwild"
    references: ClassVar[tuple[str, ...]] = ("recht-2011", "lian-2015")

    def __post_init__(self) -> None:
        super().__post_init__()
        if at_least("delay", self.delay, 0) > OLDEST:
            raise InputError("delay", self.delay, f"at most {OLDEST}: the server keeps so many of its models")
        if self.reads not in READS:
            raise UnknownName("reads", self.reads, READS)
        if self.momentum and not self._whole:
            raise InputError("momentum", self.momentum, "0 with a compressor or feedback: a shared model has no other velocity")

    @property
    def _whole(self) -> bool:
        """Whether gradients are written as they are."""
        return self.plain and not self.feedback

    @property
    def torn(self) -> int:
        """The delay."""
        return self.delay

    @property
    def conserves(self) -> bool:  # type: ignore[override]
        """Whether what is lost is kept, or nothing is lost."""
        return self.plain or self.feedback

    def init(self, x0: Array, n: int) -> HogwildState:
        """Return the state of a server at ``x0``, shape (R, d), that nobody has read yet."""
        x = shared(x0)
        past = stack(x0, self.delay + 1 if self.delay else 0)
        return HogwildState(x=x, reads=x[:0], past=past, **self.settings(x, n, keep=self.feedback))

    def equip(self, state: State, problem: Problem, streams: Streams) -> None:
        """Let the ages of these replicas, and the random numbers of compressors, come from their own streams."""
        super().equip(state, problem, streams)
        assert isinstance(state, HogwildState)
        state.ages = Ages(streams, self.delay, state.x.shape[2])

    def step(self, state: State, gradients: Array, event: Completion) -> None:
        """Apply the gradients that have arrived, and let their workers read, coordinate by coordinate."""
        assert isinstance(state, HogwildState)
        if self._whole:
            super().step(state, gradients, event)
        else:
            for m in range(gradients.shape[0]):
                self.write(state, Rows(event.workers[m : m + 1]), gradients[m : m + 1], self.gamma(event.k))
            Rows(event.refilled).put(state.reads, state.x)
        if self.delay:
            now = event.k + 1
            state.past[now % len(state.past)] = state.x[0]
            ages = self.coordinate_ages(state, len(event.refilled))
            _, replicas, dim = state.x.shape
            seen = state.past[(now - ages) % len(state.past), np.arange(replicas)[:, None], np.arange(dim)]
            Rows(event.refilled).put(state.reads, seen)

    def center(self, state: State) -> Array:
        """Return the model less all residuals, shape (R, d); read-only."""
        assert isinstance(state, HogwildState)
        return state.x[0] if state.residual is None else state.x[0] - state.residual.sum(0)

    def coordinate_ages(self, state: HogwildState, reads: int) -> Numbers:
        """Return how old each coordinate of the next reads is, in updates, shape (reads, R, d)."""
        _, replicas, dim = state.x.shape
        if self.reads == "sweep":
            order = self.delay - np.arange(dim) * (self.delay + 1) // dim
            return np.broadcast_to(order, (reads, replicas, dim))
        if state.ages is None:
            state.ages = Ages(Streams(0, range(replicas)), self.delay, dim)
        return state.ages.take(reads)
