"""Problems: an objective whose constants are known, with gradient noise; by factory function or by name with `get`."""

from __future__ import annotations

from numerics.objectives.base import Constant, Objective
from numerics.problems.problem import Problem
from numerics.problems.real import logistic, logistic_breast_cancer, logistic_digits, logistic_file, network_digits
from numerics.problems.registry import NAMES, get
from numerics.problems.synthetic import bump, cosine, hard_instance, huber, matrix_completion, quadratic, rational, saddle, sinc

__all__ = [
    "NAMES",
    "Constant",
    "Objective",
    "Problem",
    "bump",
    "cosine",
    "get",
    "hard_instance",
    "huber",
    "logistic",
    "logistic_breast_cancer",
    "logistic_digits",
    "logistic_file",
    "matrix_completion",
    "network_digits",
    "quadratic",
    "rational",
    "saddle",
    "sinc",
]
