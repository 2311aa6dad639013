"""The cluster behind the printed table of one slow worker, fitted on the row without one.

Lian et al. (ICML 2018), ResNet-20 on CIFAR-10 with 16 workers. The table is written down from memory and could not be held
against the print; that seconds times speed-up give 18.03 for all its pairs speaks for it. Three numbers are fitted, all on
the row without a slow worker: how long one worker computes (its epoch, seconds times speed-up), how long a message takes
(from AllReduce, as a ring), and how long a gradient of AD-PSGD takes while another thread averages. D-PSGD in that row and
all rows with a slow worker are predictions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_figs.style import PALETTE

if TYPE_CHECKING:
    from numerics.mixing import MixingSchedule
    from numerics.timeline import ClusterTimeline

N = 16
SLOWDOWNS = (1, 2, 10, 100)
SLOW = 0
"""Number of the slow worker; of AD-PSGD's two kinds it is a passive one, and would complete as often as an active one."""

PRINTED = {
    "sgd": ((1.47, 12.27), (2.60, 6.93), (11.51, 1.56), (100.4, 0.18)),
    "dpsgd": ((1.45, 12.44), (2.36, 7.64), (11.24, 1.60), (100.4, 0.18)),
    "adpsgd": ((1.22, 14.78), (1.28, 14.09), (1.33, 13.56), (1.33, 13.56)),
}
"""Seconds per epoch and speed-up over one worker, for each of `SLOWDOWNS`."""

SERIAL = PRINTED["adpsgd"][0][0] * PRINTED["adpsgd"][0][1]
"""Seconds of an epoch of one worker alone."""

COMPUTE = SERIAL / N
"""Seconds in which one of 16 workers computes its part of an epoch."""

MESSAGE = (PRINTED["sgd"][0][0] - COMPUTE) * N / (2 * (N - 1))
"""Seconds of an epoch for one message per gradient: a ring all-reduce takes as long as 2(n-1)/n of them."""

OVERLAPPED = PRINTED["adpsgd"][0][0]
"""Seconds in which a worker of AD-PSGD computes its part of an epoch."""

FITTED = (("sgd", 1), ("adpsgd", 1))
"""Entries of the table that are reproduced because they were fitted."""

GRADIENTS = 50_000 / (N * 128)
"""Gradients of each of 16 workers in an epoch: 50 000 images in batches of 128, an assumption.

It sets the scale of seconds in convergence, and nothing in the table: times are constant, and messages have no latency.
"""

NAMES = {"sgd": "AllReduce", "dpsgd": "D-PSGD", "apsgd": "A-PSGD", "adpsgd": "AD-PSGD"}
LINES: dict[str, dict[str, Any]] = {
    "sgd": {"color": PALETTE[6], "linestyle": "-"},
    "dpsgd": {"color": PALETTE[4], "linestyle": "--"},
    "apsgd": {"color": PALETTE[2], "linestyle": "-."},
    "adpsgd": {"color": PALETTE[0], "linestyle": (0, (1, 1))},
}


def schedule(system: str, n: int = N) -> MixingSchedule:
    """Return who averages with whom: a ring for D-PSGD, the bipartite exponential graph for AD-PSGD, else all with all."""
    from numerics import graphs

    graph = {"dpsgd": graphs.ring, "adpsgd": graphs.bipartite_exponential}.get(system, graphs.complete)
    return graph(n).schedule()


def timeline(system: str, n: int = N, slowdown: float = 1, capacity: float | None = None) -> ClusterTimeline:
    """Return a system on the fitted cluster.

    Parameters
    ----------
    system
        A key of `NAMES`.
    n
        Number of workers.
    slowdown
        Factor by which worker `SLOW` computes longer.
    capacity
        Messages that a shared link carries at full speed; None where every worker has the full bandwidth.
    """
    from numerics import cluster, timeline

    compute = (OVERLAPPED if system == "adpsgd" else COMPUTE) / GRADIENTS
    bandwidth = GRADIENTS / MESSAGE  # messages per second, the unit of size being a message
    machine = cluster.Cluster(
        n,
        cluster.Constant(compute),
        (cluster.SlowWorkers({SLOW: slowdown}),),
        cluster.Network(bandwidth=bandwidth, shared_capacity=None if capacity is None else capacity * bandwidth),
        message_bytes=1.0,
    )
    if system == "apsgd":
        return timeline.Server(machine)
    kinds = {"sgd": timeline.Barrier, "dpsgd": timeline.NeighbourBarrier, "adpsgd": timeline.Pairwise}
    found: ClusterTimeline = kinds[system](machine, schedule(system, n))
    return found


def epoch(system: str, slowdown: float = 1, rounds: int = 1000, seed: int = 0) -> float:
    """Return the seconds of an epoch of 16 workers: a mean over ``rounds`` gradients per worker."""
    from numerics.timeline import report

    seconds: float = report(timeline(system, N, slowdown), rounds, seed=seed)["iteration_seconds"]
    return seconds * GRADIENTS


def speed_up(system: str, n: int, capacity: float | None, rounds: int, seed: int) -> float:
    """Return the gradients per second of n workers over those of one that computes alone."""
    from numerics.timeline import report

    throughput: float = report(timeline(system, n, capacity=capacity), rounds, seed=seed)["throughput"]
    return throughput * COMPUTE / GRADIENTS
