"""Channel: the active listings nearest to the shopper's preference in the feature space.

Owns:    content-based retrieval.
Imports: domain, storage.ports.
"""

from carousel.domain.candidates import Found, nothing
from carousel.serving.ask import Ask
from carousel.storage.ports import ServingStore


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return the nearest listings; none for a stranger. Scores are inner products."""
    if ask.preference is None:
        return nothing("content")
    near = await store.nearest(ask.preference, ask.filters, ask.pool, ask.without)
    return Found("content", near.ids, near.scores)
