"""Trees grown by LightGBM, taken over as arrays that serving reckons with by itself.

Owns:    the only use of lightgbm; from its description of a tree to ``domain.ranker.trees``.
Imports: lightgbm (where used), numpy, domain.

LightGBM comes with the extra ``training``; without it the linear floor is trained alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Vector
from carousel.domain.ranker.trees import MOST_LEAVES, Trees

PLACES = 40
"""Of a slate: whether a car stands above or below them is all the same."""


@dataclass(frozen=True, slots=True)
class Growing:
    """What an experiment may change: small trees and many rows a leaf, for logs are noisy.

    trees: of each of the two kinds. steps: thresholds of a column that are tried at most.
    """

    trees: int = 200
    leaves: int = 15
    rate: float = 0.05
    least: int = 100
    steps: int = 63
    columns: float = 0.7
    rows: float = 0.8
    ridge: float = 5.0


def possible() -> bool:
    """Return whether LightGBM is installed."""
    return find_spec("lightgbm") is not None


def grow(  # noqa: PLR0913 (rows, what came of them, how; each is one thing)
    rows: npt.NDArray[np.float32],
    outcomes: Vector,
    weights: Vector,
    offsets: Vector,
    *,
    params: Growing,
    seed: int,
) -> Trees:
    """Return trees that add up to the log-odds of outcomes; see ``ranker.linear.fit``."""
    import lightgbm  # noqa: PLC0415 (comes with an extra)

    data = lightgbm.Dataset(rows, outcomes, weight=weights, init_score=offsets)
    settings = {"objective": "binary", **_settings(params, seed)}
    return _arrays(lightgbm.train(settings, data, params.trees))


def grow_order(  # noqa: PLR0913 (as grow, and what belongs together)
    rows: npt.NDArray[np.float32],
    outcomes: Vector,
    offsets: Vector,
    slates: npt.NDArray[np.int64],
    *,
    params: Growing,
    seed: int,
) -> Trees:
    """Return trees that put the opened cars of each slate first; what they add up to is no chance.

    Args:
        rows: features, shape (n, f).
        outcomes: 0 or 1, shape (n,).
        offsets: what the place took from each, shape (n,).
        slates: to which each row belongs, shape (n,).
        params: of the trees.
        seed: of the draws.

    Source:  LambdaMART: Burges, MSR-TR-2010-82.
    """
    import lightgbm  # noqa: PLC0415 (comes with an extra)

    order = np.argsort(slates, kind="stable")
    _, sizes = np.unique(slates, return_counts=True)
    data = lightgbm.Dataset(rows[order], outcomes[order], init_score=offsets[order], group=sizes)
    settings = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": PLACES,
        "bagging_by_query": True,
        **_settings(params, seed),
    }
    return _arrays(lightgbm.train(settings, data, params.trees))


def together(chances: Trees, orders: Trees, line: tuple[float, float]) -> Trees:
    """Return one ensemble whose log-odds are the mean of two.

    Args:
        chances: of ``grow``.
        orders: of ``grow_order``.
        line: height and slope that make log-odds of what ``orders`` add up to.

    >>> stump = Trees(np.zeros((1, 1), np.int16), np.zeros((1, 1)), np.ones((1, 1), np.bool_),
    ...               np.ones((1, 1), np.uint32), np.array([[1.0, 3.0] + [0.0] * 30]))
    >>> together(stump, stump, (2.0, 0.5)).log_odds(np.array([[-1.0], [1.0]])).tolist()
    [1.75, 3.25]
    """
    height, slope = line
    most = max(one.feature.shape[1] for one in (chances, orders))

    def joined(name: str) -> npt.NDArray[Any]:
        both = (getattr(one, name) for one in (chances, orders))
        # A node that rules nothing out is as good as none.
        return np.concatenate([np.pad(one, ((0, 0), (0, most - one.shape[1]))) for one in both])

    leaves = [chances.leaves / 2, (slope * orders.leaves + height / len(orders.leaves)) / 2]
    nodes = {name: joined(name) for name in ("feature", "threshold", "unknown", "ruled_out")}
    return Trees(**nodes, leaves=np.concatenate(leaves))


def _settings(params: Growing, seed: int) -> dict[str, object]:
    return {
        "learning_rate": params.rate,
        "num_leaves": params.leaves,
        "min_data_in_leaf": params.least,
        "max_bin": params.steps,
        "feature_fraction": params.columns,
        "bagging_fraction": params.rows,
        "bagging_freq": 1,
        "lambda_l2": params.ridge,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }


def _arrays(grown: Any) -> Trees:  # noqa: ANN401 (a booster, of a package that may be missing)
    return arrays_of([one["tree_structure"] for one in grown.dump_model()["tree_info"]])


def arrays_of(trees: list[Mapping[str, Any]]) -> Trees:
    """Return trees as arrays, from LightGBM's own description of each.

    >>> stump = {"split_feature": 0, "threshold": 1.5, "default_left": True,
    ...          "missing_type": "NaN", "left_child": {"leaf_value": -1.0},
    ...          "right_child": {"leaf_value": 2.0}}
    >>> arrays_of([stump]).log_odds(np.array([[1.0], [2.0], [np.nan]])).tolist()
    [-1.0, 2.0, -1.0]
    """
    inner = MOST_LEAVES - 1
    shape = len(trees), inner
    feature, threshold = np.zeros(shape, np.int16), np.zeros(shape)
    unknown, ruled_out = np.ones(shape, np.bool_), np.zeros(shape, np.uint32)
    leaves = np.zeros((len(trees), MOST_LEAVES))
    for n, tree in enumerate(trees):
        nodes: list[tuple[int, float, bool, int]] = []
        values: list[float] = []
        _walk(tree, nodes, values)
        leaves[n, : len(values)] = values
        for place, (column, limit, yes, bits) in enumerate(nodes):
            feature[n, place], threshold[n, place] = column, limit
            unknown[n, place], ruled_out[n, place] = yes, bits
    most = max(1, int((ruled_out > 0).sum(axis=1).max(initial=1)))
    return Trees(
        feature[:, :most], threshold[:, :most], unknown[:, :most], ruled_out[:, :most], leaves
    )


def _walk(
    node: Mapping[str, Any], nodes: list[tuple[int, float, bool, int]], values: list[float]
) -> None:
    """Collect a tree's inner nodes and its leaves, from left to right."""
    if "split_feature" not in node:
        values.append(float(node["leaf_value"]))
        return
    first = len(values)
    _walk(node["left_child"], nodes, values)
    bits = sum(1 << leaf for leaf in range(first, len(values)))
    limit = float(node["threshold"])
    # Where training met no unknown value, LightGBM takes one for 0.
    yes = bool(node["default_left"]) if node["missing_type"] == "NaN" else limit >= 0.0
    nodes.append((int(node["split_feature"]), limit, yes, bits))
    _walk(node["right_child"], nodes, values)
