"""Graphs that change from round to round: one-peer, k-peer and bipartite exponential, and random peers."""

from __future__ import annotations

import numpy as np

from numerics.graphs.graph import Graph, node_count
from numerics.graphs.static import complete, exponential, hops, links, powers
from numerics.mixing import Circulant, MixingOperator, RandomSchedule, operator_from_matrix
from numerics.typing import Floats
from straggler import InputError, UnknownName, at_least


def one_peer_exponential(n: int) -> Graph:
    """Return the one-peer exponential graph: in round k, i sends to i + 2^(k mod ceil(log2 n)) (mod n).

    A period averages exactly where n is a power of two. Source: SGP (Assran et al. 2019), appendix on topologies;
    for other n the number of hops is that of the released code.
    """
    node_count("nodes of one-peer-exponential", n)
    phases = tuple(hops(n, (hop,)) for hop in powers(n, 2))
    return Graph("one-peer-exponential", n, phases, directed=n > 2)


def k_peer_exponential(n: int, peers: int = 2) -> Graph:
    """Return the k-peer exponential graph: in phase i, a worker sends over the hops j (peers+1)^i, j = 1..peers.

    A period averages exactly where n is a power of peers + 1. Hops that are 0 mod n, or agree mod n, are sent once or not at all.
    Source: SGP (Assran et al. 2019), released code. Raises `InputError` unless 1 <= peers < n.
    """
    node_count("nodes of k-peer-exponential", n)
    if at_least("peers", peers, 1) >= n:
        raise InputError("peers", peers, f"fewer than the {n} nodes")
    phases = tuple(hops(n, (j * power for j in range(1, peers + 1))) for power in powers(n, peers + 1))
    directed = any(bool((phase != phase.T).any()) for phase in phases)
    return Graph("k-peer-exponential", n, phases, directed=directed, params={"peers": peers})


def bipartite_exponential(n: int) -> Graph:
    """Return the bipartite exponential graph: odd (active) workers i average with the even (passive) i + hop (mod n).

    The hops are 1 and 1 + 2^i for i = 1, 2, ... with 2^i < n, one per phase; every phase is a perfect matching.
    Source: AD-PSGD (Lian et al. 2018) as in the code released with SGP. Raises `InputError` for odd n.
    """
    if node_count("nodes of bipartite-exponential", n) % 2:
        raise InputError("nodes of bipartite-exponential", n, "an even number")
    distances = [1] + [1 + power for power in powers(n, 2)[1:]]
    phases = tuple(links(n, ((i, (i + hop) % n) for i in range(1, n, 2))) for hop in distances)
    return Graph("bipartite-exponential", n, phases)


def random_peer(n: int, among: str = "exponential", seed: int = 0, *, shared: bool = False) -> RandomSchedule:
    """Return the schedule in which each worker sends half of what it has to a random out-neighbour, anew in every round.

    Parameters
    ----------
    n
        Number of workers.
    among
        ``exponential`` (hops 2^j < n) or ``complete`` (all hops 1..n-1).
    seed
        Seed of the draws.
    shared
        Whether all workers use the same random hop, which makes every draw doubly stochastic; otherwise they choose
        independently and W is only column-stochastic.

    Raises
    ------
    UnknownName
        If ``among`` is neither of the two.
    """
    candidates = {"exponential": exponential, "complete": complete}
    if among not in candidates:
        raise UnknownName("candidates of random-peer", among, candidates)
    sent = candidates[among](n).phases[0]
    distances = np.flatnonzero(sent[:, 0])
    mean: Floats = 0.5 * np.eye(n) + 0.5 * sent / len(distances)

    def draw_shared(generator: np.random.Generator) -> MixingOperator:
        return Circulant(n, {0: 0.5, int(generator.choice(distances)): 0.5})

    def draw_each(generator: np.random.Generator) -> MixingOperator:
        matrix, senders = 0.5 * np.eye(n), np.arange(n)
        matrix[(senders + generator.choice(distances, size=n)) % n, senders] += 0.5
        return operator_from_matrix(matrix)

    if shared:
        # W = (I + S^h) / 2, so W'W = (2 I + S^h + S^-h) / 4 and its mean is that of the shifts.
        shift = sent / len(distances)
        second_moment: Floats = 0.5 * np.eye(n) + 0.25 * (shift + shift.T)
    else:
        # Columns are independent: off the diagonal E[w_i' w_j] = E[w_i]' E[w_j], on it (1/2)^2 + (1/2)^2.
        second_moment = mean.T @ mean
        np.fill_diagonal(second_moment, 0.5)
    origin = {"weights": "push", "params": {"among": among, "shared": shared}}
    return RandomSchedule(n, draw_shared if shared else draw_each, "random-peer", seed, (shared, True), second_moment, origin)
