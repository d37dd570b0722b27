"""From rated candidates to the cars that are shown, by all rules of re-ranking.

Owns:    what the rules are told of a request: needs, audiences, the seed; no sold car in the list.
Imports: numpy, domain, serving.{hydrating, knobs}, storage.ports.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from carousel.domain.features import Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.needs import served
from carousel.domain.reranking.exploration import seed_of
from carousel.domain.reranking.slate import Pool, lay
from carousel.domain.trail import Trail
from carousel.serving.hydrating import Shopper
from carousel.serving.knobs import Knobs
from carousel.storage.ports import ServingStore
from carousel.storage.ports.serving import Described

ATTEMPTS = 4
"""Slates laid at most while cars are sold under our hands; then their places are closed up."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a slate.

    row:        of the candidates. listing: as it is now.
    propensity: probability of this car at this place; None where it is not known.
    random:     whether chance alone put it there.
    eligible:   how many cars a random place was drawn from.
    """

    row: int
    listing: Listing
    propensity: float | None
    random: bool
    eligible: int


def seed(user_id: UserId, trail: Trail, filters: Filters, now: datetime) -> int:
    """Return the seed of a list: the same all day, until the shopper does something."""
    last = max(
        (float(steps["at"][-1]) for steps in (trail.reactions, trail.searches) if len(steps)),
        default=0.0,
    )
    asked = filters.model_dump_json(exclude_defaults=True)
    return seed_of(user_id, f"{len(trail)}:{last}:{now:%Y-%m-%d}:{asked}")


async def lay_active(  # noqa: PLR0913 (what is shown to whom, by which rules; each is one thing)
    store: ServingStore,
    cars: Described,
    chance: Vector,
    shopper: Shopper,
    limit: int,
    *,
    now: datetime,
    knobs: Knobs,
    seed: int,
) -> list[Place]:
    """Return the slate of some candidates, none of them sold by the time it is laid.

    Args:
        store: knows which cars are still for sale.
        cars: n candidates.
        chance: that the shopper opens each, in [0, 1], shape (n,).
        shopper: who asks.
        limit: places.
        now: aware.
        knobs: of the rules.
        seed: of everything that is left to chance.
    """
    at = now.timestamp()
    needs = shopper.needs
    need = served(cars.facts, shopper.state.trail, needs, at, knobs.needs)
    weights = needs.weights.tolist()
    here = np.arange(len(cars.ids))
    for attempt in range(1, ATTEMPTS + 1):
        pool = Pool(cars.facts[here], chance[here], cars.had.of(here), need[here], weights)
        slate = lay(pool, limit, knobs.slate, np.random.default_rng(seed))
        rows = here[slate.rows]
        found = await _active(store, [cars.ids[row] for row in rows])
        gone = [row for row in rows.tolist() if cars.ids[row] not in found]
        if not gone or attempt == ATTEMPTS:
            break
        # Laid anew, not closed up: else the probabilities would be those of other places.
        here = np.setdiff1d(here, gone, assume_unique=True)
    return [
        Place(row, found[cars.ids[row]], None if gone else propensity, random, slate.eligible)
        for row, propensity, random in zip(
            rows.tolist(), slate.propensity.tolist(), slate.random.tolist(), strict=True
        )
        if cars.ids[row] in found
    ]


async def _active(store: ServingStore, ids: Sequence[ListingId]) -> dict[ListingId, Listing]:
    return {listing.id: listing for listing in await store.active(ids)}
