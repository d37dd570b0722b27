"""What keeps the arrays of a ranker from being reckoned with: sizes, types, trees that do not fit.

Owns:    the checks of a model of kind "ranker" beside those of any model.
Imports: numpy, domain.{facts, market, matching, model}, domain.ranker.

No damage may raise here: each check asks only what those before it have made sure of.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.facts import BODIES
from carousel.domain.market import BANDS, SLOPES
from carousel.domain.matching.features import FEATURES
from carousel.domain.model import Model
from carousel.domain.ranker.linear import KNOTS
from carousel.domain.ranker.trees import ALL, MOST_LEAVES

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

WIDTH = len(FEATURES)
LINEAR: Mapping[str, tuple[int, ...]] = {
    "mean": (WIDTH,),
    "deviation": (WIDTH,),
    "coefficients": (1 + WIDTH * (2 + len(KNOTS)),),
}
"""The arrays of a linear part and the shape of each."""

TREES: Mapping[str, str] = {
    "feature": "i", "threshold": "f", "unknown": "b", "ruled_out": "u", "leaves": "f",
}  # fmt: skip
MARKET: Mapping[str, str] = {"segments": "f", "models": "f", "model_codes": "u", "prices": "f"}
"""The arrays of trees, of a market, and the kind of number that each holds."""

PARTS = ("linear", "strangers", "contacts", "trees", "market")
NEEDED = ("linear", "market")


def faults(model: Model) -> list[str]:
    """Return what is wrong with the arrays of a ranker, in sentences."""
    stated = model.document.get("features")
    if not isinstance(stated, list | tuple) or list(stated) != list(FEATURES):
        return ["It was trained on other features than this version reckons; train it again."]
    return [*_of_parts(model.arrays)]


def _of_parts(arrays: Arrays) -> Iterator[str]:
    for part in PARTS:
        names = {"trees": TREES, "market": MARKET}.get(part, dict.fromkeys(LINEAR, "f"))
        given = {name: arrays[f"{part}_{name}"] for name in names if f"{part}_{name}" in arrays}
        if not given and part not in NEEDED:
            continue
        if missing := [f"{part}_{name}" for name in names if name not in given]:
            yield f"The arrays {missing} are missing."
        elif wrong := [name for name, kind in names.items() if given[name].dtype.kind != kind]:
            yield f"The arrays {[f'{part}_{name}' for name in wrong]} hold another kind of number."
        elif not all(np.isfinite(array).all() for array in given.values()):
            yield f"The {part} part holds numbers that are not finite."
        elif part == "trees":
            yield from _of_trees(given)
        elif part == "market":
            yield from _of_market(given)
        else:
            yield from _of_linear(part, given)


def _of_linear(part: str, arrays: Arrays) -> Iterator[str]:
    wrong = [name for name, shape in LINEAR.items() if arrays[name].shape != shape]
    if wrong:
        yield f"The arrays {[f'{part}_{name}' for name in wrong]} do not fit {WIDTH} features."
    elif not (arrays["deviation"] > 0).all():
        yield f"A deviation of the {part} part is not above 0."


def _of_trees(arrays: Arrays) -> Iterator[str]:
    asked, leaves = arrays["feature"], arrays["leaves"]
    nodes = ("threshold", "unknown", "ruled_out")
    if asked.ndim != 2 or any(arrays[name].shape != asked.shape for name in nodes):  # noqa: PLR2004 (trees, nodes)
        yield "The nodes of the trees do not fit together."
    elif leaves.shape != (len(asked), MOST_LEAVES) or asked.shape[1] >= MOST_LEAVES:
        yield f"Trees need {MOST_LEAVES} leaves each, and fewer nodes than leaves."
    elif arrays["ruled_out"].dtype != ALL.dtype:
        yield f"The leaves that a node rules out are no {ALL.dtype}."
    elif asked.size and not 0 <= int(asked.min()) <= int(asked.max()) < WIDTH:
        yield "A tree asks about a feature that there is not."
    elif (np.bitwise_or.reduce(arrays["ruled_out"], axis=1) == ALL).any():
        yield "A tree may rule out all of its leaves."


def _of_market(arrays: Arrays) -> Iterator[str]:
    codes = arrays["model_codes"]
    wanted = {
        "segments": (len(BODIES) + 1, BANDS),
        "models": codes.shape,
        "prices": (SLOPES + len(codes) + 1,) if codes.ndim == 1 else (),
    }
    wrong = [name for name, shape in wanted.items() if arrays[name].shape != shape]
    if codes.ndim != 1 or wrong:
        yield f"The market's arrays {wrong or ['model_codes']} do not fit together."
    elif (codes[1:] <= codes[:-1]).any():
        yield "The market's models are not in order."
    elif (arrays["segments"] > 0).any() or (arrays["models"] > 0).any():
        yield "A chance of the market is above 1."
