"""A market with two camps: those of small cheap cars, and those of large dear ones.

Owns:    the recording whose factors and neighbours can be told with the naked eye.
"""

from datetime import UTC, datetime

import numpy as np

from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import Body, Listing
from carousel.recording.tables import (
    EVENT_TYPES,
    NONE,
    Events,
    Impressions,
    Lives,
    PriceChanges,
    Recording,
)

DAY = 86_400.0
BEGINS = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
VIEW = EVENT_TYPES.index("view")


def is_small(row):
    return row % 2 == 0


def car(row, listed_at):
    small = is_small(row)
    dice = np.random.default_rng(row)
    return Listing.model_validate({
        "id": 1000 + row,
        "ref": f"car-{row}",
        "make": "Fiat" if small else "BMW",
        "model": ("Panda", "500")[row // 2 % 2] if small else ("X5", "730")[row // 2 % 2],
        "name": "car",
        "year": 2018,
        "price": int((6_000 if small else 30_000) * dice.uniform(0.9, 1.1)),
        "body": Body.HATCHBACK if small else Body.SUV,
        "listed_at": datetime.fromtimestamp(listed_at, UTC),
    })  # fmt: skip


def market(shoppers=40, cars=80, days=12, seed=0):
    """Return the market: even shoppers react to even cars only, odd ones to odd ones.

    A quarter of the cars are published day by day, and some of them leave again.
    """
    dice = np.random.default_rng(seed)
    first = cars * 3 // 4
    listed = np.sort(
        np.concatenate(
            [
                BEGINS - dice.uniform(1, 5, first) * DAY,
                BEGINS + dice.uniform(0, days - 1, cars - first) * DAY,
            ]
        )
    )
    left = np.full(cars, np.inf)
    left[: cars // 8] = BEGINS + 5 * DAY
    at, who, what = [], [], []
    for day in range(days):
        for shopper in range(shoppers):
            moment = BEGINS + (day + dice.uniform()) * DAY
            alive = np.flatnonzero((listed <= moment) & (left > moment))
            own = alive[alive % 2 == shopper % 2]
            at.append(moment)
            who.append(shopper)
            what.append(int(dice.choice(own)))
    order = np.argsort(at)
    return recording(
        [car(row, listed[row]) for row in range(cars)],
        Lives(listed, left, left < np.inf),
        range(1, shoppers + 1),
        tuple(np.array(column)[order] for column in (at, who, what)),
        BEGINS + days * DAY,
    )


def recording(cars, lives, users, views, ends):
    """Return a recording of detail views: their moments, shoppers and cars."""
    at, who, what = views
    count = len(at)
    none = np.full(count, NONE)
    empty = np.empty(0, np.int64)
    return Recording(
        name="two camps",
        begins=BEGINS,
        ends=ends,
        listings=tuple(cars),
        lives=lives,
        prices=PriceChanges(np.empty(0), empty, empty),
        users=np.array(users),
        searches=(NO_FILTERS,),
        events=Events(
            at=at,
            shopper=who,
            type=np.full(count, VIEW),
            listing=what,
            reason=none,
            search=none,
            slate=none,
        ),
        impressions=Impressions(
            at=np.empty(0),
            shopper=empty,
            slate=empty,
            position=empty,
            listing=empty,
            random=np.empty(0, np.bool_),
            propensity=np.empty(0),
            eligible=empty,
            search=empty,
            outcome=empty,
        ),
    )
