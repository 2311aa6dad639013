from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from numerics import algorithms, graphs, simulate, timeline
from paper_figs import block_divergence, elastic, feedback_runs, feedback_tests, gauge_rows
from paper_figs.feedback_runs import Cell
from tests.paper_figs import tables
from theory import registry

FIGURES = ("gauge", "feedback", "feedback_verdicts", "feedback_steps", "divergence")
NAMES = {
    *(f"elastic_{figure}.{kind}" for figure in FIGURES for kind in ("pdf", "png", "csv")),
    "elastic_gauge_over_time.csv",
    "elastic_feedback_answer.csv",
}
SETTING = (16, 64)


def test_every_gauge_of_the_theory_is_held_against_a_row():
    keys = {card.key for card in registry.cards() if registry.get(card.key).quantity.name == "gauge_sq"}
    without_system = {"ours.elastic-composition", "ours.elastic-composition-messages"}
    falling_steps = {"mem-sgd.lemma-3.2:printed", "mem-sgd.lemma-3.2:rederived"}
    assert {key for row in gauge_rows.ROWS for key in row.keys} >= keys - without_system - falling_steps


@pytest.mark.parametrize(
    ("place", "expected"),
    [(1, [8 * 36 * 8.36, 36 * 8.36]), (2, [9 / 64 * 8.36]), (6, [(7 / 8 * 3) ** 2 * 8.36]), (19, None)],
)
def test_predictions_by_hand(place, expected):
    found = gauge_rows.gauged(gauge_rows.ROWS[place], 12, 8, seed=1)
    if expected is None:  # leader SGD, data that differ: the gradient bound is that of the problem
        assert found.row.system == "lsgd"
        assert found.best > (2 * 7 / 8 / 0.2) ** 2 * 8.36
    else:
        assert list(found.bounds.values()) == pytest.approx(expected)
    assert found.reading.interval[0] < found.best


@pytest.mark.parametrize(("sparse", "delay"), [("top-k", None), ("random-k", 4), ("random-block", None), ("random-block", 16)])
def test_steps_of_replicas_are_steps_of_the_algorithm(sparse, delay):
    cell = Cell("logistic-breast-cancer", sparse, SETTING, "none", delay)
    steps = np.array([0.01, 0.2, 0.05])
    found = feedback_runs.losses(cell, steps, 5, seed=3)
    problem = feedback_runs.problem_of(cell.problem)
    name, options = cell.system(problem.dim)
    schedule = graphs.complete(8).schedule()
    together, clock = (8, None) if delay is None else (1, timeline.WorstDelay(schedule, delay))
    events = SETTING[1] // together
    for r, step in enumerate(steps):
        algorithm = algorithms.get(name, step_size=step * together, **options)
        data = simulate(algorithm, problem, schedule, iterations=events, replicas=range(5 + r, 6 + r), seed=3, timeline=clock)
        assert found[r] == pytest.approx(data["value"].values[-max(1, events // 8) :, 0].mean(), rel=1e-9)


def test_runs_that_overflow_are_infinite_losses():
    cell = Cell("logistic-digits", "random-block", SETTING, "ef", None)
    lost = feedback_runs.losses(cell, np.array([1e300, 0.01]), 0, seed=0)
    assert lost[0] == np.inf
    assert 0 < lost[1] < 1


@pytest.mark.parametrize("name", feedback_runs.PROBLEMS)
def test_the_lowest_loss_is_a_stationary_one(name):
    objective = feedback_runs.problem_of(name).objective
    assert 0 <= feedback_runs.lowest(name) < 0.4 * objective.value(objective.start())


def test_holm_by_hand():
    assert feedback_tests.holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert feedback_tests.holm(np.array([0.6, 0.9])) == pytest.approx([1, 1])


def test_comparisons_are_paired_t_tests():
    rng = np.random.default_rng(0)
    cell = Cell("logistic-digits", "top-k", SETTING, "ef", 4)
    common = rng.standard_normal(10)
    first = feedback_runs.Tuned(cell, 0.1, np.zeros(12), 1 + common + 0.1 * rng.standard_normal(10))
    second = feedback_runs.Tuned(replace(cell, method="none"), 0.2, np.zeros(12), 1.2 + common)
    found = feedback_tests.compare(first, second)
    expected = stats.ttest_rel(first.losses, second.losses)
    ends = expected.confidence_interval()
    assert found.p == pytest.approx(expected.pvalue)
    assert [found.difference - found.half, found.difference + found.half] == pytest.approx([ends.low, ends.high])
    assert replace(found, adjusted=found.p).words == feedback_tests.HELPS
    assert replace(found, adjusted=0.06).words == feedback_tests.EVEN
    assert feedback_tests.compare(second, first).difference == pytest.approx(-found.difference)


def test_error_feedback_with_random_blocks_diverges_and_detached_feedback_does_not():
    _, system, options = block_divergence.RUNS[1]
    attached = block_divergence.measured(system, options, 0.2, 1000, 8, seed=1)
    detached = [block_divergence.measured(s, o, 0.2, 1000, 8, seed=1) for _, s, o in block_divergence.RUNS[2:]]
    assert np.median(attached) > block_divergence.PROBLEM["dim"]
    assert np.max(detached) < 1


@pytest.mark.slow
def test_quick_figures_and_what_their_numbers_claim(tmp_path):
    tables.check_files(elastic.main(tmp_path, quick=True, seed=3), tmp_path, NAMES)
    found = {path.stem: tables.read(path) for path in tmp_path.glob("*.csv")}

    gauges = found["elastic_gauge"]
    assert np.all(gauges["95% low [f^2/x^2]"] <= gauges["predicted B^2 [f^2/x^2]"])
    near = gauges["measured / predicted [1]"]
    for theorem in ("elastic.b-crash", "elastic.b-omission", "elastic.b-async-messages", "elastic.b-shared-memory:rederived"):
        assert near[gauges["theorem"] == theorem].max() > 0.9, theorem

    judged = found["elastic_feedback_verdicts"]
    assert np.all(judged["p after Holm"] >= judged["p"])
    decided = judged["verdict"] != feedback_tests.EVEN
    assert np.all(np.sign(judged["difference of losses [f]"][decided]) == np.where(judged["verdict"] == "helps", -1, 1)[decided])

    told = found["elastic_feedback_answer"]
    assert told["helps"].sum() + told["hurts"].sum() + told["no difference"].sum() == len(judged["p"])
    assert np.all(told["answer"] == told["answer"][0])

    blocks = found["elastic_divergence"]
    largest = tables.where(blocks, method="EF")["replicas above ten times the start"]
    assert largest[-1] == blocks["replicas"][0]
    assert np.all(tables.where(blocks, method="none")["replicas above ten times the start"] == 0)
