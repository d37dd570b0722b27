"""Channel: the cars nearest to each of the last few that the shopper reacted to.

Owns:    retrieval by single cars, where the preference is a blend of all of them.
Imports: numpy, domain, storage.ports, serving.{ask, merging}.

Every need has starts of its own, as many as it weighs; contacts and favourites come before views.
"""

import math
from collections.abc import Sequence

import numpy as np

from carousel.domain.candidates import Found, nothing
from carousel.domain.listing import ListingId
from carousel.domain.trail import STRENGTHS
from carousel.serving.ask import Ask
from carousel.serving.merging import in_turn, places_of
from carousel.storage.ports import ServingStore

NAME = "recent"


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return the nearest to each start in turn; none for whoever liked nothing of late."""
    starts = _starts(ask)
    known = await store.vectors(starts) if starts else {}
    vectors = [known[listing_id] for listing_id in starts if listing_id in known]
    if not vectors:
        return nothing(NAME)
    limit = math.ceil(ask.params.shares.recent * ask.pool / len(vectors))
    near = await store.nearest_each(np.stack(vectors), ask.filters, limit, ask.without)
    return in_turn(NAME, near)


def _starts(ask: Ask) -> Sequence[ListingId]:
    """Return the cars to start from, each once; what was taken back or dismissed is none."""
    reactions = ask.trail.reactions
    strength = STRENGTHS[reactions["kind"]]
    against = set(reactions["listing"][strength < 0].tolist())
    # Newest first; of each car its strongest reaction, and the strongest of all first.
    order = np.lexsort((-reactions["at"], -strength))
    order = order[strength[order] > 0]
    belonging = None if ask.needs is None else ask.needs.reactions
    chosen: dict[ListingId, None] = {}
    for need, most in enumerate(places_of(ask.needs, ask.params.most_starts)):
        mine = order if belonging is None else order[np.argmax(belonging[order], axis=1) == need]
        ids = dict.fromkeys(reactions["listing"][mine].tolist())
        liked = [i for i in ids if i not in against and i not in chosen]
        chosen |= dict.fromkeys(liked[:most])
    return list(chosen)
