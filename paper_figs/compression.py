"""Figures of compressed SGD: error against bits sent, and what the first bits of a message are worth.

Compressed SGD, error feedback and detached error feedback with TopK, RandomK, one bit, sign, QSGD and max-min buckets against SGD
that sends all numbers, on real data, each with the best of the same steps. Bits are those that a worker sends, as the
compressors count them: positions, signs, levels and norms with them, 32 for a real number.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import command, style
from paper_figs.compressed_runs import PROBLEM, RUNS, STEPS, Course, Run, tuned
from paper_figs.feedback_runs import DETACHED, WORKERS, problem_of
from paper_figs.waiting import summary

LEVEL = 0.1
"""Loss above the lowest that is to be reached, in units of f."""

MARKERS = {"sgd": "D", "compressed-sgd": "s", "ef-sgd": "o"}


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write compression_error and compression_rate below ``out``; return the paths of all files."""
    import joblib

    command.check(seed, jobs)
    rounds, tuning, fresh = (200, 2, 4) if quick else (2000, 4, 32)
    swept = [each for run in RUNS for each in variants(run, quick)]
    work = (joblib.delayed(tuned)(run, rounds, tuning, fresh, seed) for run in (*RUNS, *swept))
    found: list[Course] = joblib.Parallel(n_jobs=1 if quick else jobs)(work)
    about = (
        rf"{PROBLEM}, $d={problem_of(PROBLEM).dim}$, {WORKERS} workers, minibatches of one; best of {len(STEPS)} steps after "
        f"{rounds} rounds on {tuning} replicas a step, {fresh} fresh replicas"
    )
    return [
        *_errors(
            out, found[: len(RUNS)], f"{about}, bands: 95 %; TopK and RandomK send 4 coordinates; DEF detaches {DETACHED:g}"
        ),
        *_rates(
            out,
            [found[0], *found[len(RUNS) :]],
            f"{about}; medians and 10 to 90 %; where a marker is missing, it was not reached",
        ),
    ]


def variants(run: Run, quick: bool) -> list[Run]:
    """Return a run with every value of the option that is varied."""
    values = run.sweep[::2] if quick else run.sweep
    return [replace(run, options={**run.options, run.of: value}) for value in values]


def _errors(out: Path, found: Sequence[Course], about: str) -> list[Path]:
    table: dict[str, list[Any]] = {}
    with style.sheet(2, width=10.5, height=5.4) as (figure, axes):
        for course in found:
            run = course.run
            mean, low, high = summary(course.losses)
            line = {"color": run.color, "linestyle": run.dash, "label": f"{run.label}: {run.bits:.0f} bits"}
            for axis, scale in zip(axes, (run.bits, 1.0), strict=True):
                style.with_band(axis, scale * course.rounds, mean, np.maximum(low, 1e-4), high, **line)
            for place, count in enumerate(course.rounds):
                _add(
                    table,
                    {
                        "method": run.label,
                        "step [x^2/f]": course.step,
                        "rounds": count,
                        "bits of a message": run.bits,
                        "bits sent by a worker": count * run.bits,
                        "mean loss above the lowest [f]": mean[place],
                        "95% low [f]": low[place],
                        "95% high [f]": high[place],
                    },
                )
        for axis, letter, text in zip(axes, "ab", ("against bits", "against rounds"), strict=True):
            axis.set(xscale="log", yscale="log", ylim=(None, 1.0))
            style.title(axis, letter, text)
        axes[0].set(xlabel="bits sent by a worker  [bit]", ylabel="loss above the lowest found  [$f$]")
        axes[1].set_xlabel("rounds")
        style.legend_below(figure, axes[0], columns=4)
        style.headline(figure, f"{_best(found)}\n{fill(about, 140)}")
        return style.save(figure, {"": table}, out, "compression_error")


def _best(found: Sequence[Course]) -> str:
    """Say which method reaches the level with the fewest bits, and how many fewer than SGD."""
    bits = {course.run.label: float(np.median(reached(course))) * course.run.bits for course in found}
    plain = bits["SGD"]
    name = min(bits, key=lambda label: bits[label] if np.isfinite(bits[label]) else np.inf)
    if not np.isfinite(plain):
        return f"A loss of {LEVEL:g} above the lowest is not reached by SGD in these rounds"
    return f"A loss of {LEVEL:g} above the lowest takes {plain / bits[name]:.1f} times fewer bits with {name} than with SGD"


def reached(course: Course) -> Floats:
    """Return after how many rounds each replica is first below the level, between readings on a logarithmic scale, shape (R,)."""
    below = course.losses <= LEVEL
    first = below.argmax(axis=0)
    found = np.full(first.shape, np.inf)
    for replica, place in enumerate(first):
        if not below[place, replica]:
            continue
        if place == 0:
            found[replica] = course.rounds[0]
            continue
        ends, values = course.rounds[place - 1 : place + 1], course.losses[place - 1 : place + 1, replica]
        share = np.log(values[0] / LEVEL) / np.log(values[0] / values[1]) if np.isfinite(values[0]) else 1.0
        found[replica] = ends[0] * (ends[1] / ends[0]) ** share
    return found


def _rates(out: Path, found: Sequence[Course], about: str) -> list[Path]:
    table: dict[str, list[Any]] = {}
    labels = list(dict.fromkeys(course.run.label for course in found))
    dim = problem_of(PROBLEM).dim
    with style.sheet(2, width=10.5, height=5.2) as (figure, axes):
        for label in labels:
            mine = sorted((course for course in found if course.run.label == label), key=lambda course: course.run.bits)
            run = mine[0].run
            bits = np.array([course.run.bits for course in mine])
            rounds = np.quantile([reached(course) for course in mine], [0.1, 0.5, 0.9], axis=1, method="inverted_cdf")
            name = label.replace(", 2 bits", "")
            line = {"color": run.color, "linestyle": run.dash, "marker": MARKERS[run.system], "label": name}
            for axis, scale in zip(axes, (1.0, bits), strict=True):
                low, middle, high = np.where(np.isfinite(rounds), rounds, np.nan) * scale
                style.with_band(axis, bits / dim, middle, low, high, **line)
            for course, each in zip(mine, rounds.T, strict=True):
                _add(
                    table,
                    {
                        "method": name,
                        "option": run.of,
                        "value": course.run.options.get(run.of, 0),
                        "bits of a coordinate": course.run.bits / dim,
                        "step [x^2/f]": course.step,
                        f"rounds to {LEVEL:g}, median": each[1],
                        "10%": each[0],
                        "90%": each[2],
                        f"bits to {LEVEL:g}, median": each[1] * course.run.bits,
                    },
                )
        texts = ("rounds that it takes", "bits that it takes")
        for axis, letter, text in zip(axes, "ab", texts, strict=True):
            axis.set(xscale="log", yscale="log", xlabel="bits of a message for each coordinate  [bit]")
            style.title(axis, letter, f"{text} to a loss of {LEVEL:g} above the lowest")
        axes[0].set_ylabel("rounds")
        axes[1].set_ylabel("bits sent by a worker  [bit]")
        style.legend_below(figure, axes[0], columns=4)
        style.headline(
            figure, f"What a bit is worth: number of coordinates, levels, or bits of a level varied\n{fill(about, 140)}"
        )
        return style.save(figure, {"": table}, out, "compression_rate")


def _add(table: dict[str, list[Any]], line: dict[str, Any]) -> None:
    for header, value in line.items():
        table.setdefault(header, []).append(value)


if __name__ == "__main__":
    sys.exit(command.call(main, "compression", __doc__))
