"""The error operators of push-sum, and the constants of SGP's analysis computed from them."""

from __future__ import annotations

import numpy as np

from numerics.mixing.envelope import envelope_of
from numerics.mixing.error_norms import error_norms
from numerics.mixing.overlap import push_sum_weights, rounds_of
from numerics.mixing.schedule import MixingSchedule
from numerics.typing import Floats
from straggler import InputError, at_least


def error_operator(schedule: MixingSchedule, k: int, s: int, overlap: int = 0) -> Floats:
    """Return ``E(k, s) = diag(w_k)^-1 P_{k-1} ... P_s - J`` for k > s >= 0, shape (n, n), with w_k = P_{k-1} ... P_0 1.

    With ``overlap`` the product is that of the augmented rounds, restricted to real rows and columns.
    The error of SGP is exactly ``Z_k - 1 xbar_k' = E(k, 0) X_0 - gamma sum_{s<k} E(k, s) G_s``.
    """
    at_least("k", k, at_least("s", s, 0) + 1)
    n, matrices = schedule.n, rounds_of(schedule, k, overlap)
    product: Floats = np.eye(matrices.shape[1])
    for matrix in matrices[s:]:
        product = matrix @ product
    weights = push_sum_weights(matrices, n, k)[-1, :n]
    error: Floats = product[:n, :n] / weights[:, None] - 1.0 / n
    return error


def B_E(schedule: MixingSchedule, overlap: int = 0, rounds: int | None = None) -> float:
    """Return ``(sup_k sum_{s<k} ||E(k, s)||) (sup_s sum_{k>s} ||E(k, s)||)``, the Schur-test constant of SGP's consensus error.

    It is (log2(n) - 1)^2 on the one-peer exponential graph with n a power of two. Parameters and errors: `error_norms`.
    """
    return error_norms(schedule, overlap, rounds).B_E


def B_2(schedule: MixingSchedule, overlap: int = 0, rounds: int | None = None) -> float:
    """Return ``sup_k sum_{s<k} ||E(k, s)||^2``, which noise meets in place of `B_E` where W is doubly stochastic.

    It is log2(n) - 1 on the one-peer exponential graph with n a power of two. Parameters and errors: `error_norms`.
    """
    return error_norms(schedule, overlap, rounds).B_2


def push_sum_constants(schedule: MixingSchedule, overlap: int = 0) -> dict[str, float]:
    """Return what the theorems about SGP and OSGP ask of a schedule, under their names: B_E, B_2 and, without overlap, C and q.

    ``C`` and ``q`` are a geometric envelope ``||E(k, s)|| <= C q^(k-s)`` with C >= 1, as those theorems want it; ``one_minus_q``
    keeps what q loses to rounding. Parameters and errors are those of `error_norms`.
    """
    norms = error_norms(schedule, overlap)
    found = {"B_E": norms.B_E, "B_2": norms.B_2}
    if not overlap:
        factor, rate = envelope_of(norms)
        found |= {"C": max(1.0, factor), "q": rate, "one_minus_q": 1 - rate}
    return found


def gossip_constants(schedule: MixingSchedule) -> dict[str, float]:
    """Return B_E and B_2 for ``X_{k+1} = W_k X_k - gamma G_k`` with doubly stochastic W_k, the order of D-PSGD.

    There ``X_k - J X_k = -gamma sum_{s<k} E(k, s+1) G_s``: every gradient misses the round it is taken in, and the last one is
    not mixed at all. With ``E(k, k) = I - J``, of norm one, each sum of norms of push-sum grows by one, and so does the sum of
    squares; the proofs, which ask nothing else of E, stay as they are. The other order, which steps before it mixes, has the
    constants of push-sum itself, which are smaller. Parameters and errors are those of `error_norms`.

    Raises
    ------
    InputError
        If a round is not doubly stochastic.
    """
    if not schedule.doubly_stochastic:
        raise InputError("mixing weights", str(schedule.name), "doubly stochastic ones")
    norms = error_norms(schedule)
    before, after = norms.sums()
    return {"B_E": (1 + before) * (1 + after), "B_2": 1 + norms.B_2}
