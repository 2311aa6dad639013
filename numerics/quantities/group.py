"""How far models are from each other and from where they last met, where workers average in groups or gradients come late."""

from __future__ import annotations

import numpy as np

from numerics.algorithms.wagma import GroupState
from numerics.algorithms.wagma_sequential import InteractionState
from numerics.quantities.base import Quantity, Snapshot
from numerics.typing import Floats
from straggler import InputError


def _apart(first: Floats, second: Floats) -> Floats:
    """Return the squared distances of points (..., d), shape (...)."""
    difference = first - second
    square: Floats = np.vecdot(difference, difference)
    return square


def _anchor(now: Snapshot) -> Floats:
    """Return the average of all models when they were last averaged, shape (R, d); `InputError` where they never are."""
    if not isinstance(now.state, GroupState | InteractionState):
        raise InputError("system", now.algorithm.name, "one that averages all models from time to time: wagma, wagma-sequential")
    anchor: Floats = now.state.anchor
    return anchor


def _stale_distance_sq(now: Snapshot) -> Floats:
    if not isinstance(now.state, InteractionState):
        raise InputError("system", now.algorithm.name, "wagma-sequential, which knows where gradients were last taken")
    return _apart(now.state.interacted, now.center)


GROUP = (
    Quantity(
        "worker_drift_sq",
        "||x_i - mu||^2 of every worker i, mu the average of all models when they were last averaged",
        "[x]^2",
        lambda now: _apart(now.state.x, _anchor(now)),
        per_worker=True,
    ),
    Quantity(
        "center_drift_sq",
        "||center - mu||^2, mu the average of all models when they were last averaged",
        "[x]^2",
        lambda now: _apart(now.center, _anchor(now)),
    ),
    Quantity(
        "worker_stale_distance_sq",
        "||x_i(q) - center||^2 of every worker i, x_i(q) its model when it last took a gradient, or the last average since",
        "[x]^2",
        _stale_distance_sq,
        per_worker=True,
    ),
    Quantity(
        "total_consensus_sq",
        "sum_i ||view_i - center||^2",
        "[x]^2",
        lambda now: _apart(now.views, now.center).sum(0),
    ),
    Quantity(
        "worker_view_distance_sq",
        "||view_i - center||^2 of every worker i",
        "[x]^2",
        lambda now: _apart(now.views, now.center),
        per_worker=True,
    ),
)
