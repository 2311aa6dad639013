"""Quantities: the numbers a theorem speaks about, measured on a state.

Their names are shared with the symbolic quantities of the theory, which join ``mean_`` to the name of the measured
one for its average over iterations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.algorithms import Algorithm, State
from numerics.problems import Objective
from numerics.typing import Floats
from straggler import UnknownName

TILE = 1 << 16


@dataclass(frozen=True)
class Quantity:
    """A number measured per replica on the state of an algorithm.

    Parameters
    ----------
    name, meaning, units
        How it is called, what it is, and its units in terms of the units [f] of the objective and [x] of the model.
    measure
        ``measure(objective, algorithm, state)``, shape (R,).
    """

    name: str
    meaning: str
    units: str
    measure: Callable[[Objective, Algorithm, State], Floats]


def _grad_norm_sq(objective: Objective, algorithm: Algorithm, state: State) -> Floats:
    gradient = objective.gradient(algorithm.center(state))
    square: Floats = np.einsum("rd,rd->r", gradient, gradient)
    return square


def _value(objective: Objective, algorithm: Algorithm, state: State) -> Floats:
    return objective.value(algorithm.center(state))


def _consensus_sq(_: Objective, algorithm: Algorithm, state: State) -> Floats:
    """Mean squared distance of the views to the center, worker tile by worker tile so that the difference stays in cache."""
    view, center = algorithm.view(state, None), algorithm.center(state)
    n = view.shape[0]
    tile = max(1, TILE // center.nbytes)
    total = np.zeros(center.shape[0])
    for start in range(0, n, tile):
        difference = view[start : start + tile] - center
        total += np.einsum("nrd,nrd->r", difference, difference)
    total /= n
    return total


def _view_grad_norm_sq(objective: Objective, algorithm: Algorithm, state: State) -> Floats:
    view = algorithm.view(state, None)
    n, replicas, dim = view.shape
    gradient = objective.gradient(view.reshape(n * replicas, dim)).reshape(n, replicas, dim)
    square: Floats = np.einsum("nrd,nrd->r", gradient, gradient)
    square /= n
    return square


def _view_radius(objective: Objective, algorithm: Algorithm, state: State) -> Floats:
    distance: Floats = np.linalg.norm(algorithm.view(state, None) - objective.ball_center(), axis=-1).max(axis=0)
    return distance


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity("grad_norm_sq", "||grad f(center)||^2", "[f]^2/[x]^2", _grad_norm_sq),
        Quantity("consensus_sq", "(1/n) sum_i ||view_i - center||^2", "[x]^2", _consensus_sq),
        Quantity("value", "f(center)", "[f]", _value),
        Quantity("view_grad_norm_sq", "(1/n) sum_i ||grad f(view_i)||^2", "[f]^2/[x]^2", _view_grad_norm_sq),
        Quantity(
            "view_radius", "max_i ||view_i - c||, c the center of the ball on which constants are certified", "[x]", _view_radius
        ),
    )
}


def get(name: str) -> Quantity:
    """Return the quantity called ``name``."""
    if name not in QUANTITIES:
        raise UnknownName("quantity", name, QUANTITIES)
    return QUANTITIES[name]
