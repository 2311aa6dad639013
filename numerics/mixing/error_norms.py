"""Spectral norms of all error operators E(k, s) of a push-sum schedule, and rigorous sums of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numerics.mixing.overlap import push_sum_weights, rounds_of
from numerics.mixing.schedule import MixingSchedule
from numerics.mixing.shared_modes import Modes, norms_by_mode, shared_modes
from numerics.typing import Array, Floats
from straggler import InputError, at_least

MOST_ROUNDS = 4096
# Late messages make the bound beyond the horizon loose; where rounds have common modes it can be put off further.
_MOST_ROUNDS_LATE = 1 << 16
# Push-sum weights have settled when they are closer to their limit than this part of the tolerance.
_SETTLED = 0.1


@dataclass(frozen=True, eq=False)
class ErrorNorms:
    """Norms ``||E(s + j, s)||_2`` for all starts s and 1 <= j <= horizon, and a bound on those beyond the horizon.

    Attributes
    ----------
    norms
        ``norms[s, j - 1]``, shape (starts, horizon); 0 where s + j lies after the end of a random schedule.
    envelopes
        The same with the rows of messages in flight, shape (starts, horizon); equal to ``norms`` without overlap.
    settled
        First round from which on the push-sum weights repeat with the period.
    period
        Rounds after which the starts from ``settled`` on repeat; 0 for a random schedule, which ends.
    tail
        beta: every ``||E(s + j + horizon, s)||`` is at most ``beta * envelopes[s, j - 1]``.
    smallest_weight, steady_weight
        Smallest push-sum weight of a worker in any round; mean weight of the workers once settled.
    """

    norms: Floats
    envelopes: Floats
    settled: int
    period: int
    tail: float
    smallest_weight: float
    steady_weight: float

    def sums(self, power: int = 1) -> tuple[float, float]:
        """Return upper bounds on sup_k sum_{s<k} ||E(k, s)||^power and on sup_s sum_{k>s} ||E(k, s)||^power.

        What lies within the horizon is summed. What lies beyond it is at most beta / (1 - beta) times the sums of the
        envelopes (beta^2 for squares): with U(k, s) = P_{k-1} ... P_s - w_k 1'/n one has U(k, s) = U(k, m) U(m, s), so
        horizon rounds more multiply a norm by at most beta.
        """
        factor = self.tail**power / (1.0 - self.tail**power)
        norms, envelopes = self.norms**power, self.envelopes**power
        before = self._before(norms) + factor * self._before(envelopes)
        after = float(norms.sum(axis=1).max() + factor * envelopes.sum(axis=1).max())
        return before, after

    @cached_property
    def B_E(self) -> float:
        """``(sup_k sum_{s<k} ||E(k, s)||) (sup_s sum_{k>s} ||E(k, s)||)``."""
        before, after = self.sums()
        return before * after

    @cached_property
    def B_2(self) -> float:
        """``sup_k sum_{s<k} ||E(k, s)||^2``."""
        return self.sums(2)[0]

    def _before(self, table: Floats) -> float:
        """Return the largest over k of the sum over starts before k, within the horizon."""
        starts, horizon = table.shape
        total = np.zeros((self.settled + horizon + self.period if self.period else starts) + 1)
        for start in range(self.settled if self.period else starts):
            total[start + 1 : start + 1 + horizon] += table[start, : len(total) - start - 1]
        rounds, after = np.arange(1, horizon + 1), np.arange(self.settled + 1, len(total))
        for phase in range(self.period):  # sums over the starts from ``settled`` on, which repeat
            ends = after[after % self.period == phase]
            sums = table[self.settled + (phase - rounds - self.settled) % self.period, rounds - 1].cumsum()
            total[ends] += sums[np.minimum(ends - self.settled, horizon) - 1]
        return float(total.max())


def error_norms(schedule: MixingSchedule, overlap: int = 0, rounds: int | None = None, tolerance: float = 1e-7) -> ErrorNorms:
    """Return the norms of all error operators of a column-stochastic schedule.

    Parameters
    ----------
    schedule
        Periodic, or random; a random one is taken as it is drawn, over its first ``rounds``.
    overlap
        Delay tau of the messages, see `augmented`.
    rounds
        For a random schedule, which has no period: only 0 <= s < k <= rounds are looked at.
    tolerance
        The horizon ends where all norms are below it, or after 4096 rounds; what lies beyond is bounded, not left out.
        Push-sum weights within a tenth of it from their periodic limit count as settled, the one approximation made.

    Raises
    ------
    InputError
        If columns do not sum to one, a random schedule comes without rounds, or nothing contracts within 4096 rounds.
    """
    n = schedule.n
    if schedule.period is None:
        if rounds is None:
            raise InputError("rounds", rounds, f"a number of rounds, since {schedule.name} is random and has no period")
        matrices = rounds_of(schedule, at_least("rounds", rounds, 1), overlap)
        return _tabulate(matrices, push_sum_weights(matrices, n, rounds), n, rounds, 0, tolerance)
    modes = shared_modes(schedule, at_least("overlap", overlap, 0)) if schedule.column_stochastic else None
    if modes is not None:
        return _by_mode(modes, schedule.name, overlap, tolerance)
    matrices = rounds_of(schedule, schedule.period, overlap)
    weights, settled = _settle(matrices, n, schedule.name, _SETTLED * tolerance)
    return _tabulate(matrices, weights, n, settled, schedule.period, tolerance)


def _by_mode(modes: Modes, name: str, overlap: int, tolerance: float) -> ErrorNorms:
    """Every worker has the same weights: they are those of one worker that sends its messages to itself."""
    weights, settled = _settle(modes.block(0, overlap).real, 1, name, _SETTLED * tolerance)
    norms, envelopes, tail = norms_by_mode(modes, weights, settled, tolerance, _MOST_ROUNDS_LATE if overlap else MOST_ROUNDS)
    workers = weights[:, 0]
    return ErrorNorms(
        norms=norms,
        envelopes=envelopes,
        settled=settled,
        period=len(modes.values),
        tail=tail,
        smallest_weight=float(workers.min()),
        steady_weight=float(workers[settled:].mean()),
    )


def _settle(matrices: Floats, n: int, name: str, tolerance: float) -> tuple[Floats, int]:
    """Return the weights of the rounds until they repeat, followed by one period of their limit; and when that begins."""
    period = len(matrices)
    weights = push_sum_weights(matrices, n, MOST_ROUNDS)[: MOST_ROUNDS - MOST_ROUNDS % period]
    limit = weights[-period:]
    distance = np.abs(weights - np.tile(limit, (len(weights) // period, 1))).max(axis=1)
    settled = int(np.flatnonzero(distance > tolerance).max(initial=-1)) + 1
    if settled >= MOST_ROUNDS // 2:
        raise InputError("push-sum weights", name, f"weights that settle within {MOST_ROUNDS // 2} rounds")
    # The limit rather than the last of the weights: a small rest would show as a floor under every norm.
    after = limit[(settled + np.arange(period)) % period]
    return np.concatenate([weights[:settled], after]), settled


def _tabulate(matrices: Floats, weights: Floats, n: int, settled: int, period: int, tolerance: float) -> ErrorNorms:
    """Follow the products from all starts at once, until they have contracted."""
    starts = np.arange(settled + period)
    final = MOST_ROUNDS if period else len(starts)
    # A node in flight may have weight 0; it is measured in units of mass, a worker in units of its model.
    scales = weights.copy()
    scales[:, n:] = 1.0
    # P_{s+j-1} ... P_s depends on s through its phase alone.
    phases = np.arange(len(matrices))
    products = np.broadcast_to(np.eye(matrices.shape[1]), matrices.shape)
    norms: list[Floats] = []
    envelopes: list[Floats] = []
    for j in range(1, final + 1):
        if not period:
            starts = phases = starts[: final - j + 1]
        products = matrices[(phases + j - 1) % len(matrices)] @ products[: len(phases)]
        kept, again = _distinct(starts, settled - j, period)
        rounds = starts[kept] + j
        if period:
            rounds = np.where(rounds < settled, rounds, settled + (rounds - settled) % period)
        errors = _errors(products[starts[kept] % len(matrices), :, :n], weights[rounds] / n, scales[rounds])
        found = _spectral(errors[:, :n])
        norms.append(found[again])
        envelopes.append(norms[-1] if errors.shape[1] == n else _spectral(errors)[again])
        if max(norms[-1].max(), envelopes[-1].max()) <= tolerance:
            break
    tail = 0.0
    if period or j < final:
        rounds = starts + j
        if period:
            rounds = np.where(rounds < settled, rounds, settled + (rounds - settled) % period)
        whole = _errors(products[starts % len(matrices)], weights[rounds] / n, scales[rounds])
        tail = float(_spectral(whole * scales[starts, None, :]).max())
    if tail >= 1.0:
        raise InputError("contraction of push-sum", tail, f"a factor below 1 within {j} rounds; are all workers connected?")
    workers = weights[: settled + max(period, 1), :n]
    return ErrorNorms(
        norms=_table(norms, settled + period),
        envelopes=_table(envelopes, settled + period),
        settled=settled,
        period=period,
        tail=tail,
        smallest_weight=float(workers.min()),
        steady_weight=float(workers[settled:].mean()),
    )


def _distinct(starts: Array, first: int, period: int) -> tuple[Array, Array]:
    """Return the starts that can be told apart, and which of them stands for each: from ``first`` on they repeat."""
    if not period or len(starts) <= max(first, 0) + period:
        return starts, starts
    first = max(first, 0)
    return starts[: first + period], np.where(starts < first, starts, first + (starts - first) % period)


def _errors(products: Floats, shares: Floats, scales: Floats) -> Floats:
    """Return ``diag(scales)^-1 (product - share 1')`` for each product of a batch."""
    errors: Floats = (products - shares[:, :, None]) / scales[:, :, None]
    return errors


def _spectral(batch: Floats) -> Floats:
    """Return the spectral norm of each matrix of a batch; the largest eigenvalue of E'E is accurate to rounding."""
    gram = np.swapaxes(batch, 1, 2) @ batch
    norms: Floats = np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[:, -1], 0.0))
    return norms


def _table(columns: list[Floats], starts: int) -> Floats:
    table = np.zeros((starts, len(columns)))
    for j, column in enumerate(columns):
        table[: len(column), j] = column
    return table
