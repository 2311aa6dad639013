"""Collective operations carried out one message at a time, on real numbers, in plain Python.

Every rank is a program, a generator that yields what it does next: ``("send", to, values)`` hands a message to its card and
goes on, ``("receive", source)`` waits for the next message from a rank, ``("add", values, values)`` sums two vectors. The
simulator knows the cost of one message on one link and of one addition, and nothing about rounds or trees. Messages are
handed over as MPI does with large ones: they leave when the receiver asks for them, one at a time per card and in order.
"""

import heapq
from collections import defaultdict, deque


class Machine:
    """Ranks with full-duplex cards: (alpha, beta) ``outer`` between nodes of ``g`` ranks and ``inner`` within, gamma to add."""

    def __init__(self, outer, gamma, element_bytes, g=1, inner=None):
        self.outer, self.inner, self.gamma, self.bytes, self.g = outer, inner or outer, gamma, element_bytes, g

    def message(self, source, target, elements):
        alpha, beta = self.inner if source // self.g == target // self.g else self.outer
        return alpha + elements * self.bytes * beta

    def run(self, programs):
        """Return what every rank's program returns, and when the last one does."""
        results, end = [None] * len(programs), 0.0
        card_free, outbox, awaited = defaultdict(float), defaultdict(deque), {}
        ready = [(0.0, rank, None) for rank in range(len(programs))]

        def transfer(now, source):
            """Let the messages at the head of a card's queue leave whose receivers wait for them."""
            while outbox[source] and awaited.get(outbox[source][0][0]) == source:
                target, values = outbox[source].popleft()
                del awaited[target]
                card_free[source] = max(now, card_free[source]) + self.message(source, target, len(values))
                heapq.heappush(ready, (card_free[source], target, values))

        while ready:
            now, rank, answer = heapq.heappop(ready)
            try:
                action, *what = programs[rank].send(answer)
            except StopIteration as stop:
                results[rank], end = stop.value, max(end, now)
                continue
            if action == "add":
                total = [a + b for a, b in zip(*what, strict=True)]
                heapq.heappush(ready, (now + len(total) * self.bytes * self.gamma, rank, total))
            elif action == "send":
                outbox[rank].append(what)
                transfer(now, rank)
                heapq.heappush(ready, (now, rank, None))
            else:
                awaited[rank] = what[0]
                transfer(now, what[0])
        assert not awaited, "a rank waits for a message that nobody sends"
        return results, end


def parts(values, p):
    size = len(values) // p
    assert size * p == len(values)
    return [values[i * size : (i + 1) * size] for i in range(p)]


def reduce_scatter(ranks, me, values):
    """Around the ring of ``ranks``: the rank at position j ends with the sum of part j."""
    p, j = len(ranks), ranks.index(me)
    pieces = parts(values, p)
    for step in range(p - 1):
        yield "send", ranks[(j + 1) % p], pieces[(j - step - 1) % p]
        came = yield "receive", ranks[j - 1]
        pieces[(j - step - 2) % p] = yield "add", pieces[(j - step - 2) % p], came
    return pieces[j]


def allgather(ranks, me, piece):
    p, j = len(ranks), ranks.index(me)
    pieces = {j: piece}
    for step in range(p - 1):
        yield "send", ranks[(j + 1) % p], pieces[(j - step) % p]
        pieces[(j - step - 1) % p] = yield "receive", ranks[j - 1]
    return [value for i in range(p) for value in pieces[i]]


def ring(ranks, me, values):
    return (yield from allgather(ranks, me, (yield from reduce_scatter(ranks, me, values))))


def folded(core_program):
    """Run a program for powers of two on any number of ranks: even ones among the first hand their vector to the next."""

    def program(ranks, me, values):
        core = 1 << (len(ranks).bit_length() - 1)
        rest, j = len(ranks) - core, ranks.index(me)
        if j < 2 * rest and j % 2 == 0:
            yield "send", ranks[j + 1], values
            return (yield "receive", ranks[j + 1])
        if j < 2 * rest:
            values = yield "add", values, (yield "receive", ranks[j - 1])
        members = [ranks[i] for i in range(len(ranks)) if i >= 2 * rest or i % 2]
        values = yield from core_program(members, me, values)
        if j < 2 * rest:
            yield "send", ranks[j - 1], values
        return values

    return program


@folded
def recursive_doubling(ranks, me, values):
    j, distance = ranks.index(me), 1
    while distance < len(ranks):
        yield "send", ranks[j ^ distance], values
        values = yield "add", values, (yield "receive", ranks[j ^ distance])
        distance *= 2
    return values


@folded
def rabenseifner(ranks, me, values):
    j, distance = ranks.index(me), len(ranks) // 2
    kept = []
    while distance:
        lower, upper = parts(values, 2)
        mine, other = (upper, lower) if j & distance else (lower, upper)
        yield "send", ranks[j ^ distance], other
        values = yield "add", mine, (yield "receive", ranks[j ^ distance])
        kept.append(distance)
        distance //= 2
    for distance in reversed(kept):
        yield "send", ranks[j ^ distance], values
        came = yield "receive", ranks[j ^ distance]
        values = came + values if j & distance else values + came
    return values


def binomial_reduce(ranks, me, values):
    """Towards the first rank, the smallest distance first."""
    j, distance = ranks.index(me), 1
    while distance < len(ranks):
        if j & distance:
            yield "send", ranks[j - distance], values
            return None
        if j + distance < len(ranks):
            values = yield "add", values, (yield "receive", ranks[j + distance])
        distance *= 2
    return values


def binomial_broadcast(ranks, me, values, root=0):
    """From the rank at position ``root``, the largest distance first."""
    p = len(ranks)
    j, distance = (ranks.index(me) - root) % p, 1 << ((p - 1).bit_length() - 1) if p > 1 else 0
    while distance:
        if j % (2 * distance) == 0 and j + distance < p:
            yield "send", ranks[(j + distance + root) % p], values
        elif j % (2 * distance) == distance:
            values = yield "receive", ranks[(j - distance + root) % p]
        distance //= 2
    return values


def binomial(ranks, me, values):
    return (yield from binomial_broadcast(ranks, me, (yield from binomial_reduce(ranks, me, values))))


def hierarchical(g):
    def program(ranks, me, values):
        node = ranks[me // g * g : me // g * g + g]
        piece = yield from reduce_scatter(node, me, values)
        piece = yield from ring(ranks[me % g :: g], me, piece)
        return (yield from allgather(node, me, piece))

    return program


def hierarchical_leader(g):
    def program(ranks, me, values):
        node = ranks[me // g * g : me // g * g + g]
        values = yield from binomial_reduce(node, me, values)
        if me % g == 0:
            values = yield from ring(ranks[::g], me, values)
        return (yield from binomial_broadcast(node, me, values))

    return program


def activated(program, initiator, members):
    """Wait for the initiator's empty message, then run ``program`` within the group of ``members`` ranks."""

    def whole(ranks, me, values):
        yield from binomial_broadcast(ranks, me, [], root=initiator)
        start = me // members * members
        return (yield from program(ranks[start : start + members], me, values))

    return whole
