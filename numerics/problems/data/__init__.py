"""Real data for classification: bundled sets, LIBSVM files, and ways to split samples over workers."""

from __future__ import annotations

from numerics.problems.data.bundled import breast_cancer, digits, standardised
from numerics.problems.data.libsvm import read_libsvm
from numerics.problems.data.split import SPLITS, split

__all__ = ["SPLITS", "breast_cancer", "digits", "read_libsvm", "split", "standardised"]
