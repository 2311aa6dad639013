"""Which workers initiate an exchange and which answer: the two sides of a bipartite graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from straggler import InputError


def active(linked: NDArray[np.bool_], name: str) -> NDArray[np.bool_]:
    """Return which workers are active, shape (n,): those at an odd distance from the lowest worker of their component.

    Active workers wait for passive ones only, and these for nobody, so that no circle of waiting workers can form.

    Parameters
    ----------
    linked
        Who is linked with whom, shape (n, n), symmetric.
    name
        Name of the graph.

    Raises
    ------
    InputError
        If there is an odd cycle; it is named.
    """
    n = len(linked)
    depth, parent = np.full(n, -1), np.full(n, -1)
    for root in range(n):
        if depth[root] >= 0:
            continue
        depth[root], level = 0, [root]
        while level:
            found = []
            for worker in level:
                for other in np.flatnonzero(linked[worker]).tolist():
                    if depth[other] < 0:
                        depth[other], parent[other] = depth[worker] + 1, worker
                        found.append(other)
                    elif depth[other] == depth[worker]:
                        cycle = _cycle(worker, other, parent.tolist())
                        shown = "-".join(map(str, cycle if len(cycle) <= 12 else [*cycle[:12], "..."]))
                        needs = f"a bipartite graph; workers {shown} form a cycle of odd length {len(cycle)}"
                        raise InputError("graph", name, needs)
            level = found
    sides: NDArray[np.bool_] = depth % 2 == 1
    return sides


def _cycle(first: int, second: int, parent: list[int]) -> list[int]:
    """Return the cycle that two linked workers at the same distance close, from one through their common ancestor."""
    left, right = [first], [second]
    while left[-1] != right[-1]:
        left.append(parent[left[-1]])
        right.append(parent[right[-1]])
    return left + right[-2::-1]
