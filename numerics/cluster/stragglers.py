"""What makes some workers slower than their compute times: modifiers of a table of times.

A modifier is bound to one replica's generator and then acts, in place, on consecutive pieces of the table (iterations, n) of
that replica. It reads its generator in the order iteration, worker, so that the pieces may have any length.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from numerics.typing import Floats
from straggler import InputError, at_least, positive


@dataclass(frozen=True)
class Straggling(ABC):
    """A modifier of compute times; it never makes a time negative or infinite."""

    kind: ClassVar[str]

    @abstractmethod
    def check(self, workers: int) -> None:
        """Raise `InputError` if the modifier does not fit a cluster of this size."""

    @abstractmethod
    def bind(self, workers: int, generator: np.random.Generator) -> Callable[[Floats], None]:
        """Return a function that modifies the next piece of the table, shape (m, n) in seconds, in place."""

    def provenance(self) -> dict[str, Any]:
        """Return the kind and the parameters, ready for JSON."""
        return {"kind": self.kind} | asdict(self)


@dataclass(frozen=True)
class SlowWorkers(Straggling):
    """Some workers are slower (or faster) by a constant factor.

    Parameters
    ----------
    factors
        Factor of the compute time by number of the worker.

    Raises
    ------
    InputError
        For a factor that is not positive or not finite, with the worker's number: a worker that never returns would be
        waited for without end.
    """

    factors: tuple[tuple[int, float], ...]
    kind: ClassVar[str] = "slow-workers"

    def __init__(self, factors: Mapping[int, float]) -> None:
        pairs = [(at_least("worker", worker, 0), positive(f"factor of worker {worker}", f)) for worker, f in factors.items()]
        object.__setattr__(self, "factors", tuple(sorted(pairs)))

    def check(self, workers: int) -> None:
        """Raise `InputError` for a worker that is not there."""
        for worker, _ in self.factors:
            if worker >= workers:
                raise InputError("slow worker", worker, f"a number below {workers}, the number of workers")

    def bind(self, workers: int, generator: np.random.Generator) -> Callable[[Floats], None]:
        """Return a function that multiplies the columns of the slow workers; nothing is drawn."""
        columns = [worker for worker, _ in self.factors]
        factors = np.array([factor for _, factor in self.factors])

        def slow_down(times: Floats) -> None:
            times[:, columns] *= factors

        return slow_down

    def provenance(self) -> dict[str, Any]:
        """Return the kind and the factors by worker, ready for JSON."""
        return {"kind": self.kind, "factors": {str(worker): factor for worker, factor in self.factors}}


@dataclass(frozen=True)
class InjectedDelays(Straggling):
    """In each iteration, ``count`` distinct workers drawn uniformly take ``seconds`` longer.

    Source: the imbalance of eager-SGD (Li et al., PPoPP 2020) and WAGMA-SGD (Li et al., TPDS 2021).
    """

    count: int
    seconds: float
    kind: ClassVar[str] = "injected-delays"

    def __post_init__(self) -> None:
        at_least("count", self.count, 0)
        positive("seconds", self.seconds, zero_ok=True)

    def check(self, workers: int) -> None:
        """Raise `InputError` for more delays than workers."""
        if self.count > workers:
            raise InputError("count", self.count, f"at most {workers}, the number of workers")

    def bind(self, workers: int, generator: np.random.Generator) -> Callable[[Floats], None]:
        """Return a function that adds the delays, by Floyd's sampling without replacement for all iterations at once."""
        largest = np.arange(workers - self.count, workers)

        def delay(times: Floats) -> None:
            rows = np.arange(len(times))
            picks = (generator.random((len(times), self.count)) * (largest + 1)).astype(np.intp)
            taken = np.zeros(times.shape, bool)
            for column, last in enumerate(largest):
                pick = np.where(taken[rows, picks[:, column]], last, picks[:, column])
                taken[rows, pick] = True
                times[rows, pick] += self.seconds

        return delay


@dataclass(frozen=True)
class MarkovStragglers(Straggling):
    """Every worker is fast or slow; slow iterations take ``factor`` times as long. Starts in the stationary law.

    Parameters
    ----------
    p_slow, p_recover
        Probabilities, per iteration, that a fast worker becomes slow and a slow one recovers; a worker is slow in the
        fraction ``p_slow/(p_slow + p_recover)`` of its iterations, for ``1/p_recover`` in a row on average.
    factor
        Factor of the compute time while slow.
    """

    p_slow: float
    p_recover: float
    factor: float
    kind: ClassVar[str] = "markov"

    def __post_init__(self) -> None:
        if not 0 <= self.p_slow <= 1:
            raise InputError("p_slow", self.p_slow, "a probability between 0 and 1")
        if not 0 < self.p_recover <= 1:
            raise InputError("p_recover", self.p_recover, "a probability in (0, 1]: slow workers have to recover")
        positive("factor", self.factor)

    def check(self, workers: int) -> None:
        """Accept every number of workers."""

    @property
    def stationary(self) -> float:
        """Fraction of slow iterations."""
        return self.p_slow / (self.p_slow + self.p_recover)

    def bind(self, workers: int, generator: np.random.Generator) -> Callable[[Floats], None]:
        """Return a function that follows the chains of all workers; one uniform number per iteration and worker.

        A uniform u sends a fast worker to slow if ``u < p_slow`` and keeps a slow one slow if ``u < 1 - p_recover``. Below
        both thresholds (or above both) the next state is known whatever the last one was; between them the state is kept,
        or flipped if ``p_slow + p_recover > 1``. So the state is the last known one, flipped as often as there were steps.
        """
        low, high = sorted((self.p_slow, 1 - self.p_recover))
        flips = self.p_slow + self.p_recover > 1
        state = generator.random(workers) < self.stationary

        def follow(times: Floats) -> None:
            nonlocal state
            if not len(times):
                return
            uniform = generator.random(times.shape)
            # The first row is the state now; row j + 1 is the state after the j-th step.
            known = np.concatenate([state[None], uniform < low])
            steps = np.arange(len(known))[:, None]
            last = np.where((uniform < low) | (uniform >= high), steps[1:], 0)
            last = np.maximum.accumulate(np.concatenate([np.zeros((1, workers), last.dtype), last]), axis=0)
            states = np.take_along_axis(known, last, axis=0)
            if flips:
                states ^= ((steps - last) & 1).astype(bool)
            state = states[-1]
            times *= np.where(states[:-1], self.factor, 1.0)

        return follow
