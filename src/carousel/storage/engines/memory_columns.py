"""The active listings as columns, side by side in memory: adding and taking one away cost the same.

Owns:    the columns, the vectors, the filters over them; a listing that goes leaves no gap.
Imports: numpy, domain.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from carousel.domain.candidates import Look
from carousel.domain.car_features import DIM
from carousel.domain.features import Vector
from carousel.domain.filters import EARTH_RADIUS_KM, Filters, distance_km
from carousel.domain.listing import Listing, ListingId, spelling_key

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.int64]

NUMBERS = (
    *("year", "price", "mileage_km", "power_hp", "owners"),
    *("latitude", "longitude", "listed_at", "standing"),
)
"""Columns of numbers, NaN where not stated; ``standing`` is of ``domain.popularity``."""

NAMES = ("make", "model", "colour", "region", "fuel", "transmission", "body", "seller_type")
"""Columns of names, each a number of its own; 0 where not stated."""

SPELT = 4  # the first columns of names are compared by spelling key, the others as they are
TOGETHER = (
    128  # rows multiplied at once: BLAS starts no threads for so few; they wait on busy cores
)
BORDER_KM = 1e-6  # so near to a circle's edge numpy's last digit could decide instead of passes()

_NUMBER = {name: row for row, name in enumerate(NUMBERS)}

_key = lru_cache(maxsize=100_000)(spelling_key)


class ActiveListings:
    """The columns of all active listings, in no order; ``size`` of them.

    What a column holds beyond ``size`` means nothing.
    """

    def __init__(self) -> None:
        self.size = 0
        self._row: dict[ListingId, int] = {}
        self._looks: list[Look] = []
        self._ids: Rows = np.empty(0, dtype=np.int64)
        self._numbers: Floats = np.empty((len(NUMBERS), 0))
        self._names: NDArray[np.int32] = np.empty((len(NAMES), 0), dtype=np.int32)
        self._vectors: NDArray[np.float32] = np.empty((0, DIM), dtype=np.float32)
        self._described: Flags = np.empty(0, dtype=np.bool_)
        self._codes: tuple[dict[str, int], ...] = tuple({} for _ in NAMES)

    def put(self, listing: Listing, vector: Vector | None, standing: float | None) -> None:
        """Add a listing, or replace what is known of it."""
        row = self._row.get(listing.id)
        if row is None:
            row = self._append(listing.id)
        place = listing.place
        self._numbers[:, row] = (
            listing.year,
            listing.price,
            _number(listing.mileage_km),
            _number(listing.power_hp),
            _number(listing.owners),
            np.nan if place is None else place.latitude,
            np.nan if place is None else place.longitude,
            listing.listed_at.timestamp(),
            _number(standing),
        )
        make = _key(listing.make)
        model = None if listing.model is None else _key(listing.model)
        self._names[:, row] = [
            0 if name is None else codes.setdefault(name, len(codes) + 1)
            for name, codes in zip(
                (
                    make,
                    model,
                    None if listing.colour is None else _key(listing.colour),
                    None if place is None else _key(place.region),
                    listing.fuel,
                    listing.transmission,
                    listing.body,
                    listing.seller_type,
                ),
                self._codes,
                strict=True,
            )
        ]
        self._looks[row] = (make, model or "")
        self._described[row] = vector is not None
        self._vectors[row] = 0.0 if vector is None else vector

    def drop(self, listing_id: ListingId) -> None:
        """Take a listing away, if it is there; the last one moves into its place."""
        row = self._row.pop(listing_id, None)
        if row is None:
            return
        self.size -= 1
        last = self.size
        look = self._looks.pop()
        if row != last:
            moved = int(self._ids[last])
            self._row[moved] = row
            self._ids[row] = moved
            self._looks[row] = look
            self._numbers[:, row] = self._numbers[:, last]
            self._names[:, row] = self._names[:, last]
            self._vectors[row] = self._vectors[last]
            self._described[row] = self._described[last]

    def stand(self, listing_id: ListingId, standing: float | None) -> None:
        """Give a listing, if it is there, another standing among the popular."""
        row = self._row.get(listing_id)
        if row is not None:
            self._numbers[_NUMBER["standing"], row] = _number(standing)

    def _append(self, listing_id: ListingId) -> int:
        row = self.size
        if row == len(self._ids):
            capacity = max(TOGETHER, 2 * row)
            self._ids = _longer(self._ids, capacity)
            self._described = _longer(self._described, capacity)
            self._vectors = _longer(self._vectors.T, capacity).T.copy()
            self._numbers = _longer(self._numbers, capacity)
            self._names = _longer(self._names, capacity)
        self._row[listing_id] = row
        self._ids[row] = listing_id
        self._looks.append(("", ""))
        self.size = row + 1
        return row

    @property
    def ids(self) -> Rows:
        """Return the ids, shape (size,)."""
        return self._ids[: self.size]

    @property
    def described(self) -> Flags:
        """Return which listings have a vector, shape (size,)."""
        return self._described[: self.size]

    def column(self, name: str) -> Floats:
        """Return a column of NUMBERS, shape (size,)."""
        return self._numbers[_NUMBER[name], : self.size]

    def products(self, vector: Vector) -> NDArray[np.float32]:
        """Return the inner product of every listing's vector with one, shape (size,)."""
        blocks = self._vectors.reshape(-1, TOGETHER, DIM)[: -(-self.size // TOGETHER)]
        found: NDArray[np.float32] = (blocks @ vector.astype(np.float32)).ravel()
        return found[: self.size]

    def vectors(self, rows: Rows) -> Floats:
        """Return vectors, shape (rows, dim); zero where a listing has none."""
        return self._vectors[rows].astype(np.float64)

    def looks(self, rows: Rows) -> list[Look]:
        """Return make and model of listings, by their spelling keys."""
        return [self._looks[row] for row in rows.tolist()]

    def rows_of(self, ids: Iterable[ListingId]) -> list[int]:
        """Return the rows of those ids that are there."""
        return [row for i in ids if (row := self._row.get(i)) is not None]

    def passing(self, filters: Filters) -> Flags:
        """Return for every listing what ``domain.filters.passes`` says, shape (size,)."""
        kept = np.ones(self.size, dtype=np.bool_)
        if filters.empty:
            return kept
        for n, choices in enumerate(
            (
                *(filters.make, filters.model, filters.colour, filters.region),
                *(filters.fuel, filters.transmission, filters.body, filters.seller_type),
            )
        ):
            if choices:
                kept &= self._one_of(n, choices)
        for name, low, high in (
            ("year", filters.min_year, filters.max_year),
            ("price", filters.min_price, filters.max_price),
            ("mileage_km", filters.min_mileage, filters.max_mileage),
            ("power_hp", filters.min_power, filters.max_power),
            ("owners", None, filters.max_owners),
        ):
            # A number that is not stated is NaN, which no comparison lets pass.
            if low is not None:
                kept &= self.column(name) >= low
            if high is not None:
                kept &= self.column(name) <= high
        if filters.radius_km is not None:
            kept &= self._near(filters, filters.radius_km)
        return kept

    def _one_of(self, n: int, choices: Sequence[str]) -> Flags:
        known, column = self._codes[n], self._names[n, : self.size]
        wanted = {known.get(_key(name) if n < SPELT else name) for name in choices} - {None}
        found = np.zeros(self.size, dtype=np.bool_)
        for code in wanted:
            found |= column == code
        return found

    def _near(self, filters: Filters, radius_km: float) -> Flags:
        distance = self.distances(filters)
        near = distance <= radius_km
        for row in np.flatnonzero(np.abs(distance - radius_km) < BORDER_KM):
            near[row] = (
                distance_km(
                    filters.near_latitude or 0.0,
                    filters.near_longitude or 0.0,
                    float(self.column("latitude")[row]),
                    float(self.column("longitude")[row]),
                )
                <= radius_km
            )
        return near

    def distances(self, filters: Filters) -> Floats:
        """Return kilometres from the filters' place, as ``distance_km``; NaN without a place."""
        phi1 = np.radians(filters.near_latitude or 0.0)
        phi2 = np.radians(self.column("latitude"))
        across = np.radians(self.column("longitude") - (filters.near_longitude or 0.0))
        half_chord = (
            np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(across / 2) ** 2
        )
        found: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, half_chord)))
        return found


def best(keys: NDArray[np.floating], ids: Rows, limit: int) -> Rows:
    """Return where the largest keys stand, largest first; of equal ones the smaller id first.

    >>> best(np.array([1.0, 3.0, 2.0, 3.0]), np.array([7, 9, 5, 8]), 3).tolist()
    [3, 1, 2]
    """
    if limit <= 0:
        return np.empty(0, dtype=np.int64)
    chosen = np.arange(len(keys))
    if limit < len(keys):
        least = np.partition(keys, len(keys) - limit)[len(keys) - limit]
        chosen = np.flatnonzero(keys >= least)
    order = np.lexsort((ids[chosen], -keys[chosen]))[:limit]
    return chosen[order]


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _longer(columns: NDArray[np.generic], capacity: int) -> NDArray:  # type: ignore[type-arg]
    grown = np.zeros((*columns.shape[:-1], capacity), dtype=columns.dtype)
    grown[..., : columns.shape[-1]] = columns
    return grown
