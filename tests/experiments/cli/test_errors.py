"""Which exception becomes which exit status and which line."""

import errno
import signal

import pytest
import typer

from experiments.claims import Claim
from experiments.cli.errors import exit_status
from straggler import InputError, ResultError


def outcome(capsys, error: BaseException) -> tuple[int, str]:
    def run() -> None:
        raise error

    return exit_status(run), capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("K", 0, "a whole number >= 1"), "error: K = 0 is not admissible: needs a whole number >= 1\n"),
        (ResultError("x.nc: cut\nshort"), "error: x.nc: cut short\n"),
        (OSError(errno.ENOSPC, "No space left on device", "x.nc"), "error: x.nc: No space left on device\n"),
        (MemoryError(), "error: not enough memory\n"),
        (MemoryError("unable to allocate"), "error: not enough memory (unable to allocate)\n"),
    ],
)
def test_bad_input_is_one_line(capsys, error, line):
    assert outcome(capsys, error) == (2, line)


def test_interruption(capsys):
    assert outcome(capsys, KeyboardInterrupt())[0] == 130


def test_a_request_to_terminate_is_an_interruption(capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert exit_status(lambda: signal.raise_signal(signal.SIGTERM)) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_refusal_of_pydantic_names_the_field(capsys):
    def run() -> None:
        Claim(theorem="ours.p1", system="sgd", problem="cosine", nodes=1, iterations=10)

    assert exit_status(run) == 2
    assert capsys.readouterr().err == "error: nodes = 1 is not admissible: needs greater than or equal to 2\n"


def test_defect_keeps_its_traceback_and_is_no_verdict(capsys):
    status, err = outcome(capsys, ZeroDivisionError("defect"))
    assert status == 70
    assert "Traceback" in err


def test_other_statuses(capsys):
    assert exit_status(lambda: None) == 0
    assert outcome(capsys, typer.Exit(1)) == (1, "")
    assert outcome(capsys, typer.Exit()) == (0, "")
