"""Spectra of random pairwise gossip: a uniform worker averages with a uniform neighbour (AD-PSGD, Lian et al. 2018).

One step is W = I - (e_i - e_j)(e_i - e_j)'/2, an orthogonal projection, so that E[W'W] = E[W]. Where every link is chosen with
the same probability 1/E (E links), E[W] = I - L/(2E) with the Laplacian L: rho = 1 - mu/(2E), mu the algebraic connectivity.
The least eigenvalue does not matter, as E[W] is positive semidefinite. On a graph where all degrees are d, every link is equally
likely and 2E = n d. lambda2 is that of E[W], rho.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from theory.spectra.base import Spectrum, at_least, connectivity, degree, digits, dims, family, n, power_of_two, whole
from theory.symbols import Expr

_MESSAGES = sp.Integer(2)


def _gossip(key: str, title: str, gap: Expr, leading: Expr, admissible: str, admits: Callable[..., Any]) -> Spectrum:
    return Spectrum(key, title, 1 - gap, 1 - gap, gap, leading, _MESSAGES, admissible, admits, random=True)


@family
def gossip_regular() -> Spectrum:
    """Gossip on any graph in which all workers have d = ``degree`` neighbours, with algebraic connectivity mu.

    The ordered pair (i, j) is drawn with probability 1/(n d), so E[W] = I - L/(n d) and 1 - rho = mu/(n d), exactly.
    """
    gap = connectivity / (n * degree)
    return _gossip(
        "gossip-regular",
        "gossip, regular graph",
        gap,
        gap,
        "whole n > degree >= 1 and 0 <= connectivity <= n",
        lambda n, degree, connectivity: whole(n, degree) & (degree >= 1) & (degree < n) & (connectivity <= n),
    )


@family
def gossip_ring() -> Spectrum:
    """Gossip on the ring: d = 2 and mu = 2 - 2 cos(2 pi/n) = 4 sin(pi/n)^2, so 1 - rho = 2 sin(pi/n)^2/n ~ 2 pi^2/n^3."""
    return _gossip(
        "gossip-ring",
        "gossip, ring",
        2 * sp.sin(sp.pi / n) ** 2 / n,
        2 * sp.pi**2 / n**3,
        "whole n >= 3",
        at_least(3),
    )


@family
def gossip_torus() -> Spectrum:
    """Gossip on the torus of ``dims`` = k equal sides m = n^(1/k) >= 3.

    d = 2k and mu = 4 sin(pi/m)^2, so 1 - rho = 2 sin(pi/m)^2/(k n) ~ 2 pi^2/(k n^(1 + 2/k)).
    """
    return _gossip(
        "gossip-torus",
        "gossip, torus with equal sides",
        2 * sp.sin(sp.pi / n ** (1 / dims)) ** 2 / (dims * n),
        2 * sp.pi**2 / (dims * n ** (1 + 2 / dims)),
        "whole dims >= 1 and n the dims-th power of a whole number >= 3",
        lambda n, dims: whole(n, dims) & (dims >= 1) & (n >= 3**dims) & (np.round(n ** (1 / dims)) ** dims == n),
    )


@family
def gossip_complete() -> Spectrum:
    """Gossip on the complete graph: d = n - 1 and mu = n, so 1 - rho = 1/(n - 1)."""
    return _gossip("gossip-complete", "gossip, complete graph", 1 / (n - 1), 1 / n, "whole n >= 2", at_least(2))


@family
def gossip_hypercube() -> Spectrum:
    """Gossip on the hypercube: d = log2 n and mu = 2 (Walsh functions of one bit), so 1 - rho = 2/(n log2 n)."""
    gap = 2 / (n * digits)
    return _gossip(
        "gossip-hypercube",
        "gossip, hypercube",
        gap,
        gap,
        "n a power of two >= 2",
        lambda n: power_of_two(n) & (n >= 2),
    )


@family
def gossip_star() -> Spectrum:
    """Gossip on the star.

    A leaf is drawn first with probability (n - 1)/n, the middle and then a leaf with 1/n, so each of the n - 1 links has
    probability 1/(n - 1) and E[W] = I - L/(2(n - 1)). mu = 1 for n >= 3, so 1 - rho = 1/(2(n - 1)) ~ 1/(2n): only twice slower
    than the complete graph, as there is no waiting in line for the middle in this model.
    """
    return _gossip("gossip-star", "gossip, star", 1 / (2 * (n - 1)), 1 / (2 * n), "whole n >= 3", at_least(3))
