"""Push-sum error operators, their sums, and messages in flight."""

import numpy as np
import pytest

from numerics import graphs, mixing
from numerics.mixing import B_2, B_E, augmented, error_norms, error_operator, second_eigenvalue
from numerics.mixing.overlap import push_sum_weights
from straggler import InputError


def naive_norms(schedule, last, overlap=0):
    """``norms[k, s]`` for all 0 <= s < k <= last, one singular value decomposition at a time."""
    norms = np.zeros((last + 1, last))
    for s in range(last):
        for k in range(s + 1, last + 1):
            norms[k, s] = np.linalg.norm(error_operator(schedule, k, s, overlap), 2)
    return norms


@pytest.mark.parametrize("t", [2, 3, 4, 5, 6])
def test_one_peer_exponential_has_its_closed_form(t):
    schedule = graphs.one_peer_exponential(2**t).schedule()
    assert B_E(schedule) == pytest.approx((t - 1) ** 2, rel=1e-9)
    assert B_2(schedule) == pytest.approx(t - 1, rel=1e-9)
    norms = error_norms(schedule).norms
    assert norms.max() == pytest.approx(1.0)
    np.testing.assert_allclose(norms[:, t - 1 :], 0, atol=1e-13)


@pytest.mark.parametrize(("name", "n"), [("ring", 8), ("ring", 33), ("torus", 16), ("star", 9), ("path", 12), ("hypercube", 8)])
def test_symmetric_static_mixing_has_its_closed_form(name, n):
    schedule = graphs.get(name, n).schedule()
    eigenvalue = second_eigenvalue(schedule.at(0))
    assert B_E(schedule) == pytest.approx((eigenvalue / (1 - eigenvalue)) ** 2, rel=1e-9)
    assert B_2(schedule) == pytest.approx(eigenvalue**2 / (1 - eigenvalue**2), rel=1e-9)


def test_the_tail_bound_is_exact_where_the_horizon_is_cut_short():
    schedule = graphs.ring(12).schedule()
    cut = error_norms(schedule, tolerance=0.5)
    assert cut.norms.shape[1] < 10
    assert pytest.approx(B_E(schedule), rel=1e-9) == cut.B_E
    assert pytest.approx(B_2(schedule), rel=1e-9) == cut.B_2


@pytest.mark.parametrize("name", ["path", "star", "one-peer-exponential", "k-peer-exponential"])
@pytest.mark.parametrize("overlap", [0, 1])
def test_sums_agree_with_naive_ones_transient_included(name, overlap):
    schedule = graphs.get(name, 6).schedule("push")
    found = error_norms(schedule, overlap)
    enough = 70 if name == "path" else 40
    norms = naive_norms(schedule, enough, overlap)
    before, after = norms.sum(axis=1).max(), norms.sum(axis=0)[: enough // 2].max()
    squares = (norms**2).sum(axis=1).max()
    assert found.sums()[0] == pytest.approx(before, rel=2e-2)
    assert found.sums()[1] == pytest.approx(after, rel=2e-2)
    assert found.sums()[0] >= before * (1 - 1e-6)
    assert found.sums()[1] >= after * (1 - 1e-6)
    assert pytest.approx(squares, rel=2e-2) == found.B_2


def test_a_shorter_horizon_is_never_less():
    for name in ("star", "path"):
        schedule = graphs.get(name, 6).schedule("push")
        assert B_E(schedule) * (1 - 2e-3) <= error_norms(schedule, tolerance=1e-2).B_E
        assert B_E(schedule, 1) * (1 - 2e-3) <= error_norms(schedule, 1, tolerance=1e-2).B_E


# B_E, smallest push-sum weight, steady weight of the one-peer exponential graph with messages tau rounds late.
@pytest.mark.parametrize(
    ("n", "overlap", "constant", "smallest", "steady"),
    [
        (16, 0, 9.0, 1.0, 1.0),
        (16, 1, 48.0, 0.5, 2 / 3),
        (16, 2, 105.6, 0.25, 1 / 2),
        (16, 4, 543.0, 0.0625, 1 / 3),
        (8, 0, 4.0, 1.0, 1.0),
        (8, 1, 22.2, 0.5, 2 / 3),
        (8, 2, 161.3, 0.25, 1 / 2),
        (8, 4, 422.0, 0.0625, 1 / 3),
    ],
)
def test_table_of_overlap(n, overlap, constant, smallest, steady):
    found = error_norms(graphs.one_peer_exponential(n).schedule(), overlap)
    assert pytest.approx(constant, abs=0.06 if constant < 200 else 0.6) == found.B_E
    assert found.smallest_weight == pytest.approx(smallest)
    assert found.steady_weight == pytest.approx(steady, abs=1e-9)


@pytest.mark.parametrize("overlap", [0, 1, 3])
def test_messages_arrive_when_they_should_at_every_node(overlap):
    n, rounds = 6, 9
    schedule = graphs.random_peer(n, "complete", seed=4)
    matrices = np.stack([augmented(schedule.at(k).matrix(), overlap) for k in range(rounds)])
    np.testing.assert_allclose(matrices.sum(axis=1), 1, atol=1e-15)
    weights = push_sum_weights(matrices, n, rounds)
    held, sent = np.ones(n), []
    for k in range(rounds):
        matrix = schedule.at(k).matrix()
        sent.append((matrix - np.diag(np.diag(matrix))) @ held)
        held = np.diag(matrix) * held
        if k - overlap >= 0:
            held = held + sent[k - overlap]
        np.testing.assert_allclose(weights[k + 1, :n], held, atol=1e-15)
        np.testing.assert_allclose(weights[k + 1].sum(), n, atol=1e-13)


def test_error_operator_gives_the_error_of_push_sum_exactly():
    n, rounds, gamma = 5, 7, 0.3
    schedule = graphs.random_peer(n, "complete", seed=8)
    generator = np.random.default_rng(0)
    start, gradients = generator.standard_normal((n, 2)), generator.standard_normal((rounds, n, 2))
    x, w = start.copy(), np.ones(n)
    for k in range(rounds):
        matrix = schedule.at(k).matrix()
        x, w = matrix @ (x - gamma * gradients[k]), matrix @ w
    predicted = error_operator(schedule, rounds, 0) @ start
    predicted -= gamma * sum(error_operator(schedule, rounds, s) @ gradients[s] for s in range(rounds))
    np.testing.assert_allclose(x / w[:, None] - x.mean(axis=0), predicted, atol=1e-14)
    np.testing.assert_allclose(error_operator(schedule, rounds, 0) @ np.ones(n), 0, atol=1e-14)


def test_a_random_schedule_is_summed_over_its_rounds():
    schedule = graphs.random_peer(6, "exponential", seed=2)
    found = error_norms(schedule, rounds=40)
    norms = naive_norms(schedule, 40)
    assert found.sums()[0] == pytest.approx(norms.sum(axis=1).max(), rel=1e-5)
    assert found.sums()[1] == pytest.approx(norms.sum(axis=0).max(), rel=1e-5)


def test_bad_input():
    with pytest.raises(InputError, match="rounds"):
        B_E(graphs.random_peer(4))
    with pytest.raises(InputError, match="column-stochastic"):
        B_E(graphs.star(5).schedule("uniform"))
    with pytest.raises(InputError, match="k = 2"):
        error_operator(graphs.ring(4).schedule(), 2, 2)
    with pytest.raises(InputError, match="overlap"):
        B_E(graphs.ring(4).schedule(), overlap=-1)


def test_constants_are_those_of_the_one_peer_graph_and_an_envelope_of_every_error_operator():
    schedule = graphs.one_peer_exponential(8).schedule()
    found = mixing.push_sum_constants(schedule)
    assert found["B_E"] == pytest.approx(4, rel=1e-6)
    assert found["B_2"] == pytest.approx(2, rel=1e-6)
    assert found["C"] >= 1
    assert found["one_minus_q"] == pytest.approx(1 - found["q"])
    for s, k in ((0, 1), (1, 3), (2, 4), (0, 5)):
        norm = np.linalg.norm(mixing.error_operator(schedule, k, s), 2)
        assert norm <= found["C"] * found["q"] ** (k - s) + 1e-9
    assert set(mixing.push_sum_constants(schedule, overlap=1)) == {"B_E", "B_2"}
    assert mixing.push_sum_constants(graphs.complete(4).schedule())["C"] == pytest.approx(1)


@pytest.mark.parametrize(("name", "n"), [("ring", 6), ("one-peer-exponential", 8)])
def test_constants_of_gossip_bound_what_gradients_do_to_the_models(name, n):
    """X_{k+1} = W_k X_k - gamma G_k played out: for any gradients, and for noise, which has no mean to cancel."""
    schedule, rounds, rng = graphs.get(name, n).schedule(), 60, np.random.default_rng(1)
    found = mixing.gossip_constants(schedule)
    matrices = [schedule.at(k).matrix() for k in range(rounds)]
    operators = [[np.eye(n)] for _ in range(rounds)]  # operators[s][j] is W_{s+j} ... W_{s+1}
    for s in range(rounds):
        for k in range(s + 1, rounds):
            operators[s].append(matrices[k] @ operators[s][-1])
    norms = np.zeros((rounds + 1, rounds))
    for s in range(rounds):
        for k in range(s + 1, rounds + 1):
            norms[k, s] = np.linalg.norm(operators[s][k - s - 1] - 1 / n, 2)
    written = norms.sum(axis=1).max() * norms.sum(axis=0).max(), (norms**2).sum(axis=1).max()
    assert (found["B_E"], found["B_2"]) == (pytest.approx(written[0], rel=1e-6), pytest.approx(written[1], rel=1e-6))
    gradients, x, error, size = rng.standard_normal((rounds, n, 3)), np.zeros((n, 3)), 0.0, 0.0
    for matrix, gradient in zip(matrices, gradients, strict=True):
        x = matrix @ x - 0.1 * gradient
        error += ((x - x.mean(axis=0)) ** 2).sum()
        size += (gradient**2).sum()
    assert error <= 0.1**2 * found["B_E"] * size
    with pytest.raises(InputError, match="doubly stochastic"):
        mixing.gossip_constants(graphs.star(5).schedule("push"))
