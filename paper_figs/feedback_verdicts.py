"""The table of verdicts: methods compared cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paper_figs import style
from paper_figs.feedback_runs import DELAYS, METHODS, SPARSE
from paper_figs.feedback_tests import CONTRASTS, EVEN, HELPS, HURTS, LEVEL, Verdict

SHADES = {HELPS: "#bfe3d2", HURTS: "#f5c6a5", EVEN: "#eeeeee"}
NAMES = ["sync", *(str(delay) for delay in DELAYS if delay is not None)]


def draw_verdicts(out: Path, judged: Sequence[Verdict], about: str) -> list[Path]:
    """Draw a coloured table for every contrast; write elastic_feedback_verdicts."""
    rows = list(dict.fromkeys((v.cell.problem, v.cell.sparse, v.cell.setting) for v in judged))
    with style.sheet(3, width=11, height=0.27 * len(rows) + 1.8) as (figure, axes):
        for axis, letter, (first, second) in zip(axes, "abc", CONTRASTS, strict=True):
            for verdict in judged:
                if (verdict.cell.method, verdict.other) == (first, second):
                    cell = verdict.cell
                    _cell(axis, DELAYS.index(cell.delay), rows.index((cell.problem, cell.sparse, cell.setting)), verdict)
            labels = [f"{problem}, {SPARSE[sparse]}, 1/{kept}, {count}" for problem, sparse, (kept, count) in rows]
            axis.set(xlim=(-0.5, len(NAMES) - 0.5), ylim=(len(rows) - 0.5, -0.5), xticks=range(len(NAMES)), xticklabels=NAMES)
            axis.set(yticks=range(len(rows)), yticklabels=labels if letter == "a" else [], xlabel="delay  [updates]")
            axis.grid(visible=False)
            axis.tick_params(length=0)
            style.title(axis, letter, f"{METHODS[first]} against {METHODS[second]}")
        from matplotlib.patches import Patch

        words = {HELPS: "the first is better", HURTS: "the first is worse", EVEN: "no difference that can be told"}
        handles = [Patch(color=SHADES[word], label=text) for word, text in words.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        style.headline(
            figure,
            "Loss above the lowest found, as a ratio of two methods, each at its own best step; coloured where a paired t-test "
            f"tells them apart, {100 * LEVEL:g} % for all {len(judged)} tests (Holm)\n"
            f"{about}; rows: share of coordinates sent, number of gradients",
        )
        return style.save(figure, {"": _table(judged)}, out, "elastic_feedback_verdicts")


def _cell(axes: Any, column: int, row: int, verdict: Verdict) -> None:
    axes.fill_between([column - 0.48, column + 0.48], row - 0.46, row + 0.46, color=SHADES[verdict.words], linewidth=0)
    axes.text(column, row, f"{verdict.ratio:.3f}", ha="center", va="center", fontsize=7.5)


def _table(judged: Sequence[Verdict]) -> dict[str, list[Any]]:
    return {
        "problem": [v.cell.problem for v in judged],
        "compressor": [SPARSE[v.cell.sparse] for v in judged],
        "share sent [1]": [1 / v.cell.kept for v in judged],
        "gradients": [v.cell.gradients for v in judged],
        "timing": [v.cell.timing for v in judged],
        "method": [METHODS[v.cell.method] for v in judged],
        "against": [METHODS[v.other] for v in judged],
        "difference of losses [f]": [v.difference for v in judged],
        "half width of its 95% interval [f]": [v.half for v in judged],
        "ratio of losses above the lowest [1]": [v.ratio for v in judged],
        "p": [v.p for v in judged],
        "p after Holm": [v.adjusted for v in judged],
        "verdict": [v.words for v in judged],
    }
