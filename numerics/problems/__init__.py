"""Problems: an objective whose constants are known, with gradient noise; by factory function or by name with `get`."""

from __future__ import annotations

from numerics.objectives.base import Constant, Objective
from numerics.problems.problem import Problem
from numerics.problems.registry import NAMES, get
from numerics.problems.synthetic import cosine, quadratic, rational

__all__ = ["NAMES", "Constant", "Objective", "Problem", "cosine", "get", "quadratic", "rational"]
