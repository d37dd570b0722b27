"""Whether the families of metrics put the methods in the same order.

Owns:    Kendall's tau between two orders, the sentences about it.
Imports: numpy, evaluation.results.

Logged metrics favour what the shop showed; random exposure does not, and the truth cannot err.
Where their orders part, believe the truth, then the bucket.

Source:  Kendall, Biometrika 1945 (tau-b).
"""

from collections.abc import Sequence

import numpy as np

from carousel.evaluation.results import MethodResult, Metric
from carousel.recording.tables import Floats

PAIRS = (
    ("contact.ndcg@10", "truth.open.share"),
    ("bucket.percentile", "truth.open.share"),
    ("contact.ndcg@10", "bucket.percentile"),
)
_FEWEST = 3


def kendall(one: Floats, other: Floats) -> float:
    """Return Kendall's tau-b of two lists of figures; NaN where one of them is all the same.

    >>> kendall(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]))  # 2 pairs agree, 1 not
    0.3333333333333333
    """
    first, second = np.triu_indices(len(one), k=1)
    left, right = np.sign(one[first] - one[second]), np.sign(other[first] - other[second])
    spread = float((left != 0).sum()) * float((right != 0).sum())
    return float(left @ right) / spread**0.5 if spread > 0 else float("nan")


def notes(metrics: Sequence[Metric], methods: Sequence[MethodResult]) -> tuple[str, ...]:
    """Return one sentence a pair of metrics, where at least three methods have both.

    Args:
        metrics: their labels.
        methods: without those that know the truth, for they would agree with it by design.
    """
    labels = {metric.key: metric.label for metric in metrics}
    told = []
    for first, second in PAIRS:
        points = np.array(
            [
                (method.figures[first].mean, method.figures[second].mean)
                for method in methods
                if first in method.figures and second in method.figures
            ]
        ).reshape(-1, 2)
        points = points[~np.isnan(points).any(axis=1)]
        tau = kendall(points[:, 0], points[:, 1])
        if len(points) >= _FEWEST and not np.isnan(tau):
            told.append(
                f"{labels[first]} and {labels[second]} order the {len(points)} methods with a "
                f"Kendall's tau of {tau:.2f}; 1 is the same order, 0 is chance."
            )
    return tuple(told)
