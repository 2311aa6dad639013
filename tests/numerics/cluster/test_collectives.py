"""Closed formulas against collective operations carried out message by message, costs and sums alike."""

import math

import pytest

from numerics.cluster import Network, collectives
from straggler import InputError, UnknownName
from tests.numerics.cluster import message_level as messages

ALPHA, BETA, GAMMA = 3.0, 0.125, 0.03125
INNER = (0.5, 0.0078125)
ELEMENTS, ELEMENT_BYTES = 96, 8
SIZE = ELEMENTS * ELEMENT_BYTES
FLAT = Network(ALPHA, 1 / BETA, GAMMA)


def carried_out(program, p, g=1):
    """Results of all ranks and the time of the last, for vectors of numbers whose sums are exact."""
    machine = messages.Machine((ALPHA, BETA), GAMMA, ELEMENT_BYTES, g, INNER if g > 1 else None)
    vectors = [[float((7 * rank + 3) * (e + 1) % 101) for e in range(ELEMENTS)] for rank in range(p)]
    results, seconds = machine.run([program(list(range(p)), rank, vectors[rank]) for rank in range(p)])
    return vectors, results, seconds


def total(vectors):
    return [sum(column) for column in zip(*vectors, strict=True)]


FLAT_CASES = [
    *[(name, p) for name in ("ring", "recursive-doubling", "rabenseifner", "binomial") for p in (1, 2, 4, 8, 16)],
    *[("ring", p) for p in (3, 6)],
    *[(name, p) for name in ("recursive-doubling", "rabenseifner") for p in (3, 5, 6, 7, 12)],
    *[("binomial", p) for p in (3, 5, 6, 7, 12)],
]


@pytest.mark.parametrize(("name", "p"), FLAT_CASES)
def test_all_reduce(name, p):
    vectors, results, seconds = carried_out(getattr(messages, name.replace("-", "_")), p)
    assert all(result == total(vectors) for result in results)
    assert collectives.allreduce(name, FLAT, p, SIZE) == pytest.approx(seconds, rel=1e-13)


@pytest.mark.parametrize("p", [4, 6, 8, 16])
def test_halves_of_the_ring(p):
    vectors, results, seconds = carried_out(messages.reduce_scatter, p)
    assert [value for piece in results for value in piece] == total(vectors)
    assert collectives.reduce_scatter(FLAT, p, SIZE) == pytest.approx(seconds, rel=1e-13)

    def gather(ranks, me, values):
        return messages.allgather(ranks, me, messages.parts(values, p)[me])

    vectors, results, seconds = carried_out(gather, p)
    whole = [value for rank in range(p) for value in messages.parts(vectors[rank], p)[rank]]
    assert all(result == whole for result in results)
    assert collectives.allgather(FLAT, p, SIZE) == pytest.approx(seconds, rel=1e-13)


@pytest.mark.parametrize("name", ["hierarchical", "hierarchical-leader"])
@pytest.mark.parametrize(("p", "g"), [(4, 2), (8, 2), (8, 4), (16, 4), (16, 8), (12, 4), (4, 4)])
def test_two_levels(name, p, g):
    network = Network(ALPHA, 1 / BETA, GAMMA, g, INNER[0], 1 / INNER[1])
    vectors, results, seconds = carried_out(getattr(messages, name.replace("-", "_"))(g), p, g)
    assert all(result == total(vectors) for result in results)
    assert collectives.allreduce(name, network, p, SIZE) == pytest.approx(seconds, rel=1e-13)


@pytest.mark.parametrize("p", [4, 8, 16])
@pytest.mark.parametrize("initiator", [0, 1, 3])
def test_wait_avoiding(p, initiator):
    """The cost is the same whoever initiates, for one group and for several, and every group has its own sum."""
    for name in ("recursive-doubling", "rabenseifner", "ring"):
        program = getattr(messages, name.replace("-", "_"))
        for members in {2, 4, p}:
            vectors, results, seconds = carried_out(messages.activated(program, initiator, members), p)
            for rank in range(p):
                start = rank // members * members
                assert results[rank] == total(vectors[start : start + members])
            assert collectives.group(name, FLAT, p, members, SIZE) == pytest.approx(seconds, rel=1e-13)
        assert collectives.partial(name, FLAT, p, SIZE) == collectives.group(name, FLAT, p, p, SIZE)


@pytest.mark.parametrize("p", [2, 3, 5, 8, 9, 16])
def test_activation_alone(p):
    for initiator in range(p):
        machine = messages.Machine((ALPHA, BETA), GAMMA, ELEMENT_BYTES)
        programs = [messages.binomial_broadcast(list(range(p)), rank, [], root=initiator) for rank in range(p)]
        assert machine.run(programs)[1] == collectives.activation(FLAT, p)


def test_the_printed_formulas_are_recovered():
    p, b = 8, SIZE
    assert collectives.ring(FLAT, p, b) == pytest.approx(2 * 7 * ALPHA + 2 * 7 / 8 * b * BETA + 7 / 8 * b * GAMMA)
    assert collectives.recursive_doubling(FLAT, p, b) == pytest.approx(3 * (ALPHA + b * BETA + b * GAMMA))
    assert collectives.rabenseifner(FLAT, p, b) == pytest.approx(6 * ALPHA + 2 * 7 / 8 * b * BETA + 7 / 8 * b * GAMMA)
    assert collectives.binomial(FLAT, p, b) == pytest.approx(6 * (ALPHA + b * BETA) + 3 * b * GAMMA)


def test_a_free_network_is_free():
    for name in collectives.NAMES:
        assert collectives.allreduce(name, Network(), 8, 1e9) == 0
    assert collectives.ring(Network(latency=1.0), 8, math.pi) == 14


def test_bad_input():
    with pytest.raises(UnknownName, match="did you mean ring"):
        collectives.allreduce("rings", FLAT, 4, 1)
    with pytest.raises(InputError, match="workers = 0"):
        collectives.allreduce("ring", FLAT, 0, 1)
    with pytest.raises(InputError, match="size = -1"):
        collectives.allreduce("ring", FLAT, 4, -1)
    with pytest.raises(InputError, match=r"members = 3 .* a divisor of the 8 workers"):
        collectives.group("ring", FLAT, 8, 3, 1)
    with pytest.raises(InputError, match=r"workers = 6 .* a multiple of 4"):
        collectives.allreduce("hierarchical", Network(workers_per_node=4, inner_latency=0, inner_bandwidth=1), 6, 1)
