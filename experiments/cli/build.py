"""What a run is made of, from the words on the command line: algorithm, problem, mixing schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from experiments.cli import options
from straggler import InputError, UnknownName, at_least, positive

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule
    from numerics.problems import Problem
    from numerics.timeline import Timeline

DEFAULT_NODES = 8
DEFAULT_DIM = 10
REAL = ("logistic", "network")
"""What names of problems on real data begin with."""

OWN_OPTIONS = ("dim", "noise", "sigma", "zeta")


def checked(iterations: int, replicas: int, seed: int, sigma: float, out: Path | None) -> None:
    """Raise `InputError` unless the counts of a run are admissible and its result can be written where it is to go."""
    for name, count, least in (("iterations", iterations, 1), ("replicas", replicas, 1), ("seed", seed, 0)):
        at_least(name, count, least)
    positive("sigma", sigma, zero_ok=True)
    if out is not None:
        options.file("--out", out)


def algorithm(system: str, step_size: float, items: Sequence[str] | None) -> Algorithm:
    """Return the algorithm ``system``; ``items`` are its own options as ``NAME=VALUE``, read as the type each option has."""
    from numerics import algorithms

    known = algorithms.options(system)
    given = options.assignments("--set", items)
    for name in given:
        if name not in known:
            raise UnknownName(f"option of {system}", name.replace("_", "-"), [option.replace("_", "-") for option in known])
    hints = get_type_hints(algorithms.REGISTRY[system])
    return algorithms.get(system, step_size=step_size, **{name: _typed(name, text, hints[name]) for name, text in given.items()})


def schedule(graph: str, nodes: int | None, weights: str | None, items: Sequence[str] | None) -> MixingSchedule:
    """Return the mixing schedule of a graph by name or file; a named graph has `DEFAULT_NODES` workers where none are given."""
    from numerics import graphs

    chosen = options.settings("--graph-set", items)
    if nodes is None and graph in graphs.NAMES and "shape" not in chosen:
        nodes = DEFAULT_NODES
    with options.understood("--graph-set", chosen):
        topology = graphs.get(graph, nodes, **chosen)
    from experiments.mixing.files import named_or_read

    return named_or_read(topology, weights)


def problem(
    name: str, workers: int, dim: int | None, noise: str | None, sigma: float, zeta: float | None, items: Sequence[str] | None
) -> Problem:
    """Return the problem called ``name`` for a number of workers; ``items`` are its further options as ``NAME=VALUE``.

    Real data decide their own dimension and heterogeneity, and sample their gradients where no other noise is asked for.
    """
    from numerics import problems
    from numerics.problems.registry import FACTORIES, FILE_PREFIX

    chosen: dict[str, Any] = {}
    if not name.startswith(REAL):
        chosen |= {"dim": DEFAULT_DIM, "noise": "gaussian", "zeta": 0.0}
    further = options.settings("--problem-set", items)
    for option in ("workers", *OWN_OPTIONS):
        if option in further:
            raise InputError("--problem-set", f"{option}=...", f"the option --{'nodes' if option == 'workers' else option}")
    asked = {"dim": dim, "noise": noise, "zeta": zeta}
    chosen |= {option: value for option, value in asked.items() if value is not None}
    if name == FILE_PREFIX:
        raise InputError("problem", name, f"{FILE_PREFIX}FILE with the path of a LIBSVM file")
    if name not in FACTORIES and not name.startswith(FILE_PREFIX):
        raise UnknownName("problem", name, problems.NAMES)
    if zeta is not None and name.startswith(REAL):
        raise InputError(
            "--zeta", zeta, f"a synthetic problem: in {name} the split of the data decides (--problem-set split=...)"
        )
    with options.understood("--problem-set", further):
        return problems.get(name, workers=workers, sigma=sigma, **chosen | further)


def told(timeline: str | None, items: Sequence[str] | None, workload: str | None) -> dict[str, options.Value]:
    """Return what the timeline of that name is told: ``items`` (``NAME=VALUE``) and, where it is a cluster, its workload."""
    chosen = options.settings("--timeline-set", items)
    if timeline is None and chosen:
        raise InputError("--timeline-set", next(iter(chosen)), "--timeline NAME beside it")
    if workload is None:
        return chosen
    if timeline != "cluster":
        raise InputError("--workload", workload, "--timeline cluster beside it")
    return chosen | {"workload": workload}


def timeline(name: str | None, made: Algorithm, mixing: MixingSchedule, told: Mapping[str, options.Value]) -> Timeline | None:
    """Return the timeline called ``name``, told this, or None for the natural one."""
    from numerics import timeline as timelines

    if name is None:
        return None
    with options.understood("--timeline-set", told):
        return timelines.get(name, made, mixing, **told)


def _typed(name: str, text: str, kind: Any) -> object:
    """Return the text as the annotated type of an option: a truth value, a whole number, a number, or text."""
    value = options.value(text)
    if kind is bool:
        if not isinstance(value, bool):
            raise InputError(f"--set {name}", text, "true or false")
        return value
    if kind not in (int, float):
        return text
    if isinstance(value, bool | str | tuple):
        raise InputError(f"--set {name}", text, "a number")
    if kind is float:
        return float(value)
    if not math.isfinite(value) or value != int(value):
        raise InputError(f"--set {name}", text, "a whole number")
    return int(value)
