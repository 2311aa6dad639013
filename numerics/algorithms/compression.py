"""What algorithms that send compressed vectors share: which compressor, its random numbers, and what it has left behind."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from numerics import compressors
from numerics.algorithms.asynchronous import Rows
from numerics.algorithms.base import Algorithm, State
from numerics.compressors import QSGD, Compressor, Draws, Identity, StreamDraws
from numerics.memory import empty
from numerics.streams import Streams
from numerics.typing import Array
from straggler import InputError, UnknownName

if TYPE_CHECKING:
    from numerics.problems import Problem

IDENTITY = "identity"


class First:
    """The random numbers of the first replicas, as a copy with a future of its own.

    Parameters
    ----------
    draws
        Random numbers of at least so many replicas.
    replicas
        How many.
    """

    def __init__(self, draws: Draws, replicas: int) -> None:
        self._draws, self.replicas = deepcopy(draws), replicas

    def uniforms(self, workers: int, count: int) -> Array:
        """Return numbers, each uniform on (0, 1), of shape (workers, replicas, count)."""
        return self._draws.uniforms(workers, count)[:, : self.replicas]

    def keys(self, workers: int, count: int) -> Array:
        """Return random 64-bit words of shape (workers, replicas, count)."""
        return self._draws.keys(workers, count)[:, : self.replicas]


@dataclass
class CompressedState(State):
    """A state that compressors have a part in.

    Parameters
    ----------
    residual
        What each worker has not sent yet, shape (n, R, d); None where nobody keeps it.
    draws
        Random numbers of the compressor; None as long as none are needed.
    plain
        Whether nothing is lost in compression, so that the state moves linearly.
    """

    residual: Any = None
    draws: Draws | None = None
    plain: bool = True

    def slabs(self) -> list[Array]:
        """Return the models, the velocity, and the residuals."""
        return super().slabs() + ([] if self.residual is None else [self.residual])

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays; `InputError` where coordinates or replicas cannot be told apart."""
        other = super().with_slabs(slabs)
        replicas, dim = slabs[0].shape[1:]
        if not self.plain and (dim != self.x.shape[2] or replicas > self.x.shape[1]):
            raise InputError("compressor", "one that loses something", f"{IDENTITY} for exact moments: others are not linear")
        if self.residual is not None:
            other.residual = slabs[len(super().slabs())]
        if self.draws is not None and replicas < self.draws.replicas:
            other.draws = First(self.draws, replicas)
        return other


@dataclass(frozen=True, kw_only=True)
class Compressing(Algorithm):
    """An algorithm that compresses what it sends.

    Random compressors draw from the seed of the run (`equip`), and from seed 0 where nobody hands one over.

    Parameters
    ----------
    compressor
        Name of the compressor, made with the options below; or a compressor, which has its own. See `numerics.compressors`.
    k
        Coordinates that ``top-k`` and ``random-k`` keep.
    levels, coding
        Of ``qsgd``.
    blocks, shared
        Of ``random-block``.
    precision, bucket, stochastic
        Of ``max-min``.
    scaled
        Whether ``random-k`` and ``random-block`` multiply what they keep, so that they are unbiased.

    Raises
    ------
    UnknownName
        For another compressor, or an option that the chosen one has not.
    InputError
        For an option besides a compressor that is no name.
    """

    compressor: str | Compressor = IDENTITY
    k: int = 1
    levels: int = 1
    coding: str = "elias"
    blocks: int = 2
    shared: bool = True
    precision: int = 4
    bucket: int = 1024
    stochastic: bool = False
    scaled: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.compression  # noqa: B018 - options are checked where it is made

    @cached_property
    def compression(self) -> Compressor:
        """The compressor."""
        if isinstance(self.compressor, Compressor):
            for name in self._chosen:
                raise InputError(name, getattr(self, name), f"left alone where a compressor, {self.compressor.name}, is given")
            return self.compressor
        if self.compressor not in compressors.REGISTRY:
            raise UnknownName("compressor", str(self.compressor), compressors.NAMES)
        taken = [field.name for field in fields(compressors.REGISTRY[self.compressor])]
        for name in self._chosen:
            if name not in taken:
                raise UnknownName(f"option of {self.compressor}", name, taken)
        return compressors.get(self.compressor, **{name: getattr(self, name) for name in taken})

    @property
    def _chosen(self) -> list[str]:
        """Options of compressors that differ from the defaults."""
        defaults = {field.name: field.default for field in fields(self)}
        names = [field.name for field in fields(Compressing)]
        return [name for name in names if name in OPTIONS and getattr(self, name) != defaults[name]]

    @property
    def plain(self) -> bool:
        """Whether vectors are sent as they are."""
        return isinstance(self.compression, Identity)

    def symbols(self, n: int) -> dict[str, float]:
        """Return beta and, for ``qsgd``, the number of levels."""
        return super().symbols(n) | ({"levels": self.compression.levels} if isinstance(self.compression, QSGD) else {})

    def symbols_in(self, dim: int) -> dict[str, float]:
        """Return what the compressor loses at most, and its variance where it is unbiased and draws anew for every worker."""
        lost, blow_up = self.compression.contraction(dim), self.compression.blow_up(dim)
        together = getattr(self.compression, "shared", False)
        known = {"lost": lost, "blow_up": None if together else blow_up}
        return super().symbols_in(dim) | {name: value for name, value in known.items() if value is not None}

    def equip(self, state: State, problem: Problem, streams: Streams) -> None:
        """Let the random numbers of the compressor come from the streams of these replicas."""
        super().equip(state, problem, streams)
        assert isinstance(state, CompressedState)
        if self.compression.random:
            state.draws = StreamDraws(streams)

    def compress(self, state: CompressedState, vectors: Array, out: Array | None = None) -> Array:
        """Return what is sent of some workers' vectors, shape (m, R, d), written into ``out`` where it is given."""
        if self.compression.random and state.draws is None:
            state.draws = StreamDraws(Streams(0, range(vectors.shape[1])))
        return self.compression.compress(vectors, state.draws, out)

    def write(self, state: CompressedState, rows: Rows, gradients: Array, gamma: float) -> None:
        """Let one worker per replica send its gradient, shape (1, R, d), which may be overwritten, to a server."""
        gradients *= gamma
        if state.residual is None:
            state.x -= self.compress(state, gradients, state.scratch)
            return
        due = rows.of(state.residual)
        due += gradients
        sent = self.compress(state, due, gradients)
        due -= sent
        rows.put(state.residual, due)
        state.x -= sent

    def settings(self, like: Array, n: int, keep: bool) -> dict[str, Any]:
        """Return what a `CompressedState` of n workers is made with besides models; ``like`` is one of these, (1, R, d).

        Raises
        ------
        InputError
            If vectors of this dimension cannot be compressed.
        """
        self.compression.check(like.shape[2])
        return {"residual": zeros(n, like) if keep else None, "plain": self.plain}


def zeros(n: int, like: Array) -> Array:
    """Return zeros of shape (n, R, d) like a model (1, R, d), in the memory order that `Rows` wants."""
    made = empty((n, *like.shape[1:]), like)
    made[...] = 0
    return made


OPTIONS = frozenset(field.name for kind in compressors.REGISTRY.values() for field in fields(kind))
"""Options of compressors."""
