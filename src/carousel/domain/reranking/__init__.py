"""Re-ranking: from the best cars one by one to the best slate together.

Owns:    what a slate owes beyond the score of each car: one file per rule, ``slate`` for all of
         them. ``diversify`` is for lists that know content vectors only.
Imports: numpy, domain.{audience, facts, features, listing}.
"""

from carousel.domain.reranking.look_alikes import Params, diversify

__all__ = ["Params", "diversify"]
