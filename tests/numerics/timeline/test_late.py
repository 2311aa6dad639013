"""Timelines of rounds that do not wait: ages that are possible, quorums that are kept, streams that are documented."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, timeline
from numerics.streams import Streams
from numerics.timeline import Late, RandomlyLate
from straggler import InputError, StragglerError

SCHEDULE = graphs.complete(6).schedule()
STREAMS = Streams(9, range(2, 5))


def played(clock: timeline.Timeline, rounds: int = 40) -> np.ndarray:
    events = list(clock.play(rounds, STREAMS))
    assert [event.k for event in events] == list(range(rounds))
    assert all(event.mixing is SCHEDULE.at(event.k) for event in events)
    return np.stack([event.age for event in events])


def assert_possible(ages: np.ndarray) -> None:
    """A worker does not undo what it had ready, and has nothing ready before its first iteration."""
    assert ages.min() >= 0
    assert ages[0].max() <= 1
    assert np.diff(ages, axis=0).max(initial=-1) <= 1


@pytest.mark.parametrize("order", ["fixed", "rotation"])
@pytest.mark.parametrize("delay", [1, 2, 4])
@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 6])
def test_adversary(count, delay, order):
    clock = Late.adversarial(SCHEDULE, count, delay, order)
    ages = played(clock)
    assert_possible(ages)
    assert clock.deterministic
    assert (ages == ages[..., :1]).all()
    assert ((ages > 0).sum(axis=1) == count).all()
    assert clock.quorum == 6 - count
    assert clock.staleness == ages.max() == (delay if count else 0)
    late = (ages > 0).sum(axis=0)[:, 0]
    if order == "fixed":
        assert (ages[delay:, :count] == delay).all()
    elif count:
        assert late.max() - late.min() <= 2 * delay


def test_rotation_by_hand():
    ages = Late.adversarial(graphs.complete(3).schedule(), 2, 2).ages
    np.testing.assert_array_equal(ages, [[1, 1, 0], [2, 2, 0], [1, 0, 1], [2, 0, 2], [0, 1, 1], [0, 2, 2]])


def test_a_table_is_repeated_and_begins_with_what_is_there():
    clock = Late(SCHEDULE, [[3, 0, 0, 0, 0, 1], [2, 1, 0, 0, 0, 2]])
    ages = played(clock)[..., 0]
    np.testing.assert_array_equal(ages[0], [1, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(ages[1], [2, 1, 0, 0, 0, 2])
    np.testing.assert_array_equal(ages[2], [3, 0, 0, 0, 0, 1])
    assert_possible(ages)
    assert clock.staleness == 3


@pytest.mark.parametrize(
    "ages", [[0] * 6, [[0] * 5], [], [[0, 0, 0, 0, 0, -1]], [[0.5] * 6], [[0] * 6, [2] * 6], [[2] * 6, [0] * 6]]
)
def test_ages_that_are_not_possible(ages):
    with pytest.raises(InputError):
        Late(SCHEDULE, ages)


@pytest.mark.parametrize("late", ["solo", "majority", 0, 2, 6, 0.3])
@pytest.mark.parametrize("delay", [1, 3])
def test_random_lateness(late, delay):
    clock = RandomlyLate(SCHEDULE, late, delay)
    ages = played(clock, 200)
    assert_possible(ages)
    assert ages.max() == min(delay, 0 if late == 0 else delay)
    counts = (ages > 0).sum(axis=1)
    assert counts.max() <= 6 - clock.quorum
    if late in (0, 2, 6, "solo"):
        assert (counts == (5 if late == "solo" else late)).all()
    else:
        assert counts.std() > 0.5
        assert not np.array_equal(ages[..., 0], ages[..., 1])
    if late == "majority":
        assert set(counts.ravel()) == set(range(6))
    for k in range(1, 200):
        expected = np.where(ages[k] > 0, np.minimum(ages[k - 1] + 1, delay), 0)
        np.testing.assert_array_equal(ages[k], expected)


def test_random_lateness_reads_the_documented_stream():
    for column, replica in enumerate(STREAMS.replicas):
        generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(9, spawn_key=(replica, 2))))
        ages = played(RandomlyLate(SCHEDULE, 0.3))[..., column]
        np.testing.assert_array_equal(ages, [(generator.random(6) < 0.3) * 1 for _ in range(40)])
    generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(9, spawn_key=(2, 2))))
    ages = played(RandomlyLate(SCHEDULE, "majority"))[..., 0]
    for age in ages:
        order, rank = np.argsort(generator.random(6)), int(generator.random() * 6)
        assert set(np.flatnonzero(age)) == set(order[rank + 1 :].tolist())


@pytest.mark.parametrize("late", ["nobody", 7, -1, 1.5, float("nan")])
def test_lateness_that_is_not_possible(late):
    with pytest.raises(StragglerError):
        RandomlyLate(SCHEDULE, late)


def test_bad_adversaries():
    for settings in ({"count": 7}, {"count": -1}, {"count": 1, "delay": 0}, {"count": 1, "order": "random"}):
        with pytest.raises(StragglerError):
            Late.adversarial(SCHEDULE, **settings)


def test_by_name():
    eager = algorithms.get("eager", step_size=0.1)
    fixed = timeline.get("late", eager, SCHEDULE, count=2, delay=3, order="fixed")
    assert fixed.provenance()["ages"] == [[3, 3, 0, 0, 0, 0]]
    assert timeline.get("randomly-late", eager, SCHEDULE, late="solo").provenance()["late"] == "solo"
    for name, system in (("late", "adpsgd"), ("independent", "eager")):
        with pytest.raises(InputError):
            timeline.get(name, algorithms.get(system, step_size=0.1), SCHEDULE, **({"count": 1} if name == "late" else {}))
