"""Best probabilities of pairwise gossip: whom to call when one wakes, or how often each link should be used."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from straggler import InputError, StragglerError, UnknownName, positive
from theory.best_mixing import solving
from theory.best_mixing.chain import spread_over
from theory.best_mixing.design import Design
from theory.best_mixing.edges import Floats, Links, Whole, links
from theory.best_mixing.program import Program, close_enough
from theory.best_mixing.symmetry import call_orbits, edge_orbits
from theory.best_mixing.work import affordable

CLOCKS: dict[str, str] = {
    "nodes": "every node wakes equally often and calls a neighbour",
    "links": "a link is drawn from one distribution",
}


def fastest_gossip(
    graph: ArrayLike | Links,
    *,
    clocks: str = "nodes",
    method: str = "auto",
    tolerance: float | None = None,
    symmetry: bool = True,
) -> Design:
    """Return the calling probabilities of pairwise gossip with the smallest second eigenvalue of E[W'W].

    A call averages the two nodes, W_ij = I - (e_i - e_j)(e_i - e_j)'/2, which is a projection: E[W'W] = E[W], and the mean
    square deviation shrinks by its second eigenvalue per call.

    Parameters
    ----------
    graph
        Boolean adjacency (n, n) or edges (m, 2); see `links`.
    clocks
        ``nodes``: one of n nodes wakes, each with chance 1/n, and calls neighbour j with probability P[i, j], rows of P sum to
        one. ``links``: a link is drawn, with any distribution over links; ``probabilities`` is then None and the weights are
        half of it.
    method, tolerance
        See `theory.best_mixing.chain.fastest_chain`; the value is close to one, so the tolerance is about one minus the value.
    symmetry
        Whether calls, or links, that a symmetry of the graph exchanges share one probability, which loses nothing.

    Raises
    ------
    UnknownName
        If ``clocks`` or ``method`` is not known.
    InputError, StragglerError
        See `theory.best_mixing.chain.fastest_chain`.

    Notes
    -----
    Source: Boyd, Ghosh, Prabhakar and Shah (2006), "Randomized gossip algorithms", theorem 3 and equation (53).
    """
    if clocks not in CLOCKS:
        raise UnknownName("clocks", clocks, CLOCKS)
    if method not in solving.METHODS:
        raise UnknownName("method", method, solving.METHODS)
    edges = links(graph)
    sought = positive("tolerance", solving.default_tolerance(edges) if tolerance is None else tolerance)
    affordable(edges)
    make, orbits_of, ones = (
        (calling_program, call_orbits, 2 * edges.m) if clocks == "nodes" else (drawing_program, edge_orbits, edges.m)
    )
    orbits = orbits_of(edges) if symmetry or method == "symmetry" else np.arange(ones)
    count = int(orbits.max()) + 1
    program = make(edges, orbits)
    sums = len(program.limits) - count
    if method == "symmetry" and count > sums:
        raise InputError("number of orbits", count, f"{sums}: the closed form needs calls of each node that are all alike")
    if method in ("auto", "symmetry") and count == sums:
        x, dual, used = *_alike(program, sums), "symmetry"
    else:
        x, dual, used = solving.run(program, method, sought)
    x = x[orbits]
    x = np.maximum(x, 0.0)
    probabilities = None
    if clocks == "nodes":
        first, second = edges.ends.T
        probabilities = np.zeros((edges.n, edges.n))
        probabilities[first, second], probabilities[second, first] = x[: edges.m], x[edges.m :]
        # what a solver left over is spent; more calls never slow gossip down
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        weights = (probabilities[first, second] + probabilities[second, first]) / (2 * edges.n)
    else:
        weights = x / (2 * x.sum())
    value, lower = float(np.linalg.eigvalsh(edges.matrix(weights) - 1.0 / edges.n)[-1]), program.lower_bound(dual)
    if not close_enough(value, lower, max(sought, 1e-9)):
        raise StragglerError(f"fastest gossip: the gap {value - lower:.3g} at the value {value:.6g} is more than was asked for")
    return Design(
        "fastest gossip", edges, weights, value, min(lower, value), dual, used, count if symmetry else None, probabilities
    )


def calling_program(edges: Links, orbits: Whole) -> Program:
    """Return the program over P with one variable per orbit of calls, rows of P at most one; ``orbits`` as `call_orbits`."""
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    n, m = edges.n, edges.m
    half = eye_array(m, format="csr") / (2.0 * n)
    spread = spread_over(orbits)
    callers = edges.ends.T.ravel()
    sums = csr_array(csr_array((np.ones(2 * m), (callers, np.arange(2 * m))), shape=(n, 2 * m)) @ spread)
    # nodes that symmetries exchange are one constraint: each orbit of calls has its callers in one orbit of nodes
    _, first = np.unique(sums.toarray(), axis=0, return_index=True) if spread.shape[1] < 2 * m else (None, np.arange(n))
    rows = vstack([sums[np.sort(first)], -eye_array(spread.shape[1])], format="csr")
    limits = np.concatenate([np.ones(len(first)), np.zeros(spread.shape[1])])
    start = 0.9 / edges.degree[callers[np.unique(orbits, return_index=True)[1]]]

    def support(y: Floats) -> float:
        # every node calls whoever matters most
        most = np.zeros(n)
        for end in edges.ends.T:
            np.maximum.at(most, end, y)
        return float(most.sum()) / (2 * n) * (1 + 1e-14)

    return Program(edges, csr_array(hstack([half, half]) @ spread), False, rows, limits, start, support)


def drawing_program(edges: Links, orbits: Whole) -> Program:
    """Return the program over a distribution on links with one variable per orbit; ``orbits`` are labels of shape (m,)."""
    from scipy.sparse import csr_array, eye_array, vstack

    sizes = np.bincount(orbits)
    rows = vstack([csr_array(sizes[None].astype(np.float64)), -eye_array(len(sizes))], format="csr")
    limits, start = np.append(1.0, np.zeros(len(sizes))), np.full(len(sizes), 0.9 / edges.m)
    half = csr_array(spread_over(orbits) / 2.0)
    return Program(edges, half, False, rows, limits, start, lambda y: max(float(y.max()), 0.0) / 2)


def _alike(program: Program, sums: int) -> tuple[Floats, Floats]:
    """Return the largest variables, each alone in its row, and the projector on the slowest eigenspace they leave.

    More calls never slow gossip down, and the projector has equal forms on links that symmetries exchange.
    """
    alone = program.rows[:sums].tocoo()
    x = np.empty(sums)
    x[alone.col] = program.limits[alone.row] / alone.data
    spectrum, vectors = np.linalg.eigh(program.links.laplacian(program.spread @ x))
    slow = vectors[:, 1:][:, spectrum[1:] < spectrum[1] + 1e-9 * spectrum[-1]]
    return x, slow @ slow.T / slow.shape[1]
