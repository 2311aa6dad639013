"""Exact moments: what a linear algorithm does on a quadratic, without sampling."""

from numerics.moments.propagate import exact_moments, stationary
from numerics.moments.quadratic import closes

__all__ = ["closes", "exact_moments", "stationary"]
