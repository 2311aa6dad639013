"""Closed-form spectra beside computed ones: which family of `theory.spectra` a graph with weights belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from theory.spectra import Spectrum

_SAME = {
    "ring": {"uniform", "metropolis", "max-degree", "push"},
    "torus": {"uniform", "metropolis", "max-degree", "push"},
    "hypercube": {"uniform", "metropolis", "max-degree", "push"},
    "complete": {"uniform", "metropolis", "max-degree", "push"},
    "path": {"metropolis", "max-degree"},
    "star": {"metropolis", "max-degree"},
    "exponential": {"uniform", "push"},
    "one-peer-exponential": {"uniform", "push"},
}
"""Weights that are the same on a graph as those its closed form is for: all of them where all degrees are equal."""

_NAMES = {"lambda2": "lambda2", "rho": "rho", "one_minus_rho": "gap", "leading_order": "leading"}


def family(graph: Graph, weights: str) -> Spectrum | None:
    """Return the closed form of a graph with the given weights, or None where none is known.

    Graphs are told by their names; a graph read from a file has the name of the file and no closed form.
    """
    from theory import spectra

    if weights == "lazy":
        found = family(graph, "metropolis")
        return found.lazy() if found is not None and found.symmetric else None
    if weights not in _SAME.get(graph.name, ()):
        return None
    found = spectra.torus_of(graph.params["shape"]) if graph.name == "torus" else spectra.get(graph.name)
    return found if found.otherwise is not None or bool(found.admits(n=graph.n)) else None


def closed_form(graph: Graph, weights: str, rounds: int) -> dict[str, Any] | None:
    """Return the spectrum of a graph with the given weights from its closed form, ready for JSON; None where none is known.

    Parameters
    ----------
    graph, weights
        The graph and the name of its weights.
    rounds
        Number of rounds whose product is looked at.

    Returns
    -------
    dict
        family, and ``lambda2`` of the product of the rounds. Where rho is that of every round also ``rho``, ``one_minus_rho``
        and ``leading_order`` of the latter, as numbers. ``expressions`` has the LaTeX of what stands behind each, and
        ``note`` what is said elsewhere and does not check out.
    """
    found = family(graph, weights)
    if found is None:
        return None
    shown = found.latex
    if "rounds" in found.parameters:
        value = float(found.at(graph.n, rounds=rounds)["lambda2"])
        return {"family": found.title, "lambda2": value, "expressions": {"lambda2": shown["lambda2"]}}
    numbers = {part: float(value) for part, value in found.at(graph.n).items()}
    expressions = {name: shown[part] for name, part in _NAMES.items()}
    return {
        "family": found.title,
        "lambda2": numbers["lambda2"] ** rounds,
        **{name: numbers[part] for name, part in _NAMES.items() if name != "lambda2"},
        "expressions": expressions,
        "note": found.note,
    }
