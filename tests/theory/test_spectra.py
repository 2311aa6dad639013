"""Closed-form spectra against eigenvalues of matrices for up to 200 workers, and leading orders against limits."""

import itertools
import math

import numpy as np
import pytest
import sympy as sp

from numerics import graphs
from numerics.algorithms.grouping import Grouping
from numerics.mixing import product
from numerics.timeline import pairs
from straggler import InputError, StragglerError, UnknownName
from theory import spectra, symbols

ALL_N = (*range(2, 34), *range(35, 200, 9), 64, 128, 199, 200)
CUBES = (2, 4, 8, 16, 32, 64, 128)


def measured(matrix, second_moment=None):
    """(lambda2, rho) of W, or of E[W] and E[W'W], by sorting all eigenvalues and by a singular value decomposition."""
    n = len(matrix)
    symmetric = np.array_equal(matrix, matrix.T)
    lambda2 = np.sort(np.abs(np.linalg.eigvalsh(matrix) if symmetric else np.linalg.eigvals(matrix)))[-2]
    if second_moment is None:
        return lambda2, np.linalg.norm(matrix - 1 / n, 2) ** 2
    return lambda2, np.linalg.norm(second_moment - 1 / n, 2)


def check(key, sizes, matrices, **parameters):
    """Compare the numbers of a family, taken in one vectorised call, with those of ``matrices(n) -> W or (E W, E W'W)``."""
    found = spectra.get(key).at(sizes, **parameters)
    for index, n in enumerate(sizes):
        given = matrices(n)
        lambda2, rho = measured(*given) if isinstance(given, tuple) else measured(given)
        assert found["lambda2"][index] == pytest.approx(lambda2, abs=2e-8), n  # as exact as eigenvalues of Jordan blocks
        assert found["rho"][index] == pytest.approx(rho, abs=1e-12), n
        assert found["gap"][index] == pytest.approx(1 - rho, abs=1e-12), n


def static(name):
    return lambda n: graphs.get(name, n).schedule().at(0).matrix()


@pytest.mark.parametrize("name", ["ring", "path", "star"])
def test_undirected_graphs(name):
    check(name, [n for n in ALL_N if n >= 3], static(name))


def test_complete_hypercube_and_static_exponential():
    check("complete", ALL_N, static("complete"))
    check("hypercube", CUBES, static("hypercube"))
    check("exponential", ALL_N, static("exponential"))


@pytest.mark.parametrize(("dims", "sides"), [(1, range(3, 30)), (2, range(3, 15)), (3, (3, 4, 5)), (4, (3,))])
def test_torus_with_equal_sides(dims, sides):
    check(
        "torus",
        [m**dims for m in sides],
        lambda n: graphs.torus(shape=[round(n ** (1 / dims))] * dims).schedule().at(0).matrix(),
        dims=dims,
    )


@pytest.mark.parametrize(
    "sides",
    [
        (2,),
        (3,),
        (2, 2),
        (2, 3),
        (3, 3),
        (2, 2, 3),
        (3, 3, 3),
        (4, 2),
        (3, 5),
        (4, 4),
        (2, 7),
        (5, 6),
        (4, 8, 2),
        (3, 3, 2, 2),
        (2, 100),
    ],
)
def test_torus_with_any_sides(sides):
    found = spectra.torus_of(sides)
    lambda2, rho = measured(graphs.torus(shape=sides).schedule().at(0).matrix())
    numbers = found.at(math.prod(sides))
    assert numbers["lambda2"] == pytest.approx(lambda2, abs=1e-12)
    assert (numbers["rho"], numbers["gap"]) == (pytest.approx(rho, abs=1e-12), pytest.approx(1 - rho, abs=1e-12))
    with pytest.raises(InputError, match=f"n = {math.prod(sides)}"):
        found.at(math.prod(sides) + 1)


@pytest.mark.parametrize("rounds", range(1, 9))
def test_products_of_one_peer_rounds(rounds):
    check(
        "one-peer-exponential",
        ALL_N,
        lambda n: product(graphs.one_peer_exponential(n).schedule(), rounds),
        rounds=rounds,
    )


def test_one_peer_rounds_average_powers_of_two_exactly_and_half_a_period_does_not():
    spectrum = spectra.get("one-peer-exponential")
    for t in range(1, 8):
        assert spectrum.at(2**t, rounds=t)["rho"] == 0
        assert spectrum.at(2**t + 2, rounds=t)["rho"] > 0
    assert spectrum.at(2**20, rounds=19)["lambda2"] == pytest.approx(2 / math.pi, rel=1e-9)
    # the table of the appendix of SGP for 32 workers
    assert spectrum.at(32, rounds=np.arange(1, 6))["lambda2"] == pytest.approx([0.9952, 0.9761, 0.9018, 0.6376, 0], abs=5e-5)


def test_a_common_random_hop():
    def moments(n):
        shifts = [np.roll(np.eye(n), 2**j, axis=0) for j in range(max(1, (n - 1).bit_length()))]
        draws = [(np.eye(n) + shift) / 2 for shift in shifts]
        return sum(draws) / len(draws), sum(w.T @ w for w in draws) / len(draws)

    check("random-hop", [n for n in ALL_N if n % 2 == 0], moments)
    schedule = graphs.random_peer(24, "exponential", shared=True)
    assert spectra.get("random-hop").at(24)["rho"] == pytest.approx(measured(np.eye(24), schedule.second_moment)[1])


def averaging(n, groups):
    matrix = np.eye(n)
    for group in groups:
        matrix[np.ix_(group, group)] = 1 / len(group)
    return matrix


def moments(draws):
    return sum(draws) / len(draws), sum(w.T @ w for w in draws) / len(draws)


def partitions(workers, size):
    """All ways of splitting the workers into groups of this size."""
    if not workers:
        yield []
        return
    first, *rest = workers
    for others in itertools.combinations(rest, size - 1):
        for more in partitions([w for w in rest if w not in others], size):
            yield [[first, *others], *more]


@pytest.mark.parametrize(("n", "size"), [(2, 2), (5, 2), (6, 3), (7, 4), (8, 2), (8, 4), (6, 6), (9, 3)])
def test_random_groups_by_enumeration(n, size):
    check("random-group", [n], lambda n: moments([averaging(n, [g]) for g in itertools.combinations(range(n), size)]), group=size)
    if n % size == 0:
        check("random-partition", [n], lambda n: moments([averaging(n, p) for p in partitions(list(range(n)), size)]), group=size)


@pytest.mark.parametrize("size", [2, 5, 10])
def test_random_groups_of_many_workers_by_counting(size):
    def mean(n, chosen, both, groups):
        """E[W] where one worker, and a pair, are in these many of so many equally likely groups or partitions."""
        matrix = np.full((n, n), both / groups / size)
        np.fill_diagonal(matrix, 1 - chosen / groups + chosen / groups / size)
        return matrix, matrix

    sizes = list(range(10, 201, 10))
    comb = math.comb
    check("random-group", sizes, lambda n: mean(n, comb(n - 1, size - 1), comb(n - 2, size - 2), comb(n, size)), group=size)
    # given the group of one worker, each of the others is as likely to be in it
    check("random-partition", sizes, lambda n: mean(n, n - 1, size - 1, n - 1), group=size)


@pytest.mark.parametrize("size", [2, 4, 8, 32])
def test_butterfly_groups_over_a_period_and_in_their_order(size):
    sizes = [n for n in CUBES if n >= size]

    def period(n):
        grouping = Grouping(n, size)
        return moments([grouping.at(t).matrix() for t in range(grouping.period)])

    check("butterfly", sizes, period, group=size)
    for n in sizes:
        needed = int(spectra.rounds_to_average.subs({symbols.n: n, symbols.group: size}))
        done = np.eye(n)
        for t in range(needed):
            assert np.linalg.norm(done - 1 / n, 2) == pytest.approx(1)
            done = Grouping(n, size).at(t).matrix() @ done
        assert done == pytest.approx(np.full((n, n), 1 / n))


def gossip(schedule):
    moment = pairs.second_moment(pairs.probabilities(pairs.neighbours(schedule)))
    return moment, moment


@pytest.mark.parametrize(
    ("key", "sizes"),
    [("ring", range(3, 201, 7)), ("complete", range(2, 201, 9)), ("hypercube", CUBES), ("star", range(3, 201, 9))],
)
def test_pairwise_gossip(key, sizes):
    check(f"gossip-{key}", list(sizes), lambda n: gossip(graphs.get(key, n).schedule()))


@pytest.mark.parametrize("name", ["ring", "complete", "star"])
def test_pairwise_gossip_by_drawing_every_pair(name):
    """W'W summed with its probability over all ordered pairs, nothing simplified."""
    for n in (3, 4, 7):
        linked = graphs.get(name, n).union
        total = np.zeros((n, n))
        for i in range(n):
            for j in np.flatnonzero(linked[i]):
                step = averaging(n, [[i, j]])
                total += step.T @ step / n / linked[i].sum()
        assert spectra.get(f"gossip-{name}").at(n)["rho"] == pytest.approx(measured(np.eye(n), total)[1], abs=1e-12)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_pairwise_gossip_on_a_torus(dims):
    sizes = [m**dims for m in range(3, 6)]
    shape = {m**dims: [m] * dims for m in range(3, 6)}
    check("gossip-torus", sizes, lambda n: gossip(graphs.torus(shape=shape[n]).schedule()), dims=dims)


@pytest.mark.parametrize(("n", "degree"), [(10, 3), (60, 4), (200, 5)])
def test_pairwise_gossip_on_any_regular_graph(n, degree):
    graph = graphs.random_regular(n, degree=degree, seed=4)
    connectivity = np.linalg.eigvalsh(np.diag(graph.union.sum(axis=1)) - graph.union.astype(float))[1]
    check("gossip-regular", [n], lambda _: gossip(graph.schedule()), degree=degree, connectivity=connectivity)


VALUES = {"dims": 3, "rounds": 3, "group": 4, "degree": 3, "connectivity": sp.Rational(1, 2)}


def fixed(expression, value=None):
    """The expression with its other symbols at `VALUES`, logarithms natural, and n at a number or rounded up nowhere."""
    at = {sp.Symbol(name, positive=True): number for name, number in VALUES.items()}
    chosen = sp.sympify(expression).subs(at)
    return chosen.subs(symbols.n, value) if value else chosen.replace(sp.ceiling, lambda inside: inside).rewrite(sp.log)


@pytest.mark.parametrize("key", spectra.FAMILIES)
def test_gap_is_one_minus_rho_and_leading_order_is_its_limit(key):
    spectrum = spectra.get(key)
    for n in (16, 64, 4096):
        assert abs(sp.N(fixed(spectrum.gap + spectrum.rho, n) - 1, 40)) < 1e-35
    assert sp.limit(fixed(spectrum.gap / spectrum.leading), symbols.n, sp.oo) == 1
    if not spectrum.random:
        assert abs(sp.N(fixed(spectrum.rho - spectrum.lambda2**2, 64), 40)) < 1e-35
    assert len(spectrum.proof.split()) > 10
    assert all(spectrum.latex.values())


def test_the_ring_has_eight_thirds_and_not_sixteen():
    ring = spectra.get("ring")
    assert sp.limit(ring.gap * symbols.n**2, symbols.n, sp.oo) == 8 * sp.pi**2 / 3
    matrix = static("ring")(200)
    assert 200**2 * (1 - measured(matrix)[1]) / math.pi**2 == pytest.approx(8 / 3, rel=1e-3)
    assert "16 pi^2/(3 n^2)" in ring.note
    far = ring.at(10**7)  # where 1 - rho itself has lost its digits
    assert far["gap"] == pytest.approx(far["leading"], rel=1e-12)


@pytest.mark.parametrize(
    ("key", "n"), [("ring", 3), ("ring", 9), ("path", 12), ("hypercube", 2), ("hypercube", 16), ("complete", 7), ("star", 6)]
)
def test_lazy_forms(key, n):
    matrix = graphs.get(key, n).schedule("lazy").at(0).matrix()
    lazy = spectra.get(key).lazy()
    lambda2, rho = measured(matrix)
    assert lazy.at(n)["lambda2"] == pytest.approx(lambda2, abs=1e-12)
    assert lazy.at(n)["gap"] == pytest.approx(1 - rho, abs=1e-12)
    assert sp.limit(fixed(lazy.gap / lazy.leading), symbols.n, sp.oo) == 1


def test_messages_are_the_entries_off_the_diagonal():
    for name, n in (
        ("ring", 9),
        ("path", 9),
        ("star", 9),
        ("complete", 9),
        ("hypercube", 16),
        ("exponential", 11),
        ("exponential", 16),
    ):
        matrix = static(name)(n)
        assert spectra.get(name).at(n)["messages"] == np.count_nonzero(matrix) - n
    assert spectra.get("torus").at(27, dims=3)["messages"] == np.count_nonzero(graphs.torus(shape=(3, 3, 3)).union)
    assert spectra.torus_of((2, 3)).at(6)["messages"] == np.count_nonzero(graphs.torus(shape=(2, 3)).union)
    assert spectra.get("butterfly").at(64, group=8)["messages"] == 64 * 3


@pytest.mark.parametrize(
    ("key", "n", "parameters", "error", "match"),
    [
        ("ring", 2, {}, InputError, r"n of ring = 2.0 is not admissible: needs whole n >= 3"),
        ("ring", [5, 6.5], {}, InputError, r"6.5"),
        ("ring", math.nan, {}, InputError, "nan"),
        ("hypercube", 6, {}, InputError, "a power of two"),
        ("torus", 10, {"dims": 2}, InputError, "power of a whole number"),
        ("torus", 9, {}, StragglerError, "dims"),
        ("ring", 9, {"dims": 2}, StragglerError, "dims"),
        ("random-group", 4, {"group": 5}, InputError, "group <= n"),
        ("random-hop", 7, {}, InputError, "even n"),
    ],
)
def test_bad_numbers(key, n, parameters, error, match):
    with pytest.raises(error, match=match):
        spectra.get(key).at(n, **parameters)


@pytest.mark.parametrize(("n", "rounds"), [(1, 1), (8, 0), (7.5, 1)])
def test_where_a_maximum_over_eigenvalues_stands_in_n_is_checked_too(n, rounds):
    with pytest.raises(InputError):
        spectra.get("one-peer-exponential").at(n, rounds=rounds)


def test_unknown_families():
    with pytest.raises(UnknownName, match="did you mean ring"):
        spectra.get("rng")
    with pytest.raises(StragglerError, match="not symmetric"):
        spectra.get("exponential").lazy()
