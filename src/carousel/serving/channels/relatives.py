"""Channel: close relatives of what the shopper likes, without their favourite model.

Owns:    variety for a shopper with a clear taste, whose nearest cars would all be one model.
Imports: domain, storage.ports.
"""

import math

from carousel.domain.candidates import Found, nothing
from carousel.domain.relatives import relative
from carousel.serving.ask import Ask
from carousel.storage.ports import ServingStore


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return listings near the preference turned away from its favourite model."""
    if ask.preference is None or ask.space is None:
        return nothing("relatives")
    turned = relative(ask.preference, ask.space)
    if turned is None:
        return nothing("relatives")
    limit = math.ceil(ask.params.shares.relatives * ask.pool)
    near = await store.nearest(turned, ask.filters, limit, ask.without)
    return Found("relatives", near.ids, near.scores)
