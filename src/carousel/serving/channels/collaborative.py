"""Channel: the listings nearest to the shopper's taste in the latent space.

Owns:    collaborative retrieval: what shoppers of like taste react to.
Imports: domain, storage.ports.
"""

import math

from carousel.domain.candidates import Found, nothing
from carousel.serving.ask import Ask
from carousel.storage.ports import ServingStore


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return the nearest listings; none for whoever the latent space knows nothing of.

    Scores are inner products, at most 1 in a space of unit factors.
    """
    if ask.latent is None:
        return nothing("collaborative")
    limit = math.ceil(ask.params.shares.collaborative * ask.pool)
    near = await store.nearest_latent(ask.latent, ask.filters, limit, ask.without)
    return Found("collaborative", near.ids, near.scores)
