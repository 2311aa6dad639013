"""A segment of shared memory that is gone when nobody needs it any more."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from multiprocessing import shared_memory
from pathlib import Path

from numerics.shared_memory.layout import Layout
from numerics.typing import Array
from straggler import StragglerError

PREFIX = "straggler-"
FOLDER = Path("/dev/shm")
"""Where Linux shows the segments."""


class Segment:
    """Shared memory with the arrays of a layout.

    The segment has a name of its own. `destroy` removes it; should its maker be killed first, the resource tracker of
    `multiprocessing` does so as soon as all processes of the run have ended.

    Parameters
    ----------
    layout
        What is in it.
    name
        Name of a segment to attach to; without one, a new segment is made, all zeros.

    Raises
    ------
    StragglerError
        If there is no room for it.
    """

    def __init__(self, layout: Layout, name: str | None = None) -> None:
        if name is not None:
            self._memory = shared_memory.SharedMemory(name)
        else:
            _refuse_too_much(layout)
            self._memory = shared_memory.SharedMemory(f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}", True, layout.nbytes)
            try:
                _reserve(self._memory.name, layout.nbytes)
            except OSError as error:
                self._memory.unlink()
                raise _too_much(layout) from error
        self.name = self._memory.name
        assert self._memory.buf is not None
        self.arrays: dict[str, Array] = layout.arrays(self._memory.buf)

    def detach(self) -> None:
        """Let go of the memory; arrays taken from it must not be used any more."""
        self.arrays = {}
        with suppress(BufferError):  # somebody holds an array, as a traceback may: the memory goes with it
            self._memory.close()

    def destroy(self) -> None:
        """Remove the segment."""
        with suppress(FileNotFoundError):
            self._memory.unlink()
        self.detach()


def _too_much(layout: Layout) -> StragglerError:
    size = f"{layout.nbytes / 2**30:.3g} GiB"
    return StragglerError(f"not enough shared memory for the logs of {layout.updates:g} updates in R^{layout.dim}: {size}")


def _refuse_too_much(layout: Layout) -> None:
    """Look at the room there is before anything is made: `SharedMemory` does not tidy up well after failing."""
    if FOLDER.is_dir():
        room = os.statvfs(FOLDER)
        if layout.nbytes > room.f_bavail * room.f_frsize:
            raise _too_much(layout)


def _reserve(name: str, nbytes: int) -> None:
    """Take the pages now, so that a full file system is an error here and not a bus error later."""
    file = FOLDER / name
    if file.exists():
        handle = os.open(file, os.O_RDWR)
        try:
            os.posix_fallocate(handle, 0, nbytes)
        finally:
            os.close(handle)
