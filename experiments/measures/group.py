"""WAGMA-SGD and eager-SGD: distances between models at their worst, and the least gradient of a run."""

from __future__ import annotations

from experiments.measures.base import Measure, at_worst

MEASURES = {
    "largest_drift_sq": Measure(at_worst("worker_drift_sq")),
    "largest_stale_distance_sq": Measure(at_worst("worker_stale_distance_sq")),
    "largest_view_distance_sq": Measure(at_worst("worker_view_distance_sq")),
    "smallest_grad_norm_sq": Measure(at_worst("grad_norm_sq", least=True)),
    "smallest_view_grad_norm_sq": Measure(at_worst("view_grad_norm_sq", least=True)),
}
"""The largest expectations of `center_drift_sq` and `total_consensus_sq` come by their prefix."""
