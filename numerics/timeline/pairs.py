"""Random pairs: who averages with whom, and how fast that contracts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numerics.events import Numbers
from numerics.mixing import MixingSchedule
from numerics.typing import Floats
from straggler import InputError


def neighbours(schedule: MixingSchedule) -> NDArray[np.bool_]:
    """Return which workers exchange messages in some round of a schedule, both ways, shape (n, n), without the diagonal.

    Raises
    ------
    InputError
        If a worker has nobody to average with, or the schedule is drawn at random.
    """
    if schedule.period is None:
        raise InputError("graph", schedule.name, "a graph whose edges are known, for partners to be drawn from")
    linked = np.zeros((schedule.n, schedule.n), dtype=bool)
    for k in range(schedule.period):
        linked |= schedule.at(k).matrix() != 0
    linked |= linked.T
    np.fill_diagonal(linked, False)
    if not linked.any(axis=1).all():
        raise InputError("worker without neighbours", int(linked.any(axis=1).argmin()), "at least one partner for every worker")
    return linked


def probabilities(linked: NDArray[np.bool_]) -> Floats:
    """Return the probability that a uniformly drawn worker i averages with j, a uniformly drawn neighbour: shape (n, n)."""
    chances: Floats = linked / linked.sum(axis=1, keepdims=True) / len(linked)
    return chances


def second_moment(chances: Floats) -> Floats:
    """Return E[W'W], shape (n, n), for the average of a pair (i, j) that is drawn with probability ``chances[i, j]``.

    W averages two workers and leaves the others: a symmetric projection, so that W'W = W = I - (e_i - e_j)(e_i - e_j)'/2.
    """
    between = chances + chances.T
    np.fill_diagonal(between, 0.0)
    mean: Floats = np.eye(len(chances)) + 0.5 * (between - np.diag(between.sum(axis=1)))
    return mean


def rho(chances: Floats) -> float:
    """Return the largest modulus of an eigenvalue of E[W'W] besides that of the consensus (AD-PSGD, assumption 1.3)."""
    n = len(chances)
    return float(np.abs(np.linalg.eigvalsh(second_moment(chances) - 1 / n)).max())


def each(chances: Floats) -> list[tuple[float, int, int]]:
    """Return (probability, i, j) for every pair that can be drawn."""
    return [(float(chances[i, j]), int(i), int(j)) for i, j in np.argwhere(chances > 0)]


def ranked(linked: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return the neighbours of every worker in ascending order, padded, shape (n, largest degree), and the degrees (n,)."""
    degrees = linked.sum(axis=1)
    table = np.zeros((len(linked), int(degrees.max())), dtype=np.intp)
    for worker, row in enumerate(linked):
        table[worker, : degrees[worker]] = np.flatnonzero(row)
    return table, degrees


def matchings(schedule: MixingSchedule) -> Numbers:
    """Return each worker's partner in every phase of a schedule of pairwise averages, shape (phases, n).

    Raises
    ------
    InputError
        If the schedule is random, or some phase is not a matching with weights 1/2 (a worker may be left alone).
    """
    if schedule.period is None:
        raise InputError("graph", schedule.name, "a periodic schedule, for partners to be looked up in")
    found = []
    for k in range(schedule.period):
        matrix = schedule.at(k).matrix()
        others = matrix * (1 - np.eye(schedule.n))
        partner = np.where(others.any(axis=1), others.argmax(axis=1), np.arange(schedule.n))
        exact = np.eye(schedule.n) * 0.5
        exact[np.arange(schedule.n), partner] += 0.5
        if np.abs(matrix - exact).max() > 1e-12 or (partner[partner] != np.arange(schedule.n)).any():
            raise InputError(f"phase {k} of {schedule.name}", "not a matching", "pairs that average with weights 1/2")
        found.append(partner)
    return np.array(found, dtype=np.intp)
