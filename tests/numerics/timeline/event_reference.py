"""Clusters simulated event by event: plain Python, a heap, one replica, lists of lists of compute times."""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count


class Agenda:
    """What is to happen, in the order of time; at the same time in the order of ``rank``, then as it was put down."""

    def __init__(self):
        self.heap, self.order, self.now = [], count(), 0.0

    def put(self, time, what, *details, rank=0):
        heapq.heappush(self.heap, (time, rank, next(self.order), what, details))

    def __iter__(self):
        while self.heap:
            self.now, _, _, what, details = heapq.heappop(self.heap)
            yield what, details


class Card:
    """A network card: one message at a time, in the order of asking."""

    def __init__(self, agenda):
        self.agenda, self.waiting, self.busy = agenda, deque(), False

    def ask(self, seconds, what, *details):
        self.waiting.append((seconds, what, details))
        self.next()

    def next(self):
        if not self.busy and self.waiting:
            seconds, what, details = self.waiting.popleft()
            self.busy = True
            self.agenda.put(self.agenda.now + seconds, "passed", self, what, details, rank=-1)


def rounds(table, meets, seconds):
    """Times of rounds with a global barrier at the end of those that meet."""
    agenda, n = Agenda(), len(table[0])
    finished, here = [[0.0] * n for _ in table], [0] * len(table)
    for worker in range(n):
        agenda.put(table[0][worker], "computed", worker, 0)
    for what, (worker, k) in agenda:
        here[k] += what == "computed"
        if what == "computed" and meets(k):
            if here[k] == n:
                for other in range(n):
                    agenda.put(agenda.now + seconds, "goes on", other, k)
            continue
        finished[k][worker] = agenda.now
        if k + 1 < len(table):
            agenda.put(agenda.now + table[k + 1][worker], "computed", worker, k + 1)
    return [max(row) for row in finished]


def overlapped(table, senders, seconds, overlap, every=1):
    """Times of rounds in which worker i needs the messages of ``senders(i, k)``, sent tau rounds ago."""
    agenda, n, total = Agenda(), len(table[0]), len(table)
    ready, done = set(), set()
    cards = [0] * n  # the round that a card is to transfer next
    busy, blocked, finished = [False] * n, {}, [[0.0] * n for _ in table]

    def transfer(worker):
        k = cards[worker]
        while k < total and k % every:
            done.add((worker, k))
            k = cards[worker] = k + 1
        if k < total and not busy[worker] and all((j, k) in ready for j in {worker, *senders(worker, k)}):
            busy[worker] = True
            agenda.put(agenda.now + seconds(worker, k), "transferred", worker, k)

    def proceed(worker, k):
        if k >= overlap and (k - overlap) % every == 0 and (worker, k - overlap) not in done:
            blocked[worker] = k
            return
        finished[k][worker] = agenda.now
        if k + 1 < total:
            agenda.put(agenda.now + table[k + 1][worker], "computed", worker, k + 1)

    for worker in range(n):
        agenda.put(table[0][worker], "computed", worker, 0)
    for what, (worker, k) in agenda:
        if what == "computed":
            ready.add((worker, k))
            for other in range(n):
                transfer(other)
            proceed(worker, k)
        else:
            done.add((worker, k))
            busy[worker], cards[worker] = False, k + 1
            transfer(worker)
            if worker in blocked:
                proceed(worker, blocked.pop(worker))
    return [max(row) for row in finished]


def pairwise(table, partner, cost, events, queue=True):
    """(time, worker, partner, age, waited) of the completions; ``partner(j, i)`` is i itself where it does not initiate."""
    agenda, n = Agenda(), len(table[0])
    cards, step, missing, begun, read, found = [Card(agenda) for _ in range(n)], [0] * n, [0] * n, [0.0] * n, [0] * n, []

    def begin(worker):
        j, begun[worker] = step[worker], agenda.now
        other = partner(j, worker)
        missing[worker] = 1 + (other != worker)
        agenda.put(agenda.now + table[j][worker], "part", worker)
        if other != worker and queue:
            cards[other].ask(cost(worker, other), "part", worker)
        elif other != worker:
            agenda.put(agenda.now + cost(worker, other), "part", worker)

    for worker in range(n):
        begin(worker)
    for what, details in agenda:
        if what == "passed":
            card, _, details = details
            card.busy = False
            card.next()
        (worker,) = details
        missing[worker] -= 1
        if missing[worker]:
            continue
        j = step[worker]
        waited = agenda.now - begun[worker] - table[j][worker]
        found.append((agenda.now, worker, partner(j, worker), len(found) - read[worker], waited))
        read[worker], step[worker] = len(found), j + 1
        if len(found) == events:
            break
        begin(worker)
    return found


def server(table, mode, k, message, updates, answer=None):
    """(time, workers, ages) of the updates of a parameter server in any mode; models take as long as gradients unless told."""
    answer = message if answer is None else answer
    agenda, n = Agenda(), len(table[0])
    inward, outward = Card(agenda), Card(agenda)
    step, reserved, version, read, batch, found = [0] * n, [0] * n, 0, [0] * n, [], []
    anew, era, pushed = mode in ("synchronous", "k-sync", "k-batch-sync"), 0, 0
    base = 0  # first row of the table that this round of all workers uses

    def take(worker):
        step[worker] += 1
        return table[base + step[worker] - 1][worker]

    def order(worker):
        reserved[worker] = take(worker)
        outward.ask(answer, "model", worker, era)

    for worker in range(n):
        if anew:
            order(worker)
        else:
            agenda.put(take(worker), "computed", worker, era)
    for what, details in agenda:
        if what == "passed":
            card, what, details = details
            if card not in (inward, outward):
                continue  # of a card that was cleared
            card.busy = False
            card.next()
        worker, born = details
        if born != era and anew:
            continue
        if what == "model":
            agenda.put(agenda.now + reserved[worker], "computed", worker, era)
        elif what == "computed":
            inward.ask(message, "gradient", worker, era)
            pushed += 1
            if mode == "k-batch-sync" and pushed < k:  # later gradients would not be used
                agenda.put(agenda.now + take(worker), "computed", worker, era)
        else:
            batch.append((worker, version - read[worker]))
            full = len(batch) == k
            if mode == "k-batch-async":
                # a read copy is of the model as it is now, or after the update that this gradient leads to
                batch[-1] = worker, read[worker]
                read[worker] = version + full
                order(worker)
            if not full:
                continue
            if mode == "k-batch-async":
                batch = [(who, version - of) for who, of in batch]
            found.append((agenda.now, [who for who, _ in batch], [age for _, age in batch]))
            if len(found) == updates:
                break
            version += 1
            again = range(n) if anew else [who for who, _ in batch] if mode != "k-batch-async" else []
            if anew:
                era, pushed, base, step = era + 1, 0, base + max(step), [0] * n
                inward, outward = Card(agenda), Card(agenda)
            batch = []
            for who in again:
                read[who] = version
                order(who)
    return found


def wait_avoiding(table, groups, initiator, blocks, call, seconds, blocking):
    """(time, ages) of the rounds; ``groups(k)`` are lists of workers, ``initiator(k)`` a worker or None for the first."""
    agenda, n, total = Agenda(), len(table[0]), len(table)
    written, over, finished = [-1] * n, [-1] * n, [[0.0] * n for _ in table]
    ages, ready = [[0] * n for _ in table], [set() for _ in table]
    started = set()

    def proceed(worker, k):
        finished[k][worker] = agenda.now
        if k + 1 < total:
            agenda.put(agenda.now + table[k + 1][worker], "computed", worker, k + 1)

    def start(k):
        for group in [list(range(n))] if blocks(k) else groups(k):
            first = initiator(k)
            called = ready[k] >= set(group) if blocks(k) else first in ready[k] if first is not None else ready[k] & set(group)
            if called and (k, group[0]) not in started and all(over[i] >= k - 1 for i in group):
                started.add((k, group[0]))
                if not blocks(k):
                    agenda.put(agenda.now + call, "looks", k, group, rank=1)
                agenda.put(agenda.now + (blocking if blocks(k) else seconds), "over", k, group, rank=2)

    for worker in range(n):
        agenda.put(table[0][worker], "computed", worker, 0)
    for what, details in agenda:
        if what == "computed":
            worker, k = details
            written[worker] = k
            ready[k].add(worker)
            if over[worker] >= k:
                proceed(worker, k)
            start(k)
        elif what == "looks":
            k, group = details
            for worker in group:
                ages[k][worker] = max(0, k - written[worker])
        else:
            k, group = details
            for worker in group:
                over[worker] = k
                if worker in ready[k]:
                    proceed(worker, k)
            if k + 1 < total:
                start(k + 1)
    return [(max(row), age) for row, age in zip(finished, ages, strict=True)]
