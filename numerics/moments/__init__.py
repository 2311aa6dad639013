"""Exact moments: what a linear algorithm does on a quadratic, without sampling."""

from numerics.moments.propagate import exact_moments
from numerics.moments.quadratic import closes
from numerics.moments.spectral import spectral_radius
from numerics.moments.stationary import stationary

__all__ = ["closes", "exact_moments", "spectral_radius", "stationary"]
