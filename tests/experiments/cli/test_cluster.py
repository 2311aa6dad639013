import numpy as np
import pytest

from numerics import graphs
from numerics.cluster import load
from numerics.timeline import of_system, report
from numerics.timeline.system import PATTERNS

PROMISED = {"throughput", "iteration_seconds", "idle_fraction", "staleness", "bytes_per_iteration"}

FILE = """
[gradient]
samples = 10
unit = "pages"
bytes = 1e6

[compute]
kind = "constant"
seconds = 0.5

[network]
bandwidth = 1e8

[training]
period = 4
"""


@pytest.fixture
def mine(tmp_path):
    """Write a workload file with some text replaced."""

    def write(old="", new=""):
        assert old in FILE
        (tmp_path / "mine.toml").write_text(FILE.replace(old, new) if old else FILE)

    return write


@pytest.mark.parametrize("system", PATTERNS)
def test_every_system_reports_what_is_promised(cli, system):
    found = cli("cluster", system, "--workload", "resnet50-64", "--nodes", 8, "--iterations", 40, "--json").json
    assert set(found) > PROMISED
    assert set(found["staleness"]) == {"mean", "max"}
    assert (found["system"], found["workload"], found["nodes"], found["unit"]) == (system, "resnet50-64", 8, "images per second")
    # 128 images a gradient of at least 0.611 s: nobody gets further, and whoever waits for all in every round gets less
    assert 0.5 * 128 * 8 / 0.611 < found["throughput"] < 128 * 8 / 0.611
    assert 0 <= found["idle_fraction"] < 0.5
    assert found["bytes_per_iteration"] > 0
    assert 0 <= found["staleness"]["mean"] <= found["staleness"]["max"]


@pytest.mark.parametrize(
    ("words", "seconds", "size"),
    [
        # 1 MB at 100 MB/s are 10 ms; Rabenseifner on 8 workers sends 7/8 of it twice, 14 vectors in all
        ("sgd", 0.5 + 2 * 7 / 8 * 0.01, 14e6),
        ("local-sgd", 0.5 + 2 * 7 / 8 * 0.01 / 4, 14e6 / 4),
        ("local-sgd --set period=1", 0.5 + 2 * 7 / 8 * 0.01, 14e6),
        ("sgd --set allreduce=recursive-doubling", 0.5 + 3 * 0.01, 24e6),
        ("dpsgd", 0.52, 16e6),
        ("dpsgd --graph complete --set barrier=global", 0.57, 56e6),
        ("sgp", 0.51, 8e6),
        ("sgp --set peers=2", 0.52, 16e6),
        ("adpsgd", 0.5, 8e6),
        ("wagma --set period=4 --set group=4", 0.5 + (3 * 2 * 3 / 4 + 2 * 7 / 8) * 0.01 / 4, (3 * 12e6 + 14e6) / 4),
        ("wagma --set group=1", 0.5 + 2 * 7 / 8 * 0.01 / 4, 14e6 / 4),
        ("sgd --set compute.seconds=2 --set network.bandwidth=inf", 2, 14e6),
    ],
)
def test_balanced_workers_by_hand(cli, mine, words, seconds, size):
    mine()
    found = cli("cluster", *words.split(), "--workload", "mine.toml", "-n", 8, "--json").json
    assert found["iteration_seconds"] == pytest.approx(seconds, rel=2e-3)
    assert found["throughput"] == pytest.approx(80 / seconds, rel=2e-3)
    assert found["bytes_per_iteration"] == pytest.approx(size)
    assert found["idle_fraction"] == pytest.approx(1 - (2 if "compute" in words else 0.5) / seconds, abs=2e-3)
    assert found["unit"] == "pages per second"


def test_same_seed_same_numbers(cli):
    words = ("cluster", "eager", "-n", 16, "--iterations", 64, "--json")
    first, again, other = (cli(*words, "--seed", seed).json for seed in (3, 3, 4))
    assert first == again
    assert first["throughput"] != other["throughput"]


def test_json_is_what_python_gets(cli):
    found = cli("cluster", "wagma", "--nodes", 16, "--iterations", 50, "--replicas", 2, "--seed", 7, "--json").json
    python = report(of_system("wagma", load("resnet50-64"), 16), 50, 2, 7)
    assert {name: found[name] for name in PROMISED} == python
    assert found["options"]["group_size"] == 4


def test_options_of_the_system_and_of_the_workload(cli):
    words = ("cluster", "dpsgd", "--nodes", 64, "--iterations", 100, "--json")
    everybody, neighbours = (cli(*words, "--set", f"barrier={scope}").json for scope in ("global", "neighbour"))
    assert (everybody["timeline"], neighbours["timeline"]) == ("barrier", "neighbour-barrier")
    assert neighbours["throughput"] > 1.2 * everybody["throughput"]
    on_line = cli(*words, "--graph", "path", "--set", "barrier=neighbour").json
    assert on_line["bytes_per_iteration"] == pytest.approx(everybody["bytes_per_iteration"] * 63 / 64)
    unhurried = cli(*words, "--set", "compute.seconds=3").json
    assert unhurried["changes"] == {"compute.seconds": 3}
    assert unhurried["iteration_seconds"] == pytest.approx(everybody["iteration_seconds"] + 3 - 0.611, rel=1e-6)


def test_a_schedule_in_place_of_a_name():
    schedule = graphs.torus(16).schedule()
    found = of_system("adpsgd", load("resnet50-64"), 16, schedule)
    assert found.schedule is schedule


def test_transformer_counts_tokens(cli):
    found = cli("cluster", "sgd", "--workload", "transformer-wmt", "-n", 4, "--json").json
    assert found["unit"] == "tokens per second"
    assert found["throughput"] == pytest.approx(4 * 8192 / found["iteration_seconds"], rel=0.05)


def test_table(cli):
    shown = cli("cluster", "eager", "--nodes", 4, "--set", "mode=majority").out
    lines = shown.splitlines()
    assert lines[0] == "eager on resnet50-64, 4 workers (wait-avoiding-majority), 320 iterations, 4 replicas, seed 0"
    labels = ("throughput", "time of an iteration", "idle", "staleness, mean", "staleness, largest", "traffic of an iteration")
    for label in labels:
        (row,) = (line for line in lines if line.strip().startswith(label))
        assert np.isfinite(float(row.strip().removeprefix(label).split()[0])), row
    assert "images per second" in shown


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("wagm", "unknown system on a cluster 'wagm'; did you mean wagma"),
        ("quantum", "unknown system on a cluster 'quantum'; known: adpsgd, apsgd, "),
        ("sgd --workload resnet50", "unknown workload 'resnet50'; did you mean resnet50-64"),
        ("sgd --workload no.toml", "workload file = 'no.toml' is not admissible: needs an existing file"),
        ("sgd --nodes 1", "nodes = 1 is not admissible: needs a whole number >= 2"),
        ("wagma --nodes 1", "nodes = 1 is not admissible: needs a whole number >= 2"),
        ("wagma --nodes 8 --set group=3", "group = 3 is not admissible: needs a divisor of the 8 workers"),
        ("wagma --nodes 12 --set group=3", "group_size = 3 is not admissible: needs a power of two"),
        ("wagma --nodes 12 --set group=2", "workers = 12 is not admissible: needs a power of two"),
        ("wagma --set group=cube", "group = 'cube' is not admissible: needs a whole number >= 1, or \"sqrt\""),
        ("wagma --set period=0", "period = 0 is not admissible: needs a whole number >= 1"),
        ("wagma --set training.period=0", "resnet50-64 [training] period = 0 is not admissible: needs a whole number >= 1"),
        ("local-sgd --set period=-1", "period = -1 is not admissible: needs a whole number >= 1"),
        ("adpsgd --nodes 5 --graph ring", "graph = 'ring' is not admissible: needs a bipartite graph; workers "),
        ("adpsgd --nodes 6 --graph complete", "graph = 'complete' is not admissible: needs a bipartite graph; workers "),
        ("sgd --graph ring", "graph = 'ring' is not admissible: needs none: sgd has no graph to choose"),
        ("dpsgd --graph rng", "unknown graph 'rng'; did you mean ring"),
        ("dpsgd --set barrier=town", "unknown barrier 'town'; known: global, neighbour"),
        ("dpsgd --set period=4", "unknown option of dpsgd on a cluster 'period'; known: barrier"),
        ("sgp --nodes 4 --set peers=4", "peers = 4 is not admissible: needs fewer than the 4 nodes"),
        ("eager --set mode=group", "unknown mode 'group'; known: majority, solo"),
        ("apsgd --set mode=k-sync", "k = None is not admissible"),
        ("sgd --set network.bandwidth=-1", "resnet50-64 [network] bandwidth = -1.0 is not admissible"),
        ("sgd --set network.bandwith=1", "unknown key in resnet50-64 [network] 'bandwith'; did you mean bandwidth"),
        ("sgd --set wire.latency=1", "unknown section 'wire'; known: "),
        ("sgd --set compute.seconds=-1", "resnet50-64 [compute] seconds = -1.0 is not admissible"),
        ("sgd --set compute.seconds=inf", "resnet50-64 [compute] seconds = inf is not admissible"),
        ("sgd --iterations 0", "iterations = 0 is not admissible: needs a whole number >= 1"),
        ("sgd --replicas 0", "replicas = 0 is not admissible: needs a whole number >= 1"),
        ("sgd --seed -1", "seed = -1 is not admissible: needs a whole number >= 0"),
        ("", "Missing argument"),
    ],
)
def test_bad_input(cli, words, line):
    check(cli("cluster", *words.split()), line)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("seconds = 0.5", "seconds = -0.5", "mine.toml [compute] seconds = -0.5 is not admissible"),
        ('"constant"\nseconds = 0.5', '"empirical"\nsample = []', "mine.toml [compute] sample = "),
        ('"constant"\nseconds = 0.5', '"empirical"\nsample = [0.4, -0.1]', "mine.toml [compute] sample"),
        ("period = 4", "period = 0", "mine.toml [training] period = 0 is not admissible: needs a whole number >= 1"),
        ("period = 4", "group = 3", "group = 3 is not admissible: needs a divisor of the 8 workers"),
        ("bandwidth = 1e8", "latency = -1e-6", "mine.toml [network] latency = -1e-06 is not admissible"),
        ("[network]", "[netwrk]", "unknown key in mine.toml 'netwrk'; did you mean network"),
        ("samples = 10", "samples = ", "mine.toml = "),
    ],
)
def test_mistakes_in_a_file(cli, mine, old, new, line):
    mine(old, new)
    check(cli("cluster", "wagma", "--workload", "mine.toml", "--nodes", 8), line)


def test_a_worker_that_never_returns_is_named(cli, mine):
    mine("[network]", "[[imbalance]]\nkind = 'slow-workers'\nfactors = {3 = inf}\n[network]")
    check(cli("cluster", "sgd", "--workload", "mine.toml", "--nodes", 8), "mine.toml [[imbalance]] factor of worker 3 = inf")


def check(refused, line):
    assert refused.status == 2, refused.err
    assert refused.out == ""
    assert refused.err.startswith(f"error: {line}"), refused.err
    assert refused.err.count("\n") == 1
