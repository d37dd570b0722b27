"""Channel: cars with more interest than usual, of the kinds and near the place a shopper asks for.

Owns:    retrieval of what goes on in a shopper's part of the market.
Imports: domain, storage.ports, serving.{ask, merging}.

Trending is relative to those that pass: of every need on its own, so that vans compete with vans.
"""

import asyncio
import math

from carousel.domain.candidates import Found, nothing
from carousel.domain.segments import nearby, segments_of
from carousel.serving.ask import Ask
from carousel.serving.merging import in_turn
from carousel.storage.ports import ServingStore

NAME = "trending"
SHARE_OF_POOL = 0.25


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return trending listings of each need in turn; of a stranger's market altogether."""
    here = nearby(ask.filters, ask.trail)
    limit = SHARE_OF_POOL * ask.pool
    segments = () if ask.needs is None else segments_of(ask.trail, ask.needs)
    narrowed = [
        (narrow, math.ceil(segment.share * limit))
        for segment in segments
        if (narrow := segment.within(here)) is not None
    ] or [(here, math.ceil(limit))]
    lists = await asyncio.gather(
        *(store.trending(filters, most, ask.without) for filters, most in narrowed)
    )
    return in_turn(NAME, lists) if lists else nothing(NAME)
