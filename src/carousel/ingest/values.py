"""One cell's text into one value: words, numbers and dates.

Owns:    how a mapping's rule is applied to a text. Pure: the same text gives the same value.
Imports: pydantic, domain.listing, ingest.mapping.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Literal, TypeAlias

from pydantic import TypeAdapter

from carousel.domain.listing import (
    MOST_PHOTOS,
    Body,
    Fuel,
    Photo,
    SellerType,
    Status,
    Transmission,
    spelling_key,
)
from carousel.ingest.makes import of_several_words
from carousel.ingest.mapping import BLANKS, FieldName, FieldRule, FileMapping

REMEMBERED = 10_000
"""Texts per field whose value is kept: most columns of a car file repeat themselves."""

# NUL and other control characters, lone surrogates, and the mark of undecodable bytes.
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff\ufffd]")
_ENUMS: dict[FieldName, type[StrEnum]] = {
    "fuel": Fuel,
    "transmission": Transmission,
    "body": Body,
    "seller_type": SellerType,
    "status": Status,
}
_SPOKEN: dict[type[StrEnum], str] = {SellerType: "seller type"}
_ROUNDED: tuple[FieldName, ...] = ("price", "mileage_km", "power_hp")
_WHOLE: tuple[FieldName, ...] = ("year", "owners")
_REAL: tuple[FieldName, ...] = ("latitude", "longitude")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A text that is no value of its field, and why; the reason never repeats the text."""

    reason: str


Value: TypeAlias = str | int | float | datetime | tuple[str, ...] | None
Read: TypeAlias = Callable[[str], Value | Wrong]


def clean(text: str) -> str:
    """Return a text on one line, trimmed, runs of white space as one blank.

    >>> clean("  C   Class ")
    'C Class'
    """
    return " ".join(text.split())


def reader(field: FieldName, rule: FieldRule, mapping: FileMapping) -> Read:
    """Return the function that reads a field's texts: None for not stated, Wrong for nonsense.

    >>> from carousel.ingest.mapping import FieldRule, FileMapping
    >>> miles = FieldRule(column="miles", factor=1.609344)
    >>> mapping = FileMapping(name="uk", thousands=",", fields={"mileage_km": miles})
    >>> read = reader("mileage_km", miles, mapping)
    >>> read("10,000"), read(""), read("plenty").reason
    (16093, None, 'is not a number')
    """
    blanks = frozenset(word.casefold() for word in ("", *BLANKS, *mapping.blanks))
    words = {spelling_key(said): str(meant) for said, meant in rule.translate.items()}
    parse = _parser(field, rule, mapping)
    compounds = sorted(
        (name.casefold().split() for name in (*of_several_words(), *rule.compounds)),
        key=len,
        reverse=True,
    )

    @lru_cache(maxsize=REMEMBERED)
    def read(text: str) -> Value | Wrong:
        if _UNREADABLE.search(text):
            return Wrong(f"has characters that cannot be read as {mapping.encoding} text")
        value = clean(text)
        if rule.word:
            value = _word(value, rule.word, compounds)
        if value.casefold() in blanks:
            return None
        if words:
            value = words.get(spelling_key(value), value)
        if not value:
            return None
        if value.startswith("="):
            return Wrong("is a spreadsheet formula, not a value")
        return parse(value)

    return read


def constant_reader(field: FieldName, rule: FieldRule, mapping: FileMapping) -> Read:
    """Return the function that reads a constant: our own words, units and notation."""
    plain = FieldRule(column="constant")
    return reader(field, plain, FileMapping(name=mapping.name, fields={field: rule}))


def _parser(field: FieldName, rule: FieldRule, mapping: FileMapping) -> Read:
    if field in _ENUMS:
        return _choice(_ENUMS[field])
    if field == "listed_at":
        return _moment(rule.format)
    if field == "photos":
        return _photos
    if field in (*_ROUNDED, *_WHOLE, *_REAL):
        return _number(field, rule, mapping)
    return _tidy if rule.tidy else str


def _word(text: str, which: Literal[1, 2, "rest"], compounds: list[list[str]]) -> str:
    """Return the first word of a text, the next one, or all but the first.

    A compound, folded and longest first, counts as one word.
    """
    words = text.split()
    first = _length(words, compounds)
    if which == 1:
        return " ".join(words[:first])
    rest = words[first:]
    return " ".join(rest if which == "rest" else rest[: _length(rest, compounds)])


def _length(words: list[str], compounds: list[list[str]]) -> int:
    folded = [word.casefold() for word in words]
    return next((len(parts) for parts in compounds if folded[: len(parts)] == parts), 1)


def _tidy(text: str) -> str:
    spaced = clean(text.replace("_", " "))
    if spaced != spaced.lower():
        return spaced
    # A word with a digit is a type designation: a4 is an A4, but 3er stays a 3er.
    return " ".join(w.upper() if _DESIGNATION.match(w) else w.capitalize() for w in spaced.split())


_DESIGNATION = re.compile(r"[a-z]{1,3}\d")


_ADDRESS: TypeAdapter[str] = TypeAdapter(Photo)


def _photos(text: str) -> Value | Wrong:
    """Return the addresses of pictures: a JSON list, or texts between upright bars.

    A file may show a car from more sides than a listing keeps; the first ones stay.
    """
    try:
        parts = json.loads(text) if text.startswith("[") else text.split("|")
        found = (_ADDRESS.validate_python(part.strip()) for part in parts if part.strip())
        return tuple(dict.fromkeys(found))[:MOST_PHOTOS] or None
    except (ValueError, AttributeError, RecursionError):
        return Wrong("is no list of http addresses")


def _choice(kind: type[StrEnum]) -> Read:
    by_key = {spelling_key(member.value): member for member in kind}

    unknown = Wrong(f"is no {_SPOKEN.get(kind, kind.__name__.lower())} that the mapping knows")

    def read(text: str) -> Value | Wrong:
        return by_key.get(spelling_key(text), unknown)

    return read


def _number(field: FieldName, rule: FieldRule, mapping: FileMapping) -> Read:
    point, group = re.escape(mapping.decimal), re.escape(mapping.thousands)
    grouped = rf"|\d{{1,3}}(?:{group}\d{{3}})+" if group else ""
    shape = re.compile(
        rf"[+-]?(?:\d+{grouped})?(?:{point}\d*)?(?:e[+-]?\d{{1,3}})?", re.ASCII | re.IGNORECASE
    )
    around = [text.casefold() for text in rule.strip]

    def read(text: str) -> Value | Wrong:
        bare = _bare(text, around)
        if not shape.fullmatch(bare) or not any(c in "0123456789" for c in bare):
            return Wrong("is not a number")
        plain = bare.replace(mapping.thousands, "") if mapping.thousands else bare
        try:
            number = float(plain.replace(mapping.decimal, "."))
        except ValueError:
            return Wrong("is not a number")
        if rule.min is not None and number < rule.min:
            return Wrong(f"is below {rule.min:.10g}, the least this mapping believes")
        if rule.max is not None and number > rule.max:
            return Wrong(f"is above {rule.max:.10g}, the most this mapping believes")
        return _in_unit(field, number * rule.factor)

    return read


def _bare(text: str, around: list[str]) -> str:
    bare = text.strip()
    for affix in around:
        if bare.casefold().startswith(affix):
            bare = bare[len(affix) :].strip()
        if bare.casefold().endswith(affix):
            bare = bare[: -len(affix)].strip()
    return bare


def _in_unit(field: FieldName, number: float) -> Value | Wrong:
    if not math.isfinite(number):
        return Wrong("is too large")
    if field in _REAL:
        return number
    if field in _WHOLE and not number.is_integer():
        return Wrong("is not a whole number")
    return math.floor(number + 0.5)


def _moment(form: str | None) -> Read:
    def read(text: str) -> Value | Wrong:
        try:
            moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - the offset is added below
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return aware.astimezone(UTC)
        except (ValueError, OverflowError):
            return Wrong("is no date of the declared format" if form else "is no ISO 8601 date")

    return read
