"""How fast mixing contracts: second eigenvalue, rho, spectral norms of matrices and of products of a schedule."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.mixing.base import MixingOperator
from numerics.mixing.circulant import Circulant
from numerics.mixing.local import GroupMean
from numerics.mixing.schedule import MixingSchedule, RandomSchedule, product
from numerics.typing import Floats

_DIRECT = 400
_DRAWS = 2000
_ROUNDING = 1e-12


def second_eigenvalue(mixing: MixingOperator | Floats) -> float:
    """Return |lambda_2|, the largest eigenvalue modulus of W once one eigenvalue 1 is taken away.

    Circulants are read off a Fourier transform, group means off the number of groups, and large symmetric sparse matrices use
    shift-invert Lanczos: at the upper end, and at the lower one unless Gershgorin's discs keep it out of reach.

    Parameters
    ----------
    mixing
        Operator or matrix of shape (n, n) whose rows or columns sum to one.
    """
    if isinstance(mixing, Circulant):
        column = np.zeros(mixing.n)
        column[list(mixing.weights)] = list(mixing.weights.values())
        return _fourier(column)
    if isinstance(mixing, GroupMean):
        return float(max(map(len, mixing.groups), default=0) < mixing.n)
    matrix = _matrix(mixing)
    if _is_circulant(matrix):
        return _fourier(matrix[:, 0])
    if _is_symmetric(matrix):
        if len(matrix) > _DIRECT and np.count_nonzero(matrix) <= matrix.size / 8:
            return _shift_invert(matrix)
        return float(np.abs(np.linalg.eigvalsh(_centred(matrix))[[0, -1]]).max())
    # With 1'W = 1' or W 1 = 1, subtracting J turns one eigenvalue 1 into 0 and leaves the others as they are.
    return float(np.abs(np.linalg.eigvals(_centred(matrix))).max())


def contraction(mixing: MixingOperator | Floats) -> float:
    """Return the spectral norm ``||W - J||_2``, J = 1 1'/n, of an operator or a matrix of shape (n, n)."""
    if isinstance(mixing, GroupMean):
        return second_eigenvalue(mixing)
    matrix = _matrix(mixing)
    if (_is_circulant(matrix) and abs(matrix[0].sum() - 1) <= _ROUNDING) or _is_symmetric(matrix):
        return second_eigenvalue(mixing)
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


def _is_circulant(matrix: Floats) -> bool:
    return np.array_equal(matrix[1:, 1:], matrix[:-1, :-1]) and np.array_equal(matrix[1:, 0], matrix[:-1, -1])


def _is_symmetric(matrix: Floats) -> bool:
    # By blocks, because reading a large matrix across its rows misses the cache at every entry.
    step, n = 128, len(matrix)
    return all(
        np.array_equal(matrix[i : i + step, j : j + step], matrix[j : j + step, i : i + step].T)
        for i in range(0, n, step)
        for j in range(0, i + 1, step)
    )


def _fourier(column: Floats) -> float:
    return float(np.abs(np.fft.fft(column)[1:]).max(initial=0.0))


def _shift_invert(matrix: Floats) -> float:
    from scipy.sparse import csr_array

    # Made from the positions of the entries: scipy's own conversion takes twice as long.
    rows, columns = np.divmod(np.flatnonzero(matrix), len(matrix))
    sparse = csr_array((matrix[rows, columns], (rows, columns)), shape=matrix.shape).tocsc()
    upper = abs(_nearest(sparse, 1 + 1e-6, 2))
    # Every eigenvalue lies in a disc around some W_ii whose radius is the rest of the row.
    floor = float((2 * matrix.diagonal() - abs(sparse).sum(axis=1)).min())
    if floor >= -upper - _ROUNDING:
        return upper
    return max(upper, abs(_nearest(sparse, floor - 1e-6, 1)))


def _nearest(sparse: Any, shift: float, count: int) -> float:
    """Return, of the ``count`` eigenvalues of a symmetric matrix next to a shift outside its spectrum, the farthest."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import LinearOperator, eigsh, splu

    n = sparse.shape[0]
    # Definite and symmetric: no pivots are needed, and an ordering for symmetric matrices fills in far less than the default.
    factors = splu(
        (sparse - shift * eye_array(n)).tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    solve = LinearOperator((n, n), matvec=factors.solve, dtype=np.float64)
    start = np.linspace(1.0, 2.0, n) ** 2  # a fixed start vector: the answer must not depend on a global seed
    found = eigsh(sparse, k=count, sigma=shift, OPinv=solve, v0=start, return_eigenvectors=False)
    return float(found[np.abs(found - shift).argmax()])
