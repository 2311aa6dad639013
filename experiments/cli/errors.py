"""From exceptions to exit statuses: bad input is one line on stderr, never a traceback."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from straggler import InputError, StragglerError

FINE = 0
BAD_INPUT = 2
INTERNAL = 70
INTERRUPTED = 130
BROKEN_PIPE = 141

# typer carries its own copy of click; the base of all its usage errors is reached through what typer exports
_CommandLineError: type[Exception] = typer.BadParameter.__mro__[2]


def exit_status(run: Callable[[], None]) -> int:
    """Return the exit status of ``run()``, which may raise; bad input is printed as ``error: ...``.

    A defect of the toolkit itself keeps its traceback and exits with 70, so that no script takes it for a verdict.
    """
    try:
        with _terminable():
            run()
        sys.stdout.flush()
        return FINE
    except typer.Exit as request:
        return request.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _leave(INTERRUPTED, "interrupted")
    except BrokenPipeError:
        _silence_stdout()
        return BROKEN_PIPE
    except _CommandLineError as error:
        return _leave(BAD_INPUT, error.format_message())  # type: ignore[attr-defined]
    except StragglerError as error:
        return _leave(BAD_INPUT, str(error))
    except MemoryError as error:
        return _leave(BAD_INPUT, f"not enough memory ({error})" if str(error) else "not enough memory")
    except OSError as error:
        _silence_stdout()
        return _leave(BAD_INPUT, f"{error.filename or 'output'}: {error.strerror or error}")
    except Exception as error:
        refused = _refused_field(error)
        if refused is not None:
            return _leave(BAD_INPUT, str(refused))
        import traceback

        traceback.print_exc()
        return INTERNAL


@contextmanager
def _terminable() -> Iterator[None]:
    """Take a request to terminate for an interruption, so that processes at work are not left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(status: int, message: str) -> int:
    print("error:", " ".join(message.split()), file=sys.stderr)  # noqa: T201
    return status


def _refused_field(error: Exception) -> InputError | None:
    """Return what pydantic refused first, in the words of `InputError`; None for another exception."""
    if "pydantic" not in sys.modules:
        return None
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return None
    first = error.errors()[0]
    source = ".".join(str(part) for part in first["loc"]) or error.title
    return InputError(source, first["input"], first["msg"].removeprefix("Input should be "))


def _silence_stdout() -> None:
    """Let go of what could not be printed: the interpreter would try again on its way out, and complain."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        return
