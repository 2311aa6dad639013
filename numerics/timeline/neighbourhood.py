"""Who waits for whom in a round: sparse neighbourhoods, and what their messages cost."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from numerics.cluster import Network
from numerics.events import Numbers
from numerics.mixing import Circulant, Identity, MixingOperator, MixingSchedule, Pairwise
from numerics.typing import Floats

FEW = 32
"""Largest in-degree for which neighbours are gone through one by one."""

KEPT = 64
"""Rounds of a schedule whose neighbourhoods are kept."""


def links(operator: MixingOperator) -> tuple[Numbers, Numbers]:
    """Return receivers and senders of all messages of a round, ordered by receiver; nobody writes to itself."""
    everyone = np.arange(operator.n)
    if isinstance(operator, Identity):
        return everyone[:0], everyone[:0]
    if isinstance(operator, Circulant):
        offsets = np.array([offset for offset in operator.weights if offset], dtype=np.intp)
        return np.repeat(everyone, len(offsets)), ((everyone[:, None] - offsets) % operator.n).ravel()
    if isinstance(operator, Pairwise):
        exchanging = np.flatnonzero(operator.partner != everyone)
        return exchanging, operator.partner[exchanging]
    receivers, senders = np.nonzero(operator.matrix())
    others = receivers != senders
    return receivers[others], senders[others]


class Neighbourhood:
    """The messages of one round.

    Parameters
    ----------
    operator
        The mixing operator of the round: worker j writes to i where ``W[i, j]`` is not 0.
    network, size
        What a message of this many bytes costs.

    Attributes
    ----------
    messages
        Number of messages.
    seconds
        How long the network card of each worker is busy, shape (n, 1): full duplex, with one message at a time each way.
    """

    def __init__(self, operator: MixingOperator, network: Network, size: float) -> None:
        n = operator.n
        receivers, senders = links(operator)
        cost = np.broadcast_to(network.pair_exchange(size, receivers, senders), receivers.shape)
        inward, outward = (np.bincount(ends, weights=cost, minlength=n) for ends in (receivers, senders))
        self.messages, self.seconds = len(receivers), np.maximum(inward, outward)[:, None]
        degrees = np.bincount(receivers, minlength=n)
        largest = int(degrees.max())
        self._all = bool((degrees == n - 1).all())
        # each worker waits for itself, too: its own number heads its list, and fills it up where lists are tables
        begins = np.concatenate([[0], np.cumsum(degrees)[:-1]])
        self._table, self._lists = None, None
        if largest <= FEW and not self._all:
            self._table = np.repeat(np.arange(n)[None, :], largest, axis=0)
            self._table[np.arange(len(receivers)) - begins[receivers], receivers] = senders
        elif not self._all:
            self._lists = np.insert(senders, begins, np.arange(n)), begins + np.arange(n)

    def latest(self, ready: Floats) -> Floats:
        """Return when each worker and all that write to it are ready, from when each is, both of shape (n, R)."""
        if self._table is not None:
            result = ready.copy()
            for senders in self._table:
                np.maximum(result, ready.take(senders, axis=0), out=result)
            return result
        if self._lists is not None:
            members, begins = self._lists
            found: Floats = np.maximum.reduceat(ready.take(members, axis=0), begins, axis=0)
            return found
        return np.repeat(ready.max(axis=0, keepdims=True), len(ready), axis=0)


class Neighbourhoods:
    """The neighbourhoods of a mixing schedule, round by round; the last rounds are kept."""

    def __init__(self, schedule: MixingSchedule, network: Network, size: float) -> None:
        self._schedule, self._network, self._size = schedule, network, size
        self._recent: OrderedDict[int, Neighbourhood] = OrderedDict()

    def at(self, k: int) -> Neighbourhood:
        """Return the neighbourhood of round ``k``."""
        phase = k if self._schedule.period is None else k % self._schedule.period
        found = self._recent.get(phase)
        if found is None:
            found = self._recent[phase] = Neighbourhood(self._schedule.at(k), self._network, self._size)
            if len(self._recent) > KEPT:
                self._recent.popitem(last=False)
        return found
