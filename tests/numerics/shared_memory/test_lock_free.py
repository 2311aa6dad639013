"""Real processes on one model: what adds up, who may be killed, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from numerics import algorithms, problems
from numerics.engine import run
from numerics.events import Round
from numerics.shared_memory import Crew, lock_free, replay
from numerics.shared_memory.guards import uninterrupted
from numerics.streams import Streams
from straggler import StragglerError

ROOT = Path(__file__).parents[3]
SHM = Path("/dev/shm")


def segments(pid):
    return [file.name for file in SHM.glob(f"straggler-{pid}-*")] if SHM.is_dir() else []


@pytest.fixture(autouse=True)
def _nothing_left():
    before = segments(os.getpid())
    yield
    assert segments(os.getpid()) == before


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_two_processes_descend_and_everything_adds_up():
    problem = problems.logistic_breast_cancer(workers=2)
    run = lock_free(problem, iterations=4001, step_size=0.02, every=3)
    assert [(outcome.updates, outcome.exitcode, outcome.finished) for outcome in run.outcomes] == [
        (2001, 0, True),
        (2000, 0, True),
    ]
    assert np.bincount(run.process).tolist() == [2001, 2000]
    assert problem.objective.value(run.model) < 0.5 * problem.objective.value(problem.start())
    assert run.staleness.min() >= 0
    assert run.overtaken.min() >= 0
    assert (run.staleness <= np.arange(4001)).all()
    # all that others finished between read and write began to be written before this update: it is among the last T_k
    assert (run.overtaken <= run.staleness + 1).all()  # one that began in the very moments between counting and stamping
    assert run.read_at.size == 667 + 667
    assert (np.diff(run.read_at) > 0).all()
    bound = problem.dim * max(run.largest_staleness, 1) ** 2 * run.gradient_norm.max() ** 2
    assert run.distance_sq.max() <= bound
    if not run.lost.any():  # then the gradients that may be missing explain every distance
        assert (np.sqrt(run.distance_sq) <= np.sqrt(run.reach_sq) + 1e-9).all()
    assert run.seconds > 0


def test_one_process_is_serial_sgd_to_the_last_bit():
    problem = problems.logistic_digits(workers=1, batch=3)
    run = lock_free(problem, iterations=700, step_size=0.03, seed=5, every=1)
    oracle, x = problem.oracle(Streams(5, [0])), problem.start()
    for _ in range(700):
        x = x - oracle(x[None, None], slice(0, 1))[0, 0] * 0.03
    np.testing.assert_array_equal(run.model, x)
    np.testing.assert_array_equal(run.auxiliary, x)
    assert not run.staleness.any()
    assert not run.distance_sq.any()
    assert not run.lost.any()


def test_one_process_is_what_the_engine_simulates():
    problem = problems.logistic_breast_cancer(workers=1)
    found = lock_free(problem, iterations=300, step_size=0.05, seed=2)
    algorithm = algorithms.SGD(step_size=0.05)
    state = algorithm.init(problem.start()[None], 1)
    rounds = (Round(k, None) for k in range(300))
    run(algorithm, problem.oracle(Streams(2, [0])), rounds, state)
    np.testing.assert_array_equal(found.model, state.x[0, 0])


def test_streams_of_processes_are_those_of_replicas():
    """Every gradient is that of its read copy, of its shard, and of the next samples of its own stream: nothing is torn."""
    problem = problems.logistic_breast_cancer(workers=2, split="iid")
    with Crew(problem, updates=200, step_size=0.01, seed=3, every=1, x0=problem.start()) as crew:
        crew.begin()
        record = crew.finish()
    for i in range(2):
        mine = record.process == i
        again = np.empty((1, 1, problem.dim))
        oracle = problem.oracle(Streams(3, [i]))
        for read, gradient in zip(record.reads[mine], record.gradients[mine], strict=True):
            np.testing.assert_array_equal(oracle(read[None, None], slice(i, i + 1), again)[0, 0], gradient)


def test_a_killed_process_is_reported_and_the_other_finishes():
    problem, updates = problems.logistic_breast_cancer(workers=2), 80_000
    with Crew(problem, updates=updates, step_size=0.01, seed=0, every=100, x0=problem.start()) as crew:
        crew.begin()
        counts = crew.progress
        wait_for(lambda: counts()[1] >= 50)
        os.kill(crew.processes[1].pid, signal.SIGKILL)
        record = crew.finish()
    run = replay(record, problem.start(), 0.01)
    done, killed = run.outcomes
    assert done.finished
    assert (killed.exitcode, killed.finished) == (-signal.SIGKILL, False)
    assert 50 <= killed.updates < killed.planned == 40_000
    assert str(killed) == f"process 1 killed by SIGKILL after {killed.updates} of 40000 updates"
    assert run.process.size - len(record.torn) <= done.updates + killed.updates <= run.process.size
    assert problem.objective.value(run.model) < problem.objective.value(problem.start())


def test_all_killed_before_an_update_is_an_error():
    problem = problems.logistic_breast_cancer(workers=2)
    with Crew(problem, updates=10, step_size=0.01, seed=0, every=1, x0=problem.start()) as crew:
        for process in crew.processes:
            process.kill()
        with pytest.raises(StragglerError, match="no process could start"):
            crew.begin()


def test_an_exception_leaves_neither_processes_nor_memory():
    problem = problems.logistic_breast_cancer(workers=2)
    with (  # noqa: PT012
        pytest.raises(ZeroDivisionError),
        Crew(problem, updates=10**5, step_size=0.01, seed=0, every=1, x0=problem.start()) as crew,
    ):
        crew.begin()
        raise ZeroDivisionError
    assert not any(process.is_alive() for process in crew.processes)


LONG = """
import signal
import numpy as np
from numerics import problems
from numerics.shared_memory import lock_free
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what they run in the background ignore it
    problem = problems.logistic(np.eye(8), np.tile([-1.0, 1.0], 4), workers=2)
    lock_free(problem, iterations=1_000_000, step_size=0.01)
"""


@pytest.mark.skipif(not SHM.is_dir(), reason="needs /dev/shm")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_or_killed_parent_leaves_no_memory(tmp_path, kind):
    script = tmp_path / "long.py"
    script.write_text(LONG)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen(
        [sys.executable, script], env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for(lambda: segments(parent.pid))
    time.sleep(0.3)
    if kind == signal.SIGINT:
        os.killpg(parent.pid, kind)  # as a terminal does: all processes are told
    else:
        parent.send_signal(kind)
    _, errors = parent.communicate(timeout=20)
    wait_for(lambda: not segments(parent.pid))
    assert parent.returncode == -kind
    if kind == signal.SIGINT:  # the one who waits is interrupted, and nobody else says a word
        assert errors.count("Traceback") == 1
        assert "leaked" not in errors


def test_more_logs_than_memory_are_refused_before_anything_starts():
    with pytest.raises(StragglerError, match=r"not enough shared memory for the logs of 1e\+13 updates in R"):
        lock_free(problems.logistic_breast_cancer(workers=2), iterations=10**13, step_size=0.01)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"iterations": 0}, "iterations = 0"),
        ({"iterations": 1}, "a whole number >= 2"),
        ({"step_size": 0.0}, "step size = 0.0"),
        ({"step_size": float("inf")}, "step size = inf"),
        ({"seed": -1}, "seed = -1"),
        ({"every": 0}, "every = 0"),
        ({"x0": np.zeros((2, 31))}, "there is one model"),
        ({"x0": np.zeros(3)}, "shape of x0"),
    ],
)
def test_bad_input(change, said):
    with pytest.raises(StragglerError, match=said):
        lock_free(problems.logistic_breast_cancer(workers=2), **{"iterations": 10, "step_size": 0.1} | change)


def test_a_script_without_a_guard_is_told_so(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(LONG.replace('if __name__ == "__main__":', "if True:"))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "no process could start (exit codes 1, 1): a script" in done.stderr.splitlines()[-1]


def test_threads_of_the_parent_are_as_before(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    lock_free(problems.logistic_breast_cancer(workers=1), iterations=5, step_size=0.1)
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupts_wait_until_they_do_no_harm(number):
    def stop(*_):
        raise KeyboardInterrupt

    steps, before = [], signal.signal(number, stop)
    try:
        with pytest.raises(KeyboardInterrupt), uninterrupted():  # noqa: PT012
            os.kill(os.getpid(), number)
            time.sleep(0.01)
            steps.append("done")
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    assert steps == ["done"]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
