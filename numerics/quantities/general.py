"""Gradients, values and distances that most theorems speak about."""

from __future__ import annotations

import numpy as np

from numerics.algorithms.leaders import Leaders
from numerics.quantities.base import Quantity, Snapshot
from numerics.typing import Floats
from straggler import InputError


def _grad_norm_sq(now: Snapshot) -> Floats:
    gradient = now.objective.gradient(now.center)
    square: Floats = np.vecdot(gradient, gradient)
    return square


def _value(now: Snapshot) -> Floats:
    return now.objective.value(now.center)


def _consensus_sq(now: Snapshot) -> Floats:
    """Mean squared distance of the views to the center; the differences go where the next mixing step will write anyway."""
    scratch = now.state.scratch
    apart = np.subtract(now.views, now.center, out=scratch if scratch.shape == now.views.shape else None)
    square: Floats = np.vecdot(apart, apart).mean(0)
    return square


def _view_grad_norm_sq(now: Snapshot) -> Floats:
    n, replicas, dim = now.views.shape
    gradient = now.objective.gradient(now.views.reshape(n * replicas, dim))
    square: Floats = np.vecdot(gradient, gradient).reshape(n, replicas).mean(0)
    return square


def _zeta(now: Snapshot) -> Floats:
    return now.problem.measure(now.center)["zeta"]


def _sigma(now: Snapshot) -> Floats:
    return now.problem.measure(now.center)["sigma"]


def _view_radius(now: Snapshot) -> Floats:
    """The center counts too: it is a mean of views, except where mass is in flight."""
    ball = now.objective.ball_center()
    views = np.linalg.norm(now.views - ball, axis=-1).max(axis=0)
    distance: Floats = np.maximum(views, np.linalg.norm(now.center - ball, axis=-1))
    return distance


def _distance_sq(now: Snapshot, points: Floats) -> Floats:
    """Return the squared distance of points (..., d) to the minimiser; `InputError` where none is known."""
    best = now.objective.minimiser()
    if best is None:
        raise InputError("problem", now.problem.name, "one whose minimiser is known in closed form")
    apart = points - best
    square: Floats = np.vecdot(apart, apart)
    return square


def _worker_suboptimality(now: Snapshot) -> Floats:
    excess: Floats = now.objective.value(now.state.x).mean(0) - now.problem.numbers["f_star"]
    return excess


def _leader_grad_norm_sq(now: Snapshot) -> Floats:
    if not isinstance(now.algorithm, Leaders):
        raise InputError("system", now.algorithm.name, "one with leaders")
    replicas = np.arange(now.state.x.shape[1])
    gradient = now.objective.gradient(now.state.x[now.algorithm.leader(now.state), replicas])
    square: Floats = np.vecdot(gradient, gradient)
    return square


GENERAL = (
    Quantity("grad_norm_sq", "||grad f(center)||^2", "[f]^2/[x]^2", _grad_norm_sq),
    Quantity("consensus_sq", "(1/n) sum_i ||view_i - center||^2", "[x]^2", _consensus_sq),
    Quantity("value", "f(center)", "[f]", _value),
    Quantity("view_grad_norm_sq", "(1/n) sum_i ||grad f(view_i)||^2", "[f]^2/[x]^2", _view_grad_norm_sq),
    Quantity("zeta", "root of (1/n) sum_i ||grad f_i(center) - grad f(center)||^2", "[f]/[x]", _zeta),
    Quantity("sigma", "largest root of the gradient variance of a worker at the center", "[f]/[x]", _sigma),
    Quantity(
        "view_radius",
        "largest of ||view_i - c|| and ||center - c||, c the center of the ball on which constants are certified",
        "[x]",
        _view_radius,
    ),
    Quantity("center_distance_sq", "||center - x*||^2, x* the minimiser", "[x]^2", lambda now: _distance_sq(now, now.center)),
    Quantity(
        "view_distance_sq",
        "(1/n) sum_i ||view_i - x*||^2, x* the minimiser",
        "[x]^2",
        lambda now: _distance_sq(now, now.views).mean(0),
    ),
    Quantity(
        "view_mean_distance_sq",
        "||(1/n) sum_i view_i - x*||^2, x* the minimiser",
        "[x]^2",
        lambda now: _distance_sq(now, now.views.mean(0)),
    ),
    Quantity("worker_suboptimality", "(1/n) sum_i f(x_i) - f*, x_i the model of worker i", "[f]", _worker_suboptimality),
    Quantity(
        "leader_grad_norm_sq",
        "||grad f||^2 at the model of the worker that was elected last, among all",
        "[f]^2/[x]^2",
        _leader_grad_norm_sq,
    ),
)
