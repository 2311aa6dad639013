"""Mixing operators, schedules of them, and how fast they contract."""

from numerics.mixing.base import MixingOperator
from numerics.mixing.circulant import Circulant
from numerics.mixing.detect import operator_from_matrix
from numerics.mixing.general import Dense, Sparse
from numerics.mixing.local import GroupMean, Identity, Pairwise
from numerics.mixing.schedule import MixingSchedule, PeriodicSchedule, RandomSchedule, product

__all__ = [
    "Circulant",
    "Dense",
    "GroupMean",
    "Identity",
    "MixingOperator",
    "MixingSchedule",
    "Pairwise",
    "PeriodicSchedule",
    "RandomSchedule",
    "Sparse",
    "operator_from_matrix",
    "product",
]
