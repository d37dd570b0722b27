"""A recording as a directory: one Parquet file a table, and a manifest that says they are whole.

Owns:    the layout of the directory, writing, reading, the hash that names the data.
Imports: pydantic, domain, recording.{adverts,checking,columns,tables}.

The layout is described for people who export one from their own marketplace in docs/recording.md.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from carousel.domain.errors import RecordingError
from carousel.domain.filters import Filters
from carousel.recording.adverts import read_listings, write_listings
from carousel.recording.checking import checked
from carousel.recording.columns import Coded, Kind, read_table, write_table
from carousel.recording.tables import (
    EVENT_TYPES,
    OUTCOMES,
    REASONS,
    Events,
    Impressions,
    PriceChanges,
    Recording,
)

__all__ = ["checked", "data_hash", "read", "read_table", "write", "write_table"]

VERSION = 1
MANIFEST = "manifest.json"
TABLES = ("listings", "prices", "shoppers", "searches", "events", "impressions")

_PRICES: dict[str, Kind] = {"at": "moment", "listing": "int", "price": "int"}
_EVENTS: dict[str, Kind] = {
    "at": "moment",
    "shopper": "int",
    "type": EVENT_TYPES,
    "listing": "int",
    "reason": REASONS,
    "search": "int",
    "slate": "int",
}
_IMPRESSIONS: dict[str, Kind] = {
    "at": "moment",
    "shopper": "int",
    "slate": "int",
    "position": "int",
    "listing": "int",
    "random": "flag",
    "propensity": "float",
    "eligible": "int",
    "search": "int",
    "outcome": OUTCOMES,
}


class Manifest(BaseModel):
    """What ``manifest.json`` says.

    begins, ends: epoch seconds.
    counts:       rows of each table; held to where given.
    sha256:       of each file, hexadecimal; held to where given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["carousel-recording"]
    version: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    begins: float
    ends: float
    counts: dict[str, int] = {}
    sha256: dict[str, str] = {}

    @model_validator(mode="after")
    def _begins_first(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("a recording ends after it begins")
        return self


def write(recording: Recording, directory: Path) -> None:
    """Write a recording; the directory is made, an older recording in it is replaced.

    The manifest comes last: a directory in which writing was interrupted is not a recording.

    Raises:
        RecordingError: the listings and their lives do not belong together.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MANIFEST).unlink(missing_ok=True)
    events, shown, prices = recording.events, recording.impressions, recording.prices
    write_listings(_file(directory, "listings"), recording.listings, recording.lives)
    write_table(_file(directory, "prices"), {name: getattr(prices, name) for name in _PRICES})
    write_table(_file(directory, "shoppers"), {"user": recording.users})
    write_table(
        _file(directory, "searches"),
        {"filters": [f.model_dump_json(exclude_defaults=True) for f in recording.searches]},
    )
    write_table(
        _file(directory, "events"),
        {
            **{name: getattr(events, name) for name in _EVENTS},
            "type": Coded(events.type, EVENT_TYPES),
            "reason": Coded(events.reason, REASONS),
        },
    )
    write_table(
        _file(directory, "impressions"),
        {
            **{name: getattr(shown, name) for name in _IMPRESSIONS},
            "outcome": Coded(shown.outcome, OUTCOMES),
        },
    )
    manifest = Manifest(
        format="carousel-recording",
        version=VERSION,
        name=recording.name,
        begins=recording.begins,
        ends=recording.ends,
        counts=_counts(recording),
        sha256={name: _sha256(_file(directory, name)) for name in TABLES},
    )
    (directory / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")


def read(directory: Path) -> Recording:
    """Read a recording. Whether it can be believed is the business of ``checking.checked``.

    Raises:
        RecordingError: a file is missing, foreign, cut short or not the one the manifest speaks
            of; a column is missing or of another type; a listing or a search is impossible.
    """
    manifest = _manifest(directory)
    for name, promised in manifest.sha256.items():
        file = _file(directory, name)
        if name in TABLES and file.is_file() and _sha256(file) != promised:
            raise RecordingError(
                f"{file} is not the file that {MANIFEST} speaks of (its SHA-256 differs); "
                f"copy the recording again, or take the sum out of {MANIFEST}."
            )
    listings, lives = read_listings(_file(directory, "listings"))
    prices = read_table(_file(directory, "prices"), _PRICES)
    shoppers = read_table(_file(directory, "shoppers"), {"user": "int"})
    events = read_table(
        _file(directory, "events"), _EVENTS, frozenset({"reason", "search", "slate"})
    )
    shown = read_table(
        _file(directory, "impressions"), _IMPRESSIONS, frozenset({"random", "propensity"})
    )
    recording = Recording(
        name=manifest.name,
        begins=manifest.begins,
        ends=manifest.ends,
        listings=listings,
        lives=lives,
        prices=PriceChanges(**prices),
        users=shoppers["user"],
        searches=_searches(_file(directory, "searches")),
        events=Events(**events),
        impressions=Impressions(**shown),
    )
    for name, rows in _counts(recording).items():
        if manifest.counts.get(name, rows) != rows:
            raise RecordingError(
                f"{_file(directory, name)} has {rows} rows, {MANIFEST} speaks of "
                f"{manifest.counts[name]}; copy the recording again."
            )
    return recording


def data_hash(directory: Path) -> str:
    """Return what names the data: SHA-256, hexadecimal, over the period and every table.

    Every ``.parquet`` file of the directory counts, also one that lies beside a recording, such as
    what a simulation knows of its shoppers. The recording's name does not.

    Raises:
        RecordingError: there is no recording.
    """
    manifest = _manifest(directory)
    whole = hashlib.sha256(f"{manifest.begins!r} {manifest.ends!r}\n".encode())
    for file in sorted(directory.glob("*.parquet")):
        whole.update(f"{file.name} {_sha256(file)}\n".encode())
    return whole.hexdigest()


def _file(directory: Path, table: str) -> Path:
    return directory / f"{table}.parquet"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _counts(recording: Recording) -> dict[str, int]:
    return {
        "listings": len(recording.listings),
        "prices": len(recording.prices.at),
        "shoppers": len(recording.users),
        "searches": len(recording.searches),
        "events": len(recording.events.at),
        "impressions": len(recording.impressions.at),
    }


def first_mistake(error: ValidationError) -> str:
    """Return where a document that was kept is wrong first, and how, in a few words."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the document"
    return f"{field}: {first['msg']}"


def _manifest(directory: Path) -> Manifest:
    path = directory / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RecordingError(
            f"{directory} holds no recording: {MANIFEST} cannot be read ({error.strerror})."
        ) from error
    except ValidationError as error:
        raise RecordingError(
            f"{path} is no manifest of a recording: {first_mistake(error)}; see docs/recording.md."
        ) from error


def _searches(path: Path) -> tuple[Filters, ...]:
    texts = read_table(path, {"filters": "text"})["filters"]
    searches = []
    for row, text in enumerate(texts):
        try:
            searches.append(Filters.model_validate_json(text or ""))
        except ValidationError as error:
            raise RecordingError(
                f"{path}: row {row} (counted from 0) holds no filters: {first_mistake(error)}."
            ) from error
    return tuple(searches)
