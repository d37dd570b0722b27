"""The ranker that a new marketplace starts with, until it has trained one of its own.

Owns:    reading the starter that comes with the program.
Imports: numpy, domain.

``starter.json`` was learned from simulated markets only (``benchmarks/starter.py`` makes it anew);
it knows nothing of any market's prices and kinds. docs/lab.md says what it is worth in markets that
it was not learned from.
"""

import json
from functools import cache
from importlib.resources import files

import numpy as np

from carousel.domain.errors import ModelError
from carousel.domain.matching.features import FEATURES
from carousel.domain.model import Model
from carousel.domain.ranker.ranking import KIND, Ranker, from_model

FILE = "starter.json"


@cache
def starter() -> Ranker:
    """Return the starter.

    Raises:
        ModelError: the file is of another version than the program.
    """
    kept = json.loads(files("carousel.serving").joinpath(FILE).read_text(encoding="utf-8"))
    if kept["features"] != list(FEATURES):
        raise ModelError(f"{FILE} reads other features than this version reckons.")
    arrays = {
        name: np.array(one["values"], dtype=one["type"]).reshape(one["shape"])
        for name, one in kept["arrays"].items()
    }
    return from_model(Model(KIND, {"features": kept["features"]}, arrays, {}))


def as_text(model: Model) -> str:
    """Return a ranker as ``starter.json`` has it; six digits of each number."""
    arrays = {
        name: {
            "type": str(array.dtype),
            "shape": list(array.shape),
            "values": [
                float(f"{value:.6g}") if array.dtype.kind == "f" else int(value)
                for value in array.ravel().tolist()
            ],
        }
        for name, array in model.arrays.items()
    }
    return json.dumps({"features": model.document["features"], "arrays": arrays}) + "\n"
