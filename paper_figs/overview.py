"""One picture of what the toolkit does: measured, exact and proved, side by side for three systems.

The mean of E||grad f||^2 over K iterations on a tilted quadratic, at steps of order sqrt(n/K): simulated with 95 % intervals,
exact from second moments, and bounded, by the printed theorem and by ours; dotted where the conditions of a theorem fail.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Floats
from paper_figs import command, convergence, style

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule
    from numerics.problems import Problem
    from theory.theorem import Theorem

NODES = 8
PROBLEM: dict[str, Any] = {"dim": 10, "smoothness": 0.05, "mu": 0.02, "start": 2.0, "sigma": 1.0, "noise": "gaussian"}
PERIOD = 8


@dataclass(frozen=True)
class Panel:
    """One system: heading, case, and the two theorems with the words they get in the legend."""

    head: str
    case: convergence.Case
    printed: Theorem
    ours: Theorem
    names: tuple[str, str]


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write overview.png, overview.pdf and overview.csv below ``out``; return their paths."""
    import joblib

    command.check(seed, jobs)
    horizons = np.array([100, 300, 1000] if quick else [100, 300, 1000, 3000, 10000])
    replicas = 8 if quick else 32
    panels = panels_of()
    work = [(panel.case, int(k)) for k in reversed(horizons) for panel in panels]
    done = joblib.Parallel(n_jobs=1 if quick else jobs)(
        joblib.delayed(_exact)(case.algorithm(k), case.problem, case.schedule, k) for case, k in work
    )
    table: dict[str, list[Any]] = {}
    with style.sheet(3, width=12, height=4.1) as (figure, axes):
        for index, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
            curve = convergence.measure([panel.case], horizons.tolist(), replicas, seed, 1 if quick else jobs)[0]
            exact = np.array([value for (case, _), value in zip(work, done, strict=True) if case is panel.case][::-1])
            _draw(axis, panel, curve, exact)
            style.title(axis, "abc"[index], panel.head)
            for name, column in _columns(panel, curve, exact).items():
                table.setdefault(name, []).extend(column)
        axes[0].set_ylabel(r"mean over $k<K$ of $\mathbb{E}\|\nabla f(\bar x_k)\|^2$  [$f^2/x^2$]")
        style.headline(
            figure,
            rf"{NODES} workers, quadratic, $d={PROBLEM['dim']}$, $L={PROBLEM['smoothness']}$, $\sigma={PROBLEM['sigma']:g}$, "
            r"$\zeta=0.1$ in (a) and (b), 0 in (c), step of order $\sqrt{n/K}$; dotted: a condition of the theorem fails",
        )
        return style.save(figure, {"": table}, out, "overview", dpi=110)


def panels_of() -> list[Panel]:
    """Return D-PSGD on the ring, SGP on the one-peer exponential graph, and local SGD, each with its theorems."""
    from numerics import graphs, mixing, problems
    from theory.papers import dpsgd, local_sgd, sgp

    tilted, same = (problems.quadratic(workers=NODES, zeta=zeta, **PROBLEM) for zeta in (0.1, 0.0))
    ring, complete = graphs.ring(NODES).schedule(), graphs.complete(NODES).schedule()
    exponential = graphs.one_peer_exponential(NODES).schedule()
    norms, (c, q) = mixing.error_norms(exponential), mixing.geometric_envelope(exponential)
    base = {**tilted.numbers, "n": NODES, "x0_sq": float(np.sum(tilted.start() ** 2))}
    gossip = base | {"rho": mixing.rho(ring)}
    push = base | {"C": c, "q": q, "B_E": norms.B_E, "B_2": norms.B_2}
    local = {**same.numbers, "n": NODES, "tau": PERIOD}

    def classical(horizons: Any) -> Any:
        return sgp.theorem_1.step_size(n=NODES, K=horizons)

    def corollary(horizons: Any) -> Any:
        return dpsgd.corollary_2.step_size(**gossip, K=horizons)

    return [
        Panel(
            "D-PSGD, ring",
            convergence.Case("dpsgd", tilted, ring, gossip, corollary),
            dpsgd.corollary_2,
            dpsgd.p2,
            ("Lian et al. 2017, Corollary 2", "our bound P2"),
        ),
        Panel(
            "SGP, one-peer exponential graph",
            convergence.Case("sgp", tilted, exponential, push, classical),
            sgp.theorem_1,
            sgp.p4_doubly,
            ("Assran et al. 2019, Theorem 1", "our bound P4'"),
        ),
        Panel(
            f"local SGD, average every {PERIOD} steps, iid",
            convergence.Case("local-sgd", same, complete, local, classical, {"period": PERIOD}),
            local_sgd.wang_joshi,
            local_sgd.p3,
            ("Wang and Joshi 2021", "our bound P3"),
        ),
    ]


def _exact(algorithm: Algorithm, problem: Problem, schedule: MixingSchedule, iterations: int) -> float:
    from numerics.moments import exact_moments

    return float(exact_moments(algorithm, problem, schedule, iterations=iterations)["grad_norm_sq"].values[:-1].mean())


def _draw(axes: Any, panel: Panel, curve: convergence.Curve, exact: Floats) -> None:
    fine = np.geomspace(curve.horizons[0], curve.horizons[-1], 200)
    for theorem, name, color, dash in zip(
        (panel.printed, panel.ours), panel.names, (style.PALETTE[1], style.PALETTE[0]), ("--", "-"), strict=True
    ):
        style.where_it_holds(axes, fine, *panel.case.bound(theorem, fine), color=color, linestyle=dash, label=name)
    axes.plot(curve.horizons, exact, color=style.INK, linewidth=1.2, label="exact (second moments)")
    axes.errorbar(
        curve.horizons,
        curve.mean,
        curve.half,
        color=style.PALETTE[2],
        linestyle="none",
        marker="o",
        capsize=3,
        label="simulated, 95 %",
    )
    axes.set(xscale="log", yscale="log", xlabel="iterations $K$", ylim=(6e-4, 0.6))
    axes.legend(loc="lower left")


def _columns(panel: Panel, curve: convergence.Curve, exact: Floats) -> dict[str, Any]:
    printed, ours = (panel.case.bound(theorem, curve.horizons) for theorem in (panel.printed, panel.ours))
    return {
        "system": [panel.head] * len(exact),
        "K [iterations]": curve.horizons,
        "mean grad norm^2 [f^2/x^2]": curve.mean,
        "95% half width [f^2/x^2]": curve.half,
        "exact [f^2/x^2]": exact,
        "printed bound [f^2/x^2]": printed[0],
        "printed bound applies": printed[1],
        "our bound [f^2/x^2]": ours[0],
        "our bound applies": ours[1],
    }


if __name__ == "__main__":
    sys.exit(command.call(main, "overview", __doc__))
