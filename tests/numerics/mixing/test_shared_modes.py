"""Error norms by modes against one spectral norm per round and start."""

import sys

import numpy as np
import pytest

from numerics import graphs
from numerics.mixing import PeriodicSchedule, error_norms, error_operator, operator_from_matrix, push_sum_constants
from numerics.mixing.error_norms import ErrorNorms
from numerics.mixing.shared_modes import shared_modes
from straggler import InputError

CASES = [
    ("ring", 7, 1),
    ("ring", 9, 2),
    ("torus", 9, 1),
    ("path", 6, 0),
    ("erdos-renyi", 10, 0),
    ("hypercube", 8, 3),
    ("complete", 5, 1),
    ("exponential", 8, 2),
    ("one-peer-exponential", 8, 0),
    ("one-peer-exponential", 8, 2),
    ("one-peer-exponential", 12, 1),
    ("k-peer-exponential", 8, 1),
]


@pytest.mark.parametrize(("name", "n", "overlap"), CASES)
def test_norms_and_tail_are_those_of_the_matrices(name, n, overlap, monkeypatch):
    schedule = graphs.get(name, n).schedule()
    assert shared_modes(schedule, overlap) is not None
    found = error_norms(schedule, overlap)
    monkeypatch.setattr(sys.modules["numerics.mixing.error_norms"], "shared_modes", lambda *_: None)
    plain = error_norms(schedule, overlap)
    assert (found.settled, found.period) == (plain.settled, plain.period)
    np.testing.assert_allclose(found.norms, plain.norms, atol=1e-13)
    np.testing.assert_allclose(found.envelopes, plain.envelopes, atol=1e-13)
    for part in ("tail", "B_E", "B_2", "smallest_weight", "steady_weight"):
        assert getattr(found, part) == pytest.approx(getattr(plain, part), rel=1e-7), part


@pytest.mark.parametrize(
    ("name", "n", "weights", "overlap"), [("path", 6, None, 1), ("star", 5, "push", 0), ("erdos-renyi", 9, None, 2)]
)
def test_late_messages_mix_the_modes_of_workers_that_keep_different_shares(name, n, weights, overlap):
    assert shared_modes(graphs.get(name, n).schedule(weights), overlap) is None


def test_random_rounds_have_no_common_modes():
    assert shared_modes(graphs.random_peer(6), 0) is None


@pytest.mark.parametrize("overlap", [1, 2])
def test_a_horizon_cut_short_gives_no_less(overlap):
    schedule = graphs.ring(10).schedule()
    whole, cut = error_norms(schedule, overlap), error_norms(schedule, overlap, tolerance=1e-2)
    assert cut.norms.shape[1] < whole.norms.shape[1] / 2
    for power in (1, 2):
        for short, long in zip(cut.sums(power), whole.sums(power), strict=True):
            assert long * (1 - 2e-3) <= short <= 1.2 * long


def test_large_rings():
    """What takes minutes with one spectral norm per round: held against the closed form, and single error operators."""
    second = 1 / 3 + 2 / 3 * np.cos(2 * np.pi / 64)
    plain = push_sum_constants(graphs.ring(64).schedule())
    assert plain["B_E"] == pytest.approx((second / (1 - second)) ** 2, rel=1e-9)
    schedule = graphs.ring(64).schedule()
    late = error_norms(schedule, 1)
    for s, j in ((0, 1), (0, 40), (3, 200)):
        assert late.norms[s, j - 1] == pytest.approx(np.linalg.norm(error_operator(schedule, s + j, s, 1), 2), rel=1e-9)
    assert plain["B_E"] < late.B_E


def test_what_does_not_contract_is_refused():
    with pytest.raises(InputError, match="contraction of push-sum"):
        error_norms(PeriodicSchedule([operator_from_matrix(np.array([[0.0, 1.0], [1.0, 0.0]]))], "swap"))


@pytest.mark.parametrize(("settled", "period", "horizon"), [(0, 1, 5), (3, 1, 7), (4, 3, 6), (9, 4, 5), (2, 5, 3), (0, 0, 6)])
def test_sums_over_starts_are_those_written_out(settled, period, horizon):
    starts = settled + period or 8
    table = np.random.default_rng(settled + 10 * period).random((starts, horizon))

    def row(start):
        return start if start < starts else settled + (start - settled) % period

    ends = range(1, (starts if not period else settled + 3 * horizon + 2 * period) + 1)
    written = max(
        sum(table[row(end - j), j - 1] for j in range(1, horizon + 1) if end - j >= 0 and (period or end - j < starts))
        for end in ends
    )
    found = ErrorNorms(table, table, settled, period, 0.0, 1.0, 1.0)
    assert found.sums()[0] == pytest.approx(written, rel=1e-12)
