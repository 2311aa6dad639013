"""Asynchronous SGD with compressed messages: stale gradients, with error feedback, attached or detached, or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace

from numerics.algorithms.apsgd import APSGD, ServerState
from numerics.algorithms.asynchronous import Rows, push
from numerics.algorithms.base import State
from numerics.algorithms.compression import CompressedState, Compressing, zeros
from numerics.algorithms.ef_sgd import share
from numerics.algorithms.sgd import shared
from numerics.compressors import Compressor
from numerics.events import Completion
from numerics.typing import Array
from straggler import InputError


@dataclass
class AsyncEFState(CompressedState, ServerState):
    """The server's model, the read copies, and the residuals of ``n`` workers; ``own``: read copy i is worker i's."""

    n: int = 1
    own: bool = True

    def open(self, readers: Array) -> None:
        """Let everybody read the server's model into the slots of an asynchronous timeline, shape (slots, R)."""
        super().open(readers)
        self.own = readers.shape[0] == self.n and bool((readers == np.arange(self.n)[:, None]).all())


@dataclass(frozen=True, kw_only=True)
class AsyncEF(Compressing, APSGD):
    """Asynchronous SGD with a parameter server and compressed messages.

    A worker i that has finished a gradient g_i at its read copy sends C(gamma g_i + e_i), which the server subtracts from x, and
    keeps e_i <- gamma g_i + e_i - C(gamma g_i + e_i); messages that arrive together are sent one after the other, and random
    compressors draw anew for each. Momentum, where it is asked for, is each worker's own, before compression. The center is
    x - sum_i e_i, since what is left of all gradients will still be subtracted; x where nothing is kept.

    Parameters
    ----------
    feedback
        Whether workers keep what is lost; without it e_i stays zero.
    detached
        Share lambda in [0, 1] of its residual that a worker subtracts from the read copy before it takes a gradient. Its residual
        is the same when it reads and when it has finished, unless an adversary keeps several of its reads waiting: then it is
        the later one.

    References
    ----------
    Nadiradze et al. (AAAI 2021), whose first versions (arXiv 2001.05918) ask whether error feedback helps asynchronous SGD; error
    feedback: Karimireddy et al. (ICML 2019), detached: Xu, Huang (ICML 2022).
    """

    compressor: str | Compressor = "scaled-sign"
    feedback: bool = True
    detached: float = 0.0

    name: ClassVar[str] = "async-ef"
    references: ClassVar[tuple[str, ...]] = ("nadiradze-2021", "karimireddy-2019", "xu-2022")
    local_momentum: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        share("detached", self.detached)
        if self.detached and not self.feedback:
            raise InputError("detached", self.detached, "0 without feedback: there is no residual to subtract")

    @property
    def conserves(self) -> bool:  # type: ignore[override]
        """Whether what is lost is kept, or nothing is lost."""
        return self.feedback or self.plain

    def symbols(self, n: int) -> dict[str, float]:
        """Return beta, the share that is detached and, for ``qsgd``, the number of levels."""
        return super().symbols(n) | {"detached": self.detached}

    def init(self, x0: Array, n: int) -> AsyncEFState:
        """Return the state of a server at ``x0``, shape (R, d), that none of its ``n`` workers has read yet."""
        x = shared(x0)
        return AsyncEFState(x=x, reads=x[:0], n=n, **self.settings(x, n, keep=self.feedback))

    def view(self, state: State, event: Any) -> Array:
        """Return the points of the finished gradients, shape (m, R, d), or those of all that are waiting.

        Where a read copy is nobody's own, each worker may take a gradient there: (slots n, R, d) points for detached feedback.
        """
        assert isinstance(state, AsyncEFState)
        reads = super().view(state, event)
        if not self.detached:
            return reads
        if event is not None:
            return reads - self.detached * Rows(event.workers).of(state.residual)
        if state.own:
            return reads - self.detached * state.residual
        points = reads[:, None, ...] - self.detached * state.residual[None, ...]
        return array_namespace(points).reshape(points, (-1, *reads.shape[1:]))

    def step(self, state: State, gradients: Array, event: Completion) -> None:
        """Send what can be sent, keep the rest, and let workers read."""
        assert isinstance(state, AsyncEFState)
        gamma = self.gamma(event.k)
        for m in range(gradients.shape[0]):
            rows, gradient = Rows(event.workers[m : m + 1]), gradients[m : m + 1]
            if self.momentum:
                if state.velocity is None:
                    state.velocity = zeros(state.n, state.x)
                gradient = push(state, self.momentum, self.nesterov, rows, gradient)
            self.write(state, rows, gradient, gamma)
        Rows(event.refilled).put(state.reads, state.x)

    def center(self, state: State) -> Array:
        """Return the server's model less all residuals, shape (R, d); read-only."""
        assert isinstance(state, AsyncEFState)
        return state.x[0] if state.residual is None else state.x[0] - state.residual.sum(0)
