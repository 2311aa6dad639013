"""Runs of which a figure shows more than `simulate` records: every state is handed to who watches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from numerics.typing import Floats

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm, State
    from numerics.problems import Problem


def play(
    algorithm: Algorithm,
    problem: Problem,
    start: Floats,
    rounds: int,
    watch: Callable[[int, State], None],
    seed: int = 0,
    replicas: range = range(1),
) -> None:
    """Run synchronous rounds in which nobody mixes by a graph, and call ``watch(k, state)`` before round k and at the end.

    Parameters
    ----------
    algorithm, problem
        What is run; its workers talk to a leader or a center variable only.
    start
        One starting point per worker, shape (n, d).
    rounds
        Number of rounds; the last call has k = ``rounds``.
    watch
        Looks at the state; it must copy what it keeps.
    seed, replicas
        Seed of the random streams and numbers of the replicas.
    """
    from numerics import graphs
    from numerics.engine import run
    from numerics.events import rounds as events
    from numerics.streams import Streams

    n, dim = start.shape
    streams = Streams(seed, replicas)
    state = algorithm.init(np.broadcast_to(start[:, None], (n, len(replicas), dim)), n)
    algorithm.equip(state, problem, streams)
    watch(0, state)
    run(
        algorithm,
        problem.oracle(streams),
        events(graphs.complete(n).schedule(), rounds),
        state,
        lambda event, _, now: watch(event.k + 1, now),
    )
