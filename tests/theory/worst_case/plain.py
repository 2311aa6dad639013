"""The same worst cases, written once more with PEPit: one expression at a time, and no symmetry."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

Floats = np.ndarray


def total(parts: list) -> object:
    """Sum of PEPit expressions, of which zero is not one."""
    return sum(parts[1:], start=parts[0])


def solved(problem: object) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(problem.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0))


def gossip(
    matrices: list[Floats], gamma: float, L: float, delta: float, zeta: float, *, step_first: bool, weighted: bool
) -> float:
    """Mean squared gradient of D-PSGD (mix then step), local SGD or SGP (step then mix) over functions of each worker's own."""
    from PEPit import PEP
    from PEPit.functions import SmoothFunction

    n, problem = len(matrices[0]), PEP()
    functions = [problem.declare_function(SmoothFunction, L=L) for _ in range(n)]
    start = problem.set_initial_point()
    x, w, seen = [start] * n, np.ones(n), {}

    def ask(i: int, key: object, point: object) -> tuple:
        if (i, key) not in seen:
            seen[i, key] = functions[i].oracle(point)
        return seen[i, key]

    goal, first = [], None
    for k in range(len(matrices) + 1):
        # workers that agree ask at the center
        together = k == 0 or (step_first and np.allclose(matrices[k - 1], 1 / n))
        center = x[0] if together else total(x) / n
        data = [ask(i, ("center", k), center) for i in range(n)]
        gradient, value = total([g for g, _ in data]) / n, total([v for _, v in data]) / n
        first = value if first is None else first
        problem.set_initial_condition(first - value + gradient**2 / (2 * L) <= delta)
        problem.set_initial_condition(total([(g - gradient) ** 2 for g, _ in data]) / n <= zeta**2)
        if k == len(matrices):
            break
        goal.append(gradient**2)
        views = [ask(i, ("center", k) if together else ("view", k), x[i] / w[i])[0] for i in range(n)]
        moved = [x[i] - gamma * views[i] for i in range(n)] if step_first else x
        W = matrices[k]
        x = [total([W[i, j] * moved[j] for j in range(n)]) for i in range(n)]
        if not step_first:
            x = [x[i] - gamma * views[i] for i in range(n)]
        if weighted:
            w = W @ w
    problem.set_performance_metric(total(goal) / len(goal))
    return solved(problem)


def tilted(W: Floats, rounds: int, gamma: float, L: float, delta: float, zeta: float) -> float:
    """D-PSGD over one smooth function and its tilts."""
    from PEPit import PEP, Point
    from PEPit.functions import SmoothFunction

    n, problem = len(W), PEP()
    f = problem.declare_function(SmoothFunction, L=L)
    free = [Point() for _ in range(n - 1)]
    tilts = [*free, -total(free)]
    problem.set_initial_condition(total([b**2 for b in tilts]) / n <= zeta**2)
    start = problem.set_initial_point()
    first = f.oracle(start)
    x, goal, all_data = [start] * n, [], [first]
    for k in range(rounds + 1):
        center = first if k == 0 else f.oracle(total(x) / n)
        all_data += [center] if k else []
        if k == rounds:
            break
        goal.append(center[0] ** 2)
        views = [first] * n if k == 0 else [f.oracle(point) for point in x]
        all_data += views if k else []
        x = [total([W[i, j] * x[j] for j in range(n)]) - gamma * (views[i][0] + tilts[i]) for i in range(n)]
    for g, v in all_data:
        problem.set_initial_condition(first[1] - v + g**2 / (2 * L) <= delta)
    problem.set_performance_metric(total(goal) / rounds)
    return solved(problem)


def delayed(rounds: int, delay: int, gamma: float, L: float, delta: float) -> float:
    """Gradients that are all ``delay`` updates old, of one smooth function."""
    from PEPit import PEP
    from PEPit.functions import SmoothFunction

    problem = PEP()
    f = problem.declare_function(SmoothFunction, L=L)
    x = [problem.set_initial_point()]
    data = [f.oracle(x[0])]
    for k in range(rounds):
        x.append(x[k] - gamma * data[max(k - delay, 0)][0])
        data.append(f.oracle(x[-1]))
    for g, v in data:
        problem.set_initial_condition(data[0][1] - v + g**2 / (2 * L) <= delta)
    problem.set_performance_metric(total([g**2 for g, _ in data[:rounds]]) / rounds)
    return solved(problem)


def led(gamma: float, L: float, mu: float, pull: float, lead: float) -> float:
    """One step of leader gradient descent on a strongly convex function."""
    return _strongly(L, mu, lambda problem, f, best: _led(problem, f, best, gamma, pull, lead))


def _led(problem: object, f: object, best: float, gamma: float, pull: float, lead: float) -> object:
    x, z = problem.set_initial_point(), problem.set_initial_point()
    g, v = f.oracle(x)
    problem.set_initial_condition(v - best <= 1)
    problem.set_initial_condition(f(z) - best <= lead)
    return f(x - gamma * g - pull * (x - z)) - best


def last_distance(W: Floats, rounds: int, gamma: float, L: float, mu: float, zeta: float) -> float:
    """Squared distance of the last mean of D-PSGD over strongly convex functions of each worker's own, from distance one."""
    from PEPit import PEP
    from PEPit.functions import SmoothStronglyConvexFunction

    n, problem = len(W), PEP()
    functions = [problem.declare_function(SmoothStronglyConvexFunction, L=L, mu=mu) for _ in range(n)]
    best = (total(functions) / n).stationary_point()
    problem.set_initial_condition(total([f.gradient(best) ** 2 for f in functions]) / n <= zeta**2)
    start = problem.set_initial_point()
    problem.set_initial_condition((start - best) ** 2 <= 1)
    x = [start] * n
    for _ in range(rounds):
        g = [f.gradient(point) for f, point in zip(functions, x, strict=True)]
        x = [total([W[i, j] * x[j] for j in range(n)]) - gamma * g[i] for i in range(n)]
    problem.set_performance_metric((total(x) / n - best) ** 2)
    return solved(problem)


def _strongly(L: float, mu: float, metric: Callable[[object, object, object], object]) -> float:
    from PEPit import PEP
    from PEPit.functions import SmoothStronglyConvexFunction

    problem = PEP()
    f = problem.declare_function(SmoothStronglyConvexFunction, L=L, mu=mu)
    best = f(f.stationary_point())
    problem.set_performance_metric(metric(problem, f, best))
    return solved(problem)
