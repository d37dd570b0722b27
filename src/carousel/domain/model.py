"""A trained model as it is published: named arrays, a document, and the name of its contents.

Owns:    what every kind of model has in common.
Imports: numpy.

A version is a hash of the contents, so that equal training gives an equal version, and a file that
was damaged is no longer what its name says.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

KINDS = ("factors", "graph", "ranker")
"""What can be trained: latent factors, neighbours in the graph of reactions, the scoring."""


@dataclass(frozen=True, slots=True)
class Model:
    """What training writes and serving reads.

    kind:     one of KINDS.
    document: what can be said in JSON: names, params.
    arrays:   name -> array, of numbers.
    figures:  what it was measured to be worth, name -> number; not part of the contents.
    """

    kind: str
    document: Mapping[str, Any]
    arrays: Arrays
    figures: Mapping[str, float]

    @property
    def version(self) -> str:
        """Return the name of the contents, 16 hexadecimal digits."""
        return version_of(self.kind, self.document, self.arrays)


def version_of(kind: str, document: Mapping[str, Any], arrays: Arrays) -> str:
    """Return the name of contents, 16 hexadecimal digits.

    >>> one = version_of("ranker", {}, {"w": np.ones(2)})
    >>> one == version_of("ranker", {}, {"w": np.ones(2)}), one == version_of("ranker", {}, {})
    (True, False)
    """
    digest = hashlib.sha256(json.dumps([kind, document], sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def faults(model: Model) -> list[str]:
    """Return what is wrong with any model, whatever its kind; each kind has more to ask.

    >>> faults(Model("ranker", {}, {"w": np.array([np.nan])}, {}))
    ["The array 'w' holds numbers that are not finite."]
    """
    found = [] if model.kind in KINDS else [f"There is no kind of model {model.kind!r}."]
    for name, array in model.arrays.items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            found.append(f"The array {name!r} holds numbers that are not finite.")
    if not model.arrays:
        found.append("It holds no arrays.")
    return found
