"""What a message costs: latency, bandwidth, network cards that serialise, two levels, a link that is shared."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from numerics.typing import Array, Floats
from straggler import InputError, UnknownName, at_least, positive

BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int8": 1}


def message_bytes(parameters: int, dtype: str = "float32") -> int:
    """Return the bytes of a model or gradient of this many parameters; UnknownName for a dtype not in `BYTES`."""
    if dtype not in BYTES:
        raise UnknownName("dtype", dtype, BYTES)
    return at_least("parameters", parameters, 1) * BYTES[dtype]


@dataclass(frozen=True)
class Network:
    """Latency and bandwidth between nodes, and optionally within a node and of a link that all share.

    A message of b bytes takes ``latency + b/bandwidth``. A worker's network card is full duplex: it sends and receives at
    the same time, but one message after the other in each direction. The default network is free of cost.

    Parameters
    ----------
    latency
        Seconds per message (alpha).
    bandwidth
        Bytes per second in each direction (1/beta); may be infinite.
    reduction
        Seconds per byte for adding two messages (gamma).
    workers_per_node
        Workers ``j g .. j g + g - 1`` share node j.
    inner_latency, inner_bandwidth
        The same within a node; needed where there are several workers per node.
    shared_capacity
        Bytes per second of a link that all messages between nodes pass, see `at`; None for no such link.
    interference
        Bandwidth that each further flow on the shared link wastes, as a fraction of one flow's share.

    Raises
    ------
    InputError
        For a negative or non-finite latency, a bandwidth that is not positive, a missing inner level.
    """

    latency: float = 0.0
    bandwidth: float = math.inf
    reduction: float = 0.0
    workers_per_node: int = 1
    inner_latency: float | None = None
    inner_bandwidth: float | None = None
    shared_capacity: float | None = None
    interference: float = 0.0

    def __post_init__(self) -> None:
        for name in ("latency", "reduction", "interference"):
            positive(name, getattr(self, name), zero_ok=True)
        if self.bandwidth != math.inf:
            positive("bandwidth", self.bandwidth)
        at_least("workers_per_node", self.workers_per_node, 1)
        if self.shared_capacity is not None:
            positive("shared_capacity", self.shared_capacity)
        if self.inner_latency is not None:
            positive("inner_latency", self.inner_latency, zero_ok=True)
        if self.inner_bandwidth is not None and self.inner_bandwidth != math.inf:
            positive("inner_bandwidth", self.inner_bandwidth)
        if self.workers_per_node > 1 and (self.inner_latency is None or self.inner_bandwidth is None):
            needs = "1, or both inner_latency and inner_bandwidth"
            raise InputError("workers_per_node", self.workers_per_node, needs)

    @property
    def inside(self) -> Network:
        """The network within a node, as a network of its own; this one where every worker has a node to itself."""
        if self.inner_latency is None or self.inner_bandwidth is None:
            return self
        return Network(self.inner_latency, self.inner_bandwidth, self.reduction)

    def at(self, flows: int) -> Network:
        """Return the network as each of ``flows`` simultaneous messages between nodes sees it.

        With k flows on a shared link of capacity C, each has the bandwidth ``min(bandwidth, C/(k + a (k-1)))``, where a is
        the interference, as in models of ring all-reduce jobs that share the links between servers.
        """
        flows = at_least("flows", flows, 1)
        if self.shared_capacity is None:
            return self
        share = self.shared_capacity / (flows + self.interference * (flows - 1))
        return replace(self, bandwidth=min(self.bandwidth, share), shared_capacity=None, interference=0.0)

    def node(self, workers: Array) -> Array:
        """Return the numbers of the nodes of these workers."""
        return workers // self.workers_per_node

    def send(self, size: float, messages: int = 1) -> float:
        """Return the seconds until ``messages`` messages of ``size`` bytes, one after the other, have left one card."""
        return messages * (self.latency + size / self.bandwidth)

    def pair_exchange(self, size: float, first: Array | None = None, second: Array | None = None) -> Array:
        """Return the seconds two workers need to exchange ``size`` bytes: both directions at once, as long as one message.

        With arrays of workers the result is an array: pairs on one node use the inner level, a pair of equals costs nothing.
        """
        if first is None or second is None:
            return self.send(size)
        inner = np.where(self.node(first) == self.node(second), self.inside.send(size), self.send(size))
        return np.where(np.equal(first, second), 0.0, inner)

    def provenance(self) -> dict[str, Any]:
        """Return the parameters, ready for JSON: an infinite bandwidth is None."""
        return {key: None if value == math.inf else value for key, value in asdict(self).items()}


FREE = Network()
"""A network on which messages cost nothing."""


def serialise(ready: Floats, seconds: float, free: Array = 0.0) -> Floats:
    """Return when each message has passed a card that handles one at a time, in the order of the first axis.

    Parameters
    ----------
    ready
        When each message is ready, seconds, shape (m, ...).
    seconds
        Seconds the card is busy with each.
    free
        When the card becomes free, seconds, a number or shape (...).
    """
    turns = np.arange(len(ready)).reshape(-1, *[1] * (np.ndim(ready) - 1)) * seconds
    begun: Floats = np.maximum(np.maximum.accumulate(ready - turns, axis=0), free) + turns
    return begun + seconds
