"""Propagation of first and second moments, round by round, and their stationary limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from numerics.algorithms import Algorithm, State
from numerics.events import Round, rounds
from numerics.mixing import MixingSchedule
from numerics.moments.linear import LinearRound, coordinates, functionals, linearise
from numerics.moments.quadratic import Decoupled, decouple
from numerics.noise.base import AdditiveNoise
from numerics.problems import Problem
from numerics.simulation import admitted, constants, starting_point
from numerics.typing import Floats
from straggler import InputError, StragglerError, at_least

if TYPE_CHECKING:
    import xarray as xr

    from numerics.graphs import Graph


@dataclass
class Moments:
    """Mean, shape (m, p q), and covariance, shape (m, p q, p q), of the stacked state in each decoupled group."""

    mean: Floats
    covariance: Floats

    def advance(self, transition: Floats, drift: Floats, noise: Floats) -> None:
        """Apply s' = T s + c + noise with T (m, p' q, p q), c (m, p' q) and noise covariance (p' q, p' q)."""
        self.mean = (transition @ self.mean[..., None])[..., 0] + drift
        self.covariance = transition @ self.covariance @ transition.transpose(0, 2, 1) + noise

    def second(self, functional: Floats, around: Floats) -> Floats:
        """Return E[y y^T] of y = F s - around for F (r, p): shape (m, r, q, q)."""
        m, q = around.shape[0], around.shape[-1]
        r, p = functional.shape
        mean = functional @ self.mean.reshape(m, p, q) - around.reshape(m, -1, q)
        left = (functional @ self.covariance.reshape(m, p, -1)).reshape(m, r, q, p, q)
        total: Floats = np.einsum("mraub,ru->mrab", left, functional)
        total += mean[..., :, None] * mean[..., None, :]
        return total


def exact_moments(
    algorithm: Algorithm, problem: Problem, topology: Graph | MixingSchedule, *, iterations: int, x0: Floats | None = None
) -> xr.Dataset:
    """Return the exact expectations of the recorded quantities at iterations 0 .. K of a quadratic problem.

    Parameters
    ----------
    algorithm, problem, topology, iterations, x0
        As for `simulate`; the objective must be quadratic and the noise additive.

    Returns
    -------
    xarray.Dataset
        ``grad_norm_sq``, ``consensus_sq``, ``value`` and ``view_grad_norm_sq`` with dimension (iteration,).

    Raises
    ------
    InputError
        If the objective is not a quadratic, the noise is not additive, or sizes do not match.
    """
    import xarray as xr

    schedule = admitted(algorithm, problem, topology)
    at_least("iterations", iterations, 1)
    starting = starting_point(problem, x0)
    quadratic = decouple(problem)
    state, moments = _start(algorithm, quadratic, schedule.n, starting)
    rows = [_measure(algorithm, state, moments, quadratic)]
    variance = _variance(problem)
    with np.errstate(all="ignore"):  # unstable step sizes overflow to inf, as they do in a simulation
        for event in rounds(schedule, iterations):
            linear, state = linearise(algorithm, state, event, schedule.n)
            moments.advance(*_system(linear, quadratic, variance))
            rows.append(_measure(algorithm, state, moments, quadratic))
    data = {name: (("iteration",), np.array([row[name] for row in rows])) for name in rows[0]}
    attributes = {"constants": constants(algorithm, problem, schedule, iterations, starting)}
    return xr.Dataset(data, coords={"iteration": np.arange(iterations + 1)}, attrs=attributes)


def stationary(
    algorithm: Algorithm, problem: Problem, topology: Graph | MixingSchedule, *, tolerance: float = 1e-13, settle: int = 10_000
) -> dict[str, float]:
    """Return the limits k -> infinity of the expected quantities, averaged over one period of the schedule.

    Parameters
    ----------
    algorithm, problem, topology
        As for `simulate`; the step size must be constant.
    tolerance
        Push-sum weights count as settled when the maps of two successive periods differ by less.
    settle
        Rounds after which weights that have not settled are an error.

    Raises
    ------
    InputError
        If the schedule is random, the step size varies, or the dynamics are not stable.
    """
    from scipy.linalg import solve_discrete_lyapunov

    schedule = admitted(algorithm, problem, topology)
    if callable(algorithm.step_size) or schedule.period is None:
        raise InputError("topology and step size", schedule.name, "a periodic schedule and a constant step size")
    period = int(np.lcm(schedule.period, algorithm.cycle))
    quadratic, variance = decouple(problem), _variance(problem)
    state, moments = _start(algorithm, quadratic, schedule.n, problem.objective.start())
    cycle, states = _settled(algorithm, state, schedule, period, tolerance, settle)
    systems = [_system(linear, quadratic, variance) for linear in cycle]
    m, size = moments.mean.shape[0], systems[0][0].shape[-1]
    whole = np.broadcast_to(np.eye(size), (m, size, size))
    forced = Moments(np.zeros((m, size)), np.zeros((m, size, size)))
    for system in systems:
        forced.advance(*system)
        whole = system[0] @ whole
    radius = max(np.abs(np.linalg.eigvals(block)).max() for block in whole)
    if radius >= 1:
        raise InputError("step_size", algorithm.step_size, f"a stable step size (spectral radius {radius:.6g} over a period)")
    limit = Moments(
        np.asarray(np.linalg.solve(np.eye(size) - whole, forced.mean[..., None])[..., 0], dtype=float),
        np.array([solve_discrete_lyapunov(t, q) for t, q in zip(whole, forced.covariance, strict=True)], dtype=float),
    )
    rows = []
    for system, after in zip(systems, states, strict=True):
        limit.advance(*system)
        rows.append(_measure(algorithm, after, limit, quadratic))
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _settled(
    algorithm: Algorithm, state: State, schedule: MixingSchedule, period: int, tolerance: float, settle: int
) -> tuple[list[LinearRound], list[State]]:
    """Return the linear maps, and the states they lead to, of the first period that repeats the one before it."""
    previous: list[LinearRound] = []
    for cycle in _cycles(algorithm, state, schedule, period, settle):
        maps = [linear for linear, _ in cycle]
        if previous and all(_close(a, b, tolerance) for a, b in zip(previous, maps, strict=True)):
            return maps, [after for _, after in cycle]
        previous = maps
    raise StragglerError(f"the push-sum weights of {schedule.name} did not settle within {settle} rounds")


def _cycles(
    algorithm: Algorithm, state: State, schedule: MixingSchedule, period: int, settle: int
) -> Iterator[list[tuple[LinearRound, State]]]:
    cycle: list[tuple[LinearRound, State]] = []
    for k in range(algorithm.warmup + settle):
        linear, state = linearise(algorithm, state, Round(k, schedule.at(k)), schedule.n)
        cycle.append((linear, state))
        if k < algorithm.warmup:
            cycle = []
        if len(cycle) == period:
            yield cycle
            cycle = []


def _close(a: LinearRound, b: LinearRound, tolerance: float) -> bool:
    pairs = ((a.transition, b.transition), (a.response, b.response), (a.view, b.view))
    return all(x.shape == y.shape and np.abs(x - y).max() < tolerance for x, y in pairs)


def _variance(problem: Problem) -> float:
    """Return the noise variance per coordinate: sigma^2 / d, for additive isotropic noise."""
    if not isinstance(problem.noise, AdditiveNoise):
        raise InputError("noise", problem.noise.kind, "additive noise (its covariance must not depend on the model)")
    return float(problem.noise.sigma**2 / problem.objective.dim)


def _start(algorithm: Algorithm, quadratic: Decoupled, n: int, x0: Floats) -> tuple[State, Moments]:
    state = algorithm.init(x0[None, :] if x0.ndim == 1 else x0[:, None, :], n)
    mean = quadratic.groups(coordinates(state)).reshape(quadratic.hessians.shape[0], -1)
    return state, Moments(mean, np.zeros((*mean.shape, mean.shape[1])))


def _system(linear: LinearRound, quadratic: Decoupled, variance: float) -> tuple[Floats, Floats, Floats]:
    """Return transition, drift and noise covariance of the stacked state under the quadratic's gradients."""
    m, _, q, _ = quadratic.hessians.shape
    rows, columns = linear.transition.shape
    at_view = np.einsum("mwab,wj->mwajb", quadratic.hessians, linear.view).reshape(m, -1, q * columns * q)
    transition = (linear.response @ at_view).reshape(m, rows, q, columns, q)
    transition += np.einsum("ij,ab->iajb", linear.transition, np.eye(q))
    drift = np.einsum("iw,mwa->mia", linear.response, quadratic.offsets)
    noise: Floats = np.asarray(variance * np.kron(linear.response @ linear.response.T, np.eye(q)), dtype=float)
    return transition.reshape(m, rows * q, columns * q), drift.reshape(m, rows * q), noise


def _measure(algorithm: Algorithm, state: State, moments: Moments, quadratic: Decoupled) -> dict[str, float]:
    center, views = functionals(algorithm, state)
    minimiser, hessian = quadratic.minimiser, quadratic.mean_hessian
    square = hessian @ hessian
    around_center = moments.second(center[None, :], minimiser)[:, 0]
    around_views = moments.second(views, np.repeat(minimiser[:, None, :], views.shape[0], axis=1)).mean(1)
    spread = moments.second(views - center, np.zeros((*minimiser.shape[:1], views.shape[0], minimiser.shape[1]))).mean(1)
    return {
        "grad_norm_sq": float(np.einsum("mab,mab->", square, around_center)),
        "consensus_sq": float(np.einsum("maa->", spread)),
        "value": quadratic.optimum + 0.5 * float(np.einsum("mab,mab->", hessian, around_center)),
        "view_grad_norm_sq": float(np.einsum("mab,mab->", square, around_views)),
    }
