"""A market small enough to hold in the head: three cars, two shoppers, two slates, one minute each.

Owns:    the recording that the tests write, read and spoil.
"""

from datetime import UTC, datetime

import numpy as np

from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Fuel, Listing, Place, Status, Transmission
from carousel.recording.tables import (
    EVENT_TYPES,
    NONE,
    REASONS,
    Events,
    Impressions,
    Lives,
    PriceChanges,
    Recording,
)

BEGINS = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
ENDS = BEGINS + 1000.0
LISTED_AT = np.array([BEGINS - 500.25, BEGINS, BEGINS + 300.0])
VIEW, SEARCH, DISMISS = (EVENT_TYPES.index(name) for name in ("view", "search", "dismiss"))


def car(row: int, **stated: object) -> Listing:
    return Listing.model_validate(
        {
            "id": row + 11,
            "ref": f"car-{row}",
            "make": "Škoda",
            "name": "Fabia 1.2",
            "year": 2015,
            "price": 7000 + row,
            "listed_at": datetime.fromtimestamp(LISTED_AT[row], UTC),
        }
        | stated
    )


def market() -> Recording:
    """Return the market: the first shopper searches and opens a car, the second refuses one."""
    at = np.array([10.0, 20.0, 20.0, 400.0]) + BEGINS
    return Recording(
        name="little",
        begins=BEGINS,
        ends=ENDS,
        listings=(
            car(
                0,
                model="Fabia",
                mileage_km=91_000,
                fuel=Fuel.DIESEL,
                transmission=Transmission.MANUAL,
                power_hp=90,
                colour="grün",
                seller_type="dealer",
                seller="autohaus-7",
                owners=0,
                place=Place(region="Praha", latitude=50.08, longitude=14.43),
                revision=3,
            ),
            car(1, body="suv"),
            car(2, status=Status.RESERVED),
        ),
        lives=Lives(
            LISTED_AT, np.array([BEGINS + 350.0, np.inf, np.inf]), np.array([True, False, False])
        ),
        prices=PriceChanges(np.array([BEGINS + 50.0]), np.array([1]), np.array([6500])),
        users=np.array([501, 77]),
        searches=(NO_FILTERS, Filters(make=("Škoda",), max_price=8000)),
        events=Events(
            at=at,
            shopper=np.array([0, 0, 1, 1]),
            type=np.array([SEARCH, VIEW, VIEW, DISMISS]),
            listing=np.array([NONE, 0, 1, 2]),
            reason=np.array([NONE, NONE, NONE, REASONS.index("too_old")]),
            search=np.array([1, NONE, NONE, NONE]),
            slate=np.array([NONE, 4, NONE, NONE]),
        ),
        impressions=Impressions(
            at=np.array([15.0, 15.0, 600.0, 600.0, 600.0]) + BEGINS,
            shopper=np.array([0, 0, 1, 1, 1]),
            slate=np.array([4, 4, 9, 9, 9]),
            position=np.array([1, 2, 1, 2, 3]),
            listing=np.array([0, 1, 2, 1, 0]),
            random=np.array([False, False, True, True, True]),
            propensity=np.array([np.nan, np.nan, 1 / 3, 1 / 3, 1 / 3]),
            eligible=np.array([2, 2, 3, 3, 3]),
            search=np.array([1, 1, 0, 0, 0]),
            outcome=np.array([1, 0, 0, 3, 0]),
        ),
    )
