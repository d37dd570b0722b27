"""Channel: cars with more interest than usual, of the kinds and near the place a shopper asks for.

Owns:    retrieval of what goes on in a shopper's part of the market.
Imports: domain, storage.ports, serving.{ask, merging}.

Trending is relative to those that pass: of every need on its own, so that vans compete with vans.
Of nobody's needs nothing trends: what few see, having asked for it, they open often, and a stranger
asked for nothing. In the lab strangers lose by it; what is popular is for them.
"""

import asyncio
import math

from carousel.domain.candidates import Found
from carousel.domain.segments import nearby, segments_of
from carousel.serving.ask import Ask
from carousel.serving.merging import in_turn
from carousel.storage.ports import ServingStore

NAME = "trending"


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return trending listings of each need in turn; none for whoever never said what they need."""
    segments = () if ask.needs is None else segments_of(ask.trail, ask.needs)
    here = nearby(ask.filters, ask.trail)
    most = ask.params.shares.trending * ask.pool
    lists = await asyncio.gather(
        *(
            store.trending(
                narrow, math.ceil(segment.share * most), ask.without, ask.params.trending
            )
            for segment in segments
            if (narrow := segment.within(here)) is not None
        )
    )
    return in_turn(NAME, lists)
