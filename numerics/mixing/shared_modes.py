"""Error norms of push-sum where all rounds have the same orthonormal modes: circulant rounds, or one symmetric W.

In every mode a round of messages tau late is the scalar recursion ``r_{k+1} = d_k r_k + o_{k-tau} r_{k-tau}``, with d_k the
weight a worker keeps and o_k the rest of the eigenvalue of P_k: norms are maxima over modes, and no matrix is decomposed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.mixing.overlap import augmented
from numerics.mixing.schedule import MixingSchedule
from numerics.typing import Array, Floats
from straggler import InputError

# Two entries of a matrix, or two weights of a worker, closer than this are one.
_ROUNDING = 1e-14
# Entries of the norms by start, mode and round that are held at once.
_CHUNK = 1 << 21
_LONGEST_CHUNK = 256
# Beyond this many entries the tail is bounded by a product of norms in place of the norm of a product.
_MOST_TAILS = 1 << 22


@dataclass(frozen=True, eq=False)
class Modes:
    """Rounds in their common modes: ``values[k, f]`` the eigenvalue of P_k in mode f, ``keeps[k]`` its diagonal entry.

    Shapes (period, modes) and (period,). Mode 0 is the vector of ones, with eigenvalue one; of a pair of conjugate modes one is
    enough.
    """

    values: Floats
    keeps: Floats

    def block(self, mode: int | slice, overlap: int) -> Floats:
        """Return the (augmented) rounds in these modes, shape (period, [modes,] 1 + overlap, 1 + overlap)."""
        values = self.values[:, mode]
        if not overlap:
            return values[..., None, None]
        found = np.zeros((*values.shape, 1 + overlap, 1 + overlap), dtype=values.dtype)
        found[...] = augmented(np.zeros((1, 1)), overlap)
        keeps = self.keeps.reshape(-1, *[1] * (values.ndim - 1))
        found[..., 0, 0], found[..., 1, 0] = keeps, values - keeps
        return found


def shared_modes(schedule: MixingSchedule, overlap: int) -> Modes | None:
    """Return the common modes of a periodic schedule; None where there are none, or where late messages would mix them."""
    if schedule.period is None:
        return None
    matrices = [schedule.at(k).matrix() for k in range(schedule.period)]
    n = schedule.n
    shift = (np.arange(n)[:, None] - np.arange(n)[None, :]) % n
    columns = np.array([matrix[:, 0] for matrix in matrices])
    if all(np.abs(matrix - column[shift]).max() <= _ROUNDING for matrix, column in zip(matrices, columns, strict=True)):
        values: Any = np.fft.rfft(columns, axis=1)
        return Modes(values.real if np.abs(values.imag).max() <= _ROUNDING else values, columns[:, 0])
    matrix, diagonal = matrices[0], np.diag(matrices[0])
    same = np.ptp(diagonal) <= _ROUNDING or not overlap
    if len(matrices) > 1 or not same or np.abs(matrix - matrix.T).max() > _ROUNDING:
        return None
    # Less 3 J the mode of ones has the eigenvalue -2, and is the first: all others lie between -1 and 1.
    others = np.linalg.eigvalsh(matrix - 3.0 / n)[1:]
    return Modes(np.concatenate([[1.0], others])[None], diagonal[:1])


def norms_by_mode(modes: Modes, weights: Floats, settled: int, tolerance: float, most: int) -> tuple[Floats, Floats, float]:
    """Return norms and envelopes, shape (starts, horizon), and tail, as `numerics.mixing.error_norms.ErrorNorms` has them.

    Parameters
    ----------
    modes
        The rounds of one period.
    weights
        Push-sum weight of a worker, and of the messages of each age, until they repeat and over one period of their limit,
        shape (settled + period, 1 + overlap).
    settled
        First round from which on they repeat.
    tolerance, most
        The horizon ends where all norms are at most ``tolerance``, or after ``most`` rounds.

    Raises
    ------
    InputError
        If nothing contracts within ``most`` rounds.
    """
    period = len(modes.values)
    starts = np.arange(settled + period)
    columns: list[tuple[Floats, Floats]] = []
    horizon, chunk = 0, min(_LONGEST_CHUNK, max(16, _CHUNK // (len(starts) * modes.values.shape[1])))
    for done, rows in _responses(modes, weights.shape[1] - 1, chunk):
        rounds = np.arange(done + 1, min(done + chunk, most) + 1)
        columns.append(_norms(modes, rows, weights, rounds, settled))
        small = np.flatnonzero(np.maximum(*columns[-1]).max(axis=0) <= tolerance)
        horizon = done + int(small[0]) + 1 if len(small) else int(rounds[-1])
        if len(small) or horizon == most:
            break
    tail = _tail(modes, weights, settled, horizon)
    if tail >= 1.0:
        raise InputError("contraction of push-sum", tail, f"a factor below 1 within {horizon} rounds; are all workers connected?")
    norms, envelopes = (np.concatenate(part, axis=1)[:, :horizon] for part in zip(*columns, strict=True))
    return norms, envelopes, tail


def _wrapped(rounds: Array, settled: int, period: int) -> Array:
    return np.where(rounds < settled, rounds, settled + (rounds - settled) % period)


def _responses(modes: Modes, overlap: int, chunk: int) -> Iterator[tuple[int, Floats]]:
    """Yield the rounds done, and r after as many rounds less ``overlap`` and on, until ``chunk`` more, from every phase.

    Shape (period, modes, overlap + 1 + chunk): column ``overlap + j`` is r after j more rounds.
    """
    period, phases = len(modes.values), np.arange(len(modes.values))
    rows = np.zeros((*modes.values.shape, overlap + 1 + chunk), dtype=modes.values.dtype)
    rows[:, :, overlap] = 1.0
    rests = modes.values - modes.keeps[:, None]
    for done in itertools.count(0, chunk):
        for j in range(chunk):
            now, sent = (phases + done + j) % period, (phases + done + j - overlap) % period
            if overlap:
                rows[:, :, overlap + j + 1] = modes.keeps[now, None] * rows[:, :, overlap + j] + rests[sent] * rows[:, :, j]
            else:
                rows[:, :, j + 1] = modes.values[now] * rows[:, :, j]
        yield done, rows
        rows[:, :, : overlap + 1] = rows[:, :, chunk:].copy()


def _norms(modes: Modes, rows: Floats, weights: Floats, rounds: Array, settled: int) -> tuple[Floats, Floats]:
    """Return norms and envelopes after the given rounds, of which ``rows`` has the responses; shape (starts, len(rounds))."""
    period, overlap, columns = len(modes.values), weights.shape[1] - 1, np.arange(len(rounds)) + weights.shape[1]
    # Once weights repeat, starts of one phase cannot be told apart.
    starts = np.arange(period if rounds[0] >= settled else settled + period)
    phases, ends = starts % period, _wrapped(starts[:, None] + rounds, settled, period)
    scales = weights[ends, 0]
    found = _deviations(rows[:, :, columns], weights[ends, 0], phases)
    again = np.arange(settled + period) if len(starts) > period else np.arange(settled + period) % period
    norms = (np.sqrt(found.max(axis=1)) / scales)[again]
    if not overlap:
        return norms, norms
    squares = found / scales[:, None] ** 2
    for age in range(1, overlap + 1):
        sent = (np.arange(period)[:, None] + rounds - age) % period
        rests = np.moveaxis(modes.values[sent] - modes.keeps[sent][..., None], 2, 1)
        squares += _deviations(rests * rows[:, :, columns - age], weights[ends, age], phases)
    return norms, np.sqrt(squares.max(axis=1))[again]


def _deviations(rows: Floats, shares: Floats, phases: Array) -> Floats:
    """Return |row - share in the mode of ones|^2 for every start, shape (starts, modes, rounds)."""
    found = (np.abs(rows) ** 2)[phases]
    found[:, 0] = np.abs(rows[phases, 0] - shares) ** 2
    return np.asarray(found)


def _tail(modes: Modes, weights: Floats, settled: int, horizon: int) -> float:
    """Return the largest ``||diag(scales_end)^-1 (P - share 1') diag(scales_start)||`` over the starts, all columns included."""
    period, size = len(modes.values), weights.shape[1]
    starts = np.arange(settled + period)
    phases, ends = starts % period, _wrapped(starts + horizon, settled, period)
    scales = weights.copy()
    scales[:, 1:] = 1.0
    blocks = modes.block(slice(None), size - 1)
    products = np.stack([_power(np.roll(blocks, -phase, axis=0), horizon) for phase in range(period)])
    first = products[phases, 0] - weights[ends, :, None]
    across = scales[:, None, :] / scales[ends, :, None]
    found = _largest(first * across)
    if len(ends) * products.shape[1] * size**2 <= _MOST_TAILS:
        return max(found, max(_largest(products[phases, mode] * across) for mode in range(1, products.shape[1])))
    return max(found, _largest(products[:, 1:]) * float(across.max()))


def _power(blocks: Floats, rounds: int) -> Floats:
    """Return the product of the first ``rounds`` of periodic blocks, the first one rightmost, shape (modes, m, m)."""
    whole = rest = np.asarray(np.broadcast_to(np.eye(blocks.shape[-1]), blocks.shape[1:]))
    for block in blocks:
        whole = block @ whole
    for block in blocks[: rounds % len(blocks)]:
        rest = block @ rest
    powers = np.linalg.matrix_power(whole, rounds // len(blocks))
    return np.asarray(rest @ powers)


def _largest(batch: Floats) -> float:
    """Return the largest spectral norm of a batch of matrices."""
    if batch.shape[-1] == 1:
        return float(np.abs(batch).max(initial=0.0))
    return float(np.linalg.norm(batch, 2, axis=(-2, -1)).max(initial=0.0))
