"""Exact worst cases: the largest value that a theorem's left side can take, by performance estimation.

A method without noise is unrolled (`methods`); what can be said of smooth functions at finitely many points is said by
interpolation inequalities (`interpolation`), linear in the Gram matrix of gradients and in function values; the largest value is
then a semidefinite program (Drori and Teboulle 2014; Taylor, Hendrickx and Glineur 2017), solved and certified (`certificate`).

    from theory import worst_case
    family = worst_case.nonconvex(worst_case.dpsgd([W] * 4))
    found = family.at(gamma=0.2, L=1.0, delta=1.0, zeta=0.5)
    found.value, found.gap, found.instance, found.proof()
"""

from theory.worst_case.family import Family, WorstCase, any_mixing, last_iterate, led_descent, led_step, nonconvex
from theory.worst_case.instance import Instance
from theory.worst_case.methods import Method, delayed, dpsgd, error_feedback, gradient_descent, local_sgd, sgp

__all__ = [
    "Family",
    "Instance",
    "Method",
    "WorstCase",
    "any_mixing",
    "delayed",
    "dpsgd",
    "error_feedback",
    "gradient_descent",
    "last_iterate",
    "led_descent",
    "led_step",
    "local_sgd",
    "nonconvex",
    "sgp",
]
