"""Workloads: the ones that ship, and one clear line for every mistake in a file."""

import json
import tomllib
from pathlib import Path

import pytest

from numerics.cluster import InjectedDelays, LogNormal, MarkovStragglers, SlowWorkers, load, workload
from numerics.streams import Streams
from straggler import InputError, StragglerError, UnknownName

SHIPPED = {
    "resnet50-64": (4 * 25_559_081, 128, "images", 10),
    "transformer-wmt": (4 * 61_362_176, 8192, "tokens", 8),
    "ddppo-navigation": (4 * 8_476_421, 256, "steps", 8),
}
SMALL = """
[gradient]
bytes = 8
[compute]
kind = "constant"
seconds = 1
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "mine.toml"
        file.write_text(text)
        return file

    return write


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped(name):
    loaded = load(name)
    assert (loaded.gradient.bytes, loaded.gradient.samples, loaded.gradient.unit, loaded.training.period) == SHIPPED[name]
    assert [loaded.group_size(workers) for workers in (4, 16, 64, 256, 1024)] == [2, 4, 8, 16, 32]
    machine = loaded.cluster(16)
    assert machine.message_bytes == loaded.gradient.bytes
    times = machine.compute_times(10, Streams(0, range(2)).generators("timeline"))
    assert times.shape == (10, 16, 2)
    assert json.loads(json.dumps(loaded.provenance(), allow_nan=False))["name"] == name
    assert load(workload.FOLDER / f"{name}.toml").cluster(4) == loaded.cluster(4)


def test_every_number_that_ships_says_where_it_comes_from():
    for name in workload.NAMES:
        lines = (workload.FOLDER / f"{name}.toml").read_text(encoding="utf-8").splitlines()
        said = False
        for line in lines:
            assignment = "=" in line.split("#")[0]
            tagged = any(f"{tag}:" in line for tag in ("read", "derived", "assumed"))
            if assignment and line.split("=")[0].strip() not in ("title", "unit", "kind"):
                assert tagged or said, f"{name}: {line}"
            said = tagged or (said and line.strip() != "")


def test_shipped_numbers_follow_from_their_sources():
    error = {workers: 25 / bar for workers, bar in ((4, 880), (16, 3339))}
    seconds = {4: 128 * 4 / 880, 16: 128 * 16 / 3339}
    weights = {workers: (seconds[workers] * error[workers]) ** -2 for workers in seconds}
    mean = sum(weights[p] * seconds[p] for p in seconds) / sum(weights.values())
    resnet = load("resnet50-64")
    assert resnet.compute.mean == pytest.approx(mean, abs=5e-4)
    assert resnet.imbalance == (InjectedDelays(2, 0.32),)
    ring = 2 * 63 / 64 * resnet.gradient.bytes / resnet.network.bandwidth
    assert ring == pytest.approx(1 / 1.52 - 1 / 1.61, rel=0.01)
    assert load("transformer-wmt").compute == LogNormal.from_moments(0.475, 0.144, 0.179)
    navigation = load("ddppo-navigation").compute
    times = load("ddppo-navigation").cluster(64).compute_times(4000, Streams(0, [0]).generators("timeline"))
    assert times.min() >= 1.7
    assert navigation.order_mean(2, 3) < 3
    assert sorted(times.ravel())[times.size // 2] == pytest.approx(1.95, abs=0.01)
    assert (times > 43.5).mean() == pytest.approx(1e-4, abs=1e-4)


def test_the_written_example_is_read(written):
    """Every section of the documentation, with all kinds of imbalance."""
    loaded = load(
        written("""
title = "mine"
[gradient]
samples = 32
parameters = 1000
dtype = "float16"
[compute]
kind = "lognormal"
mean = 1.5
std = 0.5
[[imbalance]]
kind = "slow-workers"
factors = {3 = 2.0, 0 = 4}
[[imbalance]]
kind = "injected-delays"
count = 2
seconds = 0.3
[[imbalance]]
kind = "markov"
p_slow = 0.1
p_recover = 0.5
factor = 3.0
[network]
latency = 1e-6
bandwidth = 1e9
workers_per_node = 4
inner_latency = 1e-7
inner_bandwidth = inf
[training]
period = 5
group = 4
barrier = "global"
allreduce = "ring"
peers = 2
""")
    )
    assert loaded.imbalance == (SlowWorkers({0: 4.0, 3: 2.0}), InjectedDelays(2, 0.3), MarkovStragglers(0.1, 0.5, 3.0))
    assert loaded.gradient.bytes == 2000
    assert loaded.compute == LogNormal.from_moments(1.5, 0.5)
    assert loaded.group_size(16) == 4
    assert loaded.training == workload.Training(5, 4, "global", "ring", 2)
    with pytest.raises(InputError, match=r"group = 4 .* a divisor of the 6 workers"):
        loaded.group_size(6)
    with pytest.raises(InputError, match="slow worker = 3"):
        loaded.cluster(3)


def test_documented_keys_are_the_keys(written):
    """The example in the module's documentation, kinds of one section tried one after the other."""
    for kind, keys in {
        "constant": "seconds = 1",
        "shifted-exponential": "shift = 1\nmean = 2.5",
        "lognormal": "mu = 0.1\ns = 0.2\nshift = 3",
        "pareto": "minimum = 1\nshape = 2",
        "empirical": "sample = [0.41, 1]",
    }.items():
        assert f'kind = "{kind}"' in workload.__doc__
        assert load(written(f'[gradient]\nbytes = 1\n[compute]\nkind = "{kind}"\n{keys}')).compute.kind == kind
    assert set(workload.COMPUTE) | set(workload.IMBALANCE) == {
        line.split('"')[1] for line in workload.__doc__.splitlines() if line.strip().startswith("kind")
    }


MISTAKES = {
    "[compute]\nkind = 'constant'\nseconds = 1": (InputError, r"sections of .* a section \[gradient\]"),
    SMALL + "[trainig]\nperiod = 2": (UnknownName, r"unknown key in .* 'trainig'; did you mean training"),
    SMALL + "[training]\nperiods = 2": (UnknownName, r"unknown key in .*\[training\] 'periods'; did you mean period"),
    SMALL + "[training]\nperiod = 0": (InputError, r"\[training\] period = 0 .* a whole number >= 1"),
    SMALL + "[training]\nperiod = 1.5": (InputError, r"\[training\] period = 1.5 .* a whole number"),
    SMALL + "[training]\nperiod = true": (InputError, r"\[training\] period = True .* a whole number"),
    SMALL + "[training]\ngroup = 'root'": (InputError, r"\[training\] group = 'root' .* \"sqrt\""),
    SMALL + "[training]\ngroup = 0": (InputError, r"\[training\] group = 0 .* >= 1"),
    SMALL + "[training]\ngroup = [1]": (InputError, r"\[training\] group = \[1\] .* a whole number or a text"),
    SMALL + "[training]\nbarrier = 'all'": (InputError, r"barrier = 'all' .* \"global\" or \"neighbour\""),
    SMALL + "[training]\nallreduce = 'rng'": (UnknownName, r"all-reduce in .*\[training\] 'rng'; did you mean ring"),
    SMALL + "training = 3": (StragglerError, r"\[compute\] 'training'"),
    "training = 3" + SMALL: (InputError, r"\[training\] = 3 .* a section with keys"),
    "title = 3" + SMALL: (InputError, "title = 3 .* a text in quotes"),
    "imbalance = 3" + SMALL: (InputError, r"imbalance = 3 .* \[\[imbalance\]\]"),
    SMALL + "[imbalance]\nkind = 'markov'": (InputError, r"sections written \[\[imbalance\]\]"),
    SMALL + "[[imbalance]]\ncount = 2": (InputError, r"\[\[imbalance\]\] kind = None .* one of slow-workers"),
    SMALL + "[[imbalance]]\nkind = 'markof'": (UnknownName, r"unknown imbalance in .* 'markof'; did you mean markov"),
    SMALL + "[[imbalance]]\nkind = 'slow-workers'\nfactors = {a = 2}": (InputError, "factors = .* a table from numbers"),
    SMALL + "[[imbalance]]\nkind = 'slow-workers'\nfactors = {3 = inf}": (InputError, "factor of worker 3 = inf"),
    SMALL + "[[imbalance]]\nkind = 'injected-delays'\ncount = 2": (InputError, r"keys of .* the keys \{count, seconds\}"),
    SMALL + "[[imbalance]]\nkind = 'injected-delays'\ncount = 2\nseconds = -1": (InputError, r"\[\[imbalance\]\] seconds = -1"),
    SMALL + "[network]\nlatency = '1'": (InputError, r"\[network\] latency = '1' .* a number"),
    SMALL + "[network]\nbandwidth = -1": (InputError, r"\[network\] bandwidth = -1"),
    SMALL + "[network]\nlatency = nan": (InputError, r"\[network\] latency = nan"),
    SMALL.replace("seconds = 1", "seconds = -1"): (InputError, r"mine.toml \[compute\] seconds = -1.0 .* >= 0"),
    SMALL.replace("seconds = 1", "seconds = 1" + "0" * 400): (InputError, r"\[compute\] seconds"),
    SMALL.replace("seconds = 1", ""): (InputError, r"keys of .*\[compute\] = \[\] .* the keys \{seconds\}"),
    SMALL.replace("constant", "constnt"): (UnknownName, r"unknown compute time in .* 'constnt'; did you mean constant"),
    SMALL.replace('"constant"', "3"): (InputError, r"\[compute\] kind = 3 .* one of constant"),
    SMALL.replace("bytes = 8", "parameters = 8\nbytes = 8"): (InputError, r"\{bytes, .*\} or \{parameters, "),
    SMALL.replace("bytes = 8", "parameters = 8\ndtype = 'f4'"): (UnknownName, r"unknown dtype in .*\[gradient\] 'f4'"),
    SMALL.replace("bytes = 8", "bytes = 8\nsamples = 0"): (InputError, r"\[gradient\] samples = 0"),
    SMALL.replace('"constant"\nseconds = 1', '"empirical"\nsample = []'): (InputError, "at least one measured time"),
    SMALL.replace('"constant"\nseconds = 1', '"empirical"\nsample = [1, "a"]'): (InputError, "sample = .* a list of numbers"),
    SMALL.replace('"constant"\nseconds = 1', '"lognormal"\nmu = 1\nstd = 2'): (
        InputError,
        r"\{mu, s, \[shift\]\} or \{mean, ",
    ),
    "[gradient": (InputError, r"mine.toml = .*valid TOML"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes(written, text):
    kind, message = MISTAKES[text]
    with pytest.raises(kind, match=message) as caught:
        load(written(text))
    assert "\n" not in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_names(tmp_path):
    with pytest.raises(UnknownName, match="unknown workload 'resnet50'; did you mean resnet50-64"):
        load("resnet50")
    with pytest.raises(InputError, match=r"workload file = 'no.toml' .* an existing file"):
        load("no.toml")
    file = tmp_path / "latin.toml"
    file.write_bytes("title = 'é'".encode("latin-1"))
    with pytest.raises(InputError, match="text in UTF-8"):
        load(file)


def test_they_are_shipped():
    root = Path(workload.__file__).parents[2]
    declared = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert "workloads/*.toml" in declared["numerics.cluster"]
    assert {file.stem for file in workload.FOLDER.glob("*.toml")} == set(workload.NAMES)
