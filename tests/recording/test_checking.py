"""What contradicts itself is refused, or left out and counted."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import RecordingError
from carousel.recording.checking import checked
from carousel.recording.tables import EVENT_TYPES, NONE, OUTCOMES, REASONS, Impressions
from tests.recording.little_market import BEGINS, ENDS, VIEW, market


def changed(column, row, value):
    column = column.copy()
    column[row] = value
    return column


def test_a_whole_recording_loses_nothing_and_its_oddities_are_counted(recording):
    found = checked(recording)
    assert found.counts == {"impressions kept: after the listing had left": 1}
    assert found.recording.events.at.tolist() == recording.events.at.tolist()
    assert found.recording.impressions.at.tolist() == recording.impressions.at.tolist()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (("prices", "at", 0, np.nan), "prices dropped: no moment"),
        (("prices", "at", 0, ENDS + 1), "prices dropped: after the period"),
        (("prices", "at", 0, BEGINS - 1), "prices dropped: before the listing was published"),
        (("prices", "listing", 0, 3), "prices dropped: of an unknown listing"),
        (("prices", "price", 0, 0), "prices dropped: no possible price"),
        (("events", "at", 0, np.nan), "events dropped: no moment"),
        (("events", "at", 0, BEGINS - 1), "events dropped: outside the period"),
        (("events", "at", 3, ENDS + 1), "events dropped: outside the period"),
        (("events", "shopper", 2, 2), "events dropped: of an unknown shopper"),
        (("events", "shopper", 2, NONE), "events dropped: of an unknown shopper"),
        (("events", "type", 2, len(EVENT_TYPES)), "events dropped: of an unknown type"),
        (("events", "search", 0, 2), "events dropped: of an unknown search"),
        (("events", "search", 0, NONE), "events dropped: a search without its filters"),
        (("events", "listing", 2, 3), "events dropped: about an unknown listing"),
        (("events", "listing", 2, NONE), "events dropped: about an unknown listing"),
        (("events", "listing", 0, 1), "events dropped: about an unknown listing"),
        (("events", "listing", 2, 2), "events dropped: before the listing was published"),
        (("events", "reason", 3, len(REASONS)), "events dropped: for an unknown reason"),
        (("events", "listing", 3, 0), "events kept: after the listing had left"),
        (("events", "slate", 1, 5), "events kept: from a slate that was not recorded"),
        (("impressions", "at", 4, ENDS + 1), "impressions dropped: outside the period"),
        (("impressions", "shopper", 1, 9), "impressions dropped: of an unknown shopper"),
        (("impressions", "search", 1, NONE), "impressions dropped: of an unknown search"),
        (("impressions", "listing", 1, NONE), "impressions dropped: of an unknown listing"),
        (("impressions", "listing", 1, 2), "impressions dropped: before the listing was published"),
        (
            ("impressions", "outcome", 1, len(OUTCOMES)),
            "impressions dropped: of an unknown outcome",
        ),
        (("impressions", "position", 1, 0), "impressions dropped: no possible position"),
        (
            ("impressions", "eligible", 1, 0),
            "impressions dropped: no possible number of eligible listings",
        ),
        (("impressions", "propensity", 2, 0.0), "impressions dropped: no possible propensity"),
        (("impressions", "propensity", 2, 1.01), "impressions dropped: no possible propensity"),
        (("impressions", "propensity", 2, np.inf), "impressions dropped: no possible propensity"),
        (("impressions", "slate", 1, NONE), "impressions dropped: of a slate without a number"),
        (("impressions", "slate", 4, 4), "impressions dropped: a slate's number used again"),
        (
            ("impressions", "search", 3, 1),
            "impressions dropped: of another moment, shopper or search than their slate",
        ),
        (
            ("impressions", "at", 1, BEGINS + 16),
            "impressions dropped: of another moment, shopper or search than their slate",
        ),
        (
            ("impressions", "position", 3, 1),
            "impressions dropped: a position taken or out of order",
        ),
        (
            ("impressions", "listing", 3, 2),
            "impressions dropped: a listing shown twice in one slate",
        ),
    ],
)
def test_a_faulty_row_is_left_out_and_counted(recording, spoilt, fault, reason):
    table, column, row, value = fault
    before = getattr(recording, table)
    broken = spoilt(table, **{column: changed(getattr(before, column), row, value)})
    found = checked(broken)
    after = getattr(found.recording, table)
    assert found.counts[reason] == 1
    dropped = sum(n for text, n in found.counts.items() if text.startswith(f"{table} dropped"))
    assert dropped == (" dropped: " in reason)
    assert len(after.at) == len(before.at) - dropped
    assert {len(getattr(after, field.name)) for field in fields(after)} == {len(after.at)}


@pytest.mark.parametrize(
    ("table", "columns", "sentence"),
    [
        ("events", {"at": np.array([3.0, 2.0, 4.0, 5.0]) + BEGINS}, "Row 1 of events .* sort"),
        ("events", {"shopper": np.array([0])}, "events are not of one length"),
        ("impressions", {"at": BEGINS - np.arange(5.0)}, "Row 1 of impressions"),
        ("lives", {"listed_at": np.array([3.0, 2.0, 5.0])}, "Listing 1 .* sort the listings"),
        ("lives", {"listed_at": np.array([np.nan, 2.0, 5.0])}, "Listing 0 .* no moment"),
        ("lives", {"left_at": np.array([np.inf, BEGINS - 1, np.inf])}, "Listing 1 .* left before"),
        ("lives", {"sold": np.array([True, True, True])}, "Listing 1 .* was sold but never left"),
        ("lives", {"left_at": np.array([np.inf])}, "not one life"),
    ],
)
def test_what_puts_the_whole_in_doubt_is_refused(spoilt, table, columns, sentence):
    with pytest.raises(RecordingError, match=sentence):
        checked(spoilt(table, **columns))


def test_an_empty_market_is_refused(recording):
    none = type(recording.events)(*(np.empty(0, dtype=np.int64) for _ in range(7)))
    for empty in ({"listings": ()}, {"users": recording.users[:0]}, {"events": none}):
        with pytest.raises(RecordingError, match="nothing to replay"):
            checked(replace(recording, **empty))
    with pytest.raises(RecordingError, match="empty one"):
        checked(replace(recording, searches=recording.searches[1:]))
    strangers = replace(recording.events, shopper=recording.events.shopper + 9)
    with pytest.raises(
        RecordingError, match=r"No event .* 4 events dropped: of an unknown shopper"
    ):
        checked(replace(recording, events=strangers))
    with pytest.raises(RecordingError, match="twice"):
        checked(replace(recording, users=np.array([77, 77])))
    with pytest.raises(RecordingError, match="ends before"):
        checked(replace(recording, ends=BEGINS))


def test_a_market_that_logs_no_impressions_is_believed(recording):
    none = Impressions(*(getattr(recording.impressions, f.name)[:0] for f in fields(Impressions)))
    found = checked(replace(recording, impressions=none))
    assert found.counts == {"events kept: from a slate that was not recorded": 1}


@st.composite
def chaos(draw):
    """Draw impressions and events as a broken exporter would write them, but in order of time."""
    recording = market()
    size = draw(st.integers(0, 12))

    def ints(low, high):
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), int)

    at = np.sort(BEGINS + 300.0 * ints(0, 4))
    impressions = Impressions(
        at=at,
        shopper=ints(-1, 2),
        slate=ints(-1, 3),
        position=ints(0, 4),
        listing=ints(-1, 3),
        random=ints(0, 1).astype(bool),
        propensity=ints(0, 3) / 2,
        eligible=ints(0, 3),
        search=ints(-1, 2),
        outcome=ints(0, 4),
    )
    events = type(recording.events)(
        at=np.concatenate([[BEGINS], at]),
        shopper=np.concatenate([[0], ints(-1, 2)]),
        type=np.concatenate([[VIEW], ints(-1, 6)]),
        listing=np.concatenate([[0], ints(-1, 3)]),
        reason=np.concatenate([[NONE], ints(-2, 7)]),
        search=np.concatenate([[NONE], ints(-2, 2)]),
        slate=np.concatenate([[NONE], ints(-1, 3)]),
    )
    return replace(recording, events=events, impressions=impressions)


@given(chaos())
def test_every_row_is_kept_or_counted_and_a_second_look_finds_nothing_to_drop(broken):
    found = checked(broken)
    for table in ("events", "impressions", "prices"):
        dropped = sum(n for text, n in found.counts.items() if text.startswith(f"{table} dropped"))
        kept = len(getattr(found.recording, table).at)
        assert kept + dropped == len(getattr(broken, table).at)
    again = checked(found.recording)
    assert not [text for text in again.counts if "dropped" in text]


@given(chaos())
def test_what_is_kept_can_be_looked_up(broken):
    kept = checked(broken).recording
    shown, events = kept.impressions, kept.events
    cars, people = len(kept.listings), len(kept.users)
    assert ((shown.listing >= 0) & (shown.listing < cars)).all()
    assert ((shown.shopper >= 0) & (shown.shopper < people)).all()
    assert ((events.listing >= NONE) & (events.listing < cars)).all()
    assert (
        events.at >= np.where(events.listing == NONE, 0, kept.lives.listed_at[events.listing])
    ).all()
    for slate in np.unique(shown.slate):
        rows = np.flatnonzero(shown.slate == slate)
        assert (np.diff(rows) == 1).all()
        assert (np.diff(shown.position[rows]) > 0).all()
        assert len({*shown.listing[rows].tolist()}) == len(rows)
        assert len({*shown.at[rows].tolist()}) == 1
