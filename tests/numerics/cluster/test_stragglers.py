"""Modifiers of compute times: what they do to whom, and how often."""

import itertools
import json
import math

import numpy as np
import pytest
from scipy import stats

from numerics.cluster import InjectedDelays, MarkovStragglers, SlowWorkers
from straggler import InputError


def table(modifier, iterations, workers, seed=0, cuts=()):
    """The table that the modifier makes of ones, in one piece or in several."""
    modify = modifier.bind(workers, np.random.Generator(np.random.SFC64(seed)))
    times = np.ones((iterations, workers))
    for piece in np.split(times, cuts):
        modify(piece)
    return times


def test_slow_workers():
    times = table(SlowWorkers({3: 10.0, 0: 0.5}), 5, 4)
    assert np.array_equal(times, np.tile([0.5, 1, 1, 10], (5, 1)))
    assert SlowWorkers({3: 10.0, 0: 0.5}) == SlowWorkers({0: 0.5, 3: 10.0})


@pytest.mark.parametrize(("count", "workers"), [(0, 4), (1, 1), (2, 4), (2, 16), (5, 7), (7, 7), (100, 128)])
def test_exactly_count_delays_in_every_iteration(count, workers):
    late = table(InjectedDelays(count, 0.25), 3000, workers) - 1
    assert set(np.unique(late)) <= {0, 0.25}
    assert np.all(np.sum(late > 0, axis=1) == count)
    # Every worker equally often, within the spread of a hypergeometric choice.
    per_worker, q = np.sum(late > 0, axis=0), count / workers
    assert np.all(np.abs(per_worker - 3000 * q) <= 5 * math.sqrt(3000 * q * (1 - q)))


def test_every_pair_is_equally_likely():
    late = table(InjectedDelays(2, 1.0), 12_000, 4) > 1
    counts = np.unique(late, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-4


def test_most_delayed_worker_in_ten_iterations():
    """``E max_i`` of the delays within a period of ten, two of four workers at a time, against all ways to draw the pairs."""
    pairs, expected = list(itertools.combinations(range(4), 2)), 0.0
    for bars in itertools.combinations(range(15), 5):
        counts = np.diff([-1, *bars, 15]) - 1
        ways = math.factorial(10) / math.prod(math.factorial(int(count)) for count in counts)
        delays = [sum(int(count) for pair, count in zip(pairs, counts, strict=True) if i in pair) for i in range(4)]
        expected += ways / 6**10 * max(delays)
    late = table(InjectedDelays(2, 1.0), 100_000, 4) - 1
    worst = late.reshape(-1, 10, 4).sum(axis=1).max(axis=1)
    assert abs(worst.mean() - expected) < 4.5 * worst.std() / math.sqrt(len(worst))


@pytest.mark.parametrize(("p_slow", "p_recover"), [(0.02, 0.1), (0.3, 0.4), (0.9, 0.8), (0.6, 0.4), (1.0, 1.0), (0.0, 0.5)])
def test_markov_law(p_slow, p_recover):
    modifier = MarkovStragglers(p_slow, p_recover, 4.0)
    slow = table(modifier, 2000, 200) > 1
    assert modifier.stationary == p_slow / (p_slow + p_recover)
    # Rows are independent over workers, so the fraction in each row is binomial from the first iteration on.
    spread = math.sqrt(modifier.stationary * (1 - modifier.stationary) / 200)
    for row in (0, 1, 2, 100, 1999):
        assert abs(slow[row].mean() - modifier.stationary) <= 4.5 * spread
    before, after = slow[:-1], slow[1:]
    for state, chance in ((False, p_slow), (True, 1 - p_recover)):
        steps = np.sum(before == state)
        if steps:
            assert abs(np.mean(after[before == state]) - chance) <= 4.5 * math.sqrt(chance * (1 - chance) / steps)


def test_markov_dwell_times_are_geometric():
    slow = np.diff((table(MarkovStragglers(0.05, 0.2, 2.0), 20_000, 8) > 1).astype(int), axis=0)
    for worker in range(8):
        starts, ends = np.nonzero(slow[:, worker] == 1)[0], np.nonzero(slow[:, worker] == -1)[0]
        ends = ends[ends > starts[0]]
        dwell = ends - starts[: len(ends)]
        assert dwell.min() == 1
        assert abs(dwell.mean() - 5) < 4.5 * math.sqrt(0.8) / 0.2 / math.sqrt(len(dwell))


def test_markov_against_one_step_at_a_time():
    """The same uniform numbers, followed in a loop."""
    for p_slow, p_recover in [(0.02, 0.1), (0.9, 0.8), (0.5, 0.5)]:
        rng = np.random.Generator(np.random.SFC64(5))
        state = rng.random(6) < p_slow / (p_slow + p_recover)
        expected = []
        for _ in range(300):
            expected.append(np.where(state, 3.0, 1.0))
            uniform = rng.random(6)
            state = np.where(state, uniform < 1 - p_recover, uniform < p_slow)
        assert np.array_equal(table(MarkovStragglers(p_slow, p_recover, 3.0), 300, 6, seed=5), expected)


@pytest.mark.parametrize("modifier", [SlowWorkers({1: 3.0}), InjectedDelays(3, 0.5), MarkovStragglers(0.1, 0.3, 2.0)])
def test_pieces_do_not_matter(modifier):
    whole = table(modifier, 60, 5)
    for cuts in ([1], [0, 7, 7, 30], range(1, 60)):
        assert np.array_equal(table(modifier, 60, 5, cuts=cuts), whole)
    assert hash(modifier) == hash(modifier)
    assert json.loads(json.dumps(modifier.provenance()))["kind"] == modifier.kind


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SlowWorkers({7: math.inf}), "factor of worker 7 = inf"),
        (lambda: SlowWorkers({7: -1.0}), "factor of worker 7 = -1.0"),
        (lambda: SlowWorkers({-1: 2.0}), "worker = -1"),
        (lambda: SlowWorkers({4: 2.0}).check(4), "slow worker = 4 .* a number below 4"),
        (lambda: InjectedDelays(-1, 1.0), "count = -1"),
        (lambda: InjectedDelays(1, -1.0), "seconds = -1.0"),
        (lambda: InjectedDelays(1, math.inf), "seconds = inf"),
        (lambda: InjectedDelays(5, 1.0).check(4), "count = 5 .* at most 4"),
        (lambda: MarkovStragglers(1.5, 0.1, 2.0), "p_slow = 1.5"),
        (lambda: MarkovStragglers(math.nan, 0.1, 2.0), "p_slow = nan"),
        (lambda: MarkovStragglers(0.1, 0.0, 2.0), "p_recover = 0.0 .* slow workers have to recover"),
        (lambda: MarkovStragglers(0.1, 0.1, math.inf), "factor = inf"),
    ],
)
def test_bad_parameters(make, message):
    with pytest.raises(InputError, match=message):
        make()
