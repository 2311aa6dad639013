"""Mixing operators, schedules of them, and how fast they contract."""

from numerics.mixing.base import MixingOperator
from numerics.mixing.circulant import Circulant
from numerics.mixing.contraction import contraction, report, rho, second_eigenvalue, spectral_gap
from numerics.mixing.detect import operator_from_matrix
from numerics.mixing.envelope import geometric_envelope, lemma3_constants
from numerics.mixing.error_norms import ErrorNorms, error_norms
from numerics.mixing.general import Dense, Sparse
from numerics.mixing.local import GroupMean, Identity, Pairwise
from numerics.mixing.overlap import augmented, push_sum_weights
from numerics.mixing.push_sum import B_2, B_E, error_operator, gossip_constants, push_sum_constants
from numerics.mixing.schedule import MixingSchedule, PeriodicSchedule, RandomSchedule, product

__all__ = [
    "B_2",
    "B_E",
    "Circulant",
    "Dense",
    "ErrorNorms",
    "GroupMean",
    "Identity",
    "MixingOperator",
    "MixingSchedule",
    "Pairwise",
    "PeriodicSchedule",
    "RandomSchedule",
    "Sparse",
    "augmented",
    "contraction",
    "error_norms",
    "error_operator",
    "geometric_envelope",
    "gossip_constants",
    "lemma3_constants",
    "operator_from_matrix",
    "product",
    "push_sum_constants",
    "push_sum_weights",
    "report",
    "rho",
    "second_eigenvalue",
    "spectral_gap",
]
