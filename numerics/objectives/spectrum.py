"""Spectra and eigenbases of quadratics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.typing import Floats
from straggler import InputError, positive


def default_spectrum(dim: int, smoothness: float, mu: float) -> Floats:
    """Return d eigenvalues spaced evenly in logarithm from ``smoothness`` down to ``mu``, shape (d,)."""
    positive("mu", mu)
    if mu > smoothness:
        raise InputError("mu", mu, f"0 < mu <= L = {smoothness:g}")
    return np.geomspace(smoothness, mu, dim) if dim > 1 else np.array([smoothness])


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
