import math

import pytest

import theory
from experiments import comparison
from experiments.comparison.contenders import DEFAULTS, NOT_COMPARED

KEYS = {"graph", "nodes", "constants", "theorems", "lower_bounds", "left_out", "winners", "regions"}
ENTRY = {
    *("system", "theorem", "quantity", "standing", "K_conditions", "K_non_vacuous", "K_linear", "bound", "step", "best"),
    *("iterations_per_round", "constants", "assumed", "note", "never", "rounds_to_epsilon"),
}


def by_key(found):
    return {entry["theorem"]: entry for entry in found["theorems"]}


def by_pair(found):
    return {(entry["system"], entry["theorem"]): entry for entry in found["theorems"]}


def test_json(cli):
    found = cli("compare", "sgd", "dpsgd", "sgp", "local-sgd", "-n", 8, "--set", "zeta=0.5", "--set", "K=1e7", "--json").json
    assert set(found) == KEYS
    assert all(set(entry) == ENTRY for entry in found["theorems"])
    assert (found["graph"], found["nodes"], found["left_out"], found["lower_bounds"]) == ("ring", 8, [], None)
    second = 1 / 3 + 2 / 3 * math.cos(2 * math.pi / 8)
    entry = by_key(found)["ours.p2-tuned"]
    assert entry["constants"]["rho"] == pytest.approx(second**2)
    for entry in found["theorems"]:
        if entry["bound"] is not None:
            step = {} if entry["step"] is None else {"gamma": entry["step"]}
            bound = theory.get(entry["theorem"]).bound(**entry["constants"], **step, K=1e7)
            assert entry["bound"] == pytest.approx(bound)
    assert [entry["system"] for entry in found["theorems"] if entry["best"]] == ["sgd", "dpsgd", "sgp", "local-sgd"]
    # without a consensus error nothing is left to win
    assert {winner["system"] for winner in found["winners"]} == {"sgd"}
    assert by_key(found)["ours.p1-tuned"]["K_linear"] == pytest.approx(8 / 2)


def test_updates_are_counted_in_rounds(cli):
    words = ("compare", "adpsgd", "apsgd", "-n", 4, "--set", "T=6", "--set", "sigma=2", "--json")
    found = by_key(cli(*words).json)
    stale = found["apsgd.corollary-2"]
    assert stale["iterations_per_round"] == 4
    assert stale["K_conditions"] == pytest.approx(4 * 7**2 / 2**2 / 4)  # 4 L Delta (T + 1)^2/sigma^2 updates
    # the pair of a worker on a ring of four: E[W'W] = I - (I - P)/4 with P the walk, of second eigenvalue 0
    assert found["adpsgd.corollary-2:rederived"]["constants"]["rho"] == pytest.approx(1 - 1 / 4)
    assert stale["step"] is None
    assert found["apsgd.theorem-1"]["bound"] < stale["bound"]
    assert found["adpsgd.corollary-2:rederived"]["K_conditions"] < found["adpsgd.corollary-2:printed"]["K_conditions"]


def test_winners_change_where_bounds_cross(cli):
    words = ("compare", "dpsgd", "eager", "-n", 16, "--json")
    winners = cli(*words).json["winners"]
    assert [winner["theorem"] for winner in winners] == ["eager.theorem-6.3-bound:corrected", "ours.p2"]
    assert (winners[0]["first"], winners[-1]["last"]) == (1, 1e12)
    assert winners[1]["first"] == pytest.approx(winners[0]["last"] * 10**0.05)
    for winner, end in ((winners[0], "last"), (winners[1], "first")):
        at = by_key(cli(*words, "--set", f"K={winner[end]!r}").json)
        bounds = [at[other["theorem"]]["bound"] for other in (winner, *(one for one in winners if one is not winner))]
        assert bounds[0] < bounds[1]
    never = cli("compare", "apsgd", "-n", 16, "--set", "zeta=1", "--json").json
    assert never["winners"] == [
        {"quantity": "mean_grad_norm_sq", "first": 1, "last": 1e12, "system": None, "theorem": None},
    ]
    entry = by_key(never)["apsgd.corollary-2"]
    assert (entry["K_conditions"], entry["never"]) == (None, ["zeta = 0 (iid data)"])


def test_batches(cli):
    """Four gradients per worker and round are one of a quarter of the variance."""
    one, four = (
        by_key(cli("compare", "sgd", "-n", 4, "--set", f"batch={batch}", "--set", f"sigma={sigma}", "--json").json)
        for batch, sigma in ((1, 1), (4, 2))
    )
    assert one["ours.p1-tuned"]["bound"] == four["ours.p1-tuned"]["bound"]


def test_lower_bounds(cli):
    words = ("compare", "sgd", "dpsgd", "-n", 8, "--set", "epsilon=1e-4")
    found = cli(*words, "--json").json
    lower, second = found["lower_bounds"], 1 / 3 + 2 / 3 * math.cos(2 * math.pi / 8)
    assert lower["any_protocol"] == pytest.approx(1e8 / 8 + 4e4)
    assert lower["gossip"] == pytest.approx(1e8 / 8 + 1e4 / math.sqrt(1 - second))
    assert by_key(found)["ours.p1-tuned"]["rounds_to_epsilon"] == pytest.approx(8 * 1e8 / 8, rel=0.01)
    assert "constants not claimed" in cli(*words).out


def test_theorems_that_do_not_speak_about_the_graph_are_left_out(cli):
    found = cli("compare", "dpsgd", "sgp", "-n", 6, "--graph", "star", "--weights", "push", "--json").json
    left = {entry["theorem"] for entry in found["left_out"]}
    assert left == {"ours.p2", "ours.p2-tuned", "dpsgd.corollary-2:rederived", "ours.p4-doubly", "ours.p4-doubly-tuned"}
    assert set(by_key(found)) == {"ours.p4", "ours.p4-tuned", "sgp.theorem-1:rederived"}


def test_constants_given_replace_those_of_the_graph(cli):
    found = by_key(cli("compare", "dpsgd", "osgp", "-n", 4, "--set", "rho=0.25", "--set", "B_E=7", "--json").json)
    assert found["ours.p2-tuned"]["constants"]["rho"] == 0.25
    assert found["ours.p5-tuned"]["constants"]["B_E"] == 7
    for name, gap in (("q=0.75", 0.25), ("one_minus_q=0.5", 0.5)):
        slow = by_key(cli("compare", "sgp", "-n", 4, "--set", name, "--set", "C=2", "--json").json)["sgp.theorem-1:rederived"]
        assert slow["constants"].get("one_minus_q", 1 - slow["constants"].get("q", 0)) == gap


def test_table(cli):
    lines = cli("compare", "sgd", "dpsgd", "sgd", "-n", 4, "--graph", "one-peer-exponential").out.splitlines()
    assert lines[0].startswith("one-peer-exponential, 4 nodes; K = 1e+06, L = 1")
    assert [line.split()[1] for line in lines if line.startswith(" sgd")] == list(comparison.CANDIDATES["sgd"])
    assert [line for line in lines if line.startswith("never: ")] == [
        "never: ours.p2 (dpsgd): rho < 1",  # one round of one peer contracts nothing
        "never: ours.p2-tuned (dpsgd): rho < 1",
    ]
    assert sum(line.startswith("left out: dpsgd.corollary-2:rederived (dpsgd): ") for line in lines) == 1
    assert lines[-2:] == ["Smallest bound of mean_grad_norm_sq, up to K = 1e+12", "from K = 1 on: sgd (ours.p1)"]


def test_what_does_not_apply_has_no_bound(cli):
    (row,) = [line.split() for line in cli("compare", "dpsgd", "-n", 16).out.splitlines() if "corollary-2" in line]
    assert row[5] == "none"


def test_a_given_rho_is_that_of_every_theorem(cli):
    path, ring = (
        cli("compare", "dpsgd", "sgp", "-n", 8, "--graph", graph, "--set", "rho=0.5", "--json").json for graph in ("path", "ring")
    )
    assert [entry["bound"] for entry in path["theorems"]] == pytest.approx([entry["bound"] for entry in ring["theorems"]])
    assert by_key(ring)["ours.p4-doubly"]["constants"]["B_E"] == pytest.approx(0.5 / (1 - math.sqrt(0.5)) ** 2)
    assert not any(entry["best"] for entry in cli("compare", "dpsgd", "-n", 8, "--set", "rho=1", "--json").json["theorems"])


def test_products_of_rounds_contract_where_one_round_does_not(cli):
    """D-PSGD on the one-peer graph: E(k, k) = I - J is added to log2(n) - 1 norms of one."""
    found = by_pair(cli("compare", "dpsgd", "sgp", "-n", 16, "--graph", "one-peer-exponential", "--json").json)
    assert found["dpsgd", "ours.p2"]["K_conditions"] is None
    gossip, push = (found[system, "ours.p4-doubly"] for system in ("dpsgd", "sgp"))
    assert (gossip["constants"]["B_E"], gossip["constants"]["B_2"]) == (pytest.approx(16), pytest.approx(4))
    assert (push["constants"]["B_E"], push["constants"]["B_2"]) == (pytest.approx(9), pytest.approx(3))
    assert gossip["best"]
    assert push["bound"] < gossip["bound"] < 0.01


COMPARED = sorted(set(comparison.CANDIDATES) - {"adversarial-views", "adversarial-views-async"})


@pytest.mark.parametrize("system", COMPARED)
def test_every_system_has_a_bound_and_says_what_it_assumed(cli, system):
    found = cli("compare", system, "-n", 16, "--set", "K=1e9", "--json").json
    assert found["left_out"] == []
    bounds = [entry for entry in found["theorems"] if entry["bound"] is not None]
    assert bounds
    found_on_graphs = {"n", "rho", "B", "B_E", "B_2", "C", "q", "one_minus_q"}
    for entry in found["theorems"]:
        assert set(entry["constants"]) <= found_on_graphs | set(DEFAULTS) | set(entry["assumed"])
        assert all(why for _, why in entry["assumed"].values())
    for entry in bounds:
        step = {} if entry["step"] is None else {"gamma": entry["step"]}
        here = entry["constants"] | step | {"K": 1e9 * entry["iterations_per_round"]}
        assert theory.get(entry["theorem"]).applies(**here)
        assert entry["bound"] == pytest.approx(theory.get(entry["theorem"]).bound(**here), rel=1e-9)


def test_every_system_of_the_house_is_compared_or_says_why_not():
    from numerics.algorithms import REGISTRY

    assert set(REGISTRY) == set(comparison.CANDIDATES) | set(NOT_COMPARED)
    assert not set(comparison.CANDIDATES) & set(NOT_COMPARED)
    for system, keys in comparison.CANDIDATES.items():
        for key in keys:
            assert system in theory.get(key).systems or (system, key) == ("dpsgd", "ours.p4-doubly")
            assert theory.get(key).iteration is not None


def test_quantities_are_never_ranked_together(cli):
    found = cli("compare", "sgd", "ef-sgd", "mem-sgd", "-n", 8, "--json").json
    best = [(entry["system"], entry["quantity"]) for entry in found["theorems"] if entry["best"]]
    assert len(best) == len(set(best))
    assert {("ef-sgd", "mean_grad_norm_sq"), ("ef-sgd", "mean_view_grad_norm_sq")} <= set(best)
    spoken = {entry["theorem"]: entry["quantity"] for entry in found["theorems"]}
    for winner in found["winners"]:
        assert winner["theorem"] is None or spoken[winner["theorem"]] == winner["quantity"]
    shown = cli("compare", "sgd", "mem-sgd", "-n", 8).out.splitlines()
    assert "mean_grad_norm_sq" in shown
    assert "weighted_average_suboptimality" in shown


def test_the_gauge_is_that_of_the_theorem_for_the_system(cli):
    """B^2 of T updates late with G^2 = M^2 + sigma^2, and of error feedback."""
    words = ("--set", "M=2", "--set", "sigma=3", "--set", "T=5", "--set", "lost=0.25", "-n", 4, "--json")
    late = by_pair(cli("compare", "hogwild", "ef-sgd", *words).json)
    assert late["hogwild", "ours.elastic-nc"]["constants"]["B"] == pytest.approx(5 * math.sqrt(13))
    assert late["ef-sgd", "ours.elastic-nc-parallel"]["constants"]["B"] == pytest.approx(math.sqrt(13))  # 1/2 over 1 - 1/2
    assert late["hogwild", "ours.elastic-nc"]["assumed"] == {}
    given = by_pair(cli("compare", "adversarial-views", "--set", "B=7", "-n", 4, "--json").json)
    assert given["adversarial-views", "ours.elastic-nc-parallel"]["constants"]["B"] == 7
    without = cli("compare", "adversarial-views", "-n", 4)
    assert without.status == 0
    assert "needs B, which nothing says: --set B=..." in without.out


def test_a_theorem_of_one_worker_promises_no_speed_up(cli):
    """Each iteration of error feedback takes a gradient of every worker, and its theorem about views counts one."""
    entry = by_key(cli("compare", "ef-sgd", "-n", 8, "--json").json)["ef-sgd.theorem-2:rederived"]
    assert (entry["iterations_per_round"], entry["K_linear"]) == (1, None)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("wagma -n 4", "system = 'wagma' is not admissible: needs one with a theorem to compare by: its theorems are about"),
        ("sgd -n 4 --set mu=0", "mu = 0.0 is not admissible"),
        ("dpsg -n 4", "unknown system 'dpsg'; did you mean dpsgd"),
        ("sgd", "nodes = None is not admissible"),
        ("sgd -n 1", "nodes = 1 is not admissible"),
        ("sgd -n 4 --graph rng", "unknown graph 'rng'; did you mean ring"),
        ("sgd -n 4 --set sigm=1", "unknown constant 'sigm'; did you mean sigma"),
        ("sgd -n 4 --set sigma=x", "--set sigma = 'x' is not admissible: needs a number"),
        ("sgd -n 4 --set sigma=-1", "sigma = -1.0 is not admissible"),
        ("sgd -n 4 --set K=inf", "K = inf is not admissible: needs a finite number"),
        ("sgd -n 4 --set K=0", "K = 0.0 is not admissible"),
        ("sgd -n 4 --set n=5", "n = 5.0 is not admissible: needs no such constant: --nodes says it"),
        ("sgd -n 4 --set gamma=1", "gamma = 1.0 is not admissible"),
        ("osgp -n 4 --set tau=-1", "tau = -1.0 is not admissible"),
        ("sgd -n 4 --set K", "--set = 'K' is not admissible: needs NAME=VALUE"),
        ("", "Missing argument"),
    ],
)
def test_bad_input(cli, words, line):
    refused = cli("compare", *words.split())
    assert refused.status == 2
    assert refused.out == ""
    assert refused.err.startswith(f"error: {line}")
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize(("name", "start"), [("c.png", b"\x89PNG"), ("c.pdf", b"%PDF"), ("c.svg", b"<?xml")])
def test_planes_are_drawn(cli, tmp_path, name, start):
    drawn = cli("compare", "dpsgd", "eager", "-n", 8, "--out", tmp_path / name, "--planes", "rho-zeta")
    assert drawn.out.splitlines()[-1] == str(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert "plane rho-zeta, mean_grad_norm_sq, shares of its points: " in drawn.out


def test_stripes_are_explained(cli):
    shown = cli("compare", "dpsgd", "sgp", "-n", 8, "--graph", "hypercube", "--planes", "n-staleness")
    assert "the same for every staleness: the bounds of dpsgd, sgp\n" in shown.out


def test_planes_in_a_folder_and_as_json(cli, tmp_path):
    words = ("compare", "sgd", "dpsgd", "-n", 8, "--graph", "hypercube", "--out", tmp_path / "new", "--json")
    found = cli(*words).json
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"compare.png", "compare.pdf"}
    assert [plane["plane"] for plane in found["regions"]] == ["n-K", "n-staleness", "rho-zeta"]
    for plane in found["regions"]:
        shape = len(plane["y"]["values"]), len(plane["x"]["values"])
        assert (len(plane["winner"]), len(plane["winner"][0])) == (len(plane["bound"]), len(plane["bound"][0])) == shape
        assert {name for row in plane["winner"] for name in row} == {"sgd"}
    assert found["regions"][0]["x"]["values"] == [4, 8, 16, 32, 64, 128, 256]
    assert found["regions"][0]["K_linear"]["sgd"][1] == pytest.approx(2.297 / 2, rel=0.01)  # n/7 or so, and 2.3 for 16


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--out c.xyz", "--out = 'c.xyz' is not admissible: needs a folder, or an image that ends in .png, .pdf, .svg"),
        ("--out file/c.png", "--out = 'file/c.png' is not admissible: needs a place that can be written"),
        ("--planes n-k", "unknown plane 'n-k'; did you mean n-K"),
        ("--graph-set shape=2,2 --graph torus --planes n-K", "graph = 'torus' is not admissible: needs a family"),
    ],
)
def test_planes_that_cannot_be_drawn(cli, words, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    refused = cli("compare", "sgd", "-n", 4, *words.split())
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith(f"error: {line}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
