"""What one process does: read the model, take a gradient, write, without a lock anywhere."""

from __future__ import annotations

import os
import pickle
import time

import numpy as np

from numerics.shared_memory.layout import Layout
from numerics.shared_memory.segment import Segment
from numerics.streams import Streams

LOOK_UP = 256
"""Updates after which a process looks whether the run it belongs to is still there."""


def work(name: str, layout: Layout, own: int, step_size: float, seed: int, parent: int) -> None:
    """Make the updates of process number ``own``; the entry point of a process.

    Process i takes its samples from shard i of the problem; its random numbers are those of replica i.

    Parameters
    ----------
    name, layout
        The shared memory.
    own
        Number of this process.
    step_size
        gamma.
    seed
        Seed of the run.
    parent
        The process that started this one: without it there is nothing to do.
    """
    segment = Segment(layout, name)
    try:
        with np.errstate(all="ignore"):
            _work(segment, layout, own, step_size, seed, parent)
    finally:
        segment.detach()


def _work(segment: Segment, layout: Layout, own: int, step_size: float, seed: int, parent: int) -> None:
    shared = segment.arrays
    model, counts, flags = shared["model"], shared["counts"][:, 0], shared["flags"][:, 0]
    stamps, seen, gradients, reads = (shared[log][own] for log in ("stamps", "seen", "gradients", "reads"))
    oracle = pickle.loads(shared["problem"].tobytes()).oracle(Streams(seed, [own]))
    who, now = slice(own, own + 1), time.monotonic_ns
    point, change = np.empty((1, 1, layout.dim)), np.empty(layout.dim)
    copy = point[0, 0]
    flags[own] = 1
    while not flags[-1]:
        if os.getppid() != parent:
            return
        time.sleep(1e-4)
    for k in range(layout.quota(own)):
        stamps[k, 0] = now()
        seen[k, 0] = counts.sum()
        copy[:] = model  # while others write
        stamps[k, 1] = now()
        seen[k, 1] = counts.sum()
        oracle(point, who, gradients[k, None, None])
        np.multiply(gradients[k], step_size, out=change)
        if k % layout.every == 0:
            reads[k // layout.every] = copy
        seen[k, 2] = counts.sum()
        stamps[k, 2] = now()
        model -= change  # a race, on purpose: what another one writes to the same coordinate meanwhile may be lost
        stamps[k, 3] = now()
        counts[own] = k + 1
        if k % LOOK_UP == 0 and os.getppid() != parent:
            return
