"""Channel: what shoppers react to most these days.

Owns:    popularity-based retrieval, and its shape for a blend.
Imports: domain, storage.ports.
"""

import math

from carousel.domain.candidates import Found
from carousel.serving.ask import Ask
from carousel.storage.ports import ServingStore

SHARE_OF_POOL = 0.4  # the shared channels need less depth than the personal one


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return popular listings. Scores are log(1 + popularity): the tenth view says less."""
    liked = await store.popular(ask.filters, math.ceil(SHARE_OF_POOL * ask.pool), ask.without)
    scores = [math.log1p(max(score, 0.0)) for score in liked.scores]
    return Found("popular", liked.ids, scores)
