"""Listings as columns: every field that a listing states in a column of its own.

Owns:    the columns of ``listings.parquet``.
Imports: numpy, pydantic, domain, recording.columns, recording.tables.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from carousel.domain.errors import RecordingError
from carousel.domain.listing import Body, Fuel, Listing, SellerType, Status, Transmission
from carousel.recording.columns import Coded, Kind, read_table, write_table
from carousel.recording.tables import NONE, Lives

CLOSE_ENOUGH = 1.0
"""Seconds by which an advert's own date may differ from the moment its life begins."""

_TEXT = ("ref", "make", "model", "name", "colour", "seller")
_NUMBERS = ("id", "revision", "year", "price", "mileage_km", "power_hp", "owners")
_CHOICES: dict[str, tuple[str, ...]] = {
    "fuel": tuple(Fuel),
    "transmission": tuple(Transmission),
    "body": tuple(Body),
    "seller_type": tuple(SellerType),
    "status": tuple(Status),
}
_PLACE = ("latitude", "longitude")

COLUMNS: dict[str, Kind] = {
    **dict.fromkeys(_TEXT, "text"),
    "region": "text",
    **dict.fromkeys(_NUMBERS, "int"),
    **_CHOICES,
    **dict.fromkeys(_PLACE, "float"),
    "listed_at": "moment",
    "left_at": "moment",
    "sold": "flag",
}
OPTIONAL = frozenset(COLUMNS) - {
    *("ref", "make", "name", "year", "price", "listed_at", "left_at", "sold")
}


def write_listings(path: Path, listings: Sequence[Listing], lives: Lives) -> None:
    """Write the listings and their lives to one file.

    Raises:
        RecordingError: there is not one life a listing, or a listing's own date is another.
    """
    if not len(listings) == len(lives.listed_at) == len(lives.left_at) == len(lives.sold):
        raise RecordingError("A recording needs one life for each of its listings.")
    for row, listing in enumerate(listings):
        if abs(listing.listed_at.timestamp() - lives.listed_at[row]) > CLOSE_ENOUGH:
            raise RecordingError(
                f"Listing {row} says it was listed at {listing.listed_at}, its life begins at "
                f"epoch second {lives.listed_at[row]}; make them one moment."
            )
    places = [listing.place for listing in listings]
    left_at = np.where(np.isinf(lives.left_at), np.nan, lives.left_at)
    write_table(
        path,
        {
            **{name: [getattr(x, name) for x in listings] for name in (*_NUMBERS, *_TEXT)},
            **{name: _coded(listings, name, names) for name, names in _CHOICES.items()},
            "region": [place.region if place else None for place in places],
            "latitude": [place.latitude if place else None for place in places],
            "longitude": [place.longitude if place else None for place in places],
            "listed_at": np.asarray(lives.listed_at, dtype=np.float64),
            "left_at": left_at,
            "sold": np.asarray(lives.sold, dtype=np.bool_),
        },
    )


def _coded(listings: Sequence[Listing], field: str, names: tuple[str, ...]) -> Coded:
    index: dict[str | None, int] = {name: code for code, name in enumerate(names)}
    index[None] = NONE
    codes = np.array([index[getattr(listing, field)] for listing in listings], dtype=np.int64)
    return Coded(codes, names)


def read_listings(path: Path) -> tuple[tuple[Listing, ...], Lives]:
    """Read what ``write_listings`` wrote, or what a marketplace exported.

    Raises:
        RecordingError: the file cannot be read, or a row is no possible listing.
    """
    columns = read_table(path, COLUMNS, OPTIONAL)
    left_at = columns["left_at"]
    lives = Lives(
        columns["listed_at"], np.where(np.isnan(left_at), np.inf, left_at), columns["sold"]
    )
    rows = zip(*(_values(name, columns[name]) for name in COLUMNS), strict=True)
    return tuple(_listing(path, n, row) for n, row in enumerate(rows)), lives


def _values(name: str, column: Any) -> list[Any]:  # noqa: ANN401 - an array or a list
    """Return a column as Python values, None where nothing is stated."""
    if name in _CHOICES:
        names = [*_CHOICES[name], "unknown", None]  # the last is where NONE, -1, points
        return [names[code] for code in column]
    if name in _NUMBERS:
        return [None if value == NONE else value for value in column.tolist()]
    if name in _PLACE:
        return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124 - NaN
    return column if isinstance(column, list) else column.tolist()


def _listing(path: Path, row: int, values: Sequence[Any]) -> Listing:
    stated = {k: v for k, v in zip(COLUMNS, values, strict=True) if v is not None}
    del stated["sold"], stated["left_at"]
    place = {name: stated.pop(name) for name in ("region", *_PLACE) if name in stated}
    try:
        if place:
            stated["place"] = place
        stated["listed_at"] = datetime.fromtimestamp(stated["listed_at"], UTC)
        return Listing.model_validate({"id": row + 1, **stated})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RecordingError(
            f"{path}: row {row} (counted from 0) is no listing: {field}: {first['msg']}."
        ) from error
    except (ValueError, OverflowError, OSError) as error:
        raise RecordingError(
            f"{path}: row {row} (counted from 0) has no date in listed_at: {error}."
        ) from error
