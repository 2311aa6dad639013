"""The engine: one loop over the events of a timeline, the same for every algorithm."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from numerics.algorithms import Algorithm, State
from numerics.events import Event
from numerics.typing import Array


class Oracle(Protocol):
    """Evaluates stochastic gradients: ``oracle(points, workers, out)`` with points and result of shape (active, R, d).

    ``workers`` is a slice of all n, or their numbers in every replica, shape (active, R).
    """

    def __call__(self, points: Array, workers: Any, out: Array | None) -> Array:
        """Return g_i at the points of the active workers, written into ``out`` where it is given."""
        ...


Recorder = Callable[[Event, Algorithm, State], None]


def run(algorithm: Algorithm, oracle: Oracle, timeline: Iterable[Event], state: State, recorder: Recorder | None = None) -> State:
    """Play the timeline: gradients at the view, then the algorithm's step, event after event.

    Parameters
    ----------
    algorithm
        What is simulated.
    oracle
        Stochastic gradients.
    timeline
        The events, in order.
    state
        The state to start from; it is advanced in place.
    recorder
        Called after every event with the event, the algorithm and the state.

    Returns
    -------
    State
        ``state``, after the last event.
    """
    gradients = None
    for event in timeline:
        points = algorithm.view(state, event)
        gradients = oracle(points, event.workers, gradients)
        algorithm.step(state, gradients, event)
        if recorder is not None:
            recorder(event, algorithm, state)
    return state
