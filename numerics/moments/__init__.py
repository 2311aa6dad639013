"""Exact moments: what a linear algorithm does on a quadratic, without sampling."""

from numerics.moments.propagate import exact_moments, stationary

__all__ = ["exact_moments", "stationary"]
