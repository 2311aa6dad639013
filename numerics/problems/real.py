"""Problems on real data: logistic regression with a non-convex regulariser, or a small network; samples split over workers."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from numerics import noise as noises
from numerics.objectives.logistic import Logistic
from numerics.objectives.network import Network
from numerics.problems import data
from numerics.problems.build import check_options, plain
from numerics.problems.problem import Problem
from numerics.typing import Floats
from straggler import InputError


def logistic_breast_cancer(**options: Any) -> Problem:
    """Return logistic regression on the Wisconsin breast cancer data, standardised, d = 31; options of `logistic`."""
    samples, labels = data.breast_cancer()
    return logistic(data.standardised(samples), labels, name="logistic-breast-cancer", **options)


def logistic_digits(**options: Any) -> Problem:
    """Return logistic regression of even against odd handwritten digits, standardised, d = 65; options of `logistic`."""
    samples, labels = data.digits()
    return logistic(data.standardised(samples), labels, name="logistic-digits", **options)


def logistic_file(path: str | Path, **options: Any) -> Problem:
    """Return logistic regression on a LIBSVM file, features as they are in the file; options of `logistic`.

    The name of the problem is ``logistic:PATH``; its provenance holds the SHA-256 of the content.
    """
    samples, labels = data.read_libsvm(path)
    problem = logistic(samples, labels, name=f"logistic:{path}", **options)
    content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return replace(problem, options=problem.options | {"sha256": content})


def logistic(
    samples: Floats,
    labels: Floats,
    *,
    name: str = "logistic",
    dim: int | None = None,
    workers: int = 16,
    noise: str = "minibatch",
    sigma: float = 1.0,
    batch: int = 1,
    replacement: bool = True,
    split: str = "iid",
    alpha: float = 0.5,
    seed: int = 0,
    **options: Any,
) -> Problem:
    """Return logistic regression on the given samples, to which a constant feature 1 is added.

    Parameters
    ----------
    samples, labels
        Shapes (N, d-1) and (N,); labels are -1 or 1.
    name
        Name of the problem.
    dim
        None, or the dimension d the data have: a check, not a choice.
    workers
        Number of workers n, at most N.
    noise, sigma, batch, replacement
        Kind of noise and its parameters, see `numerics.noise.get`.
    split, alpha, seed
        How the samples are split over the workers, see `numerics.problems.data.split`.
    **options
        Options of `Logistic`: ``regularisation``, ``radius``.
    """
    check_options(name, options, Logistic, logistic)
    with_one = np.column_stack([samples, np.ones(len(samples))])
    if dim is not None and dim != with_one.shape[1]:
        raise InputError("dim", dim, f"{with_one.shape[1]}, which the data of {name} decide (features and a constant)")
    shares = data.split(labels, workers, split, alpha=alpha, seed=seed)
    objective = Logistic([(with_one[rows], labels[rows]) for rows in shares], **options)
    settings = {"split": split, "seed": seed} | ({"alpha": alpha} if split == "dirichlet" else {}) | plain(options)
    return Problem(objective, noises.get(noise, sigma=sigma, batch=batch, replacement=replacement), name, settings)


def network_digits(
    *,
    dim: int | None = None,
    workers: int = 16,
    noise: str = "minibatch",
    sigma: float = 1.0,
    batch: int = 1,
    replacement: bool = True,
    split: str = "iid",
    alpha: float = 0.5,
    seed: int = 0,
    **options: Any,
) -> Problem:
    """Return a two-layer tanh network that tells even from odd handwritten digits, features as in `logistic_digits`.

    Parameters
    ----------
    dim
        None, or the dimension that the hidden units make, 66 h + 1: a check, not a choice.
    workers, noise, sigma, batch, replacement, split, alpha, seed
        As for `logistic`; ``seed`` draws the first weights, too.
    **options
        Options of `Network`: ``hidden``, ``radius``.
    """
    check_options("network-digits", options, Network, network_digits)
    samples, labels = data.digits()
    with_one = np.column_stack([data.standardised(samples), np.ones(len(samples))])
    shares = data.split(labels, workers, split, alpha=alpha, seed=seed)
    objective = Network([(with_one[rows], labels[rows]) for rows in shares], seed=seed, **options)
    if dim is not None and dim != objective.dim:
        raise InputError("dim", dim, f"{objective.dim}, which {objective.hidden} hidden units on 65 features make")
    settings = {"split": split, "seed": seed} | ({"alpha": alpha} if split == "dirichlet" else {}) | plain(options)
    return Problem(objective, noises.get(noise, sigma=sigma, batch=batch, replacement=replacement), "network-digits", settings)
