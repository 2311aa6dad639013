"""What the leader family shares: its options, and who leads whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from numerics.algorithms.base import Algorithm, Rate, State
from numerics.algorithms.election import ELECTIONS, Judge, Leadership, judge
from numerics.mixing import MixingSchedule
from numerics.problems import Problem
from numerics.streams import Streams
from numerics.typing import Array
from straggler import InputError, UnknownName, at_least, positive

PULL = 0.1
"""Share of the distance to a leader that is covered where nothing is said, as in the authors' experiments."""


@dataclass
class LeaderState(State):
    """Models of workers that follow leaders.

    Parameters
    ----------
    judge
        Says how good a model is.
    local
        The leaders of the groups.
    overall
        The leader of all; with one group it is the group's.
    """

    judge: Judge = field(default=None)  # type: ignore[assignment]
    local: Leadership = field(default=None)  # type: ignore[assignment]
    overall: Leadership = field(default=None)  # type: ignore[assignment]

    def elect(self, *offices: Leadership) -> None:
        """Judge all models once, and elect these leaders; nothing happens where there are none to elect."""
        if offices:
            values = self.judge.values(self.x)
            for office in offices:
                office.elect(self.x, values)


@dataclass(frozen=True, kw_only=True)
class Leaders(Algorithm):
    """The leader family: workers in groups of consecutive ones, each pulled to the best of its group and to the best of all.

    How strong a pull is can be said in two ways, of which at most one is used for each leader: ``pull`` c, the lambda of the
    algorithm, is the share of the distance that is covered, x - c (x - z); ``attraction`` lambda, that of the theorems, is
    multiplied by the step size, x - gamma lambda (x - z), so that c = gamma lambda.

    Leaders are elected at the start and whenever workers communicate, and lead until the next election; of equally good
    workers the first one leads, and a leader is not moved by the pull it exerts. An election costs one evaluation of f at all
    models.

    The theorems speak about the model of each worker, or of the leader (`leader`). The center is the average of the workers,
    which is what the experiments test.

    Parameters
    ----------
    pull, attraction
        Strength of the pull to the group's leader: c in [0, 1] or lambda >= 0; c = 0.1 where neither is given.
    global_pull, global_attraction
        Strength of the pull to the leader of all groups, likewise; with one group there is none.
    period, global_period
        Iterations tau >= 1 and tau_G >= 1 between elections, in the group and among all.
    groups
        Number of groups, a divisor of n.
    election
        What a model is judged by: ``exact`` values of f; ``noisy`` ones, Gaussian with standard deviation sigma_f; ``flattering``
        ones, unbiased with that standard deviation too, which mostly make the worst model look better than it is; or
        ``minibatch``, the average of the worker's last losses, which needs minibatch noise.
    sigma_f
        Standard deviation of noisy and flattering values, >= 0.
    window
        Number >= 1 of losses in an average; tau by default.
    """

    pull: float | None = None
    attraction: float | None = None
    global_pull: float | None = None
    global_attraction: float | None = None
    period: int = 1
    global_period: int = 1
    groups: int = 1
    election: str = "exact"
    sigma_f: float = 0.0
    window: int | None = None

    references: ClassVar[tuple[str, ...]] = ("teng-2019",)
    rate: ClassVar[Rate] = Rate(workers=0.0)
    conserves: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for whose in ("", "global_"):
            pull, attraction = getattr(self, f"{whose}pull"), getattr(self, f"{whose}attraction")
            if pull is not None and attraction is not None:
                raise InputError(f"{whose}attraction", attraction, f"no {whose}pull beside it: pull = step size x attraction")
            if pull is not None and positive(f"{whose}pull", pull, zero_ok=True) > 1:
                raise InputError(f"{whose}pull", pull, "0 <= pull <= 1, a share of the distance to the leader")
            if attraction is not None:
                positive(f"{whose}attraction", attraction, zero_ok=True)
            at_least(f"{whose}period", getattr(self, f"{whose}period"), 1)
            if whose and at_least("groups", self.groups, 1) == 1 and (pull or attraction):
                raise InputError("groups", 1, "at least two groups for a global pull: the leader of one group leads all")
        if self.election not in ELECTIONS:
            raise UnknownName("election", str(self.election), ELECTIONS)
        positive("sigma_f", self.sigma_f, zero_ok=True)
        if self.window is not None:
            at_least("window", self.window, 1)

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule whose workers can be divided into the groups: its graph is not used."""
        if schedule.n % self.groups:
            raise InputError("groups", self.groups, f"a divisor of the {schedule.n} workers")

    def equip(self, state: State, problem: Problem, streams: Streams) -> None:
        """Hand the state its judge, and hold the first election."""
        window = self.period if self.window is None else self.window
        self.seat(state, judge(self.election, problem, streams, sigma_f=self.sigma_f, window=window))

    def seat(self, state: State, judge: Judge) -> None:
        """Let ``judge`` decide all elections; the first is held now."""
        assert isinstance(state, LeaderState)
        values = judge.values(state.x)
        state.judge, state.local = judge, Leadership(state.x, values, self.groups)
        state.overall = state.local if self.groups == 1 else Leadership(state.x, values, 1)

    def leader(self, state: State) -> Array:
        """Return the number of the worker that leads all others, shape (R,)."""
        assert isinstance(state, LeaderState)
        return state.overall.leaders[0]

    def symbols(self, n: int) -> dict[str, float]:
        """Return momentum, period, noise of the elections, and the strength of each pull as far as it does not vary."""
        estimated = self.election in ("noisy", "flattering")
        found = super().symbols(n) | {"tau": self.period, "sigma_f": self.sigma_f if estimated else 0.0}
        if self.attraction is not None:
            found["lambda_"] = self.attraction
        if not callable(self.step_size):
            found |= {"lambda_": self.strength(0) / self.step_size, "pull": self.strength(0)}
            if self.groups > 1:
                found["lambda_G"] = self.global_strength(0) / self.step_size
        elif self.attraction is None:
            found["pull"] = self.strength(0)
        return found

    def strength(self, k: int) -> float:
        """Return the share of the distance to the group's leader that a pull in iteration ``k`` covers."""
        return self._share(self.pull, self.attraction, k)

    def global_strength(self, k: int) -> float:
        """Return the share of the distance to the leader of all that a pull in iteration ``k`` covers; 0 with one group."""
        return self._share(self.global_pull, self.global_attraction, k) if self.groups > 1 else 0.0

    def _share(self, pull: float | None, attraction: float | None, k: int) -> float:
        if attraction is not None:
            return self.gamma(k) * attraction
        return PULL if pull is None else pull
