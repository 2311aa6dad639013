"""Ways to split samples over workers: at random, sorted by label, or with Dirichlet-distributed shares of each label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numerics.typing import Floats
from straggler import InputError, UnknownName, at_least, positive

SPLITS = ("dirichlet", "iid", "label")

Rows = NDArray[np.intp]


def split(labels: Floats, workers: int, kind: str = "iid", *, alpha: float = 0.5, seed: int = 0) -> list[Rows]:
    """Return, for each worker, the numbers of its samples: together a partition of all, and never none for a worker.

    Parameters
    ----------
    labels
        Labels of the N samples, shape (N,).
    workers
        Number of workers n, at most N.
    kind
        ``iid``: shuffled, shares equal up to one sample. ``label``: sorted by label and cut into equal shares, so that most
        workers see one label. ``dirichlet``: of every label worker i gets a share ``p_i``, p ~ Dirichlet(alpha, ..., alpha); a
        worker left without samples takes one from the richest.
    alpha
        Concentration > 0 of the Dirichlet split; the smaller, the more heterogeneous.
    seed
        Everything random is drawn from ``SeedSequence(seed)``.
    """
    n = at_least("workers", workers, 1)
    if kind not in SPLITS:
        raise UnknownName("split", kind, SPLITS)
    if n > len(labels):
        raise InputError("workers", workers, f"at most the number of samples, {len(labels)}")
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    order: Rows = generator.permutation(len(labels)).astype(np.intp)
    if kind == "iid":
        return np.array_split(order, n)
    if kind == "label":
        return np.array_split(order[np.argsort(labels[order], kind="stable")], n)
    return _dirichlet(labels, order, n, positive("alpha", alpha), generator)


def _dirichlet(labels: Floats, order: Rows, n: int, alpha: float, generator: np.random.Generator) -> list[Rows]:
    shares: list[list[Rows]] = [[] for _ in range(n)]
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        ends = np.rint(np.cumsum(generator.dirichlet(np.full(n, alpha))) * len(rows)).astype(np.intp)
        for share, part in zip(shares, np.split(rows, ends[:-1]), strict=True):
            share.append(part)
    chosen = [np.concatenate(share) for share in shares]
    for i in range(n):
        if not len(chosen[i]):
            richest = max(range(n), key=lambda j: len(chosen[j]))
            chosen[i], chosen[richest] = chosen[richest][-1:], chosen[richest][:-1]
    return chosen
