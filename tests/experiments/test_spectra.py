"""Closed forms beside computed spectra, for every graph by name and every weights."""

import json

import pytest
from typer.testing import CliRunner

from experiments.cli.app import app
from experiments.spectra import closed_form
from numerics import graphs
from numerics.mixing import report
from straggler import InputError

SIZES = {"hypercube": (2, 8, 32), "torus": (4, 6, 9, 30), "complete": (2, 5), "exponential": (2, 3, 7, 8, 24)}


@pytest.mark.parametrize(
    "name", ["ring", "path", "torus", "hypercube", "complete", "star", "exponential", "one-peer-exponential"]
)
def test_every_closed_form_is_what_is_computed(name):
    seen = set()
    for n in SIZES.get(name, (2, 3, 4, 7, 16)):
        graph = graphs.get(name, n)
        for weights in graphs.WEIGHTS:
            try:
                schedule = graph.schedule(weights)
            except InputError:
                continue
            for rounds in (1, 3):
                computed, found = report(schedule, rounds), closed_form(graph, weights, rounds)
                if found is None:
                    continue
                seen.add(weights)
                assert found["lambda2"] == pytest.approx(computed["lambda2"], abs=1e-7), (n, weights)
                if "rho" in found:
                    assert found["rho"] == pytest.approx(computed["rho"], abs=1e-10), (n, weights)
                    assert found["one_minus_rho"] == pytest.approx(1 - computed["rho"], abs=1e-10)
                    assert set(found["expressions"]) == {"lambda2", "rho", "one_minus_rho", "leading_order"}
    both = {"uniform", "push"}
    known = {"path": {"metropolis", "max-degree", "lazy"}, "star": {"metropolis", "max-degree", "lazy"}}
    assert seen >= known.get(name, both)
    if name in known:
        assert not seen & both


@pytest.mark.parametrize(
    ("name", "nodes"), [("ring", 2), ("path", 2), ("star", 2), ("erdos-renyi", 8), ("bipartite-exponential", 8)]
)
def test_no_closed_form(name, nodes):
    graph = graphs.get(name, nodes)
    assert closed_form(graph, graph.default_weights, 1) is None


def test_mixing_prints_it():
    done = CliRunner().invoke(app, ["mixing", "ring", "--nodes", "12", "--json"])
    found = json.loads(done.stdout)["closed_form"]
    assert found["family"] == "ring, weights 1/3"
    assert found["leading_order"] == pytest.approx(8 * 9.8696044 / 3 / 144)
    assert "16 pi^2/(3 n^2)" in found["note"]
    other = CliRunner().invoke(app, ["mixing", "erdos-renyi", "--nodes", "12", "--json"])
    assert json.loads(other.stdout)["closed_form"] is None
