"""What to suggest to whoever searches: the filters that bring them nearer to what they like.

Owns:    the list of refinements.
Imports: domain.refinements, serving.hydrating, storage.ports.
"""

from datetime import datetime

from carousel.domain.filters import Filters
from carousel.domain.listing import UserId
from carousel.domain.refinements import Refinement, refinements
from carousel.serving.hydrating import hydrate
from carousel.serving.knobs import Knobs
from carousel.storage.ports import ServingStore


async def refine(  # noqa: PLR0913 (the question, who asks and when)
    store: ServingStore,
    user_id: UserId | None,
    filters: Filters,
    limit: int,
    *,
    now: datetime,
    knobs: Knobs,
) -> list[Refinement]:
    """Return filters to add to a search, best first; ``user_id`` None is a stranger.

    Each leaves at least one car and takes some away.
    """
    wanted = None
    if user_id is not None:
        wanted = (await hydrate(store, user_id, now, knobs)).wanted
    return refinements(await store.splits(filters, wanted), limit)
