"""Best mixing: the weights of a graph that make averaging fastest, each with a certificate that none are better.

Every function takes a boolean adjacency of shape (n, n) or a list of edges of shape (m, 2), and returns a `Design`: weights,
their value, and a lower bound that follows from a dual matrix by arithmetic alone, whatever the solver said.
"""

from theory.best_mixing.chain import fastest_averaging, fastest_chain
from theory.best_mixing.design import Design
from theory.best_mixing.deviation import least_deviation
from theory.best_mixing.edges import Links, links
from theory.best_mixing.gossip import fastest_gossip
from theory.best_mixing.schedule import ScheduleDesign, best_schedule
from theory.best_mixing.solving import METHODS
from theory.best_mixing.symmetry import call_orbits, edge_orbits

__all__ = [
    "METHODS",
    "Design",
    "Links",
    "ScheduleDesign",
    "best_schedule",
    "call_orbits",
    "edge_orbits",
    "fastest_averaging",
    "fastest_chain",
    "fastest_gossip",
    "least_deviation",
    "links",
]
