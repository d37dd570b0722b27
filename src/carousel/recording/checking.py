"""Whether a recording can be believed: what contradicts itself is refused, or left out and counted.

Owns:    the laws of a recording, and the count of everything that breaks them.
Imports: numpy, domain.errors, recording.tables.

A fault that puts the whole in doubt (no shoppers, times out of order) is refused. A fault of a
single row leaves that row out; ``Checked.counts`` says how many, by reason. What is odd but happens
in real logs, such as a look at a car just sold, stays and is counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from carousel.domain.errors import RecordingError
from carousel.recording.tables import (
    EVENT_TYPES,
    NONE,
    OUTCOMES,
    REASONS,
    Events,
    Flags,
    Floats,
    Impressions,
    Ints,
    PriceChanges,
    Recording,
)

LARGEST_PRICE = 1_000_000_000
SEARCH = EVENT_TYPES.index("search")

Table = TypeVar("Table", Events, Impressions, PriceChanges)
Acts = TypeVar("Acts", Events, Impressions)


@dataclass(frozen=True, slots=True)
class Checked:
    """A recording that keeps its laws.

    counts: "events dropped: outside the period" -> how many; only what occurred, dropped or odd.
    """

    recording: Recording
    counts: Mapping[str, int]


def checked(recording: Recording) -> Checked:
    """Return the recording without the rows that cannot be, and what was found.

    Checking twice finds nothing to drop the second time.

    Raises:
        RecordingError: there is nothing to replay, or nothing is left; a table is out of order;
            the tables of listings and shoppers contradict themselves.
    """
    _refuse_the_impossible(recording)
    counts: dict[str, int] = {}
    prices = _prices(recording, counts)
    events = _events(recording, counts)
    if not len(events.at):
        reasons = ", ".join(f"{n} {text}" for text, n in counts.items() if "events" in text)
        raise RecordingError(f"No event can be believed: {reasons}; mend the export.")
    shown = _impressions(recording, counts)
    unseen = (events.slate != NONE) & ~np.isin(events.slate, shown.slate)
    _count(counts, "events kept: from a slate that was not recorded", unseen)
    return Checked(replace(recording, prices=prices, events=events, impressions=shown), counts)


def _refuse_the_impossible(recording: Recording) -> None:
    lives, users, searches = recording.lives, recording.users, recording.searches
    for table, rows in (
        ("listings", len(recording.listings)),
        ("shoppers", len(users)),
        ("events", len(recording.events.at)),
    ):
        if not rows:
            raise RecordingError(f"The recording has no {table}; there is nothing to replay.")
    if recording.ends <= recording.begins:
        raise RecordingError("The recording ends before it begins; mend the manifest.")
    if not searches or not searches[0].empty:
        raise RecordingError("The first of the searches must be the empty one, {}; put it there.")
    if len(np.unique(users)) != len(users):
        raise RecordingError("A shopper stands in the table of shoppers twice; name each once.")
    if not len(recording.listings) == len(lives.listed_at) == len(lives.left_at):
        raise RecordingError("There is not one life for each listing.")
    _refuse_at(~np.isfinite(lives.listed_at), "Listing {} has no moment of publication.")
    _refuse_at(
        _goes_back(lives.listed_at),
        "Listing {} was published before the one above it; sort the listings by listed_at.",
    )
    _refuse_at(
        ~(lives.left_at >= lives.listed_at),
        "Listing {} left before it was published; mend left_at.",
    )
    _refuse_at(
        lives.sold & np.isinf(lives.left_at), "Listing {} was sold but never left; mend left_at."
    )
    _refuse_disorder("prices", recording.prices)
    _refuse_disorder("events", recording.events)
    _refuse_disorder("impressions", recording.impressions)


def _refuse_disorder(name: str, table: Events | Impressions | PriceChanges) -> None:
    if len({len(getattr(table, field.name)) for field in fields(table)}) > 1:
        raise RecordingError(f"The columns of {name} are not of one length.")
    known = np.flatnonzero(~np.isnan(table.at))
    back = known[_goes_back(table.at[known])]
    if back.size:
        raise RecordingError(
            f"Row {back[0]} of {name} (counted from 0) is earlier than the one above it; "
            "sort the table by 'at'."
        )


def _goes_back(at: Floats) -> Flags:
    back = np.zeros(len(at), dtype=np.bool_)
    back[1:] = at[1:] < at[:-1]
    return back


def _refuse_at(faults: Flags, sentence: str) -> None:
    if faults.any():
        raise RecordingError(sentence.format(f"{np.flatnonzero(faults)[0]} (counted from 0)"))


def _prices(recording: Recording, counts: dict[str, int]) -> PriceChanges:
    listed_at, left_at = recording.lives.listed_at, recording.lives.left_at
    table = recording.prices
    table = _without(table, "prices", "no moment", np.isnan(table.at), counts)
    table = _without(table, "prices", "after the period", table.at > recording.ends, counts)
    unknown = _outside(table.listing, len(listed_at))
    table = _without(table, "prices", "of an unknown listing", unknown, counts)
    early = table.at < listed_at[table.listing]
    table = _without(table, "prices", "before the listing was published", early, counts)
    absurd = (table.price < 1) | (table.price > LARGEST_PRICE)
    table = _without(table, "prices", "no possible price", absurd, counts)
    late = table.at > left_at[table.listing]
    _count(counts, "prices kept: after the listing had left", late)
    return table


def _events(recording: Recording, counts: dict[str, int]) -> Events:
    def drop(table: Events, reason: str, faults: Flags) -> Events:
        return _without(table, "events", reason, faults, counts)

    listed_at, left_at = recording.lives.listed_at, recording.lives.left_at
    table = _placed(recording, recording.events, drop)
    table = drop(table, "of an unknown type", _outside(table.type, len(EVENT_TYPES)))
    stray = (table.search < NONE) | (table.search >= len(recording.searches))
    table = drop(table, "of an unknown search", stray)
    blank = (table.type == SEARCH) & (table.search == NONE)
    table = drop(table, "a search without its filters", blank)
    about = table.type != SEARCH
    stray = np.where(about, _outside(table.listing, len(listed_at)), table.listing != NONE)
    table = drop(table, "about an unknown listing", stray)
    stray = (table.reason < NONE) | (table.reason >= len(REASONS))
    table = drop(table, "for an unknown reason", stray)
    # A search's NONE points at the last listing; that it is about none masks what is found there.
    early = (table.listing != NONE) & (table.at < listed_at[table.listing])
    table = drop(table, "before the listing was published", early)
    late = (table.listing != NONE) & (table.at > left_at[table.listing])
    _count(counts, "events kept: after the listing had left", late)
    return table


def _impressions(recording: Recording, counts: dict[str, int]) -> Impressions:
    def drop(table: Impressions, reason: str, faults: Flags) -> Impressions:
        return _without(table, "impressions", reason, faults, counts)

    listed_at, left_at = recording.lives.listed_at, recording.lives.left_at
    table = _placed(recording, recording.impressions, drop)
    table = drop(table, "of an unknown search", _outside(table.search, len(recording.searches)))
    table = drop(table, "of an unknown listing", _outside(table.listing, len(listed_at)))
    early = table.at < listed_at[table.listing]
    table = drop(table, "before the listing was published", early)
    table = drop(table, "of an unknown outcome", _outside(table.outcome, len(OUTCOMES)))
    table = drop(table, "no possible position", table.position < 1)
    table = drop(table, "no possible number of eligible listings", table.eligible < 1)
    chance = table.propensity
    wrong = ~np.isnan(chance) & ~((chance > 0) & (chance <= 1))
    table = drop(table, "no possible propensity", wrong)
    table = drop(table, "of a slate without a number", table.slate < 0)
    table = _whole_slates(table, drop)
    late = table.at > left_at[table.listing]
    _count(counts, "impressions kept: after the listing had left", late)
    return table


def _placed(recording: Recording, table: Acts, drop: Callable[[Acts, str, Flags], Acts]) -> Acts:
    """Drop what happened at no moment, outside the period, or to nobody known."""
    table = drop(table, "no moment", np.isnan(table.at))
    outside = (table.at < recording.begins) | (table.at > recording.ends)
    table = drop(table, "outside the period", outside)
    return drop(table, "of an unknown shopper", _outside(table.shopper, len(recording.users)))


def _whole_slates(
    table: Impressions, drop: Callable[[Impressions, str, Flags], Impressions]
) -> Impressions:
    """Drop what is no part of its slate: a slate is one run of rows, one request, by position."""
    run, starts = _runs(table.slate)
    _, first = np.unique(table.slate[starts], return_index=True)
    again = np.ones(len(starts), dtype=np.bool_)
    again[first] = False
    table = drop(table, "a slate's number used again", again[run])

    run, starts = _runs(table.slate)
    head = starts[run]
    other = (
        (table.at != table.at[head])
        | (table.shopper != table.shopper[head])
        | (table.search != table.search[head])
    )
    table = drop(table, "of another moment, shopper or search than their slate", other)

    run, _ = _runs(table.slate)
    place = run * (table.position.max(initial=0) + 1) + table.position
    below = np.zeros(len(place), dtype=np.bool_)
    below[1:] = place[1:] <= np.maximum.accumulate(place)[:-1]
    table = drop(table, "a position taken or out of order", below)

    run, _ = _runs(table.slate)
    pair = run * (table.listing.max(initial=0) + 1) + table.listing
    twice = np.ones(len(pair), dtype=np.bool_)
    twice[np.unique(pair, return_index=True)[1]] = False
    return drop(table, "a listing shown twice in one slate", twice)


def _runs(slate: Ints) -> tuple[Ints, Ints]:
    """Return of each row the number of its run of equal slates, and where each run starts."""
    new = np.ones(len(slate), dtype=np.bool_)
    new[1:] = slate[1:] != slate[:-1]
    return np.cumsum(new) - 1, np.flatnonzero(new)


def _outside(rows: Ints, count: int) -> Flags:
    return (rows < 0) | (rows >= count)


def _without(table: Table, name: str, reason: str, faults: Flags, counts: dict[str, int]) -> Table:
    """Return the table without the faulty rows, counting them."""
    if not faults.any():
        return table
    _count(counts, f"{name} dropped: {reason}", faults)
    kept = ~faults
    return type(table)(**{f.name: getattr(table, f.name)[kept] for f in fields(table)})


def _count(counts: dict[str, int], what: str, rows: Flags) -> None:
    if rows.any():
        counts[what] = int(rows.sum())
