"""Both sides of the push-sum perturbation lemma (SGP Lemma 3) along a run, per node and over all nodes at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from experiments.measures.base import Measure, largest
from numerics.typing import Array, Floats

if TYPE_CHECKING:
    from experiments.settings import Setting
    from numerics.engine import Oracle

ROUNDING = 1e-14
"""Part of the size of the views that a distance to their mean is known to."""


class _Listening:
    """An oracle that keeps the norms ||g_i||, shape (n, R), of the last gradients it handed out."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self.norms: Floats = np.zeros(())

    def __call__(self, points: Array, workers: slice, out: Array | None) -> Array:
        gradients = self._oracle(points, workers, out)
        self.norms = np.linalg.norm(gradients, axis=-1)
        return gradients


def ratios(setting: Setting, replicas: range, per_node: bool) -> Floats:
    """Return the ratio of left to right side of the lemma at k = 0 .. K - 1, largest over nodes, shape (K, R).

    As printed, per node, the right side is ``C q^k ||x_i(0)|| + gamma C sum_{s<=k} q^(k-s) ||g_i(s)||``; in the form that is
    true, over all nodes and with Frobenius norms, ``C q^k ||X_0 - 1 xbar_0'|| + gamma C sum_{s<k} q^(k-s) ||G_s||``. Both
    obey a one-term recursion in k. A node that moves although its right side is zero has an infinite ratio.

    Parameters
    ----------
    setting
        The claim, with C and q among its constants.
    replicas
        Numbers of the replicas to run.
    per_node
        The printed form, or the one over all nodes.
    """
    from numerics.events import rounds
    from numerics.streams import Streams

    claim, c, q = setting.claim, setting.constants["C"], setting.constants["q"]
    algorithm = claim.build_algorithm(setting.gamma)
    oracle = _Listening(setting.problem.oracle(Streams(claim.seed, replicas)))
    start = np.broadcast_to(setting.problem.start(), (len(replicas), setting.problem.dim))
    state = algorithm.init(start, claim.nodes)
    deviation, rounding = _deviation(algorithm.view(state, None), algorithm.center(state))
    # initial terms of the two right sides: ||x_i(0)|| per node, ||X_0 - 1 xbar_0'|| over all nodes
    right: Floats = c * (np.broadcast_to(np.linalg.norm(start, axis=-1), deviation.shape) if per_node else _frobenius(deviation))
    rows = []
    gradients = None
    for event in rounds(setting.schedule, claim.iterations):
        gradients = oracle(algorithm.view(state, event), event.workers, gradients)
        pushed = setting.gamma * c * oracle.norms
        if per_node:  # the printed sum runs to s = k
            right = right + pushed
            rows.append(_ratio(deviation, right, rounding).max(axis=0))
            right = q * right
        else:
            rows.append(_ratio(_frobenius(deviation), right, rounding).max(axis=0))
            right = q * (right + _frobenius(pushed))
        algorithm.step(state, gradients, event)
        deviation, rounding = _deviation(algorithm.view(state, None), algorithm.center(state))
    return np.array(rows)


def _deviation(view: Floats, center: Floats) -> tuple[Floats, Floats]:
    """Return the distances of the views to the center, (n, R), and what rounding may contribute to any of them, (R,)."""
    norms: Floats = np.linalg.norm(view - center, axis=-1)
    size: Floats = _frobenius(np.linalg.norm(view, axis=-1))[0]
    return norms, ROUNDING * size


def _frobenius(norms: Floats) -> Floats:
    """Return the root sum of squares over nodes of (n, R), shape (1, R)."""
    total: Floats = np.sqrt(np.sum(norms**2, axis=0, keepdims=True))
    return total


def _ratio(left: Floats, right: Floats, rounding: Floats) -> Floats:
    """Return left / right beyond rounding: 0 where a node has not moved, inf where it moved against a zero bound."""
    moved = np.maximum(left - rounding, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(moved == 0, 0.0, moved / right)


MEASURES = {
    "lemma3_per_node_ratio": Measure(largest(partial(ratios, per_node=True)), pathwise=True, constants=("C", "q")),
    "lemma3_rms_ratio": Measure(largest(partial(ratios, per_node=False)), pathwise=True, constants=("C", "q")),
}
