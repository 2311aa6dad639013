"""The data sets that come with scikit-learn, as binary classification tasks with labels -1 and 1."""

from __future__ import annotations

import numpy as np

from numerics.typing import Floats


def breast_cancer() -> tuple[Floats, Floats]:
    """Return the Wisconsin breast cancer data: 569 samples of 30 features; label 1 is benign.

    Source: W. Street, W. Wolberg, O. Mangasarian (1993), through ``sklearn.datasets.load_breast_cancer``.
    """
    from sklearn.datasets import load_breast_cancer

    samples, target = load_breast_cancer(return_X_y=True)
    return np.asarray(samples, dtype=float), np.where(target == 1, 1.0, -1.0)


def digits() -> tuple[Floats, Floats]:
    """Return handwritten digits: 1797 samples of 8 x 8 grey values; label 1 is an even digit, -1 an odd one.

    Source: E. Alpaydin, C. Kaynak (1998), through ``sklearn.datasets.load_digits``.
    """
    from sklearn.datasets import load_digits

    samples, target = load_digits(return_X_y=True)
    return np.asarray(samples, dtype=float), np.where(target % 2 == 0, 1.0, -1.0)


def standardised(samples: Floats) -> Floats:
    """Return the columns of ``samples`` (N, d) with mean 0 and variance 1; a constant column becomes 0."""
    centered = samples - samples.mean(axis=0)
    deviation = centered.std(axis=0)
    # A constant column leaves rounding errors behind when its mean is subtracted; dividing by them would make features of them.
    constant = np.ptp(samples, axis=0) == 0
    scaled: Floats = np.where(constant, 0.0, centered / np.where(constant, 1.0, deviation))
    return scaled
