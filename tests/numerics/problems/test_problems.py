"""Problems by name: their constants, their oracle, their provenance, and what they refuse."""

import inspect
import json
import math

import numpy as np
import pytest

from numerics import problems
from numerics.streams import Streams
from straggler import InputError, UnknownName

SYNTHETIC = ("cosine", "rational", "saddle", "quadratic", "hard-instance", "sinc", "bump", "huber", "matrix-completion")
REAL = ("logistic-breast-cancer", "logistic-digits")
NETWORKS = ("network-digits",)


@pytest.fixture
def svm_file(tmp_path):
    path = tmp_path / "tiny.svm"
    rng = np.random.default_rng(0)
    lines = [f"{1 if k % 2 else -1} 1:{a:.6f} 3:{b:.6f}" for k, (a, b) in enumerate(rng.standard_normal((30, 2)))]
    path.write_text("\n".join(lines))
    return path


def test_names():
    assert set(problems.NAMES) == {*SYNTHETIC, *REAL, *NETWORKS, "logistic:FILE"}


@pytest.mark.parametrize("name", SYNTHETIC)
@pytest.mark.parametrize("noise", ["gaussian", "rademacher", "none"])
def test_synthetic_problems(name, noise):
    problem = problems.get(name, dim=6, workers=4, sigma=0.5, noise=noise, zeta=0.3)
    assert (problem.n, problem.dim, problem.name) == (4, 6, name)
    numbers = problem.numbers
    assert {"L", "f_star", "zeta", "sigma", "delta"} <= set(numbers)
    assert numbers["sigma"] == (0.0 if noise == "none" else 0.5)
    assert numbers["zeta"] == 0.3
    assert numbers["delta"] == pytest.approx(float(problem.objective.value(problem.start())) - numbers["f_star"])
    assert numbers["delta"] > 0
    assert problem.constants["delta"].kind == "exact"
    points = np.ones((4, 3, 6))
    out = np.empty_like(points)
    assert problem.oracle(Streams(0, range(3)))(points, slice(None), out) is out
    assert (noise == "none") == np.allclose(out, problem.objective.local_gradients(points))
    assert json.loads(json.dumps(problem.provenance())) == problem.provenance()


@pytest.mark.parametrize("name", REAL)
def test_real_problems(name):
    problem = problems.get(name, workers=6, split="dirichlet", batch=2, regularisation=0.02)
    assert problem.dim == {"logistic-breast-cancer": 31, "logistic-digits": 65}[name]
    assert problem.objective.counts.sum() == {"logistic-breast-cancer": 569, "logistic-digits": 1797}[name]
    assert problem.numbers["delta"] == pytest.approx(math.log(2))
    assert problem.constants["delta"].kind == "upper bound"
    assert problem.provenance()["noise"] == {"kind": "minibatch", "batch": 2, "replacement": True}
    x = np.random.default_rng(0).standard_normal((5, problem.dim)) * 0.3
    measured = problem.measure(x)
    assert np.all(measured["zeta"] <= problem.numbers["zeta"])
    assert np.all(measured["sigma"] <= problem.numbers["sigma"])
    assert measured["sigma"].min() > 0
    assert json.loads(json.dumps(problem.provenance())) == problem.provenance()


def test_network_on_real_data():
    problem = problems.get("network-digits", workers=6, split="dirichlet", batch=2, hidden=3, radius=0.5)
    assert problem.dim == 66 * 3 + 1
    assert problem.objective.counts.sum() == 1797
    assert 0.5 < problem.numbers["delta"] < 2
    assert problem.constants["L"].kind == problem.constants["sigma"].kind == "certified on ball"
    steps = np.random.default_rng(0).standard_normal((5, problem.dim))
    x = problem.start() + 0.5 * steps / np.linalg.norm(steps, axis=1, keepdims=True)
    measured = problem.measure(x)
    assert np.all(measured["zeta"] <= problem.numbers["zeta"])
    assert np.all(measured["sigma"] <= problem.numbers["sigma"])
    assert measured["sigma"].min() > 0
    assert json.loads(json.dumps(problem.provenance())) == problem.provenance()


def test_mean_of_the_oracle_is_the_gradient_on_real_data():
    problem = problems.logistic_breast_cancer(workers=5, batch=4)
    x = np.full(31, 0.05)
    replicas = 4000
    points = np.broadcast_to(x, (5, replicas, 31))
    drawn = problem.oracle(Streams(0, range(replicas)))(points, slice(None))
    exact = problem.objective.local_gradients(points[:, :1])
    error = np.linalg.norm((drawn - exact).mean(axis=1), axis=1)
    deviation = problem.measure(x[None])["sigma"][0]
    assert np.all(error < 3 * deviation / math.sqrt(replicas))
    spread = np.sqrt(np.mean(np.sum((drawn - exact) ** 2, axis=2), axis=1))
    assert spread.max() == pytest.approx(deviation, rel=0.06)


def test_heterogeneous_splits_are_more_heterogeneous():
    origin = np.zeros((1, 31))
    zeta = {s: problems.logistic_breast_cancer(workers=8, split=s).measure(origin)["zeta"][0] for s in ("iid", "label")}
    assert zeta["label"] > 1.5 * zeta["iid"]


def test_libsvm_files(svm_file):
    problem = problems.get(f"logistic:{svm_file}", workers=3, noise="gaussian", sigma=0.1)
    assert (problem.dim, problem.n) == (4, 3)
    provenance = problem.provenance()
    assert provenance["name"] == f"logistic:{svm_file}"
    svm_file.write_text(svm_file.read_text().replace("1:", "2:"))
    assert problems.get(f"logistic:{svm_file}", workers=3).provenance()["sha256"] != provenance["sha256"]


def test_different_hessians():
    problem = problems.quadratic(dim=3, workers=4, hessians="different", spectrum=np.array([2.0, 1, 0.5]))
    assert problem.constants["zeta"].kind == "certified on ball"
    assert problem.provenance()["spectrum"] == [2.0, 1.0, 0.5]
    with pytest.raises(UnknownName, match="did you mean different"):
        problems.quadratic(hessians="diferent")


@pytest.mark.parametrize(
    ("name", "message"), [("cosin", "did you mean cosine"), ("hard_instance", "did you mean hard-instance"), ("", "known: ")]
)
def test_unknown_problems(name, message):
    with pytest.raises(UnknownName, match=message):
        problems.get(name)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("cosine", {"zetta": 0.1}, UnknownName, "did you mean zeta"),
        ("logistic-digits", {"regularization": 0.1}, UnknownName, "did you mean regularisation"),
        ("cosine", {"dim": 0}, InputError, "dim = 0"),
        ("cosine", {"workers": 0}, InputError, "workers = 0"),
        ("cosine", {"smoothness": -1}, InputError, "smoothness = -1"),
        ("cosine", {"start": math.nan}, InputError, "start = nan"),
        ("rational", {"sigma": -1}, InputError, "sigma = -1"),
        ("rational", {"noise": "minibatch"}, InputError, "not a mean over samples"),
        ("rational", {"noise": "gauss"}, UnknownName, "gaussian"),
        ("sinc", {"start": math.inf}, InputError, "start = inf"),
        ("huber", {"knee": 0}, InputError, "knee = 0"),
        ("huber", {"spread": math.nan}, InputError, "spread = nan"),
        ("matrix-completion", {"dim": 10, "rank": 3}, InputError, "divisor of dim = 10"),
        ("matrix-completion", {"dim": 4, "rank": 4}, InputError, "rank = 4"),
        ("matrix-completion", {"radius": 0}, InputError, "radius = 0"),
        ("logistic-digits", {"dim": 10}, InputError, "65"),
        ("network-digits", {"dim": 10}, InputError, "529"),
        ("network-digits", {"hidden": 0}, InputError, "hidden = 0"),
        ("network-digits", {"radius": 0.0}, InputError, "radius"),
        ("network-digits", {"regularisation": 0.1}, UnknownName, "regularisation"),
        ("logistic-digits", {"workers": 10_000}, InputError, "1797"),
        ("logistic-digits", {"batch": 500, "replacement": False}, InputError, "batch = 500"),
        ("logistic:/nowhere/at/all", {}, InputError, "readable file"),
    ],
)
def test_refusals(name, options, error, message):
    with pytest.raises(error, match=message):
        problems.get(name, **options)


def test_factories_are_the_registry():
    for name in (*SYNTHETIC, *REAL):
        factory = getattr(problems, name.replace("-", "_"))
        assert inspect.isfunction(factory)
        assert factory(workers=4).name == name
