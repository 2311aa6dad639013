"""The replay of logs that are written here, with times, races and deaths that no machine would repeat."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.shared_memory.layout import Layout
from numerics.shared_memory.record import Outcome, Record
from numerics.shared_memory.replay import replay
from straggler import StragglerError

GAMMA = 0.5


def record(updates, model, *, dim=2, processes=2, every=1, torn=()):
    """A record of updates (process, read begins, write begins, write ended, gradient, read copy), by process in turn."""
    updates = sorted(updates, key=lambda update: update[0])
    who = np.array([update[0] for update in updates], dtype=np.intp)
    own = np.array([sum(who[:k] == i) for k, i in enumerate(who)], dtype=np.intp)
    counts = [int(sum(who == i)) for i in range(processes)]
    return Record(
        Layout(processes, dim, max(1, len(updates)), every, 0),
        tuple(Outcome(i, count, count, 0) for i, count in enumerate(counts)),
        who,
        own,
        np.array([(begun, begun + 1, write, ended) for _, begun, write, ended, *_ in updates], dtype=np.int64).reshape(-1, 4),
        np.zeros((len(updates), 3), dtype=np.int64),
        np.array([update[4] for update in updates], dtype=float).reshape(-1, dim),
        np.array([update[5] for k, update in enumerate(updates) if own[k] % every == 0], dtype=float).reshape(-1, dim),
        np.array(model, dtype=float),
        torn,
    )


def test_a_read_that_misses_one_write_and_half_of_another():
    a, b, c = [2.0, 0.0], [0.0, 4.0], [6.0, 8.0]
    found = replay(
        record(
            [
                (0, 0, 10, 20, a, [0.0, 0.0]),
                (0, 30, 40, 60, b, [-1.0, 0.0]),
                # begins to read while a is written: a is in the copy already, b is not; both may have been missing
                (1, 15, 50, 70, c, [-1.0, 0.0]),
            ],
            model=[-4.0, -6.0],
        ),
        np.zeros(2),
        GAMMA,
    )
    assert found.process.tolist() == [0, 0, 1]
    assert found.staleness.tolist() == [0, 0, 2]
    np.testing.assert_allclose(found.distance_sq, [0.0, 0.0, 16.0])
    np.testing.assert_allclose(found.reach_sq, [0.0, 0.0, 36.0])
    np.testing.assert_array_equal(found.auxiliary, [-4.0, -6.0])
    assert not found.lost.any()
    assert found.seconds == pytest.approx(70e-9)


def test_a_slow_write_makes_all_reads_stale_until_it_ends():
    slow = (0, 0, 5, 100, [1.0, 1.0], [0.0, 0.0])
    fast = [(1, 10 * k, 10 * k + 5, 10 * k + 6, [1.0, 0.0], [0.0, 0.0]) for k in range(1, 13)]
    found = replay(record([slow, *fast], model=[-6.5, -0.5]), np.zeros(2), GAMMA)
    # the reads that begin at 10, 20, ..., 90 may lack the slow one; those from 100 on lack nothing
    assert found.staleness.tolist() == [0, *range(1, 10), 0, 0, 0]
    assert found.largest_staleness == 9


def test_what_races_destroyed_is_what_the_model_lacks():
    updates = [(0, 0, 1, 2, [2.0, 2.0], [0.0, 0.0]), (1, 0, 1, 2, [4.0, 4.0], [0.0, 0.0])]
    found = replay(record(updates, model=[-3.0, -2.0]), np.zeros(2), GAMMA)
    np.testing.assert_array_equal(found.lost, [0.0, 2.0])
    assert found.process.tolist() == [0, 1]  # of equal times the lower number comes first


def test_differences_that_are_rounding_are_not_called_lost():
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((500, 2))
    updates = [(k % 2, 10 * k, 10 * k + 1, 10 * k + 2, g, [0.0, 0.0]) for k, g in enumerate(gradients)]
    x = np.zeros(2)
    for g in gradients[::-1]:
        x -= GAMMA * g
    assert not replay(record(updates, model=x), np.zeros(2), GAMMA).lost.any()
    assert replay(record(updates, model=x + np.array([1e-6, 0.0])), np.zeros(2), GAMMA).lost.tolist() != [0.0, 0.0]


@pytest.mark.parametrize(("model", "written"), [([-3.0, -2.0], [8.0, 0.0]), ([-3.0, -6.0], [8.0, 8.0]), ([1.0, -2.0], None)])
def test_of_an_update_that_death_broke_off_the_written_coordinates_count(model, written):
    updates = [(0, 0, 1, 2, [-2.0, 4.0], [0.0, 0.0]), (0, 30, 31, 32, [0.0, 0.0], [0.0, 0.0])]
    found = replay(record(updates, model=model, torn=((1, 5, 50, np.array([8.0, 8.0])),)), np.zeros(2), GAMMA)
    assert not found.lost.any()
    if written is None:
        assert found.process.tolist() == [0, 0]
    else:
        assert found.process.tolist() == [0, 1, 0]
        assert found.gradient_norm[1] == pytest.approx(np.linalg.norm(written))
        assert found.staleness.tolist() == [0, 0, 1]  # it may have been written at any time before it was found dead


def test_reads_are_matched_with_their_updates_when_few_are_kept():
    """Against plain Python, on many updates of three processes at random times, in more than one piece."""
    rng = np.random.default_rng(3)
    updates, clocks = [], [0, 0, 0]
    for _ in range(4500):
        i = int(rng.integers(3))
        begun = clocks[i] + int(rng.integers(1, 20))
        write = begun + 2 + int(rng.integers(1, 30))
        clocks[i] = write + int(rng.integers(1, 5))
        updates.append((i, begun, write, clocks[i], rng.standard_normal(2), rng.standard_normal(2)))
    found = replay(record(updates, np.zeros(2), processes=3, every=7), np.ones(2), GAMMA)
    ordered = sorted(updates, key=lambda update: (update[2], update[0]))
    x, made, distances, stale = np.ones(2), [0, 0, 0], [], []
    for k, (i, begun, _, _, gradient, read) in enumerate(ordered):
        missing = [s for s in range(max(0, k - 60), k) if ordered[s][3] > begun]
        stale.append(k - min(missing) if missing else 0)
        if made[i] % 7 == 0:
            distances.append(np.sum((x - read) ** 2) / GAMMA**2)
        made[i] += 1
        x = x - GAMMA * gradient
    np.testing.assert_array_equal(found.staleness, stale)
    np.testing.assert_allclose(found.distance_sq, distances, rtol=1e-10)
    np.testing.assert_allclose(found.auxiliary, x)


def test_readings_become_a_gauge():
    updates = [(k % 2, 10 * k, 10 * k + 1, 10 * k + 2, [0.0, 0.0], [k % 2 * GAMMA, 0.0]) for k in range(700)]
    gauge = replay(record(updates, np.zeros(2)), np.zeros(2), GAMMA).gauge()
    assert dict(gauge.distance_sq.sizes) == {"iteration": 8, "active": 2, "replica": 16}
    np.testing.assert_allclose(gauge.distance_sq.values[:, 0], 0)
    np.testing.assert_allclose(gauge.distance_sq.values[:, 1], 1)
    assert gauge.workers.values[0, :, 0].tolist() == [0, 1]


def test_processes_that_hardly_ran_are_left_out_of_the_gauge():
    updates = [(0, 10 * k, 10 * k + 1, 10 * k + 2, [0.0, 0.0], [0.0, 0.0]) for k in range(40)]
    updates += [(1, 3, 4, 5, [0.0, 0.0], [0.0, 0.0])]
    gauge = replay(record(updates, np.zeros(2)), np.zeros(2), GAMMA).gauge()
    assert dict(gauge.distance_sq.sizes) == {"iteration": 2, "active": 1, "replica": 16}


def test_no_update_at_all_is_an_error():
    with pytest.raises(StragglerError, match="nothing was updated"):
        replay(record([], np.zeros(2)), np.zeros(2), GAMMA)


@pytest.mark.parametrize(
    ("exitcode", "text"),
    [(-9, "killed by SIGKILL"), (1, "failed with exit status 1"), (0, "ended"), (-99, "killed by signal 99")],
)
def test_ends_in_words(exitcode, text):
    assert str(Outcome(3, 1, 2, exitcode)) == f"process 3 {text} after 1 of 2 updates"
    assert str(Outcome(3, 2, 2, 0)) == "process 3 finished its 2 updates"


def test_the_layout_shares_updates_and_keeps_arrays_apart():
    layout = Layout(3, 5, 11, 4, 7)
    assert [layout.quota(i) for i in range(3)] == [4, 4, 3]
    buffer = bytearray(layout.nbytes)
    arrays = layout.arrays(memoryview(buffer))
    for value, array in enumerate(arrays.values(), 1):
        array[...] = value
    assert all((array == value).all() for value, array in enumerate(arrays.values(), 1))
    assert arrays["reads"].shape == (3, 1, 5)
