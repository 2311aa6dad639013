"""One description of a cluster: who computes how long, who straggles, what messages cost.

>>> from numerics import cluster
>>> from numerics.streams import Streams
>>> machine = cluster.Cluster(4, cluster.Constant(0.6), stragglers=(cluster.InjectedDelays(1, 0.3),))
>>> machine.compute_times(10, Streams(0, range(2)).generators("timeline")).shape
(10, 4, 2)
"""

from numerics.cluster.cluster import Cluster, ComputeTimes
from numerics.cluster.compute import Constant, Distribution, Empirical, LogNormal, Pareto, ShiftedExponential
from numerics.cluster.network import Network, message_bytes, serialise
from numerics.cluster.stragglers import InjectedDelays, MarkovStragglers, SlowWorkers, Straggling
from numerics.cluster.workload import Workload, load

__all__ = [
    "Cluster",
    "ComputeTimes",
    "Constant",
    "Distribution",
    "Empirical",
    "InjectedDelays",
    "LogNormal",
    "MarkovStragglers",
    "Network",
    "Pareto",
    "ShiftedExponential",
    "SlowWorkers",
    "Straggling",
    "Workload",
    "load",
    "message_bytes",
    "serialise",
]
