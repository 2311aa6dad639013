import errno
import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

PROMISED = {
    *("system", "problem", "constants", "mean_grad_norm_sq", "mean_grad_norm_sq_ci"),
    *("mean_consensus_sq", "final_value", "loop_seconds", "seed"),
}
QUIET = ["sgd", "--problem", "quadratic", "--dim", 3, "--problem-set", "spectrum=1,2,4", "--noise", "none", "--nodes", 3]
SPECTRUM = np.array([1.0, 2.0, 4.0])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_defaults_of_every_option(cli):
    found = cli("simulate", "dpsgd", "--iterations", 20, "--json").json
    assert set(found) >= PROMISED
    assert set(found["constants"]) >= {"L", "f_star", "delta", "sigma", "zeta", "rho", "n", "d", "K", "gamma"}
    assert (found["system"], found["problem"], found["graph"], found["weights"]) == ("dpsgd", "cosine", "ring", "metropolis")
    assert (found["nodes"], found["dim"], found["replicas"], found["seed"]) == (8, 10, 8, 0)
    assert found["constants"]["zeta"] == 0
    assert found["constants"]["delta"] == pytest.approx(10 * (1 - math.cos(1)))
    assert found["constants"]["rho"] == pytest.approx((1 / 3 + 2 / 3 * math.cos(math.pi / 4)) ** 2)
    low, high = found["mean_grad_norm_sq_ci"]
    assert low < found["mean_grad_norm_sq"] < high
    assert found["diverged"] == {}


def test_means_against_a_plain_loop(cli):
    """Gradient descent on (1/2) sum h_j x_j^2 from ones, with heavy-ball momentum."""
    words = ("--iterations", 6, "--step-size", 0.1, "--set", "momentum=0.5", "--replicas", 1, "--json")
    found = cli("simulate", *QUIET, *words).json
    x, velocity, squares = np.ones(3), np.zeros(3), []
    for _ in range(6):
        gradient = SPECTRUM * x
        squares.append(float(gradient @ gradient))
        velocity = 0.5 * velocity + gradient
        x = x - 0.1 * velocity
    assert found["mean_grad_norm_sq"] == pytest.approx(np.mean(squares))
    assert found["final_value"] == pytest.approx(0.5 * float(SPECTRUM @ x**2))
    assert found["mean_grad_norm_sq_ci"] is None
    assert found["mean_consensus_sq"] == pytest.approx(0, abs=1e-20)
    assert found["options"]["momentum"] == 0.5


def test_recorded_iterations_before_the_last_one_count(cli):
    found = cli("simulate", *QUIET, "--iterations", 7, "--step-size", 0.1, "--record-every", 3, "--json").json
    squares = [float(np.sum(SPECTRUM**2 * (1 - 0.1 * SPECTRUM) ** (2 * k))) for k in (0, 3, 6)]
    assert found["mean_grad_norm_sq"] == pytest.approx(np.mean(squares))


def test_stored_trajectories_give_the_same_numbers(cli, tmp_path):
    words = ("--iterations", 30, "--replicas", 5, "--zeta", 0.3, "--seed", 7, "--graph", "path", "--out", "deep/run.nc")
    shown = cli("simulate", "dpsgd", *words, "--json").json
    assert names(tmp_path / "deep") == ["run.nc"]
    with xr.open_dataset(tmp_path / "deep" / "run.nc", engine="h5netcdf") as stored:
        replicas = stored.grad_norm_sq.isel(iteration=slice(None, -1)).mean("iteration").values
        assert shown["final_value"] == pytest.approx(float(stored.value.sel(iteration=30).mean()))
        assert shown["mean_consensus_sq"] == pytest.approx(float(stored.consensus_sq.sel(iteration=slice(0, 29)).mean()))
    assert shown["mean_grad_norm_sq"] == pytest.approx(replicas.mean())
    interval = stats.t.interval(0.95, 4, loc=replicas.mean(), scale=stats.sem(replicas))
    assert shown["mean_grad_norm_sq_ci"] == pytest.approx(list(interval))
    assert shown["constants"]["zeta"] == pytest.approx(0.3)
    again = cli("simulate", "dpsgd", *words[:-2], "--json").json
    assert again["mean_grad_norm_sq"] == shown["mean_grad_norm_sq"]
    other = cli("simulate", "dpsgd", *words[:-2], "--seed", 8, "--json").json
    assert other["mean_grad_norm_sq"] != shown["mean_grad_norm_sq"]


def test_options_reach_system_graph_and_problem(cli):
    words = ("--set", "overlap=2", "--set", "send-every=3", "--set", "unbiased=no", "--graph", "k-peer-exponential")
    found = cli(
        "simulate", "osgp", *words, "--graph-set", "peers=2", "-n", 9, "--problem-set", "start=2", "--iterations", 4, "--json"
    )
    shown = found.json
    assert shown["options"] | {"overlap": 2, "send_every": 3, "unbiased": False} == shown["options"]
    assert shown["constants"]["x0_sq"] == pytest.approx(10 * 4)
    assert shown["constants"]["tau"] == 2
    assert shown["nodes"] == 9


def test_compressors_are_chosen_by_options_of_the_system(cli):
    words = ("--set", "compressor=top-k", "--set", "k=4", "--iterations", 5, "--json")
    found = cli("simulate", "ef-sgd", *words).json
    assert (found["options"]["compressor"], found["options"]["k"]) == ("top-k", 4)
    assert found["constants"]["lost"] == pytest.approx(0.6)


def test_sgp_takes_push_weights_on_an_irregular_graph(cli):
    found = cli("simulate", "sgp", "--graph", "star", "--weights", "push", "--iterations", 5, "--json").json
    assert found["weights"] == "push"
    assert found["mean_consensus_sq"] > 0


def test_libsvm_file(cli, tmp_path):
    (tmp_path / "data.svm").write_text("".join(f"{i % 2} 1:{i / 10} 3:{(-1) ** i}\n" for i in range(40)))
    found = cli(
        "simulate",
        "dpsgd",
        "--problem",
        "logistic:data.svm",
        "-n",
        4,
        "--iterations",
        5,
        "--problem-set",
        "split=label",
        "--json",
    )
    assert found.json["dim"] == 4
    assert found.json["problem"] == "logistic:data.svm"


def test_divergence_is_reported_not_raised(cli):
    found = cli("simulate", *QUIET, "--step-size", 1e200, "--iterations", 5, "--replicas", 2)
    assert found.status == 0
    assert found.err == ""
    assert "2 of 2 replicas diverged (replica at iteration: 0 at 1, 1 at 1)" in found.out
    shown = cli("simulate", *QUIET, "--step-size", 1e200, "--iterations", 5, "--replicas", 2, "--json").json
    assert shown["mean_grad_norm_sq"] is None
    assert shown["mean_grad_norm_sq_ci"] is None
    assert shown["diverged"] == {"0": 1, "1": 1}


def test_table(cli, tmp_path):
    shown = cli("simulate", *QUIET, "--iterations", 5, "--out", "x.nc")
    assert shown.out.startswith("sgd on quadratic, ring graph, n = 3, d = 3, K = 5, 8 replicas, seed 0\n")
    assert "mean ||grad f(center)||^2" in shown.out
    assert shown.out.endswith("written to x.nc\n")
    assert (tmp_path / "x.nc").exists()


def test_the_heading_names_what_was_chosen(cli):
    words = ("--weights", "lazy", "--timeline", "cluster", "--iterations", 5, "--replicas", 2)
    shown = cli("simulate", "dpsgd", *words)
    assert shown.out.startswith("dpsgd on cosine, ring graph, weights lazy, timeline cluster, n = 8, d = 10, K = 5, 2 replicas,")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("dpsgf", "unknown system 'dpsgf'; did you mean dpsgd"),
        ("dpsgd --problem cosin", "unknown problem 'cosin'; did you mean cosine"),
        ("dpsgd --problem logistic:", "problem = 'logistic:' is not admissible: needs logistic:FILE"),
        ("dpsgd --problem logistic:no.svm", "LIBSVM file = 'no.svm' is not admissible: needs a readable file"),
        ("dpsgd --problem logistic:broken.svm", "broken.svm:3 = '-1 1:0.5 2:x'"),
        ("dpsgd --graph rign", "unknown graph 'rign'; did you mean ring"),
        ("dpsgd --graph two.edgelist", "number of strongly connected components of two.edgelist = 2"),
        ("dpsgd --graph star --weights push", "mixing = 'star' is not admissible: needs doubly stochastic weights for dpsgd"),
        ("dpsgd --graph star --weights uniform", "mixing = 'star' is not admissible: needs doubly stochastic weights for dpsgd"),
        ("dpsgd --weights metropolitan", "unknown weights 'metropolitan'; did you mean metropolis"),
        ("dpsgd --nodes 1", "nodes = 1 is not admissible: needs a whole number >= 2"),
        ("dpsgd --iterations 0", "iterations = 0 is not admissible: needs a whole number >= 1"),
        ("dpsgd --iterations 1e20", "iterations = 100000000000000000000 is not admissible: needs at most"),
        ("dpsgd --replicas 1e18", "not enough memory"),
        ("dpsgd --graph no.edgelist", "graph file = 'no.edgelist' is not admissible: needs an existing file"),
        ("dpsgd --problem-set workers=4", "--problem-set = 'workers=...' is not admissible: needs the option --nodes"),
        ("dpsgd --dim 3 --problem-set dim=4", "--problem-set = 'dim=...' is not admissible: needs the option --dim"),
        ("dpsgd --iterations 2.5", "Invalid value for '--iterations': '2.5' is not a whole number"),
        ("dpsgd --replicas 0", "replicas = 0 is not admissible"),
        ("dpsgd --record-every 0", "record_every = 0 is not admissible"),
        ("dpsgd --step-size 0", "step_size = 0.0 is not admissible: needs a finite number > 0"),
        ("dpsgd --step-size -1", "step_size = -1.0 is not admissible"),
        ("dpsgd --step-size nan", "step_size = nan is not admissible: needs a number, not NaN"),
        ("dpsgd --step-size inf", "step_size = inf is not admissible"),
        ("dpsgd --step-size x", "Invalid value for '--step-size'"),
        ("dpsgd --dim 0", "dim = 0 is not admissible"),
        ("dpsgd --sigma -1", "sigma = -1.0 is not admissible"),
        ("dpsgd --zeta nan", "zeta = nan is not admissible"),
        ("dpsgd --noise gausian", "unknown noise 'gausian'; did you mean gaussian"),
        ("dpsgd --noise minibatch", "noise = 'minibatch' is not admissible"),
        ("dpsgd --seed -1", "seed = -1 is not admissible"),
        ("dpsgd --jobs 0", "jobs = 0 is not admissible"),
        ("dpsgd --set momentun=0.9", "unknown option of dpsgd 'momentun'; did you mean momentum"),
        ("osgp --set send_evry=2", "unknown option of osgp 'send-evry'; did you mean send-every"),
        ("dpsgd --set momentum=1", "momentum = 1.0 is not admissible: needs 0 <= momentum < 1"),
        ("dpsgd --set momentum=high", "--set momentum = 'high' is not admissible: needs a number"),
        ("dpsgd --set nesterov=2", "--set nesterov = '2' is not admissible: needs true or false"),
        ("dpsgd --set order=mix", "unknown order 'mix'"),
        ("ef-sgd --set compressor=topk", "unknown compressor 'topk'; did you mean top-k"),
        ("ef-sgd --set compressor=qsgd --set k=4", "unknown option of qsgd 'k'"),
        ("ef-sgd --set compressor=top-k --set k=11", "k of top-k = 11 is not admissible: needs 1 <= k <= 10"),
        ("def --set detached=2", "detached = 2.0 is not admissible: needs 0 <= detached <= 1"),
        ("local-sgd --set period=2.5", "--set period = '2.5' is not admissible: needs a whole number"),
        ("local-sgd --set period=inf", "--set period = 'inf' is not admissible: needs a whole number"),
        ("local-sgd --set period=0", "period = 0 is not admissible: needs a whole number >= 1"),
        ("dpsgd --problem-set stat=1", "unknown option of problem cosine 'stat'; did you mean start"),
        ("dpsgd --problem-set start=x", "--problem-set = 'start=x' is not admissible: needs values of the right kind"),
        ("dpsgd --problem logistic-digits --zeta 1", "--zeta = 1.0 is not admissible: needs a synthetic problem"),
        ("dpsgd --problem logistic-digits --dim 3", "dim = 3 is not admissible: needs 65"),
        ("dpsgd --out .", "--out = '.' is not admissible: needs the name of a file"),
        ("dpsgd --out two.edgelist/x.nc", "--out = 'two.edgelist/x.nc' is not admissible: needs a place that can be written"),
        ("dpsgd --iteration 3", "No such option: --iteration"),
        ("", "Missing argument"),
    ],
)
def test_bad_input(cli, tmp_path, words, line):
    (tmp_path / "two.edgelist").write_text("0 1\n2 3\n")
    (tmp_path / "broken.svm").write_text("1 1:0.5\n-1 2:1\n-1 1:0.5 2:x\n")
    given = words.split()
    if given and "--out" not in given:
        given += ["--out", "run.nc"]
    refused = cli("simulate", *given)
    assert refused.status == 2
    assert refused.out == ""
    assert refused.err.startswith(f"error: {line}")
    assert refused.err.count("\n") == 1
    assert names(tmp_path) == ["broken.svm", "two.edgelist"]


def test_full_disk_leaves_nothing(cli, tmp_path, monkeypatch):
    def write(self, content):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write)
    refused = cli("simulate", "sgd", "--iterations", 5, "--out", "run.nc")
    assert refused.status == 2
    assert refused.err == "error: run.nc: cannot write (No space left on device)\n"
    assert refused.out == ""
    assert names(tmp_path) == []


def test_interruption_leaves_nothing(cli, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("numerics.simulate", interrupted)
    stopped = cli("simulate", "sgd", "--out", "run.nc")
    assert stopped.status == 130
    assert names(tmp_path) == []


def test_the_variance_may_grow_with_the_gradient(cli):
    words = ("--noise", "rademacher", "--sigma", 0.5, "--problem-set", "nu=0.25", "--iterations", 5)
    assert cli("simulate", "sgd", *words, "--json").json["constants"]["nu"] == 0.25
    known = cli("gauge", "local-sgd", "--graph", "complete", *words[:-4], "--iterations", 5, "--json").json["predictions"]
    unknown = cli("gauge", "local-sgd", "--graph", "complete", *words, "--json").json["predictions"]
    assert (set(known), unknown) == ({"ours.gauge-local-sgd"}, {})


CLUSTER = '[gradient]\nbytes = 1e6\n[compute]\nkind = "constant"\nseconds = 0.5\n[network]\nbandwidth = 1e8\n'


def test_seconds_on_a_cluster(cli, tmp_path):
    """Eight balanced workers that all-reduce 1 MB at 100 MB/s, and pairs that exchange it while they compute."""
    (tmp_path / "mine.toml").write_text(CLUSTER)
    words = ("--timeline", "cluster", "--workload", "mine.toml", "--iterations", 40, "--replicas", 2, "--json")
    rounds = cli("simulate", "sgd", *words).json
    assert rounds["time"] == pytest.approx(40 * (0.5 + 2 * 7 / 8 * 0.01))
    assert (rounds["mean_staleness"], rounds["largest_staleness"]) == (None, None)
    faster = cli("simulate", "sgd", *words, "--timeline-set", "compute.seconds=0.1", "--timeline-set", "network.bandwidth=inf")
    assert faster.json["time"] == pytest.approx(4)
    pairs = cli("simulate", "adpsgd", *words).json
    assert pairs["time"] == pytest.approx(40 / 8 * 0.5, rel=0.1)
    assert 0 < pairs["mean_staleness"] <= pairs["largest_staleness"] < 16
    assert cli("simulate", "adpsgd", *words[4:]).json["time"] is None
    assert "seconds on the cluster" in cli("simulate", "sgd", *words[:-1]).out
    read = cli("gauge", "adpsgd", *words).json
    assert read["gauge_sq"] > 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("sgd --workload mine.toml", "--workload = 'mine.toml' is not admissible: needs --timeline cluster beside it"),
        ("sgd --timeline cluster --workload no.toml", "workload file = 'no.toml' is not admissible: needs an existing file"),
        ("admm --timeline cluster", "unknown system on a cluster 'admm'"),
        ("sgd --timeline cluster --timeline-set period=2", "unknown option of sgd on a cluster 'period'"),
        ("adpsgd --timeline cluster --graph complete", "graph = 'complete' is not admissible: needs a bipartite graph"),
    ],
)
def test_what_a_cluster_refuses(cli, words, line):
    for command in ("simulate", "gauge"):
        refused = cli(command, *words.split(), "--iterations", 10)
        assert refused.status == 2
        assert refused.err.startswith(f"error: {line}"), refused.err
        assert refused.err.count("\n") == 1
