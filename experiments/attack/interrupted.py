"""What a search had found when it was interrupted."""

from __future__ import annotations

from typing import Any


class Interrupted(KeyboardInterrupt):
    """A search was interrupted.

    Parameters
    ----------
    found
        What it would have returned, as far as it came.
    """

    def __init__(self, found: Any) -> None:
        super().__init__(found)
        self.found = found
