"""Mem-SGD: the inequalities of its proofs, and the worst cases of its recursions."""

from itertools import pairwise

import numpy as np
import pytest
import sympy as sp

import theory
from theory.derive import compare
from theory.papers import mem_sgd
from theory.symbols import k_0


def admissible(rng, theorem):
    while True:
        kept, slack = 10 ** rng.uniform(-2.7, -0.01), 4 + 10 ** rng.uniform(-1, 1.5)
        start = (slack + 1) / kept + rng.uniform(0, 1) * 10 ** rng.uniform(0, 2)
        here = {"lost": 1 - kept, "slack": slack, "k_0": start, "M": 1.0, "sigma": 0.0, "mu": 0.3, "L": 2.0, "R_0": 1.5}
        if theorem.applies(**here, K=10):
            return here


def test_the_polynomials_of_the_proof():
    alpha, y = sp.symbols("alpha y", positive=True)
    gap = sp.expand(alpha * (alpha - 1) ** 2 - (alpha + 1) ** 2 * (alpha - 4))
    assert gap == 8 * alpha + 4
    assert sp.expand((y - 1) ** 3 - y**2 * (y - 4)) == sp.expand(y**2 + 3 * y - 1)
    k, K = sp.symbols("k K", integer=True, positive=True)
    closed = sp.summation((k + k_0) ** 2, (k, 0, K - 1))
    weights = dict(mem_sgd.lemma_3_3.definitions)
    [formula] = [value.subs(sp.Symbol("K", positive=True), K) for value in weights.values()]
    assert sp.expand(closed - formula) == 0


def worst_memory(theta, start, steps=4000):
    """The largest E||m_k||^2 / gamma_k^2: all gradients alike, and a compressor that shrinks."""
    memory, largest = 0.0, 0.0
    for k in range(steps):
        gamma = 8 / (k + start)
        largest = max(largest, (memory / gamma) ** 2)
        memory = np.sqrt(theta) * (memory + gamma)
    return largest


def test_lemma_3_2_bounds_the_worst_memory():
    rng = np.random.default_rng(1)
    for _ in range(40):
        here = admissible(rng, mem_sgd.lemma_3_2)
        worst = worst_memory(here["lost"], here["k_0"])
        sharp, printed = mem_sgd.lemma_3_2_rederived.bound(**here), mem_sgd.lemma_3_2.bound(**here)
        assert worst <= sharp * (1 + 1e-9)
        assert sharp <= printed
        assert mem_sgd.lemma_3_2_rederived.applies(**here)


def test_the_sharper_memory_implies_the_printed_one_and_starts_earlier():
    outcome = compare(
        mem_sgd.theorem_2_4_rederived.expanded(), mem_sgd.theorem_2_4.expanded(), mem_sgd.theorem_2_4.requires, draws=300_000
    )
    assert outcome
    assert outcome.draws > 50
    early = {"lost": 0.9, "k_0": 25.0, "slack": 5.0, "M": 1.0, "sigma": 0.0}
    assert not mem_sgd.lemma_3_2.applies(**early)
    assert mem_sgd.lemma_3_2_rederived.applies(**early)
    assert worst_memory(0.9, 25.0) <= mem_sgd.lemma_3_2_rederived.bound(**early)


def test_five_and_seven_over_the_kept_share_are_feasible():
    for kept in (0.5, 0.1, 0.001):
        assert mem_sgd.lemma_3_2.applies(lost=1 - kept, slack=5.0, k_0=7 / kept, M=1.0, sigma=0.0)


@pytest.mark.parametrize("start", [1.0, 3.0, 40.0])
def test_lemma_3_3_for_greedy_and_even_gaps(start):
    rng = np.random.default_rng(2)
    here = {"mu": 0.4, "k_0": start, "per_square": 1.3, "per_cube": 0.8, "R_0": 2.0}
    for K in (1, 7, 200):
        bound = mem_sgd.lemma_3_3.bound(**here, K=K)
        weights = (np.arange(K) + start) ** 2
        tightest = 0.0
        for kind in ("greedy", "random", "late"):
            a, total = here["R_0"] ** 2, 0.0
            for k in range(K):
                gamma = 8 / (here["mu"] * (k + start))
                room = (1 - here["mu"] * gamma / 2) * a + gamma**2 * here["per_square"] + gamma**3 * here["per_cube"]
                if room < 0:
                    a = 0.0
                    continue
                share = {"greedy": 1.0, "random": rng.uniform(), "late": float(k == K - 1)}[kind]
                total += weights[k] * share * room / gamma
                a = (1 - share) * room
            assert total / weights.sum() <= bound * (1 + 1e-12)
            tightest = max(tightest, total / weights.sum() / bound)
        assert tightest > 0.05


def run(theta, start, curvatures, iterations, rng, replicas=200, sigma=0.3):
    """Random coordinates of a quadratic: kept with probability 1 - theta each, which loses theta of the square in the mean."""
    d = len(curvatures)
    x, memory = np.ones((replicas, d)), np.zeros((replicas, d))
    smallest = curvatures.min()
    rows, weights, average, largest = [], 0.0, 0.0, 0.0
    for k in range(iterations):
        gamma = 8 / (smallest * (k + start))
        gradient = curvatures * x + sigma / np.sqrt(d) * rng.normal(size=x.shape)
        largest = max(largest, float((gradient**2).sum(1).mean()))
        virtual = x - memory
        rows.append(((virtual**2).sum(1).mean(), (curvatures * x**2).sum(1).mean() / 2, (memory**2).sum(1).mean(), gamma))
        average, weights = average + (k + start) ** 2 * x, weights + (k + start) ** 2
        whole = memory + gamma * gradient
        sent = np.where(rng.uniform(size=x.shape) < 1 - theta, whole, 0.0)
        x, memory = x - sent, whole - sent
        assert np.allclose(x - memory, virtual - gamma * gradient)
    rows.append((((x - memory) ** 2).sum(1).mean(), 0.0, 0.0, 0.0))
    return rows, (curvatures * (average / weights) ** 2).sum(1).mean() / 2, largest


def test_a_run_obeys_lemma_3_1_lemma_3_2_and_theorem_2_4():
    curvatures = np.array([1.0, 1.5, 2.0, 3.0])
    theta, start, iterations = 0.5, 40.0, 300
    rows, excess, largest = run(theta, start, curvatures, iterations, np.random.default_rng(3))
    L, smallest = curvatures.max(), curvatures.min()
    for (a, e, m, gamma), (after, *_) in pairwise(rows):
        right = (1 - smallest * gamma / 2) * a + gamma**2 * largest + gamma * (smallest + 2 * L) * m
        assert after + gamma * e <= right * theory.get("mem-sgd.lemma-3.1").bound()
    here = {"lost": theta, "k_0": start, "slack": 5.0, "M": np.sqrt(largest), "sigma": 0.0, "mu": smallest, "L": L, "R_0": 2.0}
    assert mem_sgd.theorem_2_4.applies(**here, K=iterations)
    assert max(m / gamma**2 for _, _, m, gamma in rows[:-1]) <= mem_sgd.lemma_3_2_rederived.bound(**here)
    for theorem in (mem_sgd.theorem_2_4, mem_sgd.theorem_2_4_rederived):
        assert 0 < excess <= theorem.bound(**here, K=iterations)
