"""Mutants that cannot be refuted unless another theorem of the house is: what they say follows from it."""

from __future__ import annotations

from theory.mutants.changes import TERM, Mutant

FOLLOWS: dict[tuple[str, str], str] = {
    ("dpsgd.theorem-3:corrected", "18 Delta gamma n/(D_1 D_2 K (1 - sqrt(rho))^2)"): "ours.p2-consensus",
    ("dpsgd.theorem-3:corrected", "9 L gamma^3 sigma^2/(D_1 D_2 (1 - sqrt(rho))^2)"): "ours.p2-consensus",
    ("dpsgd.theorem-3:corrected", "gamma^2 n sigma^2 (1 - D_2)/(D_1 D_2^2 (1 - rho))"): "ours.p2-consensus",
    ("dpsgd.theorem-3:corrected", "9 gamma^2 n zeta^2 (1 - D_2)/(D_1 D_2^2 (1 - sqrt(rho))^2)"): "ours.p2-consensus",
}
"""By key and term of a theorem, what implies it without the term, for two workers or more."""


def implied_by(mutant: Mutant) -> str | None:
    """Return the key of a theorem that a mutant follows from; None where none is known."""
    return FOLLOWS.get((mutant.theorem.key, mutant.term)) if mutant.kind == TERM else None
