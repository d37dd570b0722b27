"""What stands in the log is believed only where it is an event, and nothing in it can raise."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.events import LogEntry
from carousel.storage.engines.valkey_log import to_fields
from carousel.storage.ports import RawEntry
from carousel.streaming.decode import LARGEST_EVENT_BYTES, decode

AT = datetime(2026, 1, 1, tzinfo=UTC)
HEARD = f"{int(AT.timestamp()) * 1000}-0"
GOOD = {
    b"id": b"e1",
    b"user": b"7",
    b"at": b"%d" % (int(AT.timestamp()) * 10**6),
    b"event": b'{"type":"view","listing_id":3}',
}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (b"id", b"", "id"),
        (b"id", b"x" * 65, "id"),
        (b"id", b"a b", "id"),
        (b"id", b"\xff", "id"),
        (b"user", b"0", "user"),
        (b"user", b"-1", "user"),
        (b"user", b"%d" % 2**63, "user"),
        (b"user", b"9" * 5000, "user"),
        (b"user", "٣".encode(), "user"),
        (b"user", b" 7", "user"),
        (b"user", b"7.0", "user"),
        (b"at", b"nan", "time"),
        (b"at", b"-5", "time"),
        (b"at", b"0", "time"),
        (b"at", b"%d" % ((int(AT.timestamp()) + 601) * 10**6), "time"),
        (b"at", b"%d" % (2**63 - 1), "time"),
        (b"event", b"", "malformed"),
        (b"event", b"null", "malformed"),
        (b"event", b"\xff\xfe", "malformed"),
        (b"event", b"[" * 60_000, "malformed"),
        (b"event", b'{"type":"teleport","listing_id":3}', "teleport"),
        (b"event", b'{"type":"view"}', "listing_id"),
        (b"event", b'{"type":"view","listing_id":0}', "listing_id"),
        (b"event", b'{"type":"view","listing_id":1e99}', "listing_id"),
        (b"event", b'{"type":"impression","listing_id":3,"position":1,"propensity":NaN}', "prop"),
        (b"event", b'{"type":"search","filters":{"near_latitude":50}}', "go together"),
        (b"event", rb'{"type":"search","filters":{"brand":["a\u0000"]}}', "NUL"),
        (b"event", rb'{"type":"search","filters":{"brand":["\ud800"]}}', "malformed"),
        (b"event", b" " * (LARGEST_EVENT_BYTES + 1), "longer"),
    ],
)
def test_what_is_no_event_is_told_why(field, value, reason):
    judged = decode(RawEntry(HEARD, GOOD | {field: value}))
    assert isinstance(judged, str)
    assert reason in judged


def test_a_missing_field_is_named():
    assert "no user" in decode(RawEntry(HEARD, {k: v for k, v in GOOD.items() if k != b"user"}))


def test_a_clock_may_be_ten_minutes_ahead_of_the_log_s():
    ahead = GOOD | {b"at": b"%d" % ((int(AT.timestamp()) + 599) * 10**6)}
    assert isinstance(decode(RawEntry(HEARD, ahead)), LogEntry)


junk = st.binary(max_size=40)


@given(st.dictionaries(st.sampled_from(list(GOOD)) | junk, junk), st.sampled_from(list(GOOD)))
def test_no_bytes_at_all_can_raise(fields, kept):
    assert isinstance(decode(RawEntry(HEARD, GOOD | fields)), str | LogEntry)
    assert isinstance(decode(RawEntry(HEARD, fields | {kept: GOOD[kept]})), str | LogEntry)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_json_at_all_can_raise(value):
    said = repr(value).replace("'", '"').encode("utf-8", "surrogatepass")
    body = b'{"type":"search","filters":{"brand":%s}}' % said
    assert isinstance(decode(RawEntry(HEARD, GOOD | {b"event": body})), str | LogEntry)


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REQUEST = "0af7651916cd43dd8448eb211c80319c"


def test_where_an_entry_came_from_survives_the_log():
    entry = replace(decode(RawEntry(HEARD, GOOD)), request=REQUEST, trace=TRACE)
    assert decode(RawEntry(HEARD, to_fields(entry))) == entry
    assert set(to_fields(entry)) - set(to_fields(replace(entry, request=None, trace=None))) == {
        b"request",
        b"trace",
    }


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_what_says_where_an_entry_came_from_is_believed_or_passed_over(request, trace):
    entry = decode(RawEntry(HEARD, GOOD | {b"request": request, b"trace": trace}))
    assert (entry.id, entry.user_id) == ("e1", 7)
    assert entry.request in {None, request.decode(errors="replace")}
    assert entry.trace in {None, trace.decode(errors="replace")}


@pytest.mark.parametrize(
    "trace",
    [
        "", "x" * 10**6, TRACE + "\n", TRACE + "\x00", TRACE.upper(), TRACE.replace("00-", "ff-"),
        TRACE[:-1] + "0", "00-" + "0" * 32 + TRACE[35:], TRACE[:36] + "0" * 16 + "-01",
        "\u0660" + TRACE[1:],
    ],
)  # fmt: skip
def test_a_trace_that_is_none_is_none(trace):
    entry = decode(RawEntry(HEARD, GOOD | {b"trace": trace.encode(), b"request": trace.encode()}))
    assert (entry.request, entry.trace) == (None, None)
