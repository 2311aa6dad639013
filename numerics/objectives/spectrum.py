"""Spectra and eigenbases of quadratics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.typing import Floats
from straggler import InputError, at_least, positive


def default_spectrum(dim: int, smoothness: float, mu: float, levels: int | None = None) -> Floats:
    """Return d eigenvalues from ``smoothness`` down to ``mu``, shape (d,).

    They take ``levels`` values, d by default, spaced evenly in logarithm, as equally often as can be.
    """
    positive("mu", mu)
    if mu > smoothness:
        raise InputError("mu", mu, f"0 < mu <= L = {smoothness:g}")
    different = dim if levels is None else at_least("levels", levels, 1)
    if different > dim:
        raise InputError("levels", different, f"at most the dimension {dim}")
    return np.geomspace(smoothness, mu, different)[np.arange(dim) * different // dim]


def checked_spectrum(spectrum: Sequence[float] | Floats, dim: int) -> Floats:
    """Return ``spectrum`` as an array of d finite eigenvalues >= 0, not all zero."""
    values = np.array(spectrum, dtype=float)
    if values.shape != (dim,):
        raise InputError("spectrum", list(values.shape), f"one eigenvalue for each of the {dim} dimensions")
    for value in values:
        positive("eigenvalue of the spectrum", float(value), zero_ok=True)
    positive("largest eigenvalue of the spectrum", float(values.max()))
    return values


def random_basis(dim: int, generator: np.random.Generator) -> Floats:
    """Return an orthogonal matrix drawn from the Haar measure, shape (d, d)."""
    q, r = np.linalg.qr(generator.standard_normal((dim, dim)))
    basis: Floats = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return basis
