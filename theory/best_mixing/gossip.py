"""Best probabilities of pairwise gossip: whom to call when one wakes, or how often each link should be used."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from straggler import StragglerError, UnknownName, positive
from theory.best_mixing import solving
from theory.best_mixing.design import Design
from theory.best_mixing.edges import Floats, Links, links
from theory.best_mixing.program import Program, close_enough

CLOCKS: dict[str, str] = {
    "nodes": "every node wakes equally often and calls a neighbour",
    "links": "a link is drawn from one distribution",
}


def fastest_gossip(
    graph: ArrayLike | Links, *, clocks: str = "nodes", method: str = "auto", tolerance: float | None = None
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
    several = [name for name in solving.METHODS if name != "symmetry"]
    if method not in several:
        raise UnknownName("method", method, several)
    edges = links(graph)
    sought = positive("tolerance", solving.default_tolerance(edges) if tolerance is None else tolerance)
    program = (calling_program if clocks == "nodes" else drawing_program)(edges)
    x, dual, used = solving.run(program, method, sought)
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
    return Design("fastest gossip", edges, weights, value, min(lower, value), dual, used, None, probabilities)


def calling_program(edges: Links) -> Program:
    """Return the program over P: two variables per link, one for either end, rows of P at most one."""
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    n, m = edges.n, edges.m
    half = eye_array(m, format="csr") / (2.0 * n)
    caller = csr_array((np.ones(2 * m), (edges.ends.T.ravel(), np.arange(2 * m))), shape=(n, 2 * m))
    rows = vstack([caller, -eye_array(2 * m)], format="csr")
    start = 0.9 / edges.degree[edges.ends.T.ravel()]

    def support(y: Floats) -> float:
        # every node calls whoever matters most
        most = np.zeros(n)
        for end in edges.ends.T:
            np.maximum.at(most, end, y)
        return float(most.sum()) / (2 * n) * (1 + 1e-14)

    limits = np.concatenate([np.ones(n), np.zeros(2 * m)])
    return Program(edges, csr_array(hstack([half, half])), False, rows, limits, start, support)


def drawing_program(edges: Links) -> Program:
    """Return the program over a distribution on links."""
    from scipy.sparse import csr_array, eye_array, vstack

    m = edges.m
    rows = vstack([csr_array(np.ones((1, m))), -eye_array(m)], format="csr")
    limits, start = np.append(1.0, np.zeros(m)), np.full(m, 0.9 / m)
    half = csr_array(eye_array(m) / 2.0)
    return Program(edges, half, False, rows, limits, start, lambda y: max(float(y.max()), 0.0) / 2)
