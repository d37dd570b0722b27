"""Matrix factorisation by alternating least squares on listing ids, from the library implicit.

Owns:    training it, and reading a shopper's factors from their row.
Imports: implicit, numpy, threadpoolctl, evaluation.methods.interactions.

Source:  Hu, Koren & Volinsky, ICDM 2008.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from carousel.evaluation.methods.interactions import Collaborative
from carousel.recording.tables import Floats, Ints


@dataclass(frozen=True, slots=True)
class Params:
    """Of the model, as the library calls them; ``alpha`` is the confidence of one view.

    The defaults lie on the plateau of a simulated market of 3,000 shoppers and 12,000 listings.
    """

    factors: int = 64
    regularization: float = 10.0
    alpha: float = 16.0
    iterations: int = 10
    seed: int = 0


DEFAULTS = Params()


class ImplicitAls(Collaborative):
    """Listings by the product of their factors with the shopper's."""

    def __init__(self, params: Params = DEFAULTS) -> None:
        super().__init__("implicit-als")
        self._params = params

    def train(self, matrix: Any) -> None:  # noqa: ANN401 (scipy has no types)
        """Fit factors of all shoppers and listings."""
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 (comes with the lab)
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 (likewise)

        params = self._params
        # Threads of BLAS beside the library's own make it crawl, it says, and warns of them.
        with threadpool_limits(1, "blas"):
            self._model = AlternatingLeastSquares(
                factors=params.factors,
                regularization=params.regularization,
                alpha=params.alpha,
                iterations=params.iterations,
                random_state=params.seed,
                num_threads=1,  # one shopper's fold-in takes 100 times as long when shared out
            )
            self._model.fit(matrix, show_progress=False)

    def predict(self, row: Any, listings: Ints) -> Floats:  # noqa: ANN401 (scipy has no types)
        """Return inner products with the factors that fit the shopper's row best."""
        wanted = self._model.recalculate_user(0, row)
        return np.asarray(self._model.item_factors[listings] @ wanted, np.float64)
