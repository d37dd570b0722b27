"""From what stands in the log to an event, or to the reason why it is none. Never raises.

Owns:    what the pipelines believe of an entry.
Imports: domain.events, storage.ports.

Time is judged against the log's own clock, which is part of an entry's position: so a replay of
the log years later comes to the same judgement.
"""

import re
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from carousel.domain.events import EVENT, LARGEST_ID, LogEntry
from carousel.storage.ports import Position, RawEntry

LARGEST_EVENT_BYTES = 65_536
EARLIEST_US = 946_684_800_000_000  # 2000-01-01: no shopper reacted to a car on this site before
LARGEST_LEAD_US = 600_000_000  # clocks differ, and the API allows five minutes of that already

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = re.compile(rb"[\x21-\x7e]{1,64}")
_REQUEST = re.compile(rb"[0-9a-f]{32}")
_TRACE = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01")  # a trace that is kept
_FIELDS = (b"id", b"user", b"at", b"event")
_LONGEST_NUMBER = 19


def decode(raw: RawEntry) -> LogEntry | str:
    """Return the entry, or one sentence saying why it is none.

    >>> fields = {b"id": b"e1", b"user": b"7", b"at": b"1767225600000000",
    ...           b"event": b'{"type":"view","listing_id":3}'}
    >>> decode(RawEntry("1767225600001-0", fields)).user_id
    7
    >>> decode(RawEntry("1767225600001-0", fields | {b"user": b"x"}))
    'The user is no number from 1 to 9223372036854775807.'
    """
    fields = raw.fields
    try:
        event_id, said = fields[b"id"], fields[b"event"]
        user_id, at_us = _number(fields[b"user"]), _number(fields[b"at"])
    except KeyError:
        missing = [name.decode() for name in _FIELDS if name not in fields]
        return f"The entry has no {' and no '.join(missing)}."
    fault = None
    if _ID.fullmatch(event_id) is None:
        fault = "The id is not 1 to 64 printable characters without blanks."
    elif not 1 <= user_id <= LARGEST_ID:
        fault = f"The user is no number from 1 to {LARGEST_ID}."
    elif not EARLIEST_US <= at_us <= _heard_us(raw) + LARGEST_LEAD_US:
        fault = "The time is no microsecond between the year 2000 and when the log heard of it."
    elif len(said) > LARGEST_EVENT_BYTES:
        fault = f"The event is longer than {LARGEST_EVENT_BYTES} bytes."
    elif rb"\u0000" in said:
        fault = "The event contains the character NUL, which PostgreSQL cannot keep."
    if fault is not None:
        return fault
    try:
        event = EVENT.validate_json(said)
    except ValidationError as error:
        return _sentence(error)
    at = EPOCH + timedelta(microseconds=at_us)
    return LogEntry(event_id.decode(), user_id, at, event, request_of(raw), trace_of(raw))


def request_of(raw: RawEntry) -> str | None:
    """Return the id of the request that brought an entry; None where it says none of ours."""
    return _stated(raw, b"request", _REQUEST)


def trace_of(raw: RawEntry) -> str | None:
    """Return the traceparent of an entry; None where it has none, or none that can be believed."""
    return _stated(raw, b"trace", _TRACE)


def logged_ms(position: Position) -> int:
    """Return when the log took an entry in, by the server's clock, in ms since 1970.

    >>> logged_ms("1767225600001-0")
    1767225600001
    """
    return _number(position.partition("-")[0].encode())


def _stated(raw: RawEntry, name: bytes, form: re.Pattern[bytes]) -> str | None:
    value = raw.fields.get(name)
    return value.decode() if value is not None and form.fullmatch(value) else None


def _heard_us(raw: RawEntry) -> int:
    return logged_ms(raw.position) * 1000


def _number(digits: bytes) -> int:
    """Return a decimal number of at most 19 digits, -1 for anything else."""
    return int(digits) if digits.isdigit() and len(digits) <= _LONGEST_NUMBER else -1


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"The event is malformed{f' at {place[:200]}' if place else ''}: {first['msg'][:300]}."
