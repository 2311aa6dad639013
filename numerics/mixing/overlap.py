"""Column-stochastic rounds, with messages in flight as virtual nodes."""

from __future__ import annotations

import numpy as np

from numerics.mixing.schedule import MixingSchedule
from numerics.typing import Floats
from straggler import InputError, at_least


def augmented(matrix: Floats, overlap: int) -> Floats:
    """Return the column-stochastic matrix of one round in which messages arrive ``overlap`` rounds late.

    Parameters
    ----------
    matrix
        Column-stochastic P, shape (n, n): D its diagonal (what a worker keeps), O = P - D what it sends.
    overlap
        Delay tau >= 0: what is sent in round k is added to the receiver in round k + tau; 0 is P itself.

    Returns
    -------
    array
        Shape (n (1 + tau), n (1 + tau)): the first n nodes are real, the following blocks hold what was sent 1, 2, ...,
        tau rounds ago.

    Source: OSGP (Assran et al. 2019), Algorithm 2 and the augmented graph of its analysis.
    """
    if at_least("overlap", overlap, 0) == 0:
        return matrix
    n = len(matrix)
    keep, eye = np.diag(np.diag(matrix)), np.eye(n)
    result = np.zeros((n * (1 + overlap), n * (1 + overlap)))
    result[:n, :n] = keep
    result[:n, -n:] = eye
    result[n : 2 * n, :n] = matrix - keep
    for age in range(1, overlap):
        result[(age + 1) * n : (age + 2) * n, age * n : (age + 1) * n] = eye
    return result


def rounds_of(schedule: MixingSchedule, rounds: int, overlap: int = 0) -> Floats:
    """Return the (augmented) matrices of rounds 0 .. rounds-1, shape (rounds, N, N) with N = n (1 + overlap).

    Raises
    ------
    InputError
        If the columns of some round do not sum to one, so that push-sum would lose mass.
    """
    if not schedule.column_stochastic:
        raise InputError("weights", schedule.provenance().get("weights", schedule.name), "column-stochastic mixing for push-sum")
    return np.stack([augmented(schedule.at(k).matrix(), overlap) for k in range(rounds)])


def push_sum_weights(matrices: Floats, n: int, rounds: int) -> Floats:
    """Return the push-sum weights w_0 .. w_rounds, shape (rounds + 1, N), starting from one on the n real nodes.

    Parameters
    ----------
    matrices
        One period of (augmented) rounds, shape (p, N, N); used cyclically.
    n
        Number of real nodes.
    rounds
        How many rounds to go.
    """
    weights = np.zeros((rounds + 1, matrices.shape[1]))
    weights[0, :n] = 1.0
    for k in range(rounds):
        weights[k + 1] = matrices[k % len(matrices)] @ weights[k]
    return weights
