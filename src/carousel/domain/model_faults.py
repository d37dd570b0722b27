"""What keeps a model of any kind from being stored and read back as the same one.

Owns:    the checks beside those of domain.model, which look at its arrays' numbers.
Imports: numpy, domain.model.
"""

import json

import numpy as np

from carousel.domain.model import Model, faults

LARGEST = 900_000_000
"""Bytes of arrays; a database keeps no value of 1 GiB."""


def all_faults(model: Model) -> list[str]:
    """Return everything that is wrong with a model, whatever its kind, in sentences.

    >>> all_faults(Model("ranker", {}, {"names": np.array(["a"])}, {"value": float("nan")}))
    ["The array 'names' holds <U1, which are no numbers.", "The figure 'value' is nan."]
    """
    found = faults(model)
    found += [
        f"The array {name!r} holds {array.dtype}, which are no numbers."
        for name, array in model.arrays.items()
        if array.dtype.kind not in "biuf"
    ]
    found += [
        f"The figure {name!r} is {value}."
        for name, value in model.figures.items()
        if not np.isfinite(value)
    ]
    try:
        json.dumps(model.document, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        found.append(f"Its document cannot be written as JSON: {error}.")
    size = sum(array.nbytes for array in model.arrays.values())
    if size > LARGEST:
        found.append(f"Its arrays take {size:,} bytes, {LARGEST:,} at most can be kept.")
    return found
