"""A mapping: which column of a file says what about a car, and in which words and units.

Owns:    the TOML format of mappings, the ones that ship with Carousel, recognition by header.
Imports: domain.errors, domain.listing, pydantic. The format is explained in docs/import.md.
"""

import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from carousel.domain.errors import ConfigurationError, UnreadableFileError
from carousel.domain.listing import spelling_key
from carousel.ingest.rows import shorten

FieldName: TypeAlias = Literal[
    "ref", "make", "model", "name", "year", "price", "mileage_km", "fuel", "transmission",
    "body", "power_hp", "colour", "seller_type", "seller", "owners", "region", "latitude",
    "longitude", "photos", "listed_at", "status",
]  # fmt: skip
FIELD_NAMES: tuple[FieldName, ...] = get_args(FieldName)
NEEDED: tuple[FieldName, ...] = ("make", "year", "price")

LONGEST_SOURCE = 60

BLANKS = (
    "-", "--", "n/a", "na", "nan", "null", "none", "nil", "#n/a", "#ref!", "#value!", "#name?",
    "#div/0!", "#num!", "#null!",
)  # fmt: skip
"""Words that say nothing in any file."""

Column = Annotated[str, Field(min_length=1)]
Scalar: TypeAlias = str | int | float


class FieldRule(BaseModel):
    """How one field of a listing is read. Exactly one of column, join and constant is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    column: tuple[Column, ...] = ()
    """The source column; of several, the first that the file has."""
    join: tuple[Column, ...] = ()
    """Columns whose texts are joined by a blank."""
    constant: Scalar | None = None
    """One value for all rows, in Carousel's own words and units."""
    optional: bool = False
    """The file may lack the column."""
    translate: Mapping[str, Scalar] = {}
    """From the file's words to ours, whatever their case; "" means not stated."""
    strip: tuple[str, ...] = ()
    """Texts around a number that are not part of it, such as a currency or a unit."""
    factor: Annotated[float, Field(gt=0)] = 1.0
    """Multiplies a number into our unit, e.g. 1.609344 from miles to kilometres."""
    min: float | None = None
    """Smallest believable number, in the file's unit."""
    max: float | None = None
    """Largest believable number, in the file's unit."""
    ahead: Annotated[int, Field(ge=0)] = 1
    """Of the field year: how many years a car may be ahead of the year it was listed in."""
    otherwise: Literal["reject", "omit"] = "reject"
    """What to do when a value is not understood: reject the row, or leave the value out."""
    tidy: bool = False
    """Underscores become blanks, and a text without capitals gets one per word."""
    word: Literal[1, 2, "rest"] | None = None
    """Take the first word of a text, the one after it, or all but the first."""
    compounds: tuple[str, ...] = ()
    """Names of several words that count as one for ``word``; makes of several words always do."""
    format: str | None = None
    """Of a date, as in strftime; ISO 8601 when absent. Without an offset it is UTC."""

    @field_validator("column", "strip", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (bool(self.column) + bool(self.join) + (self.constant is not None)) != 1:
            raise ValueError("give exactly one of column, join and constant")
        return self


class Refusal(BaseModel):
    """Rows that are no car for sale."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: Column
    values: Annotated[tuple[str, ...], Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]


class FileMapping(BaseModel):
    """One layout of file.

    recognise: columns that tell this layout from others; those of the fields when absent.
    source:    begins every ref, so that two marketplaces' numbers do not meet; "" for none.
    currency:  ISO 4217 code of its prices; None is the marketplace's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=60)]
    description: str = ""
    recognise: tuple[Column, ...] = ()
    source: Annotated[str | None, Field(max_length=LONGEST_SOURCE)] = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    encoding: str = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    blanks: tuple[str, ...] = ()
    fields: Mapping[FieldName, FieldRule]
    refuse: tuple[Refusal, ...] = ()

    @field_validator("fields", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {k: {"column": v} if isinstance(v, str) else v for k, v in value.items()}

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        return checked_encoding(value)

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands must differ")
        return self

    @property
    def marks(self) -> tuple[str, ...]:
        """Return the columns by which a file of this layout is recognised."""
        required = (
            rule.column or rule.join
            for rule in self.fields.values()
            if not rule.optional and rule.constant is None
        )
        return self.recognise or tuple(dict.fromkeys(names[0] for names in required))

    def with_constants(self, constants: Mapping[str, str]) -> "FileMapping":
        """Return this mapping with some fields set to one value for all rows.

        Raises:
            ConfigurationError: there is no such field.
        """
        for name in constants:
            if name not in FIELD_NAMES:
                fields = ", ".join(FIELD_NAMES)
                raise ConfigurationError(
                    f"A listing has no field {shorten(name)!r} to set; its fields are {fields}."
                )
        fixed = {name: FieldRule(constant=value) for name, value in constants.items()}
        return self.model_copy(update={"fields": {**self.fields, **fixed}})

    def from_source(self, source: str) -> "FileMapping":
        """Return this mapping with another source.

        Raises:
            ConfigurationError: the source is too long to begin a ref.
        """
        if len(source) > LONGEST_SOURCE:
            raise ConfigurationError(
                f"The source {shorten(source, 30)!r} is longer than {LONGEST_SOURCE} characters."
            )
        return self.model_copy(update={"source": source})


def checked_encoding(name: str) -> str:
    """Return the name of a text encoding.

    Raises:
        ValueError: Python knows no such encoding.
    """
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name).close()
    except (LookupError, ValueError):
        raise ValueError(f"{shorten(name)!r} is no text encoding") from None
    return name


def column_key(name: str) -> str:
    """Return the form under which a mapping's column and a file's meet.

    >>> column_key("Selling Price") == column_key("selling_price")
    True
    """
    return spelling_key(name) or name.strip()


def parse_mapping(text: str, where: str, name: str) -> FileMapping:
    """Return the mapping that a TOML text declares; ``name`` stands in for an absent one.

    Raises:
        ConfigurationError: the text is no TOML, or no mapping.
    """
    try:
        document: dict[str, Any] = {"name": name, **tomllib.loads(text)}
        return FileMapping.model_validate(document)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"The mapping {where} is not valid TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the mapping"
        raise ConfigurationError(
            f"The mapping {where} is not one: {place}: {first['msg']} (see docs/import.md)."
        ) from None


@cache
def shipped() -> dict[str, FileMapping]:
    """Return the mappings that ship with Carousel, by name."""
    folder = files("carousel.ingest") / "mappings"
    found = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")),
        key=lambda entry: entry.name,
    )
    mappings = (
        parse_mapping(e.read_text("utf-8"), e.name, e.name.removesuffix(".toml")) for e in found
    )
    return {mapping.name: mapping for mapping in mappings}


def load(name_or_path: str) -> FileMapping:
    """Return a shipped mapping by its name, or the one in a TOML file.

    Raises:
        ConfigurationError: there is no such mapping, or the file is none.
    """
    if name_or_path in shipped():
        return shipped()[name_or_path]
    path = Path(name_or_path)
    if path.suffix != ".toml":
        raise ConfigurationError(
            f"There is no mapping {shorten(name_or_path)!r}; known are {', '.join(shipped())}, "
            "or name a .toml file."
        )
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"The mapping {path} cannot be read: {why}.") from None
    return parse_mapping(text, str(path), path.stem)


def recognise(
    file: str, columns: Sequence[str], among: Iterable[FileMapping] | None = None
) -> FileMapping:
    """Return the mapping made for a file with these columns: the one that names most of them.

    Raises:
        UnreadableFileError: no mapping fits, or two fit equally well.
    """
    present = {column_key(column) for column in columns}
    known = list(shipped().values() if among is None else among)
    marks = {m.name: {column_key(mark) for mark in m.marks} for m in known}
    fitting = sorted(
        (m for m in known if marks[m.name] <= present), key=lambda m: -len(marks[m.name])
    )
    best = [m for m in fitting if len(marks[m.name]) == len(marks[fitting[0].name])]
    if len(best) == 1:
        return best[0]
    found = shorten(", ".join(columns), 300)
    if best:
        names = " and ".join(m.name for m in best)
        raise UnreadableFileError(
            f"The columns of {file} fit the mappings {names}; choose one with --mapping. "
            f"Columns: {found}."
        )
    raise UnreadableFileError(
        f"No mapping fits the columns of {file} ({found}); name one with --mapping: "
        f"{', '.join(m.name for m in known)}, or a .toml file of your own (docs/import.md)."
    )
