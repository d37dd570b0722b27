"""Channel: the listings published last, which nobody can have reacted to yet.

Owns:    freshness-based retrieval, and its shape for a blend.
Imports: domain, storage.ports.
"""

import math

from carousel.domain.candidates import Found
from carousel.serving.ask import Ask
from carousel.storage.ports import ServingStore


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return the newest listings. Scores fall evenly with the place in that order."""
    limit = math.ceil(ask.params.shares.fresh * ask.pool)
    newest = await store.newest(ask.filters, limit, ask.without)
    scores = [1 - n / limit for n in range(len(newest.ids))]
    return Found("fresh", newest.ids, scores)
