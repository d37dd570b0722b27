"""One row into the facts of one listing, or the reason why not.

Owns:    the plan (a mapping fitted to a file's columns) and its use. No I/O, no clock.
Imports: domain.errors, domain.listing, ingest.mapping, ingest.values, pydantic.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from carousel.domain.errors import ConfigurationError, UnreadableFileError
from carousel.domain.listing import ListingFacts
from carousel.ingest.makes import spelled
from carousel.ingest.mapping import (
    FIELD_NAMES,
    NEEDED,
    FieldName,
    FieldRule,
    FileMapping,
    column_key,
)
from carousel.ingest.rows import Rejection, Row, printable, shorten
from carousel.ingest.values import Read, Value, Wrong, clean, constant_reader, reader

INDISPENSABLE: tuple[FieldName, ...] = ("ref", *NEEDED)
_PLACE: tuple[FieldName, ...] = ("region", "latitude", "longitude")
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field's text comes from and how it is read."""

    field: FieldName
    columns: tuple[str, ...]
    rule: FieldRule
    read: Read

    def text(self, row: Row) -> str:
        """Return the text of this field in a row."""
        if self.rule.constant is not None:
            return str(self.rule.constant)
        if len(self.columns) == 1:
            return row.cells.get(self.columns[0], "")
        texts = [t for c in self.columns if (t := row.cells.get(c, "").strip())]
        return " ".join(texts) if self.rule.join else next(iter(texts), "")

    @property
    def omits(self) -> bool:
        """Return whether a value that is not understood is left out, the row kept."""
        return self.rule.otherwise == "omit" and self.field not in INDISPENSABLE

    @property
    def column(self) -> str:
        """Return what a rejection calls the place of this field."""
        return printable((" + " if self.rule.join else " or ").join(self.columns)) or self.field


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping fitted to one file.

    now: the moment of the import, aware; stands in for a date the file does not give.
    """

    sources: tuple[Source, ...]
    refusals: tuple[tuple[str, frozenset[str], str], ...]
    prefix: str
    now: datetime

    @property
    def has_refs(self) -> bool:
        """Return whether the file gives its listings keys of their own."""
        return self.source_of("ref") is not None

    @property
    def ahead(self) -> int:
        """Return how many years a car may be ahead of the year it was listed in."""
        source = self.source_of("year")
        return source.rule.ahead if source else 0

    def source_of(self, field: str) -> Source | None:
        """Return where a field is read from, None when the file says nothing of it."""
        return next((source for source in self.sources if source.field == field), None)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that became a listing.

    unstated: those of ``listed_at`` and ``status`` that the file does not say; the facts then hold
              the import's moment and "active".
    omitted:  values that were left out because they could not be understood.
    """

    number: int
    facts: ListingFacts
    unstated: frozenset[str]
    omitted: tuple[Rejection, ...] = ()


def fit(  # noqa: PLR0913 - the mapping, what is known of the file, and the moment
    mapping: FileMapping,
    file: str,
    columns: Sequence[str],
    now: datetime,
    *,
    sparse: bool = False,
    rate: float = 1.0,
) -> Plan:
    """Return the plan by which a file's rows are converted.

    Args:
        mapping: what its columns mean.
        file: its name, for errors.
        columns: its columns, as its header has them.
        now: the moment of the import, aware.
        sparse: its rows may leave columns out (JSON lines).
        rate: what one unit of the file's currency is worth in the marketplace's, > 0.

    Raises:
        UnreadableFileError: the file lacks a column that the mapping needs, or has it twice.
        ConfigurationError: the mapping does not say how to find the make, year or price.
    """
    for field in NEEDED:
        if field not in mapping.fields:
            raise ConfigurationError(
                f"The mapping {mapping.name} does not say where the {field} stands; add it to its "
                f"[fields], or give one for the whole file with --set {field}=…."
            )
    present: dict[str, list[str]] = {}
    for column in columns:
        present.setdefault(column_key(column), []).append(column)
    sources = []
    for field in FIELD_NAMES:
        rule = mapping.fields.get(field)
        if rule is None:
            continue
        found = _columns(field, rule, mapping, file, present, sparse=sparse)
        if found or rule.constant is not None:
            sources.append(_source(field, rule, mapping, found, rate))
    refusals = tuple(
        (present[key][0], frozenset(clean(v).casefold() for v in refusal.values), refusal.reason)
        for refusal in mapping.refuse
        if (key := column_key(refusal.column)) in present
    )
    source = mapping.name if mapping.source is None else mapping.source
    return Plan(tuple(sources), refusals, f"{source}:" if source else "", now)


def _columns(  # noqa: PLR0913 - one call, each argument is a different thing
    field: FieldName,
    rule: FieldRule,
    mapping: FileMapping,
    file: str,
    present: Mapping[str, list[str]],
    *,
    sparse: bool,
) -> tuple[str, ...]:
    wanted = rule.column or rule.join
    may_appear = sparse and field not in INDISPENSABLE
    found = [c for c in wanted if column_key(c) in present]
    for column in found:
        if len(present[column_key(column)]) > 1:
            raise UnreadableFileError(
                f"{file} has two columns called {column!r}, so the {field} is ambiguous; rename "
                "one. Nothing was imported."
            )
    if may_appear:  # in a later row than those that were looked at for their keys
        return tuple(present.get(column_key(c), [c])[0] for c in wanted)
    if found:
        names = tuple(present[column_key(c)][0] for c in found)
        return names[:1] if rule.column else names
    if wanted and not rule.optional:
        have = shorten(", ".join(c for cs in present.values() for c in cs), 300)
        raise UnreadableFileError(
            f"{file} has no column {' or '.join(map(repr, wanted))}, from which the mapping "
            f"{mapping.name} takes the {field}; give one value for the whole file with "
            f"--set {field}=…, or choose another mapping. Its columns are {have}."
        )
    return ()


def _source(
    field: FieldName, rule: FieldRule, mapping: FileMapping, columns: tuple[str, ...], rate: float
) -> Source:
    if rule.constant is not None:
        read = constant_reader(field, rule, mapping)
        value = read(str(rule.constant))
        if isinstance(value, Wrong) or (value is None and field in INDISPENSABLE):
            why = value.reason if isinstance(value, Wrong) else "is empty"
            raise ConfigurationError(f"The {field} {shorten(str(rule.constant))!r} {why}.")
        return Source(field, (), rule, read)
    if field == "price":
        rule = rule.model_copy(update={"factor": rule.factor * rate})
    return Source(field, columns, rule, reader(field, rule, mapping))


def convert(row: Row, plan: Plan) -> Accepted | Rejection:
    """Return the listing that a row states, or why it states none. Never raises.

    A ref made from the row's content is the same for equal rows; the import numbers repetitions.

    >>> from datetime import UTC
    >>> columns = ("make", "model", "year", "price")
    >>> mapping = FileMapping(name="m", fields={column: column for column in columns})
    >>> plan = fit(mapping, "cars.csv", columns, datetime(2026, 1, 1, tzinfo=UTC))
    >>> golf = Row(2, dict(zip(columns, ("vw", "Golf", "2015", "9000"))))
    >>> convert(golf, plan).facts.name, convert(Row(3, {}), plan).reason
    ('Volkswagen Golf', 'is empty')
    """
    for column, values, reason in plan.refusals:
        text = row.cells.get(column, "")
        if clean(text).casefold() in values:
            return Rejection(row.number, column, shorten(text), reason)
    facts: dict[str, Value] = {}
    omitted: list[Rejection] = []
    for source in plan.sources:
        text = source.text(row)
        value = source.read(text)
        if isinstance(value, Wrong):
            wrong = Rejection(row.number, source.column, shorten(text), value.reason)
            if not source.omits:
                return wrong
            omitted.append(wrong)
        elif value is not None:
            facts[source.field] = value
        elif source.field in INDISPENSABLE:
            return Rejection(row.number, source.column, shorten(text), "is empty")
    return _judged(row, plan, facts, omitted)


def _judged(
    row: Row, plan: Plan, facts: dict[str, Any], omitted: list[Rejection]
) -> Accepted | Rejection:
    """Hold the values against each other, then against the domain's own limits."""
    late = _too_late(row, plan, facts)
    if late:
        return late
    facts["make"] = spelled(facts["make"])
    facts.setdefault("name", " ".join(filter(None, (facts["make"], facts.get("model")))))
    facts["ref"] = plan.prefix + (facts["ref"] if "ref" in facts else content_key(row))
    unstated = frozenset({"listed_at", "status"} - facts.keys())
    facts.setdefault("listed_at", plan.now)
    place = [facts.pop(part, None) for part in _PLACE]
    if None not in place:
        facts["place"] = dict(zip(_PLACE, place, strict=True))
    while True:
        try:
            return Accepted(row.number, ListingFacts(**facts), unstated, tuple(omitted))
        except ValidationError as error:
            wrong = error.errors(include_url=False)[0]
            outer, inner = str(wrong["loc"][0]), str(wrong["loc"][-1])
            source = plan.source_of(inner)
            found = _rejected(row, plan, inner, _reason(wrong), str(wrong["input"]))
            if source is None or not source.omits:
                return found
            omitted.append(found)
            del facts[outer]


def _too_late(row: Row, plan: Plan, facts: Mapping[str, Any]) -> Rejection | None:
    listed_at: datetime = facts.get("listed_at", plan.now)
    if listed_at > plan.now + _CLOCKS_DIFFER:
        return _rejected(row, plan, "listed_at", "is in the future")
    if facts["year"] > listed_at.year + plan.ahead:
        late = (
            "is later than the year of the listing" if "listed_at" in facts else "is in the future"
        )
        return _rejected(row, plan, "year", late)
    return None


def _rejected(row: Row, plan: Plan, field: str, reason: str, value: str = "") -> Rejection:
    source = plan.source_of(field)
    column, text = (source.column, source.text(row)) if source else (field, value)
    return Rejection(row.number, column, shorten(text), reason)


def _reason(wrong: ErrorDetails) -> str:
    limits = wrong.get("ctx", {})
    match wrong["type"]:
        case "greater_than_equal":
            return f"is below {limits['ge']}"
        case "less_than_equal":
            return f"is above {limits['le']}"
        case "string_too_long":
            return f"is longer than {limits['max_length']} characters"
        case _:
            return f"is refused: {wrong['msg']}"


def content_key(row: Row) -> str:
    """Return a key of 24 hexadecimal digits made from all that a row says.

    Blank cells and white space around texts do not count, nor does the order of the columns.

    >>> content_key(Row(2, {"a": "1", "b": ""})) == content_key(Row(9, {"a": " 1"}))
    True
    """
    said = sorted((name, text) for name, cell in row.cells.items() if (text := cell.strip()))
    joined = "\x1e".join(f"{name}\x1f{text}" for name, text in said)
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
