"""Fastest mixing chain and fastest distributed averaging: symmetric weights with the smallest second eigenvalue modulus."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from theory.best_mixing import solving
from theory.best_mixing.design import Design
from theory.best_mixing.edges import Links, links
from theory.best_mixing.polytopes import admissible, box_support, substochastic_support, without_forms
from theory.best_mixing.program import Program
from theory.best_mixing.symmetry import edge_orbits


def fastest_chain(
    graph: ArrayLike | Links, *, method: str = "auto", tolerance: float | None = None, symmetry: bool = True
) -> Design:
    """Return the symmetric Markov chain on a graph whose second largest eigenvalue modulus is smallest.

    Minimises ||W - J||_2 over W = I - sum_e w_e (e_i - e_j)(e_i - e_j)' with w >= 0 and W >= 0.

    Parameters
    ----------
    graph
        Boolean adjacency (n, n) or edges (m, 2); see `links`.
    method
        ``auto``, ``symmetry``, ``cone``, ``interior``, ``conjugate`` or ``first-order``; see `solving.METHODS`.
    tolerance
        Certified gap at most, relative to the smaller of the value and one minus the value (see `close_enough`); default
        1e-6, and 1e-2 beyond 200 nodes.
    symmetry
        Whether links that a symmetry of the graph exchanges share one weight, which loses nothing.

    Raises
    ------
    InputError
        If the graph is not connected or too large for the memory of the machine or for `work.affordable`.
    StragglerError
        If no solver closes the gap.

    Notes
    -----
    Source: Boyd, Diaconis and Xiao (2004), "Fastest mixing Markov chain on a graph", problem (6).
    """
    return solving.spectral("fastest chain", links(graph), chain_program, admissible, method, tolerance, symmetry)


def fastest_averaging(
    graph: ArrayLike | Links, *, method: str = "auto", tolerance: float | None = None, symmetry: bool = True
) -> Design:
    """Return the symmetric weights, negative ones allowed, whose spectral norm ||W - J||_2 is smallest.

    Parameters, errors: see `fastest_chain`. The value is never above that of the fastest chain.

    Notes
    -----
    Source: Xiao and Boyd (2004), "Fast linear iterations for distributed averaging", problem (17) with symmetric weights.
    """
    return solving.spectral(
        "fastest averaging", links(graph), averaging_program, lambda _, weights: weights, method, tolerance, symmetry
    )


def chain_program(edges: Links, orbits: np.ndarray[Any, Any]) -> Program:
    """Return the program of `fastest_chain` with one variable per orbit; ``orbits`` are labels of shape (m,)."""
    from scipy.sparse import csr_array, eye_array, vstack

    spread = spread_over(orbits)
    sums = csr_array(edges.incidence @ spread)
    # nodes whose sums are equal by symmetry are one constraint
    _, first = np.unique(sums.toarray(), axis=0, return_index=True) if spread.shape[1] < edges.m else (None, np.arange(edges.n))
    rows = vstack([sums[np.sort(first)], -eye_array(spread.shape[1])], format="csr")
    limits = np.concatenate([np.ones(len(first)), np.zeros(spread.shape[1])])
    start = np.full(spread.shape[1], 0.9 / (1.0 + edges.degree.max()))
    return Program(edges, spread, True, rows, limits, start, lambda y: substochastic_support(edges, y))


def averaging_program(edges: Links, orbits: np.ndarray[Any, Any]) -> Program:
    """Return the program of `fastest_averaging` with one variable per orbit; ``orbits`` are labels of shape (m,)."""
    from scipy.sparse import csr_array

    spread = spread_over(orbits)
    start = np.full(spread.shape[1], 0.9 / (1.0 + edges.degree.max()))
    none = csr_array((0, spread.shape[1]))
    return Program(edges, spread, True, none, np.zeros(0), start, box_support, lambda dual: without_forms(edges, dual))


def spread_over(orbits: np.ndarray[Any, Any]) -> Any:
    """Return the sparse matrix of shape (m, k) that gives every edge the weight of its orbit."""
    from scipy.sparse import csr_array

    m = len(orbits)
    return csr_array((np.ones(m), (np.arange(m), orbits)), shape=(m, int(orbits.max()) + 1))


def orbits_of(edges: Links, symmetry: bool) -> np.ndarray[Any, Any]:
    """Return the labels of `edge_orbits`, or one label per edge where symmetry is not asked for."""
    return edge_orbits(edges) if symmetry else np.arange(edges.m)
