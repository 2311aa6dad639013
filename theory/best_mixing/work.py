"""How many operations a design takes, and the refusal of those that would run for hours."""

from __future__ import annotations

from straggler import InputError
from theory.best_mixing.edges import Links

MOST = 1e13
"""A design that would take more floating-point operations than this, several minutes of one core, is refused."""

BASE = 40.0
"""Operations per cubed node of what every design needs: a few spectra, and matrices that are built on them."""


def affordable(links: Links, size: int = 0, method: str = "", steps: int = 0) -> None:
    """Raise `InputError` if a design would take more than `MOST` operations by a rough estimate, before anything is solved.

    Parameters
    ----------
    links
        The graph.
    size
        Number k of variables.
    method
        ``interior``, ``conjugate``, ``cone``, ``first-order`` or ``newton``; without one only what every design needs counts.
    steps
        How many steps the method is expected to take.

    Raises
    ------
    InputError
        With the number of nodes up to which a graph with as many links and orbits per node would be taken.
    """
    needed = BASE * links.n**3 + steps * per_step(links, size, method)
    per_node = (
        f"with {links.m / links.n:.3g} links per node and {size} weights to choose" if size else "even if all links are alike"
    )
    refuse_beyond(links.n, needed, 3, per_node)


def affordable_rounds(nodes: int, rounds: int) -> None:
    """Raise `InputError` if a schedule, about ten programs per round of 2 n squared unknowns each, takes more than `MOST`."""
    refuse_beyond(nodes, 10.0 * rounds * 8.0 * (2.0 * nodes**2) ** 3, 6, f"in {rounds} rounds")


def refuse_beyond(nodes: int, needed: float, order: int, like: str) -> None:
    """Raise `InputError` if more operations are needed than `MOST`; they grow with a power of the nodes, its ``order``."""
    if needed > MOST:
        largest = int(nodes * (MOST / needed) ** (1 / order))
        most = f"at most about {largest} {like}: {needed:.1e} operations are more than {MOST:.0e}, several minutes of one core"
        raise InputError("nodes", nodes, most)


def per_step(links: Links, size: int, method: str) -> float:
    """Return about how many operations a step of a method takes, from the orders of its parts and measured run times."""
    cube, chosen = float(links.n) ** 3, float(size)
    return {
        # factorisations and spectra of two slack and two dual matrices; the matrix of all pairs of variables
        "interior": 100.0 * cube + min(20.0 * links.m**2, 8.0 * chosen * cube) + chosen**3 / 3,
        # some hundred products with the matrix of a step, two matrix products each
        "conjugate": 600.0 * cube,
        "cone": (float(links.n) ** 2) ** 3 / 3,
        "first-order": 30.0 * cube,
        "newton": 60.0 * cube + min(20.0 * links.m**2, 8.0 * chosen * cube) + chosen**3,
        "": 0.0,
    }[method]
