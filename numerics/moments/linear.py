"""The linear maps behind one event of an algorithm, read off the algorithm itself.

On quadratics every algorithm here is linear in its state and in the gradients. Replicas do not see each other, so
the basis vectors of the state, put side by side as replicas, give the whole matrix in one call of ``step``: what is
propagated is the code that is simulated, and a new algorithm needs no second description.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics.algorithms import Algorithm, State
from numerics.events import Event
from numerics.typing import Floats


@dataclass(frozen=True)
class LinearRound:
    """One event as matrices acting per coordinate: s' = A s + G g, with gradients g of m workers taken at the view V s.

    Parameters
    ----------
    transition
        A, shape (p', p): next state without gradients.
    response
        G, shape (p', m): next state per unit gradient of each active worker.
    view
        V, shape (m, p).
    workers
        The active workers: all of them, or their numbers, shape (m,).
    """

    transition: Floats
    response: Floats
    view: Floats
    workers: slice | NDArray[np.intp]


def _basis(state: State, extra: int) -> State:
    """Return the state whose replicas are the unit vectors of the stacked slabs, followed by ``extra`` zero replicas."""
    leads = [slab.shape[0] for slab in state.slabs()]
    size = sum(leads)
    unit = np.concatenate([np.eye(size), np.zeros((size, extra))], axis=1)[..., None]
    return state.with_slabs(list(np.split(unit, np.cumsum(leads)[:-1])))


def _matrix(state: State) -> Floats:
    """Return the stacked slabs of a state whose replicas are columns, shape (p, columns)."""
    return np.concatenate([slab[..., 0] for slab in state.slabs()])


def functionals(algorithm: Algorithm, state: State) -> tuple[Floats, Floats]:
    """Return the center, shape (p,), and the views, shape (n, p), as functionals of the stacked state."""
    basis = _basis(state, 0)
    center = algorithm.center(basis)[:, 0].copy()
    return center, np.array(algorithm.view(basis, None)[..., 0])


def linearise(algorithm: Algorithm, state: State, event: Event) -> tuple[LinearRound, State]:
    """Return the matrices of ``event``, as a single replica sees it, and a state with the structure it leaves behind."""
    size = sum(slab.shape[0] for slab in state.slabs())
    active = algorithm.view(_basis(state, 0), event.spread(size)).shape[0]
    columns, spread = _basis(state, active), event.spread(size + active)
    view = np.array(algorithm.view(columns, spread)[:, :size, 0])
    gradients = np.zeros((active, size + active, 1))
    gradients[:, size:, 0] = np.eye(active)
    algorithm.step(columns, gradients, spread)
    after = _matrix(columns)
    workers = event.workers if isinstance(event.workers, slice) else event.workers[:, 0]
    return LinearRound(after[:, :size], after[:, size:], view, workers), columns


def coordinates(state: State) -> Floats:
    """Return the stacked slabs of a one-replica state, shape (p, d)."""
    return np.concatenate([slab[:, 0, :] for slab in state.slabs()])
