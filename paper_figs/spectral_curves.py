"""Families of mixing matrices for the figure of spectra: closed forms by size, and the same from eigenvalues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs.style import FAINT, INK, PALETTE

Moment = Callable[[int], Floats]
"""E[W'W] for n workers, shape (n, n)."""

GROUP = 4
ANY = tuple(int(n) for n in np.unique(np.geomspace(4, 1024, 49).round()))
EVEN = tuple(sorted({n + n % 2 for n in ANY}))
SQUARES = tuple(m * m for m in range(3, 33))
POWERS = tuple(2**k for k in range(2, 11))


@dataclass(frozen=True)
class Curve:
    """A family: its key in `theory.spectra`, sizes of the line, and of the markers, matrices of the latter, and its looks."""

    label: str
    key: str
    sizes: tuple[int, ...]
    marks: tuple[int, ...]
    moment: Moment
    color: str
    marker: str
    dash: str = "-"
    parameters: Mapping[str, int] = field(default_factory=dict)
    ordered: bool = False
    """Whether single rounds say nothing: the gap is that of the first log2(n) - 1 rounds, the next one averages exactly."""

    def closed(self) -> dict[str, Floats]:
        """Return n, gap, leading order, rounds to one per cent and messages per worker, at sizes of the line and the markers."""
        from theory import spectra

        n = np.array(sorted({*self.sizes, *self.marks}), dtype=float)
        parameters: dict[str, Any] = {"rounds": np.log2(n) - 1} if self.ordered else dict(self.parameters)
        found = spectra.get(self.key).at(n, **parameters)
        # the leading order is for a number of rounds that stays as it is
        leading = np.full_like(n, np.nan) if self.ordered else found["leading"]
        needed = np.log2(n) if self.ordered else rounds_to_one_per_cent(found["gap"])
        return {"n": n, "gap": found["gap"], "leading": leading, "rounds": needed, "messages": needed * found["messages"] / n}

    def measured(self, most: int) -> tuple[Floats, Floats]:
        """Return sizes up to ``most`` and 1 - rho there, from the eigenvalues of E[W'W] - J."""
        sizes = [n for n in self.marks if n <= most]
        return np.array(sizes, dtype=float), np.array([1 - np.linalg.eigvalsh(self.moment(n) - 1 / n)[-1] for n in sizes])


def rounds_to_one_per_cent(gap: Floats) -> Floats:
    """Return after how many rounds the mean square disagreement is at most one per cent; one where it vanishes."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(1.0, np.log(0.01) / np.log1p(-np.minimum(gap, 1.0))))


def graph_curves() -> list[Curve]:
    """Return graphs that stay as they are, and the first rounds of the one-peer exponential graph."""
    from numerics import graphs, mixing

    def of(name: str) -> Moment:
        return lambda n: _square(graphs.get(name, n).schedule().at(0).matrix())

    def first_rounds(n: int) -> Floats:
        return _square(mixing.product(graphs.one_peer_exponential(n).schedule(), n.bit_length() - 2))

    marks = (4, 7, 12, 20, 35, 60, 100, 200)
    squares, powers = (9, 16, 36, 64, 100, 196), POWERS[:6]
    return [
        Curve("complete", "complete", ANY, marks, of("complete"), PALETTE[3], "s"),
        Curve(
            r"one-peer exponential, first $\log_2 n-1$ rounds",
            "one-peer-exponential",
            POWERS,
            powers,
            first_rounds,
            PALETTE[5],
            "v",
            ordered=True,
        ),
        Curve("static exponential", "exponential", EVEN, (4, 6, 12, 20, 36, 60, 100, 200), of("exponential"), PALETTE[0], "o"),
        Curve("hypercube", "hypercube", POWERS, powers, of("hypercube"), PALETTE[6], "D", "none"),
        Curve("torus, 2-d", "torus", SQUARES, squares, of("torus"), PALETTE[2], "^", parameters={"dims": 2}),
        Curve("star", "star", ANY, marks, of("star"), PALETTE[4], "*"),
        Curve("ring", "ring", ANY, marks, of("ring"), PALETTE[1], "o"),
        Curve("path", "path", ANY, marks, of("path"), FAINT, "X"),
    ]


def random_curves() -> list[Curve]:
    """Return random groups of four, butterfly groups, a common random hop, and pairwise gossip on graphs."""
    from numerics import graphs
    from numerics.algorithms.grouping import Grouping
    from numerics.timeline import pairs

    def gossip(name: str) -> Moment:
        return lambda n: pairs.second_moment(pairs.probabilities(pairs.neighbours(graphs.get(name, n).schedule())))

    def butterfly(n: int) -> Floats:
        grouping = Grouping(n, GROUP)
        return sum((_square(grouping.at(t).matrix()) for t in range(grouping.period)), np.zeros((n, n))) / grouping.period

    def hop(n: int) -> Floats:
        moment = graphs.random_peer(n, "exponential", shared=True).second_moment
        assert moment is not None
        return moment

    def grouped(n: int, active: int) -> Floats:
        """Return E[W'W] = E[W] where so many workers are in groups, and all workers and pairs are alike."""
        kept = 1 - active / n + active / n / GROUP
        matrix = np.full((n, n), (1 - kept) / (n - 1))
        np.fill_diagonal(matrix, kept)
        return matrix

    marks, powers, squares = (4, 8, 12, 20, 36, 60, 100, 200), POWERS[:6], (9, 16, 36, 64, 100, 196)
    sparse = (4, 7, 12, 20, 35, 60, 100, 200)
    group = {"group": GROUP}
    return [
        Curve(
            "all in random groups of 4", "random-partition", POWERS, powers, lambda n: grouped(n, n), PALETTE[3], "s", "-.", group
        ),
        Curve("butterfly groups of 4, random phase", "butterfly", POWERS, powers, butterfly, PALETTE[5], "v", "-.", group),
        Curve("one-peer exponential, random hop", "random-hop", EVEN, marks, hop, PALETTE[0], "o", "-."),
        Curve("one random group of 4", "random-group", ANY, sparse, lambda n: grouped(n, GROUP), INK, "D", "-.", group),
        Curve("gossip, complete graph", "gossip-complete", ANY, sparse, gossip("complete"), PALETTE[3], "s", ":"),
        Curve("gossip, star", "gossip-star", ANY, sparse, gossip("star"), PALETTE[4], "*", ":"),
        Curve("gossip, hypercube", "gossip-hypercube", POWERS, powers, gossip("hypercube"), PALETTE[6], "D", ":"),
        Curve(
            "gossip, torus, 2-d", "gossip-torus", SQUARES, squares, gossip("torus"), PALETTE[2], "^", ":", parameters={"dims": 2}
        ),
        Curve("gossip, ring", "gossip-ring", ANY, sparse, gossip("ring"), PALETTE[1], "o", ":"),
    ]


def _square(matrix: Floats) -> Floats:
    product: Floats = matrix.T @ matrix
    return product
