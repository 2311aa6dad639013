"""How often each worker leads: elections on exact values and on minibatch losses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from numerics.typing import Floats
from paper_figs import style

if TYPE_CHECKING:
    from numerics.problems import Problem

WORKERS, FEW, PERIOD, STEP, PULL = 4, 10, 16, 0.2, 0.1
POSTER = (34, 38, 48, 62)
"""Times each of four workers led ResNet20 on CIFAR-10, read off the authors' poster: an election every 1024 iterations."""

BLOCK = 100
"""Replicas that one process runs at a time."""

SCENES = {"same": "all workers have the same data", "few": f"worker 4 has {FEW} samples, the others all"}
ELECTIONS = {"exact": "elected on exact values of $f$", "minibatch": "elected on minibatch losses"}
BARS = {"exact": (-0.2, style.PALETTE[0]), "minibatch": (0.2, style.PALETTE[1])}


def problem(scene: str, seed: int) -> Problem:
    """Return logistic regression on the breast cancer data, all of it at every worker or few samples at the last one."""
    from numerics import noise
    from numerics.objectives.logistic import Logistic
    from numerics.problems import Problem, data

    features, labels = data.breast_cancer()
    samples = np.column_stack([data.standardised(features), np.ones(len(labels))])
    shards = [(samples, labels)] * WORKERS
    if scene == "few":
        chosen = np.random.default_rng(seed).choice(len(labels), FEW, replace=False)
        shards[-1] = (samples[chosen], labels[chosen])
    return Problem(Logistic(shards), noise.get("minibatch"), f"breast-cancer-{scene}")


def leaders(scene: str, election: str, elections: int, seed: int, replicas: range) -> tuple[NDArray[np.intp], Floats]:
    """Return who won each election, shape (elections, R), and the last average model's loss on all data, shape (R,)."""
    from numerics import algorithms
    from paper_figs.runs import play

    here = problem(scene, seed)
    algorithm = algorithms.LSGD(step_size=STEP, pull=PULL, period=PERIOD, election=election)
    won = np.empty((elections, len(replicas)), dtype=np.intp)
    last = np.empty((len(replicas), here.dim))

    def watch(k: int, state: Any) -> None:
        if k and k % PERIOD == 0:
            won[k // PERIOD - 1] = algorithm.leader(state)
        last[...] = algorithm.center(state)

    play(algorithm, here, np.zeros((WORKERS, here.dim)), elections * PERIOD, watch, seed, replicas)
    return won, problem("same", seed).objective.value(last)


def measure(elections: int, runs: int, seed: int, jobs: int) -> dict[tuple[str, str], tuple[NDArray[np.intp], Floats]]:
    """Return `leaders` of all replicas by scene and election."""
    import joblib

    blocks = [range(first, min(first + BLOCK, runs)) for first in range(0, runs, BLOCK)]
    cases = [(scene, election) for scene in SCENES for election in ELECTIONS]
    work = [(*case, elections, seed, block) for case in cases for block in blocks]
    done = joblib.Parallel(n_jobs=jobs)(joblib.delayed(leaders)(*one) for one in work)
    found = {}
    for number, case in enumerate(cases):
        won, losses = zip(*done[number * len(blocks) : (number + 1) * len(blocks)], strict=True)
        found[case] = (np.concatenate(won, axis=1), np.concatenate(losses))
    return found


def interval(count: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of Wilson for a share of independent trials."""
    from scipy.stats import binomtest

    between = binomtest(count, total).proportion_ci(method="wilson")
    return float(between.low), float(between.high)


def draw(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw the shares of the poster and of both scenes with binomial intervals, and write lsgd_elections."""
    elections, runs = (20, 100) if quick else (50, 1000)
    found = measure(elections, runs, seed, 1 if quick else jobs)
    workers, repeat = np.arange(1, WORKERS + 1), _repeated(found["same", "exact"][0])
    with style.sheet(3, width=12.0, height=4.3) as (figure, axes):
        _bars(axes[0], workers, np.array(POSTER), style.PALETTE[2], 0.0, "read off the poster")
        style.title(axes[0], "a", "ResNet20, share of 182 elections in one run")
        for axis, letter, (scene, head) in zip(axes[1:], "bc", SCENES.items(), strict=True):
            for election, (shift, color) in BARS.items():
                won, losses = found[scene, election]
                label = f"{ELECTIONS[election]}\nfinal loss on all data {losses.mean():.4f} ± {_half(losses):.4f}"
                _bars(axis, workers + shift, np.bincount(won[-1], minlength=WORKERS), color, shift, label)
            style.title(axis, letter, head)
        for axis in axes:
            axis.axhline(1 / WORKERS, color=style.INK, linewidth=1, linestyle=":")
            axis.set(xticks=workers, xlabel="worker", ylim=(0, 1.1))
            axis.grid(visible=False, axis="x")
            axis.legend(loc="upper left")
        axes[0].set_ylabel("share of the elections it wins  [1]")
        axes[1].set_ylabel(f"share of runs in which it leads  [1]\nafter the last of {elections} elections")
        style.headline(
            figure,
            f"(b, c): LSGD on logistic regression (breast cancer, batch 1), step {STEP}, pull {PULL} every {PERIOD} steps; "
            f"{runs} independent runs.  Dotted: 1/4.  Whiskers: 95 % binomial;\nin (a) as if the elections of the one run were "
            f"independent, while in (b) {repeat:.0%} of the exact ones re-elect the leader",
        )
        return style.save(figure, {"": _table(found)}, out, "lsgd_elections")


def _half(samples: Floats) -> float:
    return float(1.96 * samples.std(ddof=1) / np.sqrt(len(samples)))


def _repeated(won: NDArray[np.intp]) -> float:
    return float(np.mean(won[1:] == won[:-1]))


def _bars(axis: Any, at: NDArray[Any], counts: NDArray[np.intp], color: str, shift: float, label: str) -> None:
    share, total = counts / counts.sum(), int(counts.sum())
    ends = np.array([interval(int(count), total) for count in counts]).T
    reach = np.maximum([share - ends[0], ends[1] - share], 0.0)
    axis.bar(at, share, 0.38 if shift else 0.6, color=color, alpha=0.75, label=label)
    axis.errorbar(at, share, reach, color=style.INK, linestyle="none", capsize=3, linewidth=1)


def _table(found: dict[tuple[str, str], tuple[NDArray[np.intp], Floats]]) -> style.Table:
    columns: dict[str, list[Any]] = {
        "scene": ["poster"] * WORKERS,
        "election": ["not known"] * WORKERS,
        "worker": list(range(1, WORKERS + 1)),
        "leads": list(POSTER),
        "trials": [sum(POSTER)] * WORKERS,
        "share of all elections [1]": [count / sum(POSTER) for count in POSTER],
        "re-elected [1]": [float("nan")] * WORKERS,
        "final loss on all data [f]": [float("nan")] * WORKERS,
    }
    for (scene, election), (won, losses) in found.items():
        for worker in range(WORKERS):
            cells = (
                *(scene, election, worker + 1, int(np.sum(won[-1] == worker)), won.shape[1]),
                *(float(np.mean(won == worker)), _repeated(won), float(losses.mean())),
            )
            for column, cell in zip(columns.values(), cells, strict=True):
                column.append(cell)
    ends = [interval(count, trials) for count, trials in zip(columns["leads"], columns["trials"], strict=True)]
    shares = [count / trials for count, trials in zip(columns["leads"], columns["trials"], strict=True)]
    return columns | {"share [1]": shares, "95% low [1]": [low for low, _ in ends], "95% high [1]": [high for _, high in ends]}
