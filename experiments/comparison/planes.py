"""Who has the smallest bound over a plane: workers and rounds, workers and staleness, or contraction and heterogeneity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.comparison.contenders import CANDIDATES
from experiments.comparison.ranking import rounds_of
from experiments.comparison.setting import Setting
from straggler import InputError, StragglerError, UnknownName

if TYPE_CHECKING:
    from theory.theorem import Theorem

Floats = NDArray[np.float64]

PLANES = ("n-K", "n-staleness", "rho-zeta")

_POWERS = tuple(2.0**k for k in range(2, 9))
_SQUARES = tuple(float(m * m) for m in (2, 3, 4, 5, 6, 8, 10, 12, 16))
_ANY = tuple(float(round(2 ** (k / 2))) for k in range(4, 17))
SIZES: Mapping[str, tuple[float, ...]] = {"torus": _SQUARES, "hypercube": _POWERS, "one-peer-exponential": _POWERS}
"""Numbers of workers over which a graph family is followed, where these are not `_ANY`: 4 to 256."""

MOST_LATE = 4
"""Rounds that messages of overlap SGP may be late at most in a plane: each takes norms of its own, of ever longer transients."""

STALENESS = np.unique(np.geomspace(1, 100, 19).round())
ROUNDS = 10.0 ** np.linspace(0, 12, 97)
ZETA = 10.0 ** np.linspace(-3, 1, 49)
GAP = 10.0 ** np.linspace(-4, -0.01, 49)


@dataclass(frozen=True, eq=False)
class Plane:
    """Bounds of systems over two constants, and which is the smallest.

    Attributes
    ----------
    name
        One of `PLANES`.
    x, y
        Grid coordinates; ``x_name`` and ``y_name`` say of what.
    quantity
        What is bounded.
    systems
        Who is compared.
    bounds
        Smallest bound of each system, shape (systems, y, x); inf where none of its theorems applies.
    fixed
        The other constants.
    K_linear
        By system the rounds from which on its bound is within twice its leading term, which falls with all workers, along x; only
        in the plane n-K. inf where that is beyond the plane.
    left_out
        Systems without any bound in this plane or a part of it, and why.
    assumed
        What stands for constants that were not given, in words.
    """

    name: str
    x_name: str
    x: Floats
    y_name: str
    y: Floats
    quantity: str
    systems: tuple[str, ...]
    bounds: Floats
    fixed: Mapping[str, float]
    K_linear: Mapping[str, Floats] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()

    @property
    def smallest(self) -> Floats:
        """Smallest bound of all systems, shape (y, x)."""
        return np.asarray(self.bounds.min(axis=0))

    @property
    def winners(self) -> NDArray[np.int64]:
        """Index of the system with the smallest bound, the first of equal ones; -1 where no theorem applies. Shape (y, x)."""
        return np.where(np.isfinite(self.smallest), self.bounds.argmin(axis=0), -1)

    @property
    def level(self) -> tuple[str, ...]:
        """Systems with a bound that is the same for all y: where they win, regions are vertical stripes."""
        pairs = zip(self.systems, self.bounds, strict=True)
        return tuple(
            system for system, bound in pairs if np.isfinite(bound).any() and np.allclose(bound, bound[0], rtol=1e-9, atol=0)
        )

    def plain(self) -> dict[str, Any]:
        """Return the plane ready for JSON, winners by name."""
        names = np.array([*self.systems, None], dtype=object)
        return {
            "plane": self.name,
            "quantity": self.quantity,
            "systems": self.systems,
            "x": {"name": self.x_name, "values": self.x},
            "y": {"name": self.y_name, "values": self.y},
            "winner": names[self.winners],
            "bound": self.smallest,
            "K_linear": self.K_linear,
            "fixed": self.fixed,
            "left_out": self.left_out,
            "level": self.level,
            "assumed": self.assumed,
        }


class Family:
    """A graph by number of workers, with weights and constants; sizes that it does not have are None.

    Parameters
    ----------
    name, options, weights
        The graph, its own options, and its mixing weights.
    given
        Constants that were given.
    """

    def __init__(self, name: str, options: Mapping[str, Any], weights: str | None, given: Mapping[str, float]) -> None:
        self.name, self.options, self.weights, self.given = name, options, weights, given
        self._made: dict[float, Setting | None] = {}

    def at(self, nodes: float) -> Setting | None:
        """Return the setting with so many workers."""
        if nodes not in self._made:
            from numerics import graphs

            try:
                self._made[nodes] = Setting(graphs.get(self.name, int(nodes), **self.options), self.weights, self.given)
            except StragglerError:
                self._made[nodes] = None
        return self._made[nodes]

    def settings(self) -> dict[float, Setting]:
        """Return the settings at all sizes that the family has.

        Raises
        ------
        InputError
            There are fewer than two of them.
        """
        found = {nodes: setting for nodes in SIZES.get(self.name, _ANY) if (setting := self.at(nodes)) is not None}
        if len(found) < 2:
            raise InputError(
                "graph", self.name, "a family with a member for many numbers of nodes, for planes in n: --planes rho-zeta"
            )
        return found


def common_quantity(systems: Sequence[str]) -> str:
    """Return the quantity that most of the systems have a theorem about."""
    import theory

    counted = Counter(
        quantity for system in systems for quantity in {theory.get(key).quantity.name for key in CANDIDATES[system]}
    )
    return max(counted, key=lambda quantity: (counted[quantity], quantity == "mean_grad_norm_sq"))


def plane(name: str, systems: Sequence[str], family: Family, setting: Setting) -> Plane:
    """Return who has the smallest bound over a plane.

    Parameters
    ----------
    name
        One of `PLANES`.
    systems
        Systems that `experiments.comparison.ranking.known` admits.
    family
        The graph by number of workers.
    setting
        The graph and the constants that stay fixed.

    Raises
    ------
    UnknownName
        There is no such plane. InputError: the graph has one size only, and the plane is one in n.
    """
    makers: dict[str, Callable[..., Plane]] = {"n-K": _rounds, "n-staleness": _staleness, "rho-zeta": _contraction}
    if name not in makers:
        raise UnknownName("plane", name, makers)
    return makers[name](common_quantity(systems), tuple(systems), family, setting)


class _Bounds:
    """Smallest bound of each system, by what varies; why a system has none is kept."""

    def __init__(self, quantity: str, systems: tuple[str, ...]) -> None:
        import theory

        self.theorems = {
            system: [found for key in CANDIDATES[system] if (found := theory.get(key)).quantity.name == quantity]
            for system in systems
        }
        self.reasons: dict[str, str] = {}
        self._assumed: dict[tuple[str, str], list[str]] = {}

    @property
    def assumed(self) -> tuple[str, ...]:
        """What stands for constants that were not given, in words."""
        return tuple(f"{name} ({', '.join(dict.fromkeys(who))}): {why}" for (name, why), who in self._assumed.items())

    def of(self, system: str, setting: Setting, varied: Mapping[str, Any], rounds: Any) -> tuple[Any, Any]:
        """Return the smallest bound after so many rounds, and the least over the theorems of bound / (2 leading term)."""
        shape = np.broadcast_shapes(np.shape(rounds), *[np.shape(value) for value in varied.values()])
        least, lead = np.full(shape, np.inf), np.full(shape, np.inf)
        for theorem in self.theorems[system]:
            try:
                constants, told = setting.constants(system, theorem, varied)
            except StragglerError as error:
                self.reasons.setdefault(system, str(error))
                continue
            for name, (_, why) in told.items():
                self._assumed.setdefault((name, why), []).append(system)
            bound, ratio = _bound(system, theorem, {"n": setting.common["n"], **constants}, rounds)
            least, lead = np.minimum(least, bound), np.minimum(lead, ratio)
        return least, lead

    def left_out(self, systems: Sequence[str], bounds: Floats, quantity: str) -> dict[str, str]:
        """Return the systems without a finite bound, and why."""
        told = {}
        for system, bound in zip(systems, bounds, strict=True):
            if not np.isfinite(bound).any():
                default = "its conditions fail everywhere here" if self.theorems[system] else f"no theorem about {quantity}"
                told[system] = self.reasons.get(system, default)
        return told


def _bound(system: str, theorem: Theorem, constants: Mapping[str, Any], rounds: Any) -> tuple[Any, Any]:
    from theory.evaluate import evaluate
    from theory.transient import best

    here = {**constants, "K": rounds * rounds_of(system, theorem, constants)}
    bound, _ = best(theorem, **here)
    rate = theorem.rate()
    if rate is None or not theorem.linear_speedup() or not {"K", "n"} & set(constants):
        return bound, np.full(np.shape(bound), np.inf)
    with np.errstate(all="ignore"):
        leading = evaluate(rate.leading, here, theorem.key)
        return bound, np.divide(bound, 2 * np.asarray(leading))


def _rounds(quantity: str, systems: tuple[str, ...], family: Family, setting: Setting) -> Plane:
    settings, made = family.settings(), _Bounds(quantity, systems)
    bounds = np.full((len(systems), len(ROUNDS), len(settings)), np.inf)
    linear = {system: np.full(len(settings), np.inf) for system in systems}
    for column, here in enumerate(settings.values()):
        for row, system in enumerate(systems):
            bounds[row, :, column], ratio = made.of(system, here, {}, ROUNDS)
            linear[system][column] = _settled(ratio)
    fixed = {name: value for name, value in setting.common.items() if name not in ("n", "K")}
    left_out = made.left_out(systems, bounds, quantity)
    return Plane("n-K", "n", np.array([*settings]), "K", ROUNDS, quantity, systems, bounds, fixed, linear, left_out, made.assumed)


def _settled(ratio: Floats) -> float:
    """Return the K from which on ``ratio`` is at most one, between points of the grid by a straight line of logarithms."""
    above = np.flatnonzero(~(ratio <= 1))
    if not len(above):
        return float(ROUNDS[0])
    last = int(above[-1])
    if last == len(ratio) - 1:
        return float("inf")
    high, low = np.log(ratio[last]), np.log(ratio[last + 1])
    share = 1.0 if not np.isfinite(high) or high == low else high / (high - low)
    return float(ROUNDS[last] * (ROUNDS[last + 1] / ROUNDS[last]) ** share)


def _staleness(quantity: str, systems: tuple[str, ...], family: Family, setting: Setting) -> Plane:
    settings, made = family.settings(), _Bounds(quantity, systems)
    bounds = np.full((len(systems), len(STALENESS), len(settings)), np.inf)
    for column, (nodes, here) in enumerate(settings.items()):
        for row, system in enumerate(systems):
            if system == "osgp":  # late messages change the mixing itself
                for line, late in enumerate(STALENESS[STALENESS <= MOST_LATE]):
                    bounds[row, line, column] = made.of(system, here, {"tau": late}, here.common["K"])[0]
                continue
            updates = nodes / here.common.get("group", max(1.0, round(nodes**0.5))) if system == "wagma-sequential" else 1.0
            bounds[row, :, column] = made.of(
                system, here, {"T": STALENESS * nodes, "tau": STALENESS * updates}, here.common["K"]
            )[0]
    fixed = {name: value for name, value in setting.common.items() if name not in ("n", "T", "tau")}
    left_out = made.left_out(systems, bounds, quantity)
    sizes = np.array([*settings])
    return Plane("n-staleness", "n", sizes, "staleness", STALENESS, quantity, systems, bounds, fixed, {}, left_out, made.assumed)


def _contraction(quantity: str, systems: tuple[str, ...], _: Family, setting: Setting) -> Plane:
    made, rho, zeta = _Bounds(quantity, systems), 1 - GAP[None, :], ZETA[:, None]
    bounds = np.full((len(systems), len(ZETA), len(GAP)), np.inf)
    for row, system in enumerate(systems):
        # AD-PSGD contracts by rho in as many updates as make a round
        own = rho ** (1 / setting.common["n"]) if system == "adpsgd" else rho
        bounds[row] = made.of(system, setting, {"rho": own, "zeta": zeta}, setting.common["K"])[0]
    fixed = {name: value for name, value in setting.common.items() if name not in ("rho", "zeta")}
    left_out = made.left_out(systems, bounds, quantity)
    return Plane("rho-zeta", "1 - rho", GAP, "zeta", ZETA, quantity, systems, bounds, fixed, {}, left_out, made.assumed)
