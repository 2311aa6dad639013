"""Timelines of clusters: seconds for 1024 workers x 1000 iterations, memory per event, and how cost grows with workers."""

from __future__ import annotations

import time
import tracemalloc
from heapq import heapify, heapreplace

import numpy as np
import pytest

from numerics import graphs
from numerics.cluster import Cluster, Network, ShiftedExponential
from numerics.streams import Streams
from numerics.timeline import Barrier, NeighbourBarrier, Overlapped, Pairwise, Periodic, Server, WaitAvoiding

WORKERS, ITERATIONS = 1024, 1000
NETWORK = Network(latency=1e-5, bandwidth=5e9)
SIZES = (64, 256, 1024, 4096)


def cluster(workers: int, network: Network = NETWORK) -> Cluster:
    """Shifted exponential times of 0.4 s and messages of 100 MB; a server's card is no bottleneck then, but for one."""
    return Cluster(workers, ShiftedExponential(0.2, 5.0), network=network, message_bytes=1e8)


SCHEDULES = {"ring": graphs.ring, "one-peer": graphs.one_peer_exponential}
KNOWN: dict[tuple[str, int], object] = {}


def schedule(name: str, workers: int):
    """Return a schedule, made once."""
    if (name, workers) not in KNOWN:
        KNOWN[name, workers] = SCHEDULES[name](workers).schedule()
    return KNOWN[name, workers]


BARRIERS = {
    "global barrier": lambda n: Barrier(cluster(n), schedule("ring", n)),
    "periodic": lambda n: Periodic(cluster(n), schedule("ring", n), 10),
    "neighbour barrier, ring": lambda n: NeighbourBarrier(cluster(n), schedule("ring", n)),
    "overlapped, one-peer": lambda n: Overlapped(cluster(n), schedule("one-peer", n), 2),
}
EVENTS = {
    "pairwise": lambda n: Pairwise(cluster(n), schedule("ring", n)),
    "pairwise, free network": lambda n: Pairwise(cluster(n, Network()), schedule("ring", n)),
    "asynchronous server": lambda n: Server(cluster(n)),
    "asynchronous server, free network": lambda n: Server(cluster(n, Network())),
    "k-batch-sync server": lambda n: Server(cluster(n), "k-batch-sync", n),
    "k-async server": lambda n: Server(cluster(n), "k-async", 16),
    "k-batch-async server": lambda n: Server(cluster(n), "k-batch-async", 16),
    "solo": lambda n: WaitAvoiding(cluster(n), "solo"),
    "majority": lambda n: WaitAvoiding(cluster(n), "majority"),
    "group": lambda n: WaitAvoiding(cluster(n), "group", 32, 10),
}


def play(timeline, iterations: int) -> None:
    """Make every event of one replica; an iteration is as many events as bring n gradients."""
    for _ in timeline.play(iterations * timeline.events, Streams(0, [0])):
        pass


def loop(events: int) -> None:
    """Merge as many completions by a heap, and nothing else: what an event costs in plain Python at least."""
    times = np.random.default_rng(0).exponential(size=events + WORKERS).tolist()
    heap = [(times.pop(), worker) for worker in range(WORKERS)]
    heapify(heap)
    found = []
    for _ in range(events):
        now, worker = heap[0]
        found.append((now, worker))
        heapreplace(heap, (now + times.pop(), worker))


@pytest.mark.parametrize("name", BARRIERS)
def test_barriers(benchmark, report, name: str) -> None:
    timeline = BARRIERS[name](WORKERS)
    benchmark.pedantic(play, args=(timeline, ITERATIONS), rounds=3, warmup_rounds=1)
    report(f"{name}, 1024 workers x 1000 iterations", benchmark.stats.stats.median if benchmark.enabled else 0.0, 1, "s")


@pytest.mark.parametrize("name", EVENTS)
def test_events(benchmark, report, paired, name: str) -> None:
    timeline, iterations = EVENTS[name](WORKERS), 300
    benchmark.pedantic(play, args=(timeline, 20), rounds=1)
    events = iterations * WORKERS
    ratio, mine, _ = paired(lambda: play(timeline, iterations), lambda: loop(events), rounds=3)
    per_second = events / mine
    detail = f"{per_second / 1e6:.2f} million events a second, {ratio:.2f} x a bare heap loop"
    report(f"{name}, event of one worker", mine / events * 1e6, 1 / 0.3, "us", detail)


@pytest.mark.parametrize("name", BARRIERS | EVENTS)
def test_memory(benchmark, report, name: str) -> None:
    """Peak beyond what is there before, over all events: nothing may be kept of those that have been played."""
    timeline, iterations = (BARRIERS | EVENTS)[name](WORKERS), 400
    benchmark.pedantic(play, args=(timeline, 20), rounds=1)
    tracemalloc.start()
    play(timeline, iterations)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    report(f"{name}, peak memory of an event", peak / (iterations * WORKERS), 32, "bytes", f"{peak / 2**20:.1f} MiB in all")


@pytest.mark.parametrize("name", BARRIERS | EVENTS)
def test_growth_with_workers(benchmark, report, name: str) -> None:
    """Slope of log seconds over log workers; overheads of small clusters make it less than 1."""
    make, seconds = (BARRIERS | EVENTS)[name], []
    for workers in SIZES:
        timeline = make(workers)
        play(timeline, 2)
        runs = []
        for _ in range(3):
            begin = time.process_time()
            play(timeline, 60)
            runs.append(time.process_time() - begin)
        seconds.append(min(runs))
    benchmark.pedantic(play, args=(make(64), 60), rounds=1)
    slope = np.polyfit(np.log(SIZES), np.log(seconds), 1)[0]
    shown = ", ".join(f"{n}: {s * 1e3:.1f}" for n, s in zip(SIZES, seconds, strict=True))
    report(f"{name}, growth from 64 to 4096 workers", slope, 1.15, "(slope)", f"ms {shown}")
