"""SGP: stochastic gradient push, gossip with one-directional messages and push-sum weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from array_api_compat import array_namespace

from numerics.algorithms.base import Algorithm, State, stack
from numerics.events import Round
from numerics.memory import empty
from numerics.mixing import MixingOperator, MixingSchedule
from numerics.typing import Array
from straggler import InputError


@dataclass
class PushSumState(State):
    """Biased models ``x``, shape (n, R, d), and push-sum weights ``w``, shape (n,).

    ``regular`` says that every weight still equals one exactly, so that de-biasing is the identity.
    """

    w: Array = None
    regular: bool = True
    _z: Array | None = field(default=None, repr=False)

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state with the same push-sum weights whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other._z = None
        return other

    def debiased(self) -> Array:
        """Return z = x / w, shape (n, R, d)."""
        if self.regular:
            return self.x
        if self._z is None:
            self._z = empty(self.x.shape, self.x)
        self._z[...] = self.x
        self._z /= self.w[:, None, None]
        return self._z

    def weight_mass(self) -> float:
        """Return the sum of all push-sum weights; it is n at every step."""
        return float(self.w.sum())

    def push_weights(self, mixing: MixingOperator) -> None:
        """Replace w by P w; weights of one are kept exactly while the rows of P sum to one."""
        if self.regular and mixing.row_stochastic:
            return
        self.regular = False
        self.w = mixing.apply(self.w, array_namespace(self.w).empty_like(self.w))


@dataclass(frozen=True, kw_only=True)
class SGP(Algorithm):
    """Stochastic gradient push with column-stochastic mixing P_k.

    X_{k+1} = P_k (X_k - gamma G(Z_k)), w_{k+1} = P_k w_k, z_i = x_i / w_i: gradients are taken at the de-biased z and
    applied to the biased x. The mean follows xbar_{k+1} = xbar_k - (gamma / n) sum_i g_i(z_i) for any such P_k.

    References
    ----------
    Assran et al. (ICML 2019), Algorithm 1.
    """

    name: ClassVar[str] = "sgp"
    references: ClassVar[tuple[str, ...]] = ("assran-2019",)

    def admit(self, schedule: MixingSchedule) -> None:
        """Refuse mixing whose columns do not sum to one: mass would be lost."""
        if not schedule.column_stochastic:
            raise InputError("mixing", schedule.name, f"column-stochastic weights, none negative, for {self.name}")

    def init(self, x0: Array, n: int) -> PushSumState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), with unit weights."""
        x = stack(x0, n)
        return PushSumState(x=x, w=array_namespace(x).ones_like(x[:, 0, 0]))

    def view(self, state: State, event: Round | None) -> Array:
        """Return the de-biased models z_i, shape (n, R, d)."""
        assert isinstance(state, PushSumState)
        return state.debiased()

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Step on the biased models, then push models and weights."""
        assert isinstance(state, PushSumState)
        state.descend(self.gamma(event.k), self.direction(state, gradients))
        state.mix(event.mixing)
        state.push_weights(event.mixing)
