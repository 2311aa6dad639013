"""How fast mixing contracts: second eigenvalue, rho, spectral norms of matrices and of products of a schedule."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.mixing.base import MixingOperator
from numerics.mixing.circulant import Circulant
from numerics.mixing.schedule import MixingSchedule, RandomSchedule, product
from numerics.typing import Floats

_DIRECT = 400
_DRAWS = 2000


def second_eigenvalue(mixing: MixingOperator | Floats) -> float:
    """Return |lambda_2|, the largest eigenvalue modulus of W once one eigenvalue 1 is taken away.

    Circulants are read off a Fourier transform, large symmetric sparse matrices use shift-invert Lanczos at both ends.

    Parameters
    ----------
    mixing
        Operator or matrix of shape (n, n) whose rows or columns sum to one.
    """
    if isinstance(mixing, Circulant):
        return float(np.abs(np.fft.fft(mixing.matrix()[:, 0])[1:]).max(initial=0.0))
    matrix = _matrix(mixing)
    if np.array_equal(matrix, matrix.T):
        if len(matrix) > _DIRECT and np.count_nonzero(matrix) <= matrix.size / 8:
            return _shift_invert(matrix)
        return float(np.abs(np.linalg.eigvalsh(_centred(matrix))[[0, -1]]).max())
    # With 1'W = 1' or W 1 = 1, subtracting J turns one eigenvalue 1 into 0 and leaves the others as they are.
    return float(np.abs(np.linalg.eigvals(_centred(matrix))).max())


def contraction(mixing: MixingOperator | Floats) -> float:
    """Return the spectral norm ``||W - J||_2``, J = 1 1'/n, of an operator or a matrix of shape (n, n)."""
    if isinstance(mixing, Circulant) and mixing.doubly_stochastic:
        return second_eigenvalue(mixing)
    matrix = _matrix(mixing)
    if np.array_equal(matrix, matrix.T):
        return second_eigenvalue(matrix)
    return float(np.linalg.norm(_centred(matrix), 2))


def spectral_gap(mixing: MixingOperator | Floats) -> float:
    """Return ``1 - |lambda_2|``."""
    return 1.0 - second_eigenvalue(mixing)


def rho(schedule: MixingSchedule) -> float:
    """Return rho, the contraction of one round: E||(W_k - J) X||_F^2 <= rho ||X||_F^2 for every X of shape (n, d).

    Where W_k 1 = 1, X may be replaced by its deviation (I - J) X from the mean; otherwise consensus needs push-sum and
    `error_norms` says how fast it is. For a periodic schedule rho is the largest ``||W_k - J||_2^2`` of a period, for a
    random one ``||E[(W - J)'(W - J)]||_2``, which is ``||E[W'W] - J||_2`` where columns sum to one. The expectation is
    exact where the schedule knows it; otherwise it is an estimate, the mean of 2000 of its own rounds.
    Source: D-PSGD (Lian et al. 2017), assumption on W; AD-PSGD (Lian et al. 2018), assumption 1.3.
    """
    if schedule.period is not None:
        return max(contraction(schedule.at(k)) for k in range(schedule.period)) ** 2
    if isinstance(schedule, RandomSchedule) and schedule.second_moment is not None and schedule.column_stochastic:
        return contraction(schedule.second_moment)
    moment = np.zeros((schedule.n, schedule.n))
    for k in range(_DRAWS):
        error = _centred(schedule.at(k).matrix())
        moment += error.T @ error / _DRAWS
    return float(np.linalg.eigvalsh(moment)[-1])


def rho_is_exact(schedule: MixingSchedule) -> bool:
    """Return whether `rho` is exact for this schedule, rather than an estimate from draws."""
    known = isinstance(schedule, RandomSchedule) and schedule.second_moment is not None and schedule.column_stochastic
    return schedule.period is not None or known


def report(schedule: MixingSchedule, rounds: int | None = None) -> dict[str, Any]:
    """Return the contraction of a schedule in plain numbers, ready for JSON.

    Parameters
    ----------
    schedule
        The mixing schedule.
    rounds
        Number of rounds whose product is looked at, from round 0; default one period (one round of a random schedule).

    Returns
    -------
    dict
        graph, nodes, weights, rounds; lambda2 and spectral_gap = 1 - lambda2 of the product of the rounds, contraction
        = its ``||. - J||_2``, rho of one round (`rho`) with rho_exact, doubly_stochastic.
    """
    rounds = schedule.period or 1 if rounds is None else rounds
    mixing = schedule.at(0) if rounds == 1 else product(schedule, rounds)
    lambda2 = second_eigenvalue(mixing)
    origin = schedule.provenance()
    return {
        "graph": schedule.name,
        "nodes": schedule.n,
        "weights": origin.get("weights"),
        "rounds": rounds,
        "lambda2": lambda2,
        "spectral_gap": 1.0 - lambda2,
        "contraction": contraction(mixing),
        "rho": rho(schedule),
        "rho_exact": rho_is_exact(schedule),
        "doubly_stochastic": schedule.doubly_stochastic,
    }


def _matrix(mixing: MixingOperator | Floats) -> Floats:
    return mixing.matrix() if isinstance(mixing, MixingOperator) else np.asarray(mixing, dtype=np.float64)


def _centred(matrix: Floats) -> Floats:
    centred: Floats = matrix - 1.0 / len(matrix)
    return centred


def _shift_invert(matrix: Floats) -> float:
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import eigsh

    sparse, outside = csc_array(matrix), 1 + 1e-6
    start = np.linspace(1.0, 2.0, len(matrix)) ** 2  # a fixed start vector: the answer must not depend on a global seed
    upper = eigsh(sparse, k=2, sigma=outside, v0=start, return_eigenvectors=False)
    lower = eigsh(sparse, k=1, sigma=-outside, v0=start, return_eigenvectors=False)
    return float(max(abs(np.min(upper)), abs(np.min(lower))))
