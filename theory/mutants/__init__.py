"""Mutants of a theorem: statements that say more than it does, by one change; evidence refutes them or it does not."""

from theory.mutants.changes import CONSTANT, EXPONENT, KINDS, STATED, TERM, Mutant, mutants
from theory.mutants.implied import implied_by
from theory.mutants.reach import reach

__all__ = ["CONSTANT", "EXPONENT", "KINDS", "STATED", "TERM", "Mutant", "implied_by", "mutants", "reach"]
