"""Leader and elastic averaging on low-rank matrix factorisation, where averages of minimisers are no minimisers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.runs import play

ROWS, WORKERS, STEP, ATTRACTION = 1000, 8, 5e-4, 0.2
ROUNDS, PLATEAU = 60, 49
LOWEST = 1e-8
NAMES = ("EAGD", "LGD")


def floor(rank: int) -> float:
    """Return lambda^2 r (1/4 + 1/(2p)): where EAGD stands still while the center is still the mean of the random starts."""
    return ATTRACTION**2 * rank * (1 / 4 + 1 / (2 * WORKERS))


def instance(rank: int, seed: int, number: int) -> Floats:
    """Return f at the best worker for EAGD and LGD, shape (2, ROUNDS + 1), on one random matrix and one random start.

    U and the starts have standard normal entries, from ``SeedSequence(seed, spawn_key=(rank, number))``.
    """
    from numerics import algorithms, problems

    own, starts = np.random.SeedSequence(seed, spawn_key=(rank, number)).spawn(2)
    problem = problems.matrix_completion(
        dim=ROWS * rank, rank=rank, workers=WORKERS, seed=int(own.generate_state(1)[0]), noise="none"
    )
    start = np.random.default_rng(starts).standard_normal((WORKERS, problem.dim))
    best = np.empty((2, ROUNDS + 1))
    for row, algorithm in zip(
        best,
        (
            algorithms.EASGD(step_size=STEP, alpha=STEP * ATTRACTION),
            algorithms.LGD(step_size=STEP, attraction=ATTRACTION),
        ),
        strict=True,
    ):

        def watch(k: int, state: Any, row: Floats = row) -> None:
            row[k] = problem.objective.value(state.x[:, 0]).min()

        play(algorithm, problem, start, ROUNDS, watch)
    return best


def measure(ranks: tuple[int, ...], instances: int, seed: int, jobs: int) -> dict[int, Floats]:
    """Return, by rank, f at the best worker, shape (instances, 2, ROUNDS + 1)."""
    import joblib

    work = [(rank, seed, number) for rank in reversed(ranks) for number in range(instances)]
    done = joblib.Parallel(n_jobs=jobs)(joblib.delayed(instance)(*one) for one in work)
    by_rank = {rank: [best for (r, _, _), best in zip(work, done, strict=True) if r == rank] for rank in ranks}
    return {rank: np.array(best) for rank, best in by_rank.items()}


def draw(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw the best worker's value against iterations for each rank, with the floor, and write lsgd_completion."""
    ranks, instances = ((1, 10), 3) if quick else ((1, 10, 50, 100), 10)
    found = measure(ranks, instances, seed, 1 if quick else jobs)
    k = np.arange(ROUNDS + 1)
    with style.sheet(len(ranks), width=3.2 * len(ranks) + 0.4, height=4.1) as (figure, axes):
        for axis, letter, (rank, samples) in zip(axes, "abcd", found.items(), strict=False):
            for row, color, name in zip(range(2), (style.PALETTE[1], style.PALETTE[0]), NAMES, strict=True):
                low, middle, high = np.quantile(np.maximum(samples[:, row], LOWEST * 1e-2), [0, 0.5, 1], axis=0)
                style.with_band(axis, k, middle, low, high, color=color, label=name)
            axis.axhline(
                floor(rank), color=style.INK, linewidth=1, linestyle="--", label=r"$\lambda^2r\,(\frac{1}{4}+\frac{1}{2p})$"
            )
            axis.text(1, floor(rank) * 0.55, f"{floor(rank):.3g}", va="top", fontsize=8)
            axis.set(yscale="log", ylim=(LOWEST, 3e8), xlim=(0, ROUNDS), xlabel="iterations $k$")
            style.title(axis, letter, f"rank {rank}")
            axis.label_outer()
        axes[0].set_ylabel(r"$\frac{1}{4}\|M-XX^\top\|_F^2$ of the best worker  [$f$]")
        style.legend_below(figure, axes[0], columns=3)
        style.headline(
            figure,
            rf"{WORKERS} workers, $X$ with {ROWS} rows, step {STEP:g}, $\lambda={ATTRACTION}$ (reconstructed, not printed); "
            f"median and range over {instances} random instances",
        )
        return style.save(figure, {"": _table(found), "floors": _floors(found)}, out, "lsgd_completion")


def _table(found: dict[int, Floats]) -> style.Table:
    columns: dict[str, list[Any]] = {"algorithm": [], "rank": [], "k [iterations]": []}
    for rank, samples in found.items():
        for row, name in enumerate(NAMES):
            columns["algorithm"] += [name] * (ROUNDS + 1)
            columns["rank"] += [rank] * (ROUNDS + 1)
            columns["k [iterations]"] += range(ROUNDS + 1)
            for statistic, share in (("median", 0.5), ("lowest", 0.0), ("highest", 1.0)):
                columns.setdefault(f"{statistic} value [f]", []).extend(np.quantile(samples[:, row], share, axis=0))
    return columns


def _floors(found: dict[int, Floats]) -> style.Table:
    after = {rank: samples[:, :, PLATEAU] for rank, samples in found.items()}
    return {
        "rank": list(found),
        "floor [f]": [floor(rank) for rank in found],
        f"EAGD after {PLATEAU} iterations, mean [f]": [float(values[:, 0].mean()) for values in after.values()],
        f"LGD after {PLATEAU} iterations, mean [f]": [float(values[:, 1].mean()) for values in after.values()],
    }
