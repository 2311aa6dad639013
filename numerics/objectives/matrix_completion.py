"""Low-rank matrix completion: symmetric factorisation of a matrix that is known completely."""

from __future__ import annotations

import numpy as np

from numerics.objectives.base import Constant
from numerics.objectives.tilted import Tilted
from numerics.typing import Floats
from straggler import InputError, at_least, positive


class MatrixCompletion(Tilted):
    """``f_i(X) = (1/4) ||M - X X'||_F^2 + <b_i, X>`` with ``M = U U'``; X and U have m rows and r columns.

    The point x is X, row by row, so that d = m r. The value does not change if X is rotated to X Q: the minimisers U Q are
    far apart, and their averages are no minimisers. No m x m matrix is formed.

    Attributes
    ----------
    factor
        U, shape (m, r).

    Parameters
    ----------
    workers, zeta, tilt
        See `Tilted`.
    dim
        d, a multiple of the rank.
    rank
        r, with r^2 <= d.
    radius
        Radius of the ball around the start X_0 on which L is certified; by default ||X_0||_F + ||U||_F, which includes all
        minimisers.
    seed
        U and the start have independent standard normal entries from ``SeedSequence(seed, spawn_key=(2,))`` and ``(3,)``; the
        tilts are drawn as in `Tilted`.

    References
    ----------
    Teng et al. (NeurIPS 2019), experiment on low-rank matrix completion.
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        rank: int = 1,
        radius: float | None = None,
        zeta: float = 0.0,
        seed: int = 0,
        tilt: str = "gaussian",
    ) -> None:
        super().__init__(workers, dim, zeta, seed, tilt)
        self.rank = at_least("rank", rank, 1)
        if self.dim % self.rank or self.rank**2 > self.dim:
            raise InputError("rank", rank, f"a divisor of dim = {self.dim} whose square is at most dim, so that X is tall")
        self.rows = self.dim // self.rank
        self.factor, first = (
            np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,))).standard_normal((self.rows, self.rank))
            for key in (2, 3)
        )
        self._start: Floats = first.ravel()
        far = float(np.linalg.norm(self._start) + np.linalg.norm(self.factor))
        self.radius = positive("radius", far if radius is None else radius)
        self._basis, triangle = np.linalg.qr(self.factor)
        self._gram: Floats = triangle @ triangle.T

    def matrices(self, x: Floats) -> Floats:
        """Return points of shape (..., d) as matrices, shape (..., m, r)."""
        return x.reshape(*x.shape[:-1], self.rows, self.rank)

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d): a sum of squares, precise to the last digits near a minimiser.

        In a basis that begins with that of U, X consists of A = Q'X and of a rest B orthogonal to U, and M - XX' of the blocks
        R R' - A A', - A B' (twice) and - B B'.
        """
        matrix = self.matrices(x)
        inside = self._basis.T @ matrix
        outside = matrix - self._basis @ inside
        gram_inside, gram_outside = inside.swapaxes(-1, -2) @ inside, outside.swapaxes(-1, -2) @ outside
        total = np.sum((self._gram - inside @ inside.swapaxes(-1, -2)) ** 2, axis=(-2, -1))
        total += np.sum((2.0 * gram_inside + gram_outside) * gram_outside, axis=(-2, -1))
        quarter: Floats = 0.25 * total
        return quarter

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write ``X (X'X) - U (U'X)`` into ``out``."""
        matrix, result = self.matrices(x), self.matrices(out)
        np.matmul(matrix, matrix.swapaxes(-1, -2) @ matrix, out=result)
        result -= self.factor @ (self.factor.T @ matrix)

    def start(self) -> Floats:
        """Return the default starting point X_0, row by row, shape (d,)."""
        return self._start.copy()

    def constants(self) -> dict[str, Constant]:
        """Return f_star and zeta (exact), L (certified on the ball of radius ``radius`` around the start) and radius.

        Along V the second derivative is ``||X V' + V X'||_F^2 / 2 + <X X' - M, V V'>``, of which the first term is at most
        ``2 ||X||^2 ||V||_F^2`` and the second between ``- ||M|| ||V||_F^2`` and ``||X||^2 ||V||_F^2``.
        """
        largest = float(np.linalg.norm(self.matrices(self._start), 2)) + self.radius
        smoothness = max(3.0 * largest**2, float(np.linalg.norm(self.factor, 2)) ** 2)
        where = f"||x - x0|| <= {self.radius:.6g}"
        return {
            "L": Constant(smoothness, "certified on ball", f"{where}: max(3 ||X||^2, ||M||); there is no global constant"),
            "f_star": Constant(0.0, "exact", "attained at X = U; the tilts cancel in the mean"),
            "zeta": self.zeta_constant(),
            "radius": Constant(self.radius, "exact", "radius of the ball around the start on which L is certified"),
        }
