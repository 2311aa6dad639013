"""Compressed messages on a cluster: how large they are, and how rounds collect them.

A message has the bits that the papers count (`numerics.compressors.Compressor.bits`): 32 for a real number and ceil(log2 d)
for a position, so 32 + ceil(log2 d) for each coordinate that top-k keeps; d is the number of parameters of the model.
Compressing and adding up are taken to cost no time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from numerics.cluster import Cluster, collectives
from numerics.mixing import MixingSchedule
from numerics.timeline.periodic import Barrier
from numerics.timeline.server import Server
from straggler import positive

if TYPE_CHECKING:
    from numerics.algorithms.compression import Compressing


OPTIONS = (
    *("compressor", "k", "levels", "coding", "blocks", "shared"),
    *("precision", "bucket", "stochastic", "scaled"),
)
"""Options that say how vectors are compressed; defaults are those of the algorithm."""


class Gathered(Barrier):
    """A global barrier in every round, after which everybody has the message of everybody.

    Compressed vectors differ in what they keep, and cannot be added up on the way: the messages of b bytes go round in an
    all-gather, ``(p-1)(alpha + b beta)`` seconds and ``p (p-1) b`` bytes.

    Parameters
    ----------
    cluster, schedule, flows
        See `Periodic`.
    size
        Bytes b of one message.
    """

    def __init__(self, cluster: Cluster, schedule: MixingSchedule, size: float, flows: int | None = None) -> None:
        super().__init__(cluster, schedule, "ring", flows)
        self.name, self.size = "barrier-gathered", positive("size", size, zero_ok=True)
        network = self.shared(flows, -(-self.n // cluster.network.workers_per_node))
        self._cost = collectives.allgather(network, self.n, self.n * size), self.n * (self.n - 1) * size

    def options(self) -> dict[str, Any]:
        """Return bytes of a message and flows."""
        return {"message_bytes": self.size, "flows": self.flows}


def in_rounds(algorithm: Compressing, cluster: Cluster, schedule: MixingSchedule, reals: int, allreduce: str) -> Barrier:
    """Return the rounds of an algorithm whose workers send each other compressed vectors of ``reals`` coordinates.

    Vectors that are sent as they are, and blocks that all workers share, are added up by an all-reduce instead.
    """
    if algorithm.plain:
        return Barrier(cluster, schedule, allreduce)
    size = message_bytes(algorithm, reals)
    if getattr(algorithm.compression, "shared", False):
        return Barrier(replace(cluster, message_bytes=size), schedule, allreduce)
    return Gathered(cluster, schedule, size)


def at_server(algorithm: Compressing, cluster: Cluster, reals: int) -> Server:
    """Return the completions of workers that send compressed vectors to a server, and get the whole model back."""
    return Server(cluster, gradient_bytes=None if algorithm.plain else message_bytes(algorithm, reals))


def message_bytes(algorithm: Compressing, reals: int) -> float:
    """Return the bytes of a compressed vector of ``reals`` coordinates."""
    algorithm.compression.check(reals)
    return algorithm.compression.bits(reals) / 8
