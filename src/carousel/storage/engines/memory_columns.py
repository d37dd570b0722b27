"""The active listings as columns, side by side in memory: adding and taking one away cost the same.

Owns:    the columns, the facts, where vectors stand; a listing that goes leaves no gap.
Imports: numpy, engines.memory_vectors, domain.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from carousel.domain.car_features import DIM
from carousel.domain.facts import FACTS, Facts, facts_of
from carousel.domain.features import Vector
from carousel.domain.listing import Listing, ListingId, spelling_key
from carousel.storage.engines.memory_vectors import TOGETHER, VectorColumn

Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]
Flags: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.int32]
Rows: TypeAlias = NDArray[np.int64]
_ArrayT = TypeVar("_ArrayT", Floats, Singles, Flags, Codes, Rows, Facts)

NUMBERS = (
    *("year", "price", "mileage_km", "power_hp", "owners"),
    *("latitude", "longitude", "listed_at", "standing", "fair"),
    *("impressions", "views", "contacts", "heard_at"),
)
"""Columns of numbers, NaN where not stated; ``standing`` is of ``domain.popularity``, ``fair``
of ``domain.fair_price``, what comes after them of ``domain.audience``: the counts and to when they
are aged, epoch seconds."""

NAMES = ("make", "model", "colour", "region", "fuel", "transmission", "body", "seller_type")
"""Columns of names, each a number of its own; 0 where not stated."""

SPELT = 4  # the first columns of names are compared by spelling key, the others as they are
_NUMBER = {name: row for row, name in enumerate(NUMBERS)}
_PLACE = [_NUMBER["latitude"], _NUMBER["longitude"]]
_HEARD = slice(_NUMBER["impressions"], _NUMBER["heard_at"] + 1)

key_of = lru_cache(maxsize=100_000)(spelling_key)


@dataclass(frozen=True, slots=True)
class Batch:
    """Listings on their way into the columns.

    numbers:   shape (len(NUMBERS), n), NaN where not stated.
    names:     one sequence of n for each of NAMES, as they are compared; None where not stated.
    spellings: the same for the first SPELT of them, as they were stated.
    facts:     shape (n,).
    vectors:   shape (n, DIM); zero where a listing has none.
    described: which listings have a vector, shape (n,).
    """

    ids: Sequence[ListingId]
    numbers: Floats
    names: Sequence[Sequence[str | None]]
    spellings: Sequence[Sequence[str | None]]
    facts: Facts
    vectors: Singles
    described: Flags


def batch_of(
    listings: Sequence[Listing],
    vectors: Sequence[Vector | None],
    standings: Sequence[float | None],
) -> Batch:
    """Return listings, vectors and standings as a batch; nobody has seen or appraised them."""
    unseen = [None] * len(listings)
    places = [listing.place for listing in listings]
    numbers = (
        [listing.year for listing in listings],
        [listing.price for listing in listings],
        [listing.mileage_km for listing in listings],
        [listing.power_hp for listing in listings],
        [listing.owners for listing in listings],
        [None if place is None else place.latitude for place in places],
        [None if place is None else place.longitude for place in places],
        [listing.listed_at.timestamp() for listing in listings],
        standings,
        unseen,
        *(unseen for _ in NUMBERS[_HEARD]),
    )
    names = (
        [key_of(listing.make) for listing in listings],
        [None if listing.model is None else key_of(listing.model) for listing in listings],
        [None if listing.colour is None else key_of(listing.colour) for listing in listings],
        [None if place is None else key_of(place.region) for place in places],
        [listing.fuel for listing in listings],
        [listing.transmission for listing in listings],
        [listing.body for listing in listings],
        [listing.seller_type for listing in listings],
    )
    spellings = (
        [listing.make for listing in listings],
        [listing.model for listing in listings],
        [listing.colour for listing in listings],
        [None if place is None else place.region for place in places],
    )
    nowhere = np.zeros(DIM)
    return Batch(
        ids=[listing.id for listing in listings],
        numbers=np.array(numbers, dtype=np.float64),  # None is NaN
        names=names,
        spellings=spellings,
        facts=facts_of(listings),
        vectors=np.array([nowhere if v is None else v for v in vectors], dtype=np.float32),
        described=np.array([vector is not None for vector in vectors], dtype=np.bool_),
    )


class ActiveListings:
    """The columns of all active listings, in no order; ``size`` of them.

    newest:  largest id that was ever there; 0 without any.
    content: vectors in the feature space. latent: factors in the latent space.

    What a column holds beyond ``size`` means nothing.
    """

    def __init__(self) -> None:
        self.size = 0
        self._row: dict[ListingId, int] = {}
        self._ids: Rows = np.empty(0, dtype=np.int64)
        self._numbers: Floats = np.empty((len(NUMBERS), 0))
        self._points: Floats = np.empty((3, 0))
        self._names: Codes = np.empty((len(NAMES), 0), dtype=np.int32)
        self._spellings: Codes = np.empty((SPELT, 0), dtype=np.int32)
        self._facts: Facts = np.empty(0, dtype=FACTS)
        self._codes: tuple[dict[str, int], ...] = tuple({} for _ in NAMES)
        self._spelt: tuple[dict[str, int], ...] = tuple({} for _ in range(SPELT))
        self.newest = 0
        self.content = VectorColumn(DIM)
        self.latent = VectorColumn()

    def put(self, batch: Batch) -> None:
        """Add listings, or replace what is known of them; of equal ids the last counts."""
        if not batch.ids:
            return
        at = [self._row_for(listing_id) for listing_id in batch.ids]
        rows = np.array(at)
        self.newest = max(self.newest, *batch.ids)
        self._numbers[:, rows] = batch.numbers
        self._points[:, rows] = point_of(*batch.numbers[_PLACE])
        for column, names, codes in (
            *zip(self._names, batch.names, self._codes, strict=True),
            *zip(self._spellings, batch.spellings, self._spelt, strict=True),
        ):
            column[rows] = [
                0 if name is None else codes.setdefault(name, len(codes) + 1) for name in names
            ]
        self.content.put(rows, batch.vectors, batch.described)
        self._facts[rows] = batch.facts

    def drop(self, listing_id: ListingId) -> None:
        """Take a listing away, if it is there; the last one moves into its place."""
        row = self._row.pop(listing_id, None)
        if row is None:
            return
        self.size -= 1
        last = self.size
        self.latent.move(last, row)
        self.content.move(last, row)
        if row != last:
            moved = int(self._ids[last])
            self._row[moved] = row
            for table in (self._numbers, self._points, self._names, self._spellings):
                table[:, row] = table[:, last]
            for column in (self._ids, self._facts):
                column[row] = column[last]

    def prices(self, ids: Iterable[ListingId]) -> dict[ListingId, int]:
        """Return what those listings cost that are there."""
        prices = self._numbers[_NUMBER["price"]]
        return {i: int(prices[row]) for i in ids if (row := self._row.get(i)) is not None}

    def move(self, ids: Sequence[ListingId], factors: Singles) -> None:
        """Give those listings that are there their latent factors, shape (n, k)."""
        places = [n for n, listing_id in enumerate(ids) if listing_id in self._row]
        rows = np.array([self._row[ids[n]] for n in places], dtype=np.int64)
        self.latent.put(rows, factors[places])

    def stand(self, listing_id: ListingId, standing: float | None) -> None:
        """Give a listing, if it is there, another standing among the popular."""
        row = self._row.get(listing_id)
        if row is not None:
            self._numbers[_NUMBER["standing"], row] = np.nan if standing is None else standing

    def appraise(self, ids: Sequence[ListingId], fair: Floats) -> None:
        """Give those listings that are there their fair prices, NaN for none, shape (n,)."""
        places = [n for n, listing_id in enumerate(ids) if listing_id in self._row]
        rows = np.array([self._row[ids[n]] for n in places], dtype=np.int64)
        self._numbers[_NUMBER["fair"], rows] = fair[places]

    def hear(self, ids: Sequence[ListingId], counts: Floats, as_of: Floats) -> None:
        """Give those listings that are there what they have had of their audiences.

        Args:
            ids: which, each once.
            counts: impressions, views and contacts of each, shape (n, 3).
            as_of: to when they are aged, epoch seconds, shape (n,).
        """
        places = [n for n, listing_id in enumerate(ids) if listing_id in self._row]
        rows = np.array([self._row[ids[n]] for n in places], dtype=np.int64)
        self._numbers[_HEARD, rows] = np.column_stack([counts, as_of])[places].T

    def _row_for(self, listing_id: ListingId) -> int:
        known = self._row.get(listing_id)
        if known is not None:
            return known
        row = self.size
        if row == len(self._ids):
            capacity = max(TOGETHER, 2 * row)
            self._ids = _longer(self._ids, capacity)
            self._facts = _longer(self._facts, capacity)
            self._numbers = _longer(self._numbers, capacity, axis=1)
            self._points = _longer(self._points, capacity, axis=1)
            self._names = _longer(self._names, capacity, axis=1)
            self._spellings = _longer(self._spellings, capacity, axis=1)
            self.content.grow(capacity)
            self.latent.grow(capacity)
        self._row[listing_id] = row
        self._ids[row] = listing_id
        self.size = row + 1
        return row

    @property
    def ids(self) -> Rows:
        """Return the ids, shape (size,)."""
        return self._ids[: self.size]

    def column(self, name: str) -> Floats:
        """Return a column of NUMBERS, shape (size,)."""
        return self._numbers[_NUMBER[name], : self.size]

    def heard(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return what ``hear`` was told, zeros of a listing that nobody has seen: (n, 3), (n,)."""
        told = np.nan_to_num(self._numbers[_HEARD, rows])
        return told[:3].T, told[3]

    @property
    def points(self) -> Floats:
        """Return where the listings are on a sphere of radius 1, shape (3, size)."""
        return self._points[:, : self.size]

    def names(self, n: int) -> Codes:
        """Return the n-th column of NAMES, shape (size,); ``code`` says what its numbers mean."""
        return self._names[n, : self.size]

    def code(self, n: int, name: str) -> int | None:
        """Return what stands for a name in the n-th column of NAMES; None if nothing does."""
        return self._codes[n].get(key_of(name) if n < SPELT else name)

    def labels(self, n: int) -> dict[int, str]:
        """Return how each number of the n-th column of NAMES that is in use is spelt as a rule.

        That is its most frequent spelling, of equally frequent ones the first by code point.
        """
        if n >= SPELT:
            return {code: name for name, code in self._codes[n].items()}
        spellings = self._spellings[n, : self.size]
        counts = np.bincount(spellings, minlength=len(self._spelt[n]) + 1)
        keys = np.zeros(len(counts), dtype=np.int32)
        keys[spellings] = self.names(n)
        usual: dict[int, tuple[int, str]] = {}
        for spelling, code in self._spelt[n].items():
            if counts[code]:
                key, this = int(keys[code]), (-int(counts[code]), spelling)
                usual[key] = min(this, usual.get(key, this))
        return {key: spelling for key, (_, spelling) in usual.items()}

    def vectors(self, rows: Rows) -> Floats:
        """Return vectors, shape (rows, dim); zero where a listing has none."""
        return self.content.of(rows).astype(np.float64)

    def facts(self, rows: Rows) -> Facts:
        """Return records, shape (rows,)."""
        return self._facts[rows]

    def rows_of(self, ids: Iterable[ListingId]) -> list[int]:
        """Return the rows of those ids that are there, in their order."""
        return [row for i in ids if (row := self._row.get(i)) is not None]


def point_of(latitude: Floats, longitude: Floats) -> Floats:
    """Return places, in degrees, each of shape (n,), as points of a unit sphere, shape (3, n).

    >>> point_of(np.array([0.0, 90.0]), np.array([90.0, 0.0])).round(9).T.tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    phi, lam = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def _longer(column: _ArrayT, capacity: int, axis: int = 0) -> _ArrayT:
    shape = list(column.shape)
    shape[axis] = capacity - shape[axis]
    grown: _ArrayT = np.concatenate([column, np.zeros(shape, dtype=column.dtype)], axis=axis)
    return grown
