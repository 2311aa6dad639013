"""Which method solves a spectral program, and what is tried when one stops short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from straggler import InputError, StragglerError, UnknownName, positive
from theory.best_mixing import cone, interior, smoothing
from theory.best_mixing.design import Design
from theory.best_mixing.edges import Floats, Links
from theory.best_mixing.program import Program, close_enough
from theory.best_mixing.symmetry import edge_orbits
from theory.best_mixing.work import affordable

METHODS: dict[str, str] = {
    "auto": "symmetry where all links are alike; else interior, then cone; for many links conjugate, then first-order",
    "symmetry": "the closed form for one orbit of links",
    "cone": "semidefinite program by cvxpy: Clarabel, then SCS",
    "interior": "logarithmic barrier in the edge weights",
    "conjugate": "the same with conjugate gradients in place of a factorisation",
    "first-order": "accelerated gradient steps on a smoothed spectrum",
}

LARGE = 200
"""Beyond this many nodes the default tolerance is one per cent."""

FACTORED, COARSE = 8, 1e-3
"""With more variables per node, and a tolerance no smaller, the interior-point systems are not factored."""

STEPS = {"interior": (10, 20), "conjugate": (15, 20), "cone": (20, 20), "first-order": (600, 6000)}
"""About how many steps a method takes to a tolerance no smaller than `COARSE`, and to a smaller one."""

CONE_LARGEST = 80
"""Beyond this many nodes a cone solver is not tried unasked: its matrices grow with the fourth power of their number."""


def spectral(
    objective: str,
    links: Links,
    formulate: Callable[[Links, np.ndarray[Any, Any]], Program],
    admit: Callable[[Links, Floats], Floats],
    method: str,
    tolerance: float | None,
    symmetry: bool,
) -> Design:
    """Return the design that minimises a spectral program; see `theory.best_mixing.chain.fastest_chain` for the arguments."""
    if method not in METHODS:
        raise UnknownName("method", method, METHODS)
    sought = positive("tolerance", default_tolerance(links) if tolerance is None else tolerance)
    affordable(links)
    orbits = edge_orbits(links) if symmetry or method == "symmetry" else np.arange(links.m)
    count = int(orbits.max()) + 1
    if method == "symmetry" and count > 1:
        raise InputError("number of edge orbits", count, "1: the closed form needs links that are all alike")
    program = formulate(links, orbits)
    if count == 1 and method in ("auto", "symmetry"):
        x, dual = one_weight(program)
        method = "symmetry"
    else:
        x, dual, method = run(program, method, sought)
    weights = admit(links, program.spread @ x)
    spectrum = np.linalg.eigvalsh(links.matrix(weights) - 1.0 / links.n)
    value, lower = float(np.abs(spectrum[[0, -1]]).max()), program.lower_bound(dual)
    if not close_enough(value, lower, max(sought, 1e-9)):
        raise StragglerError(f"{objective}: the gap {value - lower:.3g} at the value {value:.6g} is more than was asked for")
    return Design(objective, links, weights, value, min(lower, value), dual, method, count if symmetry else None)


def default_tolerance(links: Links) -> float:
    """Return 1e-6, and 1e-2 beyond 200 nodes."""
    return 1e-6 if links.n <= LARGE else 1e-2


def run(program: Program, method: str, tolerance: float) -> tuple[Floats, Floats, str]:
    """Return variables, dual matrix and the name of the method that found them.

    Raises
    ------
    InputError
        If the method would take too long or too much memory, see `work.affordable`.
    StragglerError
        If it stops short, and what stands in for it does too.
    """
    named = chosen(program, tolerance) if method == "auto" else method
    affordable(program.links, program.size, named, STEPS[named][tolerance < COARSE])
    if named == "cone":
        return *cone.solve(program, tolerance)[:2], "cone"
    if named == "first-order":
        return *smoothing.solve(program, tolerance)[:2], "first-order"
    try:
        return *interior.solve(program, tolerance, factored=named == "interior")[:2], named
    except InputError:
        raise
    except StragglerError as first:
        if method != "auto":
            raise
        try:
            if program.links.n <= CONE_LARGEST:
                return *cone.solve(program, tolerance)[:2], "cone"
            return *smoothing.solve(program, tolerance)[:2], "first-order"
        except StragglerError as second:
            raise StragglerError(f"{first}; {second}") from None


def chosen(program: Program, tolerance: float) -> str:
    """Return the interior-point method that is tried first: which system is cheaper, and accurate enough."""
    many = program.size > FACTORED * program.links.n
    return "conjugate" if many and tolerance >= COARSE else "interior"


def one_weight(program: Program) -> tuple[Floats, Floats]:
    """Return the best common weight 2 / (lambda_2 + lambda_n) of the Laplacian, or the largest admissible one, and its dual.

    The dual matrix mixes the projectors on the two outer eigenspaces of the Laplacian so that links do not matter.
    Source: Xiao and Boyd (2004), section 4.1 (best constant edge weight).
    """
    laplacian = program.links.laplacian(np.ones(program.links.m))
    spectrum, vectors = np.linalg.eigh(laplacian)
    low, high = float(spectrum[1]), float(spectrum[-1])
    same = 1e-9 * high
    slow = vectors[:, 1:][:, spectrum[1:] < low + same]
    fast = vectors[:, 1:][:, spectrum[1:] > high - same]
    best = 2.0 / (low + high)
    column = program.rows @ np.ones(1)
    largest = float((program.limits[column > 0] / column[column > 0]).min(initial=np.inf))
    slow_dual = slow @ slow.T / slow.shape[1]
    if best > largest:
        return np.array([largest]), slow_dual
    if high - low <= same:  # every graph with one Laplacian eigenvalue is complete, and W = J
        return np.array([1.0 / program.links.n]), np.zeros_like(laplacian)
    return np.array([best]), (high * slow_dual - low * (fast @ fast.T) / fast.shape[1]) / (low + high)
