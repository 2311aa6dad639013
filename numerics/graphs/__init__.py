"""Communication graphs and the mixing schedules they give rise to."""

from numerics.graphs.files import from_file, from_networkx
from numerics.graphs.graph import Graph
from numerics.graphs.random import erdos_renyi, random_regular
from numerics.graphs.registry import NAMES, get
from numerics.graphs.static import complete, exponential, hypercube, path, ring, star, torus
from numerics.graphs.time_varying import bipartite_exponential, k_peer_exponential, one_peer_exponential, random_peer
from numerics.graphs.weights import WEIGHTS

__all__ = [
    "NAMES",
    "WEIGHTS",
    "Graph",
    "bipartite_exponential",
    "complete",
    "erdos_renyi",
    "exponential",
    "from_file",
    "from_networkx",
    "get",
    "hypercube",
    "k_peer_exponential",
    "one_peer_exponential",
    "path",
    "random_peer",
    "random_regular",
    "ring",
    "star",
    "torus",
]
