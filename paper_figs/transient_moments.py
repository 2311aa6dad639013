"""When D-PSGD really speeds up: exact second moments on quadratics that differ along the slowest mode of the graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.mixing import MixingSchedule
from numerics.typing import Floats

WITHIN = 2.0
"""D-PSGD has joined parallel SGD once its error is no more than this many times as large."""


@dataclass(frozen=True, eq=False)
class Quadratics:
    """Worker i minimises ``a_i x^2/2 + b_i x``, one coordinate; L is the largest a_i, f(x_0) - f* is one.

    Attributes
    ----------
    curvature, tilt
        a_i and b_i, shape (n,).
    sigma
        Root of the gradient variance of a worker.
    """

    curvature: Floats
    tilt: Floats
    sigma: float = 1.0

    @property
    def start(self) -> float:
        """Starting point of all workers, measured from the minimiser, which is at zero."""
        return float(np.sqrt(2 / self.curvature.mean()))

    @property
    def zeta(self) -> float:
        """Largest heterogeneity between the start and its mirror image; with unequal curvature it has no bound everywhere."""
        spread = self.curvature - self.curvature.mean()
        return float(max(np.sqrt(((spread * x + self.tilt) ** 2).mean()) for x in (self.start, -self.start)))


def along_slowest_mode(schedule: MixingSchedule, zeta: float) -> Quadratics:
    """Return quadratics of curvature between 0 and 1 and heterogeneity ``zeta`` at the minimiser, both along a slow mode.

    For a schedule of one symmetric matrix that is the eigenvector of the second largest eigenvalue, for others the slowest wave
    around a ring.
    """
    n = schedule.n
    matrix = schedule.at(0).matrix()
    if schedule.period == 1 and np.allclose(matrix, matrix.T):
        mode = np.linalg.eigh(matrix)[1][:, -2]
        mode = mode - mode.mean()
    else:
        mode = np.cos(2 * np.pi * np.arange(n) / n)
    mode = mode / np.abs(mode).max()
    return Quadratics((1 + mode) / 2, zeta * mode / np.sqrt((mode**2).mean()))


def decentralised(problem: Quadratics, schedule: MixingSchedule, gamma: float, doublings: int) -> float:
    """Return the mean over k < K of E (f'(mean of the models))^2 for D-PSGD, exactly; K is ``2^doublings`` periods.

    The state is (x_1, ..., x_n, 1), a linear map of the one before plus noise. With C the output of one period, T its map and
    ``G_m = sum_{j<m} (T')^j C T^j``, the start contributes v' G_m v; noise that enters a period is met by G of the periods left,
    the sum of which, ``H_m = sum_{j<m} G_j``, doubles like G does.
    """
    n, period = schedule.n, schedule.period or 1
    out = np.append(np.full(n, problem.curvature.mean() / n), 0.0)
    reached, output, noise_inside, entered = np.eye(n + 1), np.zeros((n + 1, n + 1)), 0.0, np.zeros((n + 1, n + 1))
    for k in range(period):
        output += np.outer(reached.T @ out, reached.T @ out)
        noise_inside += float(out @ entered @ out)
        step = np.zeros((n + 1, n + 1))
        step[:n, :n] = schedule.at(k).matrix() - gamma * np.diag(problem.curvature)
        step[:n, n], step[n, n] = -gamma * problem.tilt, 1.0
        reached, entered = step @ reached, step @ entered @ step.T
        entered[np.arange(n), np.arange(n)] += (gamma * problem.sigma) ** 2
    power, total, sums, periods = reached, output, np.zeros_like(output), 1.0
    for _ in range(doublings):
        sums = sums + periods * total + power.T @ sums @ power
        total = total + power.T @ total @ power
        power, periods = power @ power, 2 * periods
    begin = np.append(np.full(n, problem.start), 1.0)
    # noise of the period before the last j periods is met by G_j
    whole = begin @ total @ begin + np.einsum("ij,ji", entered, sums) + periods * noise_inside
    return float(whole / (periods * period))


def parallel(problem: Quadratics, gamma: float, iterations: float) -> float:
    """Return the same for parallel SGD, all of whose gradients are taken at one model."""
    n, mean = len(problem.curvature), float(problem.curvature.mean())
    log = 2 * np.log1p(-gamma * mean)
    gone = -np.expm1(iterations * log) / -np.expm1(log)  # sum of (1 - gamma a)^(2k)
    noise = (gamma * problem.sigma) ** 2 / n / -np.expm1(log)
    return float(mean**2 * (problem.start**2 * gone + noise * (iterations - gone)) / iterations)


def excess(problem: Quadratics, schedule: MixingSchedule, doublings: Floats) -> tuple[Floats, Floats]:
    """Return K and how many times the error of D-PSGD is that of parallel SGD, both at the step that balances its two terms."""
    n, top = schedule.n, float(problem.curvature.max())
    rounds = (schedule.period or 1) * 2.0**doublings
    steps = np.minimum(np.sqrt(2 * n / (top * rounds)) / problem.sigma, 1 / (4 * top))
    pairs = zip(steps, rounds, doublings, strict=True)
    return rounds, np.array([decentralised(problem, schedule, g, int(m)) / parallel(problem, g, k) for g, k, m in pairs])


def joined(rounds: Floats, ratio: Floats) -> float:
    """Return the K from which on the ratio stays within `WITHIN`, by straight lines of logarithms; inf where it does not."""
    above = np.flatnonzero(~(ratio <= WITHIN))
    if not len(above):
        return float(rounds[0])
    last = int(above[-1])
    if last == len(ratio) - 1:
        return float("inf")
    high, low = np.log(ratio[last] / WITHIN), np.log(ratio[last + 1] / WITHIN)
    return float(np.exp(np.log(rounds[last]) + high / (high - low) * np.log(rounds[last + 1] / rounds[last])))
