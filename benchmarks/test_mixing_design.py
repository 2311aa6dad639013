"""Seconds to the fastest mixing with a certificate: 64 nodes of any kind, graphs with symmetry, 500 nodes to one per cent."""

from __future__ import annotations

import time

import numpy as np
import pytest

from numerics import graphs
from theory.best_mixing import fastest_averaging, fastest_chain, least_deviation

SMALL = {
    "ring": lambda: graphs.ring(64),
    "torus 8 x 8": lambda: graphs.torus(64),
    "hypercube": lambda: graphs.hypercube(64),
    "path": lambda: graphs.path(64),
    "torus 4 x 16": lambda: graphs.torus(shape=(4, 16)),
    "erdos-renyi 0.1": lambda: graphs.erdos_renyi(64, p=0.1),
    "erdos-renyi 0.5": lambda: graphs.erdos_renyi(64, p=0.5),
    "random regular": lambda: graphs.random_regular(64, degree=4),
}
AT_ONCE = {"ring", "torus 8 x 8", "hypercube"}
LARGE = {
    "random regular 4": lambda: graphs.random_regular(500, degree=4),
    "erdos-renyi of mean degree 10": lambda: graphs.erdos_renyi(500, p=0.02),
    "erdos-renyi of mean degree 20": lambda: graphs.erdos_renyi(500, p=0.04),
    "erdos-renyi of mean degree 50": lambda: graphs.erdos_renyi(500, p=0.1),
}


def timed(call):
    start = time.perf_counter()
    found = call()
    return found, time.perf_counter() - start


@pytest.mark.parametrize("find", [fastest_chain, fastest_averaging, least_deviation])
@pytest.mark.parametrize("name", SMALL)
def test_64_nodes(benchmark, report, name: str, find) -> None:
    adjacency = SMALL[name]().phases[0]
    find(adjacency)
    found, took = timed(lambda: benchmark.pedantic(find, args=(adjacency,), rounds=1))
    detail = f"{found.links.m} links, {found.orbits} orbits, {found.method}, value {found.value:.6g}, gap {found.gap:.1g}"
    report(f"{find.__name__}, {name}", took, 0.1 if name in AT_ONCE else 10, "s", detail)


@pytest.mark.parametrize("name", LARGE)
def test_500_nodes_to_one_per_cent(benchmark, report, name: str) -> None:
    adjacency = LARGE[name]().phases[0]
    found, took = timed(lambda: benchmark.pedantic(fastest_chain, args=(adjacency,), rounds=1))
    share = found.gap / min(found.value, 1 - found.lower_bound)
    report(f"fastest_chain, {name}, 500 nodes", took, 60, "s", f"{found.links.m} links, {found.method}, {100 * share:.2g} % off")
    assert share <= 0.0101


def test_edge_weights_against_a_dense_matrix(benchmark, report, paired) -> None:
    """The form found in research code: W a dense symmetric variable, zero where there are no links."""
    import cvxpy as cp

    graph = graphs.erdos_renyi(24, p=0.2).phases[0]
    n = len(graph)
    other = ~(graph | np.eye(n, dtype=bool))

    def dense() -> float:
        w = cp.Variable((n, n), symmetric=True)
        limits = [w >= 0, w @ np.ones(n) == 1, cp.multiply(other, w) == 0]
        return float(cp.Problem(cp.Minimize(cp.sigma_max(w - 1 / n)), limits).solve(solver=cp.CLARABEL))

    assert fastest_chain(graph).value == pytest.approx(dense(), abs=1e-5)
    ratio, mine, plain = paired(lambda: fastest_chain(graph), dense, rounds=3)
    benchmark.pedantic(fastest_chain, args=(graph,), rounds=1)
    report("fastest_chain, 24 nodes", ratio, 0.1, "x the dense form", f"{mine:.2g} s against {plain:.2g} s")
