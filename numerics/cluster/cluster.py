"""One description of a cluster, and the compute times it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.cluster.compute import Distribution
from numerics.cluster.network import FREE, Network
from numerics.cluster.stragglers import SlowWorkers, Straggling
from numerics.typing import Floats
from straggler import InputError, at_least, positive

PIECE = 1 << 17
"""Numbers drawn at once, over all replicas: a megabyte, which should still be in cache when it is put in place."""


@dataclass(frozen=True)
class Cluster:
    """Workers, how long they compute, who straggles, and the network between them.

    Parameters
    ----------
    workers
        Number of workers n.
    compute
        Distribution of the time of one gradient, or one for each worker.
    stragglers
        Modifiers of the times, applied in this order.
    network
        What messages cost; free by default.
    message_bytes
        Bytes of a model or gradient, see `numerics.cluster.message_bytes`.
    samples_per_gradient
        Samples (images, tokens, environment steps) that one gradient uses.

    Raises
    ------
    InputError
        For fewer than one worker, another number of distributions than workers, a modifier that does not fit.
    """

    workers: int
    compute: Distribution | tuple[Distribution, ...]
    stragglers: tuple[Straggling, ...] = ()
    network: Network = FREE
    message_bytes: float = 0.0
    samples_per_gradient: float = 1.0

    def __post_init__(self) -> None:
        at_least("workers", self.workers, 1)
        positive("message_bytes", self.message_bytes, zero_ok=True)
        positive("samples_per_gradient", self.samples_per_gradient)
        object.__setattr__(self, "stragglers", tuple(self.stragglers))
        if not isinstance(self.compute, Distribution):
            object.__setattr__(self, "compute", tuple(self.compute))
            if len(self.distributions) != self.workers:
                raise InputError("distributions of compute times", len(self.distributions), f"{self.workers}, one per worker")
        for modifier in self.stragglers:
            modifier.check(self.workers)

    @property
    def distributions(self) -> tuple[Distribution, ...]:
        """Distribution of the compute time of each worker, without the modifiers."""
        return (self.compute,) * self.workers if isinstance(self.compute, Distribution) else self.compute

    @property
    def mean_times(self) -> Floats:
        """Expected compute time of each worker, shape (n,), slowed down for good but not hit by passing delays."""
        means = np.array([law.mean for law in self.distributions])
        for modifier in self.stragglers:
            if isinstance(modifier, SlowWorkers):
                for worker, factor in modifier.factors:
                    means[worker] *= factor
        return means

    def times(self, generators: Sequence[np.random.Generator]) -> ComputeTimes:
        """Return the endless table of compute times, to be read from its beginning; one generator per replica."""
        return ComputeTimes(self, generators)

    def compute_times(self, iterations: int, generators: Sequence[np.random.Generator]) -> Floats:
        """Return the times of the first iterations, shape (iterations, n, R), seconds: the j-th gradient of each worker."""
        return self.times(generators).take(at_least("iterations", iterations, 0))

    def blocks(self, iterations: int, generators: Sequence[np.random.Generator], size: int = 64) -> Iterator[Floats]:
        """Yield the same times in blocks of at most ``size`` iterations, each of shape (at most size, n, R)."""
        times = self.times(generators)
        for start in range(0, at_least("iterations", iterations, 0), at_least("size", size, 1)):
            yield times.take(min(size, iterations - start))

    def provenance(self) -> dict[str, Any]:
        """Return everything that determines the cluster, ready for JSON."""
        same = isinstance(self.compute, Distribution)
        laws = [law.provenance() for law in self.distributions[: 1 if same else None]]
        return {
            "workers": self.workers,
            "compute": laws[0] if same else laws,
            "stragglers": [modifier.provenance() for modifier in self.stragglers],
            "network": self.network.provenance(),
            "message_bytes": self.message_bytes,
            "samples_per_gradient": self.samples_per_gradient,
        }


class ComputeTimes:
    """The table of compute times of a cluster, read iteration by iteration.

    From a replica's generator, streams are spawned (`numpy.random.Generator.spawn`): first one for every different
    distribution, in the order of the first worker that has it, then one for every modifier. Each is read in the order
    iteration, worker. So a replica's times depend on its generator alone, not on the other replicas or on how the table is
    cut; and modifiers do not change the compute times that they modify.

    Parameters
    ----------
    cluster
        The cluster.
    generators
        One per replica, as `numerics.streams.Streams.generators` hands them out for ``"timeline"``; a generator that has
        spawned before leads to other times.
    """

    def __init__(self, cluster: Cluster, generators: Sequence[np.random.Generator]) -> None:
        self._workers, self._replicas, self._read = cluster.workers, len(generators), 0
        groups: dict[Distribution, list[int]] = {}
        for worker, law in enumerate(cluster.distributions):
            groups.setdefault(law, []).append(worker)
        self._laws = [(law, np.array(members)) for law, members in groups.items()]
        spawned = [generator.spawn(len(groups) + len(cluster.stragglers)) for generator in generators]
        self._streams = [streams[: len(groups)] for streams in spawned]
        self._modifiers = [
            [modifier.bind(cluster.workers, stream) for modifier, stream in zip(cluster.stragglers, rest, strict=True)]
            for rest in (streams[len(groups) :] for streams in spawned)
        ]

    def take(self, count: int) -> Floats:
        """Return the times of the next ``count`` iterations, shape (count, n, R), seconds, in an array of its own.

        Raises
        ------
        InputError
            For a time that is negative or infinite, with the worker: one that never returns would be waited for without end.
        """
        times = np.empty((count, self._workers, self._replicas))
        rows = max(1, PIECE // max(1, self._workers * self._replicas))
        for start in range(0, count, rows):
            piece = np.stack([self._draw(r, min(rows, count - start)) for r in range(self._replicas)], axis=-1)
            self._check(piece)
            times[start : start + rows] = piece
            self._read += len(piece)
        return times

    def _draw(self, replica: int, count: int) -> Floats:
        if len(self._laws) == 1:
            times = self._laws[0][0].draw(self._streams[replica][0], (count, self._workers))
        else:
            times = np.empty((count, self._workers))
            for (law, members), stream in zip(self._laws, self._streams[replica], strict=True):
                times[:, members] = law.draw(stream, (count, len(members)))
        for modify in self._modifiers[replica]:
            modify(times)
        return times

    def _check(self, piece: Floats) -> None:
        # NaN fails both comparisons, so one look at the extremes clears the whole piece.
        if not piece.size or (piece.min() >= 0 and piece.max() < np.inf):
            return
        wrong: NDArray[np.bool_] = ~((piece >= 0) & np.isfinite(piece))
        row, worker, replica = (int(i[0]) for i in np.nonzero(wrong))
        source = f"compute time of worker {worker} in iteration {self._read + row}"
        raise InputError(source, float(piece[row, worker, replica]), "a finite number of seconds >= 0: nobody may wait for ever")
