"""Lock-free SGD for real: processes that update one model in shared memory, and what became of it.

Beside `numerics.algorithms.hogwild`, which simulates such systems, this runs one. What is not under control is recorded: how
stale every gradient was, how far the model it was taken at was from the one that theory speaks about, what races destroyed.
"""

from __future__ import annotations

from numerics.shared_memory.crew import Crew
from numerics.shared_memory.record import Outcome, Record
from numerics.shared_memory.replay import LockFreeRun, replay
from numerics.shared_memory.run import lock_free

__all__ = ["Crew", "LockFreeRun", "Outcome", "Record", "lock_free", "replay"]
