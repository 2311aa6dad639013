"""Mixing schedules: which operator is applied in which round."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from numerics.mixing.base import MixingOperator
from numerics.typing import Floats
from straggler import InputError


class MixingSchedule(ABC):
    """A sequence W_0, W_1, ... of mixing operators on n workers.

    Attributes
    ----------
    n
        Number of workers.
    name
        Name of the graph it came from.
    period
        Number of rounds after which it repeats; None for a schedule drawn at random.
    """

    n: int
    name: str
    period: int | None

    @abstractmethod
    def at(self, k: int) -> MixingOperator:
        """Return W_k for round ``k`` >= 0; the same object every time it is asked for soon again."""

    @property
    @abstractmethod
    def row_stochastic(self) -> bool:
        """Whether every W_k has W 1 = 1."""

    @property
    @abstractmethod
    def column_stochastic(self) -> bool:
        """Whether every W_k has 1'W = 1'."""

    @property
    def doubly_stochastic(self) -> bool:
        """Whether every W_k is doubly stochastic."""
        return self.row_stochastic and self.column_stochastic

    @property
    def keeps_mean(self) -> bool:
        """Whether every W_k keeps constants and the mean; its entries may be negative."""
        return self.doubly_stochastic

    @abstractmethod
    def provenance(self) -> dict[str, Any]:
        """Return what determines the schedule: graph, nodes, weights, parameters and seed, ready for JSON."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, n={self.n}, period={self.period})"

    def operators(self, rounds: int) -> Iterator[MixingOperator]:
        """Yield W_0 ... W_{rounds-1}."""
        return (self.at(k) for k in range(rounds))


class PeriodicSchedule(MixingSchedule):
    """A schedule that cycles through a fixed list of operators; a static graph has one.

    Parameters
    ----------
    operators
        W_0 ... W_{period-1}, all on the same number of workers.
    name
        Name of the graph.
    origin
        Further entries of `provenance`.
    """

    period: int

    def __init__(self, operators: Sequence[MixingOperator], name: str, origin: Mapping[str, Any] | None = None) -> None:
        if not operators or len({operator.n for operator in operators}) != 1:
            raise InputError(
                "workers of the operators", [operator.n for operator in operators], "one common number, at least one round"
            )
        self._operators = tuple(operators)
        self.n, self.name, self.period = operators[0].n, name, len(operators)
        self._origin = dict(origin or {})

    def at(self, k: int) -> MixingOperator:
        """Return W_k; see `MixingSchedule.at`."""
        return self._operators[k % self.period]

    @property
    def row_stochastic(self) -> bool:
        """Whether every W_k has W 1 = 1."""
        return all(operator.row_stochastic for operator in self._operators)

    @property
    def column_stochastic(self) -> bool:
        """Whether every W_k has 1'W = 1'."""
        return all(operator.column_stochastic for operator in self._operators)

    @property
    def keeps_mean(self) -> bool:
        """Whether every W_k keeps constants and the mean; see `MixingSchedule.keeps_mean`."""
        return all(operator.keeps_mean for operator in self._operators)

    def provenance(self) -> dict[str, Any]:
        """Return graph, nodes and what was given as origin; see `MixingSchedule.provenance`."""
        return {"graph": self.name, "nodes": self.n, **self._origin}


class RandomSchedule(MixingSchedule):
    """A schedule whose rounds are independent draws; round k uses ``SeedSequence(seed, spawn_key=(k,))``.

    Parameters
    ----------
    n
        Number of workers.
    draw
        Maps a random generator to the operator of one round.
    name
        Name of the graph.
    seed
        The seed all rounds are spawned from.
    kind
        (row_stochastic, column_stochastic) of every draw.
    second_moment
        E[W'W], shape (n, n), where it is known exactly.
    origin
        Further entries of `provenance`.
    """

    period: None = None
    _KEPT = 1024

    def __init__(
        self,
        n: int,
        draw: Callable[[np.random.Generator], MixingOperator],
        name: str,
        seed: int,
        kind: tuple[bool, bool],
        second_moment: Floats | None = None,
        origin: Mapping[str, Any] | None = None,
    ) -> None:
        self.n, self.name, self.seed = n, name, seed
        self.second_moment = second_moment
        self._draw, self._kind, self._origin = draw, kind, dict(origin or {})
        self._recent: OrderedDict[int, MixingOperator] = OrderedDict()

    def at(self, k: int) -> MixingOperator:
        """Return W_k; see `MixingSchedule.at`. The last 1024 rounds are kept."""
        operator = self._recent.get(k)
        if operator is None:
            generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=(k,))))
            operator = self._recent[k] = self._draw(generator)
            if len(self._recent) > self._KEPT:
                self._recent.popitem(last=False)
        return operator

    @property
    def row_stochastic(self) -> bool:
        """Whether every draw has W 1 = 1."""
        return self._kind[0]

    @property
    def column_stochastic(self) -> bool:
        """Whether every draw has 1'W = 1'."""
        return self._kind[1]

    def provenance(self) -> dict[str, Any]:
        """Return graph, nodes, seed and what was given as origin; see `MixingSchedule.provenance`."""
        return {"graph": self.name, "nodes": self.n, "seed": self.seed, **self._origin}


def product(schedule: MixingSchedule, rounds: int, start: int = 0) -> Floats:
    """Return the product ``W_{start+rounds-1} ... W_start`` of a schedule, shape (n, n); no rounds give the identity."""
    result: Floats = np.eye(schedule.n)
    for k in range(start, start + rounds):
        result = schedule.at(k).apply(result, np.empty_like(result))
    return result
