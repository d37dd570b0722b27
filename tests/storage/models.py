"""Small models for the tests of what keeps and serves them.

Owns:    a plain model, by what is different about it.
"""

from typing import Any

import numpy as np

from carousel.domain.model import Model


def model(number: float = 1.0, kind: str = "factors", **different: Any) -> Model:
    """Return a model whose contents are one number, but for what is different."""
    arrays = {
        "listings": np.arange(1, 4, dtype=np.int64),
        "factors": np.full((3, 2), number, dtype=np.float32),
    }
    plain = {
        "document": {"dimensions": 2, "names": ["Škoda", 'a"b\u0000']},
        "arrays": arrays,
        "figures": {"value": 0.5, "low": 0.4, "high": 0.6, "floor": 0.3},
    }
    return Model(kind, **(plain | different))
