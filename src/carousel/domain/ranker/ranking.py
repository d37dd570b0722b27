"""A ranker as a model: the linear floor, trees where they were grown, and the market beside them.

Owns:    the parts of a model of kind "ranker", its probability, what each part of it is worth.
Imports: numpy, domain.{features, matching, market, model}, domain.ranker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector
from carousel.domain.market import Market
from carousel.domain.matching.features import COLUMN, FEATURES, PARTS
from carousel.domain.model import Model
from carousel.domain.ranker.linear import KNOTS, Linear, logistic
from carousel.domain.ranker.trees import MOST_LEAVES, Trees

KIND = "ranker"
SPOKEN = ("searches", "cars", "home", "dislikes", "taste", "market")
"""Parts of a score that can be a reason; the others describe the car or the shopper alone."""

_LINEAR = ("mean", "deviation", "coefficients")
_TREES = ("feature", "threshold", "unknown", "ruled_out", "leaves")
_MARKET = ("segments", "models", "model_codes", "prices")


@dataclass(frozen=True, slots=True)
class Ranker:
    """What scores candidates. trees: None where the floor alone was worth publishing."""

    linear: Linear
    trees: Trees | None
    market: Market

    def log_odds(self, rows: Matrix) -> Vector:
        """Return the log-odds of being opened at the top of a page, shape (n, f) -> (n,)."""
        return self.linear.log_odds(rows) if self.trees is None else self.trees.log_odds(rows)

    def chance(self, rows: Matrix) -> Vector:
        """Return the probabilities of being opened, shape (n,)."""
        return logistic(self.log_odds(rows))

    def parts(self, rows: Matrix) -> Mapping[str, Vector]:
        """Return what each of SPOKEN is worth to each row: log-odds with it, less without it.

        Without a part means as if nothing of it were known.
        """
        whole = self.log_odds(rows)
        found: dict[str, Vector] = {}
        for part in SPOKEN:
            less = rows.copy()
            less[:, [COLUMN[name] for name in PARTS[part]]] = np.nan
            found[part] = whole - self.log_odds(less)
        return found


def to_model(ranker: Ranker, figures: Mapping[str, float]) -> Model:
    """Return a ranker as it is published."""
    arrays = {f"linear_{name}": getattr(ranker.linear, name) for name in _LINEAR}
    if ranker.trees is not None:
        arrays |= {f"trees_{name}": getattr(ranker.trees, name) for name in _TREES}
    arrays |= {f"market_{name}": getattr(ranker.market, name) for name in _MARKET}
    return Model(KIND, {"features": list(FEATURES)}, arrays, figures)


def from_model(model: Model) -> Ranker:
    """Return the ranker that ``to_model`` wrote."""

    def taken(of: str, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        return {name: model.arrays[f"{of}_{name}"] for name in names}

    grown = "trees_leaves" in model.arrays
    return Ranker(
        Linear(**taken("linear", _LINEAR)),
        Trees(**taken("trees", _TREES)) if grown else None,
        Market(**taken("market", _MARKET)),
    )


def faults(model: Model) -> list[str]:
    """Return what is wrong with the arrays of a ranker, in sentences."""
    if list(model.document.get("features", ())) != list(FEATURES):
        return ["It was trained on other features than this version reckons; train it again."]
    wanted = [f"linear_{name}" for name in _LINEAR] + [f"market_{name}" for name in _MARKET]
    if "trees_leaves" in model.arrays:
        wanted += [f"trees_{name}" for name in _TREES]
    if missing := [name for name in wanted if name not in model.arrays]:
        return [f"The arrays {missing} are missing."]
    size = 1 + len(FEATURES) * (2 + len(KNOTS))
    found = []
    if model.arrays["linear_coefficients"].shape != (size,):
        found.append(f"The linear floor needs {size} coefficients.")
    if "trees_leaves" in model.arrays:
        nodes, leaves = model.arrays["trees_feature"], model.arrays["trees_leaves"]
        if leaves.shape != (len(nodes), MOST_LEAVES):
            found.append(f"Trees need {MOST_LEAVES} leaves each.")
        if nodes.size and not 0 <= int(nodes.min()) <= int(nodes.max()) < len(FEATURES):
            found.append("A tree asks about a feature that there is not.")
    return found
