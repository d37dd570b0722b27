"""Listings that the same shoppers reacted to, from the library implicit.

Owns:    training it, and adding up the neighbours of what a shopper reacted to.
Imports: implicit, numpy, evaluation.methods.interactions.

Source:  Sarwar, Karypis, Konstan & Riedl, WWW 2001.
"""

import warnings
from typing import Any

import numpy as np

from carousel.evaluation.methods.interactions import Collaborative
from carousel.recording.tables import Floats, Ints

NEIGHBOURS = 100


class ItemKnn(Collaborative):
    """Listings by the summed cosine with those in the shopper's row.

    neighbours: how many each listing keeps.
    """

    def __init__(self, neighbours: int = NEIGHBOURS) -> None:
        super().__init__("item-knn")
        self._neighbours = neighbours

    def train(self, matrix: Any) -> None:  # noqa: ANN401 (scipy has no types)
        """Find each listing's neighbours."""
        from implicit.nearest_neighbours import CosineRecommender  # noqa: PLC0415 (of the lab)
        from implicit.utils import ParameterWarning  # noqa: PLC0415 (of the lab)

        model = CosineRecommender(K=self._neighbours)
        with warnings.catch_warnings():
            # It warns of a conversion between two of its own steps.
            warnings.simplefilter("ignore", ParameterWarning)
            model.fit(matrix, show_progress=False)
        self._likeness = model.similarity

    def predict(self, row: Any, listings: Ints) -> Floats:  # noqa: ANN401 (scipy has no types)
        """Return the sum of strengths times likenesses."""
        return np.asarray((row @ self._likeness).toarray()[0][listings], np.float64)
