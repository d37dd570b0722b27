"""What one listing should cost, from the active listings of its model.

Owns:    which listings it is compared with.
Imports: domain, storage.ports.
"""

from dataclasses import dataclass

from carousel.domain.cars import cars_of
from carousel.domain.facts import Facts, facts_of
from carousel.domain.fair_price import Appraisal, appraise
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId
from carousel.storage.ports import ServingStore

MOST_COMPARABLES = 500
"""Of a model for sale more often, the newest adverts: their prices are today's."""


@dataclass(frozen=True, slots=True)
class Appraised:
    """A listing beside the others of its model.

    appraisal: None where the others do not suffice.
    ids:       of the others, the newest advert first. facts: theirs, shape (n,).
    """

    appraisal: Appraisal | None
    ids: list[ListingId]
    facts: Facts


async def appraised(store: ServingStore, listing: Listing) -> Appraised:
    """Return what a listing of any status should cost; one without a model has no comparables."""
    if listing.model is None:
        return Appraised(None, [], facts_of([]))
    alike = Filters(make=(listing.make,), model=(listing.model,))
    newest = await store.newest(alike, MOST_COMPARABLES, frozenset({listing.id}))
    others = await store.described(newest.ids)
    found = appraise(cars_of(facts_of([listing])), cars_of(others.facts))
    return Appraised(found, list(others.ids), others.facts)
