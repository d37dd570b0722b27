"""The listings as a shopper's eye runs over them: one array a field.

Owns:    turning listings into columns.
Imports: domain.listing, simulation.columns, numpy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from carousel.domain.listing import Body, Fuel, Listing
from carousel.simulation.columns import BODIES, FUELS, Floats, Ints

NOT_STATED = -1


@dataclass(frozen=True, slots=True)
class Shelf:
    """All listings by column; every array has one entry a listing.

    makes:          the different makes, in alphabetical order.
    make:           index into ``makes``.
    body, fuel:     indices into BODIES and FUELS, NOT_STATED where the seller is silent.
    age:            calendar years; price in EUR; mileage_km, power_hp, latitude and longitude
                    NaN where the seller is silent.
    listed_at:      epoch seconds.
    """

    ids: Ints
    makes: tuple[str, ...]
    make: Ints
    body: Ints
    fuel: Ints
    age: Floats
    price: Floats
    mileage_km: Floats
    power_hp: Floats
    latitude: Floats
    longitude: Floats
    listed_at: Floats


def stock_shelf(listings: Sequence[Listing], now: datetime) -> Shelf:
    """Return the columns of these listings, in their order."""
    makes = tuple(sorted({x.make for x in listings}))
    number = {make: n for n, make in enumerate(makes)}
    places = [x.place for x in listings]
    return Shelf(
        ids=np.array([x.id for x in listings], dtype=np.int64),
        makes=makes,
        make=np.array([number[x.make] for x in listings], dtype=np.int64),
        body=_codes([x.body for x in listings], BODIES),
        fuel=_codes([x.fuel for x in listings], FUELS),
        age=np.array([now.year - x.year for x in listings], dtype=np.float64),
        price=np.array([x.price for x in listings], dtype=np.float64),
        mileage_km=_numbers([x.mileage_km for x in listings]),
        power_hp=_numbers([x.power_hp for x in listings]),
        latitude=_numbers([p.latitude if p else None for p in places]),
        longitude=_numbers([p.longitude if p else None for p in places]),
        listed_at=np.array([x.listed_at.timestamp() for x in listings], dtype=np.float64),
    )


def _codes(
    values: Sequence[Body | Fuel | None], kinds: tuple[Body, ...] | tuple[Fuel, ...]
) -> Ints:
    number = {kind: n for n, kind in enumerate(kinds)}
    return np.array([NOT_STATED if v is None else number[v] for v in values], dtype=np.int64)


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
