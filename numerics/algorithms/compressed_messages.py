"""SGD by compressed messages with error feedback, some of which come late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numerics.algorithms.base import State, worker_mean
from numerics.algorithms.compression import CompressedState, Compressing
from numerics.algorithms.message_passing import MessagePassing, MessageState
from numerics.algorithms.sgd import shared
from numerics.compressors import Compressor
from numerics.events import Round
from numerics.typing import Array
from straggler import InputError


@dataclass
class CompressedMessageState(MessageState, CompressedState):
    """The model that all messages make, what the workers lack of it, what is on the way, and the residuals."""


@dataclass(frozen=True, kw_only=True)
class CompressedMessages(Compressing, MessagePassing):
    """SGD in which all workers send compressed gradients to all others, and some come late.

    As `MessagePassing`, but worker i sends c_i = C(gamma_k g_i + e_i), which moves models by -c_i/p, and keeps
    e_i <- gamma_k g_i + e_i - c_i. The center is the model that all messages make less the mean residual: it moves by gamma_k
    times the mean gradient. Without delays this is `EFSGD`, with nothing compressed it is `MessagePassing`. No
    worker may crash, as what it keeps would be lost.

    References
    ----------
    Nadiradze, Markov, Chatterjee, Kungurtsev, Alistarh (AAAI 2021): two rows of their table at once.
    """

    compressor: str | Compressor = "top-k"

    name: ClassVar[str] = "compressed-messages"
    references: ClassVar[tuple[str, ...]] = ("nadiradze-2021", "karimireddy-2019")

    def init(self, x0: Array, n: int) -> CompressedMessageState:
        """Return the state of ``n`` workers at a common ``x0``, shape (R, d), who have sent all they have."""
        x = shared(x0)
        return CompressedMessageState(x=x, n=n, **self.settings(x, n, keep=True))

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Send what can be sent of gradients and residuals, and move models by what comes."""
        assert isinstance(state, CompressedMessageState)
        if event.alive is not None and not event.alive.all():
            raise InputError("timeline", "one with crashes", "one on which all workers live: a residual would be lost")
        directions = self.direction(state, gradients)
        directions *= self.gamma(event.k)
        state.residual += directions
        sent = self.compress(state, state.residual, directions)
        state.residual -= sent
        state.deliver(event.k)
        if event.delays is not None:
            state.send(event.k, sent, -1 / state.n, event.delays)
        if not state.flight and not state.lost:
            state.lag = None
        state.x -= worker_mean(sent)

    def center(self, state: State) -> Array:
        """Return the model that all messages make less the mean residual, shape (R, d)."""
        assert isinstance(state, CompressedMessageState)
        return state.x[0] - worker_mean(state.residual)
