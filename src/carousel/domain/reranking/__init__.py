"""Re-ranking: from the best cars one by one to the best slate together.

Owns:    what a slate owes beyond the score of each car, one file per rule. ``diversify`` spreads
         cars by their content vectors.
Imports: numpy, domain.features.
"""

from carousel.domain.reranking.look_alikes import Params, diversify

__all__ = ["Params", "diversify"]
