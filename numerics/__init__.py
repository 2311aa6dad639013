"""What happens: problems, graphs, algorithms and the engine that runs them.

>>> from numerics import algorithms, graphs, problems, simulate
>>> problem = problems.cosine(dim=4, workers=8, sigma=1.0, zeta=0.1)
>>> run = simulate(algorithms.SGP(step_size=0.05), problem, graphs.one_peer_exponential(8), iterations=10, replicas=2)
>>> sorted(run.sizes.items())
[('iteration', 11), ('replica', 2)]
"""

from numerics import algorithms, graphs, mixing, problems
from numerics.simulation import simulate

__all__ = ["algorithms", "graphs", "mixing", "problems", "simulate"]
