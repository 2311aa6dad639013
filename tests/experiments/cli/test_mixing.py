import math

import numpy as np
import pytest

PROMISED = {"nodes", "weights", "lambda2", "rho", "spectral_gap", "contraction", "rounds"}


@pytest.mark.parametrize("rounds", [1, 3])
def test_ring(cli, rounds):
    """A ring of n with weights 1/3 has eigenvalues 1/3 + 2/3 cos(2 pi k / n)."""
    found = cli("mixing", "ring", "--nodes", 10, "--rounds", rounds, "--json").json
    second = 1 / 3 + 2 / 3 * math.cos(2 * math.pi / 10)
    assert set(found) >= PROMISED
    assert (found["nodes"], found["weights"], found["rounds"]) == (10, "metropolis", rounds)
    assert found["lambda2"] == pytest.approx(second**rounds)
    assert found["spectral_gap"] == pytest.approx(1 - second**rounds)
    assert found["contraction"] == pytest.approx(second**rounds)
    assert found["rho"] == pytest.approx(second**2)


def test_period_of_one_peer_graph_averages_exactly(cli):
    found = cli("mixing", "one-peer-exponential", "--nodes", 8, "--json").json
    assert found["rounds"] == 3
    assert found["lambda2"] == pytest.approx(0, abs=1e-12)
    assert found["rho"] == pytest.approx(1)


def test_compare_shows_all_admissible_weights(cli):
    found = cli("mixing", "star", "--nodes", 5, "--compare", "--json").json
    compared = {entry["weights"]: entry for entry in found["compare"]}
    assert set(compared) == {"uniform", "metropolis", "max-degree", "lazy", "push", "fastest"}
    assert compared["fastest"]["lambda2"] == pytest.approx(1 - 1 / 4)  # all the centre can give, a quarter to each leaf
    assert all(set(entry) >= PROMISED for entry in compared.values())
    star = np.eye(5) * 0.8
    star[0, 0] = 0.2
    star[0, 1:] = star[1:, 0] = 0.2
    second = np.sort(np.abs(np.linalg.eigvalsh(star)))[-2]
    assert compared["metropolis"]["lambda2"] == pytest.approx(second)
    assert compared["lazy"]["lambda2"] == pytest.approx((1 + second) / 2)
    assert [compared[w]["doubly_stochastic"] for w in ("metropolis", "uniform", "push")] == [True, False, False]
    one_way = cli("mixing", "exponential", "-n", 6, "--compare", "--json").json
    assert [entry["weights"] for entry in one_way["compare"]] == ["uniform", "push"]


def test_table(cli):
    shown = cli("mixing", "torus", "--graph-set", "shape=3,4", "--compare").out
    lines = shown.splitlines()
    assert lines[0] == "torus, 12 nodes, 1 round"
    rows = [line.split() for line in lines if line.rstrip().endswith(("yes", "no"))]
    assert [row[0] for row in rows] == ["uniform", "metropolis", "max-degree", "lazy", "push", "fastest"]
    assert "lower bound" in shown
    second = 1 / 5 + 2 / 5 + 2 / 5 * math.cos(2 * math.pi / 4)  # torus of 3 by 4, every weight 1/5
    assert rows[0][1] == f"{second:.4g}"


def test_graph_file(cli, tmp_path):
    (tmp_path / "triangle.edgelist").write_text("0 1\n1 2\n2 0\n")
    found = cli("mixing", "triangle.edgelist", "--json").json
    assert found["nodes"] == 3
    assert found["lambda2"] == pytest.approx(0, abs=1e-12)


def test_designed_weights(cli):
    """The star: 1 - 1/(n - 1) without negative weights, (n - 1)/(n + 1) with them; a certificate either way."""
    extra = {"objective", "value", "lower_bound", "certified_gap", "method", "orbits"}
    for weights, best in (("fastest", 3 / 4), ("fastest-averaging", 4 / 6)):
        found = cli("mixing", "star", "-n", 5, "--weights", weights, "--json").json
        assert set(found) >= PROMISED | extra
        assert found["lambda2"] == found["value"] == pytest.approx(best)
        assert found["spectral_gap"] == pytest.approx(1 - best)
        assert found["lower_bound"] <= best + 1e-12
        assert 0 <= found["certified_gap"] <= 1e-6
        assert found["doubly_stochastic"] == (weights == "fastest")  # negative shares are no shares
    noisy = cli("mixing", "complete", "-n", 5, "--weights", "least-deviation", "--json").json
    assert noisy["value"] == pytest.approx(4)
    assert noisy["lambda2"] == pytest.approx(0, abs=1e-6)
    three = cli("mixing", "star", "-n", 5, "--weights", "fastest", "--rounds", 3, "--json").json
    assert three["lambda2"] == pytest.approx((3 / 4) ** 3)


def test_weights_are_saved_and_read_by_other_commands(cli, tmp_path):
    """A run on a file is the run on the weights that were saved, number by number."""
    cli("mixing", "path", "-n", 6, "--weights", "fastest", "--save", "w.csv")
    matrix = np.loadtxt(tmp_path / "w.csv", delimiter=",")
    assert np.sort(np.abs(np.linalg.eigvalsh(matrix)))[-2] == pytest.approx(math.cos(math.pi / 6), abs=1e-5)
    again = cli("mixing", "path", "-n", 6, "--weights", "w.csv", "--json").json
    assert again["weights"] == "w.csv"
    assert again["lambda2"] == pytest.approx(math.cos(math.pi / 6), abs=1e-5)
    words = ("dpsgd", "--graph", "path", "-n", 6, "--iterations", 30, "--json")
    named, read, plain = (cli("simulate", *words, "--weights", weights).json for weights in ("fastest", "w.csv", "metropolis"))
    assert (named["weights"], read["weights"]) == ("fastest", "w.csv")
    assert named["mean_consensus_sq"] == read["mean_consensus_sq"] != plain["mean_consensus_sq"]
    assert named["constants"]["rho"] == pytest.approx(math.cos(math.pi / 6) ** 2, abs=1e-5)
    gauged = [cli("gauge", *words, "--weights", weights).json["gauge_sq"] for weights in ("fastest", "w.csv")]
    assert gauged[0] == gauged[1]
    bounds = [
        cli("compare", "dpsgd", "--graph", "path", "-n", 6, "--weights", weights, "--json").json["theorems"][0]["bound"]
        for weights in ("metropolis", "fastest", "w.csv")
    ]
    assert bounds[0] > bounds[1] == bounds[2]


def red(image):
    """Whether there are pixels of links with negative weights; the dots are blue to yellow, positive links grey."""
    return bool(((image[..., 0] > 0.7) & (image[..., 1] < 0.2) & (image[..., 2] < 0.4)).sum() > 50)


@pytest.mark.slow
def test_weights_are_drawn(cli, tmp_path):
    from matplotlib.image import imread

    cli("mixing", "ring", "-n", 6, "--weights", "fastest", "--out", "one.png")
    cli("mixing", "erdos-renyi", "-n", 8, "--compare", "--out", "four.png")
    cli("mixing", "exponential", "-n", 8, "--compare", "--out", "directed.png")
    one, four = imread(tmp_path / "one.png"), imread(tmp_path / "four.png")
    assert four.shape[1] > 2.5 * one.shape[1]
    assert (four[..., :3].min(axis=2) < 0.5).any()
    assert not red(one)
    cli("mixing", "star", "-n", 6, "--weights", "fastest-averaging", "--out", "kept.png")
    assert not red(imread(tmp_path / "kept.png"))  # the centre keeps less than nothing, its links are all positive
    cli("mixing", "erdos-renyi", "-n", 30, "--weights", "fastest-averaging", "--out", "negative.png")
    assert red(imread(tmp_path / "negative.png"))
    for name in ("kept.png", "negative.png"):
        (tmp_path / name).unlink()
    assert {file.name for file in tmp_path.iterdir()} == {"one.png", "four.png", "directed.png"}
    unknown = cli("mixing", "ring", "-n", 6, "--out", "one.xyz")
    assert (unknown.status, unknown.out) == (2, "")
    assert "error: --out = " in unknown.err
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("exponential --nodes 8 --weights fastest", "weights = 'fastest' is not admissible: needs a graph of two-way links"),
        ("ring --nodes 8 --weights fastst", "unknown weights 'fastst'; did you mean fastest"),
        ("one-peer-exponential --nodes 8 --weights fastest", "weights = 'fastest' is not admissible: needs a graph of two-way"),
        ("ring --nodes 8 --weights none.csv", "--weights = 'none.csv' is not admissible: needs a file that can be read"),
        ("ring --nodes 8 --save w.npz", "file of weights = 'w.npz' is not admissible: needs a name that ends in .csv"),
        ("one-peer-exponential --nodes 8 --save w.csv", "graph to save weights of = 'one-peer-exponential' is not admissible"),
        ("one-peer-exponential --nodes 8 --out w.png", "graph to draw = 'one-peer-exponential' is not admissible"),
        ("rng --nodes 8", "unknown graph 'rng'; did you mean ring"),
        ("ring --nodes 1", "nodes = 1 is not admissible: needs a whole number >= 2"),
        ("ring", "nodes = None is not admissible: needs a whole number >= 2: ring has no size of its own"),
        ("ring --nodes 8 --weights metropolitan", "unknown weights 'metropolitan'; did you mean metropolis"),
        ("exponential --nodes 8 --weights lazy", "weights = 'lazy' is not admissible: needs two-way links"),
        ("ring --nodes 8 --rounds 0", "rounds = 0 is not admissible: needs a whole number >= 1"),
        ("hypercube --nodes 6", "nodes of hypercube = 6 is not admissible: needs a power of two"),
        ("erdos-renyi --nodes 8 --graph-set q=1", "unknown option of graph erdos-renyi 'q'"),
        ("erdos-renyi --nodes 8 --graph-set p=x", "--graph-set = 'p=x' is not admissible"),
        ("two.edgelist", "number of strongly connected components of two.edgelist = 2 is not admissible"),
        ("two.edgelist --nodes 3", "number of strongly connected components"),
        ("broken.gml", "cannot read graph file broken.gml"),
        ("ring --nodes x", "Invalid value for '--nodes' / '-n': 'x' is not a whole number"),
        ("ring --node 8", "No such option: --node"),
        ("", "Missing argument"),
    ],
)
def test_bad_input(cli, tmp_path, words, line):
    (tmp_path / "two.edgelist").write_text("0 1\n2 3\n")
    (tmp_path / "broken.gml").write_text("graph [ node")
    refused = cli("mixing", *words.split())
    assert refused.status == 2
    assert refused.out == ""
    assert refused.err.startswith(f"error: {line}")
    assert refused.err.count("\n") == 1
