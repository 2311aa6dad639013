"""Workers that take turns."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs, problems, simulate, timeline
from numerics.algorithms import ADPSGD, APSGD, SGD
from numerics.moments import exact_moments
from numerics.streams import Streams
from numerics.timeline import RoundRobin
from numerics.timeline.base import STRETCH
from straggler import InputError


@pytest.mark.parametrize("n", [2, 3, 8])
def test_everybody_in_turn_with_reads_n_minus_1_old(n):
    timeline, length = RoundRobin(graphs.complete(n).schedule()), STRETCH + 5
    events = list(timeline.play(length, Streams(0, range(2))))
    assert [event.k for event in events] == list(range(length))
    read_at = dict.fromkeys(range(n), 0)
    for k, event in enumerate(events):
        worker = k % n
        for numbers in (event.workers, event.slots, event.readers, event.refilled):
            np.testing.assert_array_equal(numbers, [[worker, worker]])
        np.testing.assert_array_equal(event.age, [[k - read_at[worker]] * 2])
        if k >= n:
            assert (event.age == timeline.staleness).all()
        read_at[worker] = k + 1
        assert event.partner is None
        assert event.time is None


def test_is_what_it_says():
    timeline = RoundRobin(graphs.ring(5).schedule())
    assert (timeline.n, timeline.slots, timeline.staleness, timeline.deterministic) == (5, 5, 4, True)
    np.testing.assert_array_equal(timeline.opening(Streams(3, range(2))), np.repeat(np.arange(5)[:, None], 2, axis=1))
    assert timeline.provenance() == {"timeline": "round-robin"}


def test_delays_a_server_by_n_minus_1_exactly():
    """On f = h x^2 / 2 with one worker after the other: x_{k+1} = x_k - gamma h x_{max(0, k - n + 1)}."""
    n, gamma, h = 3, 0.2, 0.7
    problem = problems.quadratic(dim=1, workers=n, spectrum=[h], sigma=0.0, zeta=0.0, start=1.0)
    settings = {"iterations": 20, "timeline": RoundRobin(graphs.ring(n).schedule())}
    run = simulate(APSGD(step_size=gamma), problem, graphs.ring(n), **settings)
    exact = exact_moments(APSGD(step_size=gamma), problem, graphs.ring(n), **settings)
    x = [1.0]
    for k in range(20):
        x.append(x[k] - gamma * h * x[max(0, k - n + 1)])
    np.testing.assert_allclose(run.grad_norm_sq[:, 0], h**2 * np.square(x), rtol=1e-12)
    np.testing.assert_allclose(exact.grad_norm_sq, h**2 * np.square(x), rtol=1e-12)
    assert float(run.largest_staleness[0]) == n - 1


def test_turns_are_taken_by_name():
    schedule = graphs.complete(3).schedule()
    assert isinstance(timeline.get("round-robin", APSGD(step_size=0.1), schedule), RoundRobin)
    for algorithm in (ADPSGD(step_size=0.1), SGD(step_size=0.1)):
        with pytest.raises(InputError, match="round-robin"):
            timeline.get("round-robin", algorithm, schedule)
