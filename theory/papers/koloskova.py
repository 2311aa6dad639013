"""Koloskova et al. 2020 with explicit constants, where they follow from ours."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from theory.catalogue import CARDS
from theory.chain import Chain
from theory.derive import tune
from theory.papers import dpsgd
from theory.symbols import L, delta, n, p, rho, sigma, zeta

# 1 - sqrt(rho) = p / (1 + sqrt(rho)) >= p/2 turns the constants of P2 into the paper's consensus rate
_CURVATURE = (
    Chain.of(2 * L**2 * (sigma**2 / (1 - sp.sqrt(rho)) + 2 * zeta**2 / (1 - sp.sqrt(rho)) ** 2))
    .bound(1 / (1 - sp.sqrt(rho)), 2 / p, "1 - sqrt(rho) >= p/2")
    .end
)
_TUNED = tune(2 * delta, L * sigma**2 / n, sp.factor_terms(_CURVATURE), p / (4 * L))

theorem_2 = replace(
    dpsgd.p2_tuned,
    card=CARDS["koloskova.theorem-2"],
    right_side=_TUNED.rate,
    step=_TUNED.step,
    definitions=((p, 1 - rho),),
    derivation=_TUNED.chain,
)
