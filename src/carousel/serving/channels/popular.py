"""Channel: what shoppers react to most these days.

Owns:    popularity-based retrieval, and its shape for a blend.
Imports: domain, storage.ports.
"""

import math

from carousel.domain.candidates import Found
from carousel.serving.ask import Ask
from carousel.storage.ports import ServingStore


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return popular listings. Scores are log(1 + popularity): the tenth view says less."""
    limit = math.ceil(ask.params.shares.popular * ask.pool)
    liked = await store.popular(ask.filters, limit, ask.without)
    scores = [math.log1p(max(score, 0.0)) for score in liked.scores]
    return Found("popular", liked.ids, scores)
