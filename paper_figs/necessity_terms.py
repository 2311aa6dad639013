"""Sweeps of the figure of necessity: left side over bound, as stated and with each term left out, where the terms take turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.attack.jury import bounds
from experiments.attack.probe import probe
from experiments.claims import Claim
from numerics.typing import Floats

if TYPE_CHECKING:
    from theory.mutants import Mutant

ONE: dict[str, float | int | str | bool] = {"dim": 1, "smoothness": 1.0, "mu": 1.0, "zeta": 0.0}


@dataclass(frozen=True)
class Sweep:
    """Claims along one axis.

    Parameters
    ----------
    theorem
        Key of the theorem.
    label
        What is swept, for the axis.
    values
        Where.
    claim
        The claim there.
    caption
        What was run, in a few words.
    """

    theorem: str
    label: str
    values: Floats
    claim: Callable[[float], Claim]
    caption: str

    def ratios(self) -> tuple[list[Mutant], Floats]:
        """Return the statement and what leaves out a term of it, and left side over bound, shape (mutants, values)."""
        from theory import registry
        from theory.mutants import STATED, TERM, mutants

        shown = [mutant for mutant in mutants(registry.get(self.theorem)) if mutant.kind in (STATED, TERM)]
        found = np.full((len(shown), len(self.values)), np.nan)
        for column, value in enumerate(self.values):
            here = probe(self.claim(float(value)))
            if here is not None:
                with np.errstate(divide="ignore"):
                    found[:, column] = here.value / bounds(shown, [here])[:, 0]
        return shown, found


def sweeps(quick: bool) -> list[Sweep]:
    """Return the sweeps of the figure; all left sides are exact second moments."""
    points = 9 if quick else 25
    return [
        Sweep(
            "ours.p1",
            r"step size $\gamma L$  [1]",
            np.geomspace(3e-4, 0.9, points),
            lambda step: Claim(
                theorem="ours.p1",
                system="sgd",
                problem="quadratic",
                nodes=2,
                iterations=300,
                step=step,
                problem_options=ONE | {"sigma": 1.0, "start": 1.0},
            ),
            "SGD, $n=2$, $K=300$",
        ),
        Sweep(
            "ours.p2-consensus",
            r"heterogeneity $\zeta/\sigma$  [1]",
            np.geomspace(1e-2, 1e2, points),
            lambda zeta: Claim(
                theorem="ours.p2-consensus",
                system="dpsgd",
                problem="quadratic",
                graph="ring",
                nodes=8,
                iterations=200,
                step=0.1,
                problem_options=ONE | {"sigma": 1.0, "zeta": zeta, "start": 0.0, "dim": 4},
            ),
            r"D-PSGD, ring, $n=8$, $K=200$",
        ),
        Sweep(
            "easgd.strongly-convex:rederived",
            "iterations $K$  [rounds]",
            np.unique(np.geomspace(1, 300, points).round()),
            lambda k: Claim(
                theorem="easgd.strongly-convex:rederived",
                system="easgd",
                problem="quadratic",
                nodes=2,
                iterations=int(k),
                step=0.5,
                options={"alpha": 0.4},
                problem_options=ONE | {"sigma": 0.03, "start": 1.0},
            ),
            r"EASGD, $n=2$, $\alpha=0.4$, $\sigma=0.03$",
        ),
    ]
