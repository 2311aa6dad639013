"""Which points are the same: gradients of one function at one point are one vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from theory.worst_case.interpolation import Data
from theory.worst_case.methods import Method
from theory.worst_case.rows import Polynomial, Rows, rows_of, square
from theory.worst_case.scene import Basis, merged
from theory.worst_case.symmetry import Symmetry, detect

Floats = NDArray[np.float64]


class Points:
    """The different points of each worker: a view and a center that coincide are one, with one gradient.

    Attributes
    ----------
    symmetry
        Of the workers and of how their points coincide.
    basis
        One slot for the gradient at each point, then one for each vector of a compressor.
    used
        Number of points of each worker.
    center
        Which of a worker's points a center is, shape (centers asked for, n).
    views
        Which of a worker's points a view is, shape (K, n).
    """

    def __init__(self, method: Method, centers: Sequence[int]) -> None:
        n, rounds = method.n, method.rounds
        most = rounds + len(centers)
        slots = most + method.extras
        taken = np.zeros((method.views.shape[2], n * slots))
        extra = rounds * n + np.arange(method.extras * n)
        taken[extra, (extra % n) * slots + most + (extra // n - rounds)] = 1.0
        found: list[list[Floats]] = [[] for _ in range(n)]
        self.names: list[list[str]] = [[] for _ in range(n)]
        self.center = np.zeros((len(centers), n), dtype=np.intp)
        self.views = np.zeros((rounds, n), dtype=np.intp)
        for k in range(rounds + 1):
            for worker, known in enumerate(found):
                if k in centers:
                    self.center[centers.index(k), worker] = self._enter(
                        known, method.centers[k] @ taken, self.names[worker], f"xbar^{k}"
                    )
                if k < rounds:
                    number = self._enter(known, method.views[k, worker] @ taken, self.names[worker], f"x_{worker}^{k}")
                    self.views[k, worker] = number
                    taken[k * n + worker, worker * slots + number] = 1.0
        self._settle(method, found, slots, most)

    @staticmethod
    def _enter(known: list[Floats], point: Floats, names: list[str], name: str) -> int:
        number = merged(point, np.array(known))
        if number < 0:
            known.append(point)
            names.append(name)
            return len(known) - 1
        return number

    def _settle(self, method: Method, found: list[list[Floats]], slots: int, most: int) -> None:
        n = method.n
        alike = all((table == table[:, :1]).all() for table in (self.center, self.views))
        symmetry = detect(n, method.mixing)
        if not alike or {len(known) for known in found} != {len(found[0])}:
            symmetry = Symmetry.none(n)
        self.symmetry, self.used = symmetry, [len(known) for known in found]
        width = max(self.used)
        kept = [worker * slots + s for worker in range(n) for s in (*range(width), *range(most, slots))]
        self.points = np.concatenate([np.array(known)[:, kept] for known in found])
        self.width, self.extras = width, slots - most
        self.first = np.concatenate([[0], np.cumsum(self.used)])

    def data(self, basis: Basis, workers: Sequence[int]) -> tuple[Data, int]:
        """Return the data of all points, and the number of value variables.

        Workers that are alike share the values of the first of them. The first point of a worker is the start.
        """
        slots = [basis.vector(i, s) for i, used in enumerate(self.used) for s in range(used)]
        first = np.concatenate([np.arange(used) == 0 for used in self.used])
        base = np.repeat(np.array(slots)[first], self.used, axis=0)
        edges = np.concatenate([[0], np.cumsum(np.array(self.used)[list(workers)] - 1)])
        values = [
            np.where(np.arange(used) == 0, -1, edges[workers.index(like)] + np.arange(used) - 1)
            for like, used in zip(self.symmetry.likes, self.used, strict=True)
        ]
        names = tuple(name for known in self.names for name in known)
        where = np.zeros((len(first), basis.size))
        width = self.width + self.extras
        for worker in range(basis.workers):  # a basis may have more slots
            where[:, worker * basis.slots :][:, :width] = self.points[:, worker * width : (worker + 1) * width]
        points = basis.from_start(where, self.plain)
        functions = tuple(f"f_{i}" for i, used in enumerate(self.used) for _ in range(used))
        bends = np.where(first[:, None], 0.0, slots)
        return Data(points, base, bends, np.concatenate(values), names, functions), int(edges[-1])

    @property
    def plain(self) -> tuple[int, ...]:
        """Slots that are no gradients."""
        return tuple(range(self.width, self.width + self.extras))

    def steps(self, combinations: Floats, method: Method, basis: Basis) -> Polynomial:
        """Return combinations (P, E) of the events of a method in the basis."""
        extra = np.tile(self.width + np.arange(method.extras)[:, None], (1, method.n))
        slots = np.concatenate([self.views, extra]).astype(int)
        events = np.array([basis.vector(i, int(s)) for row in slots for i, s in enumerate(row)])
        return basis.from_start(combinations @ events, self.plain)

    def messages(self, method: Method, basis: Basis) -> tuple[Polynomial, Polynomial]:
        """Return `Method.shrunk` and `Method.kept` in the basis."""
        assert method.shrunk is not None
        assert method.kept is not None
        return self.steps(method.shrunk, method, basis), self.steps(method.kept, method, basis)

    def compression(self, method: Method, basis: Basis, workers: Sequence[int], variables: int) -> Rows:
        """Return ``||shrunk||^2 <= share ||kept||^2``, both over gamma, for the messages of these workers."""
        chosen = np.array([t * method.n + i for t in range(method.extras) for i in workers])
        shrunk, kept = (rows_of(part, chosen) for part in self.messages(method, basis))
        terms = (*square(1.0, shrunk[:1]), *square(-method.share, kept))
        return Rows(terms, np.zeros((len(chosen), variables)), np.zeros(len(chosen)))
