"""What a modelled cluster achieves: throughput, idle time, staleness and traffic, without running an optimisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.streams import Streams
from numerics.timeline.clock import ClusterTimeline
from straggler import InputError, at_least


def report(timeline: ClusterTimeline, iterations: int = 1000, replicas: int = 1, seed: int = 0) -> dict[str, Any]:
    """Return what the cluster of a timeline achieves, means over replicas.

    An iteration is a round, an update of a server for which all workers begin anew or, where workers do not wait for all
    others, as many updates as bring n gradients.

    Parameters
    ----------
    timeline
        A communication pattern on a cluster.
    iterations
        Number of iterations that are played.
    replicas
        Number of independent replicas.
    seed
        The seed of the random streams.

    Returns
    -------
    dict
        ``throughput``: samples of all gradients that were used per second. ``iteration_seconds``: seconds per iteration.
        ``idle_fraction``: part of the workers' time in which they do not compute. ``staleness``: ``mean`` and ``max`` of the
        age of a read in updates, of a contribution or of a message in rounds. ``bytes_per_iteration``: bytes that all
        messages of an iteration have together.

    Raises
    ------
    InputError
        If the timeline has no clock, a number is out of range, or no time passes.
    """
    if not isinstance(timeline, ClusterTimeline):
        raise InputError("timeline", getattr(timeline, "name", timeline), "one that plays a cluster: it has a clock")
    updates = at_least("iterations", iterations, 1) * timeline.events
    streams = Streams(at_least("seed", seed, 0), range(at_least("replicas", replicas, 1)))
    idle, sent, end = np.zeros(replicas), np.zeros(replicas), np.zeros(replicas)
    total = counted = largest = 0
    for span in timeline.spans(updates, streams):
        idle += span.idle
        sent += span.sent
        end = span.times[-1]
        if span.ages is not None:
            total += int(span.ages.sum())
            counted += span.ages.size
            largest = max(largest, int(span.ages.max()))
    if not end.all():
        raise InputError("compute time and network", 0.0, "something that takes time, for a throughput")
    samples = timeline.gradients * updates * timeline.cluster.samples_per_gradient
    stale = {"mean": total / counted, "max": largest} if counted else {"mean": float(timeline.lag), "max": timeline.lag}
    return {
        "throughput": float((samples / end).mean()),
        "iteration_seconds": float(end.mean() / iterations),
        "idle_fraction": float(np.clip(idle / (timeline.n * end), 0.0, 1.0).mean()),
        "staleness": stale,
        "bytes_per_iteration": float(sent.mean() / iterations),
    }
