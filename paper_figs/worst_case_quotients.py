"""Theorems over exact worst cases: by rounds, and over mixing matrices of a spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.worst_case_runs import NODES, System, systems

Columns = dict[str, list[Any]]

NAMES = {
    "ours.p1": "P1",
    "ours.p2": "P2",
    "ours.p3": "P3",
    "ours.p4": "P4",
    "ours.p4-doubly": "P4'",
    "dpsgd.theorem-1": "Lian et al. 2017, Theorem 1",
    "koloskova.theorem-2": "Koloskova et al. 2020, Thm 2",
    "local-sgd.wang-joshi": "Wang & Joshi 2021",
}
COLORS = dict(zip(NAMES, (*style.PALETTE[:6], style.FAINT, style.INK), strict=True))
MARKS = dict(zip(NAMES, "os^vDPXd", strict=True))
RINGS = {2: (style.PALETTE[5], "v"), **{n: (style.BY_NODES[n], style.MARKERS[n]) for n in (4, 8)}}
STEP = 0.2
"""Step size of the panel over spectra."""


def over_sizes(panel: Any, rounds: range, zeta: float, table: Columns) -> None:
    """Draw P2 / worst case over the number of rounds, on rings of several sizes."""
    from numerics import graphs

    for n, (color, marker) in RINGS.items():
        system = System("", "dpsgd", graphs.ring(n).schedule(), ("ours.p2",))
        label = rf"$n$ = {n}, $\rho$ = {system.constants['rho']:.2g}"
        _over_rounds(panel, system, "ours.p2", rounds, zeta, table, color=color, marker=marker, label=label)
    panel.legend()


def over_theorems(panel: Any, rounds: range, zeta: float, table: Columns) -> None:
    """Draw theorem / worst case over the number of rounds for every theorem about few rounds without noise."""
    from numerics import graphs

    average = graphs.complete(NODES).schedule()
    ring, local, peers = systems()
    shown = (
        (System("", "sgd", average, ()), "ours.p1", zeta, "SGD"),
        (ring, "ours.p2", zeta, "D-PSGD"),
        (local, "ours.p3", zeta, "local SGD"),
        (peers, "ours.p4", zeta, "SGP"),
        (peers, "ours.p4-doubly", zeta, "SGP"),
        (ring, "dpsgd.theorem-1", zeta, "D-PSGD"),
        (ring, "koloskova.theorem-2", zeta, "D-PSGD"),
        (local, "local-sgd.wang-joshi", 0.0, r"local SGD, $\zeta$ = 0"),
    )
    for system, key, spread, what in shown:
        label = f"{NAMES[key].replace('Theorem', 'Thm')} ({what})"
        _over_rounds(panel, system, key, rounds, spread, table, color=COLORS[key], marker=MARKS[key], label=label)
    panel.legend(fontsize=7.5, loc="upper right", borderaxespad=0.1)


def _over_rounds(panel: Any, system: System, key: str, rounds: range, zeta: float, table: Columns, **look: Any) -> None:
    quotients = []
    for k in rounds:
        gamma = system.best_step(key, k, zeta)
        bound, exact = system.bound(key, gamma, k, zeta), system.family(k).at(gamma=gamma, zeta=zeta).value
        quotients.append(bound / exact)
        row = {
            "theorem": key,
            "n [workers]": system.schedule.n,
            "K [rounds]": k,
            "zeta^2 [L Delta]": zeta**2,
            "step size gamma L [1]": gamma,
            "bound [L Delta]": bound,
            "exact worst case [L Delta]": exact,
        }
        for name, value in row.items():
            table.setdefault(name, []).append(value)
    panel.plot(list(rounds), quotients, **look)


def over_spectra(panel: Any, rounds: int, zeta: float, points: int) -> Columns:
    """Draw worst cases over all mixing matrices of a spectrum, on particular rings, and P2, over the second eigenvalue."""
    import theory
    from theory import worst_case

    p2 = theory.get("ours.p2")
    eigenvalues = np.linspace(0.05, 0.95, points)
    constants = {"L": 1.0, "delta": 1.0, "sigma": 0.0, "zeta": zeta, "K": float(rounds), "n": float(NODES)}
    fine = np.linspace(0.02, 0.98, 97)
    limit = p2.largest_step(rho=fine**2, **constants)
    bound = np.asarray(p2.bound(gamma=STEP, rho=fine**2, **constants))
    style.where_it_holds(panel, fine, bound, limit >= STEP, color=COLORS["ours.p2"], label="P2")
    values = [worst_case.any_mixing(rounds, NODES, value).at(gamma=STEP, zeta=zeta).value for value in eigenvalues.tolist()]
    panel.plot(eigenvalues, values, color=style.INK, linewidth=2.0, label=r"any $W$ with eigenvalues in $[-\lambda,\lambda]$")
    table: Columns = {
        "n [workers]": ["any"] * points,
        "lambda [1]": eigenvalues.tolist(),
        "exact worst case [L Delta]": list(values),
        "bound ours.p2 [L Delta]": p2.bound(gamma=STEP, rho=eigenvalues**2, **constants).tolist(),
        "bound applies": (p2.largest_step(rho=eigenvalues**2, **constants) >= STEP).tolist(),
    }
    for first, (n, (color, marker)) in enumerate(list(RINGS.items())[1:]):
        for number, value in enumerate(eigenvalues[first::2].tolist()):
            method = worst_case.dpsgd([blended_ring(n, value)] * rounds)
            found = worst_case.nonconvex(method).at(gamma=STEP, zeta=zeta).value
            label = f"a ring of {n} workers" if number == 0 else None
            face = {"markerfacecolor": "white", "markersize": 6, "linestyle": "none"}
            panel.plot(value, found, color=color, marker=marker, label=label, **face)
            here = p2.bound(gamma=STEP, rho=value**2, **constants), p2.largest_step(rho=value**2, **constants) >= STEP
            for column, entry in zip(table.values(), (str(n), value, found, *here), strict=True):
                column.append(entry)
    panel.legend(loc="upper left")
    return table


def blended_ring(n: int, eigenvalue: float) -> Floats:
    """Return the mixing matrix of a ring, blended with I or with the average so that its second eigenvalue is this one."""
    from numerics import graphs, mixing

    matrix = graphs.ring(n).schedule().at(0).matrix()
    second = mixing.second_eigenvalue(matrix)
    if eigenvalue < second:
        share = 1 - eigenvalue / second
        blended: Floats = (1 - share) * matrix + share / n
    else:
        share = (eigenvalue - second) / (1 - second)
        blended = (1 - share) * matrix + share * np.eye(n)
    return blended
