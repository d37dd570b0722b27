"""The archive of a running marketplace as a recording, so that everything learns from one form.

Owns:    what the archive's columns mean in a recording, and which parts of it have to be guessed.
Imports: numpy, recording, storage.ports, domain, training.attribution.

A recording knows more than a database does. What cannot be known is said in one way:

- prices: each listing has the price it has now; there are no later ones.
- left_at: when the catalogue last changed a listing that is not for sale any more.
- dismissals that were taken back are left out, and so is what took them back.
- slates: an act belongs to that of the impression it follows; a slate's moment is that of its first
  impression.
- impressions: the filters in force are the empty ones; where an impression does not say how many
  cars were eligible, it is every car for sale at that moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from itertools import chain
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Listing, Status
from carousel.recording.checking import Checked, checked
from carousel.recording.tables import (
    EVENT_TYPES,
    NONE,
    REASONS,
    Events,
    Flags,
    Floats,
    Impressions,
    Ints,
    Lives,
    PriceChanges,
    Recording,
)
from carousel.storage.ports import Archive, ArchivedEvents, ArchivedImpressions
from carousel.training.attribution import causes, outcomes, slate_numbers

TYPES = (*EVENT_TYPES, "undismiss")
DISMISS, UNDISMISS = TYPES.index("dismiss"), TYPES.index("undismiss")

JUST_AFTER = 1e-3
"""Seconds; doubles of our century are 2.4e-7 apart."""

Batch = TypeVar("Batch", ArchivedEvents, ArchivedImpressions)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which row of a recording's table a key of the database has; ``keys`` ascend."""

    keys: Ints
    rows: Ints

    def of(self, keys: Ints) -> Ints:
        """Return the row of each key, NONE where there is none."""
        if not len(self.keys):
            return np.full(len(keys), NONE, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.rows[place], NONE)


def _silent(_: int) -> None:
    """Tell nobody how far it is."""


def read_archive(
    archive: Archive, ends: float, advance: Callable[[int], None] = _silent
) -> Checked:
    """Return what happened up to a moment, and what of it could not be believed.

    Args:
        archive: of one database.
        ends: epoch seconds, usually now; nothing later is looked at.
        advance: told now and then how many events have been read.

    Raises:
        RecordingError: there are no listings or no events.
        StoreUnavailableError: the server did not answer.
    """
    listings, lives, listing_rows = _listings(archive, ends)
    searches, search_rows = _searches(archive)
    done = gathered(ArchivedEvents, archive.events(TYPES, REASONS, ends), advance)
    heard = len(done.at)
    done = _without_what_was_taken_back(in_order(done))
    shown = in_order(
        gathered(ArchivedImpressions, archive.impressions(ends), lambda n: advance(heard + n))
    )
    users = np.unique(np.concatenate([done.user, shown.user]))
    account = _Rows(users, np.arange(len(users)))
    did = (done.at, account.of(done.user), listing_rows.of(done.listing))
    saw = (shown.at, account.of(shown.user), listing_rows.of(shown.listing))
    slate = slate_numbers(shown.at, saw[1], shown.named == 1, shown.slate)
    cause = causes(did, saw)
    events = Events(
        *did[:2],
        type=done.type,
        listing=did[2],
        reason=done.reason,
        search=search_rows.of(done.search),
        slate=np.append(slate, NONE)[cause],  # NONE, -1, points at the last
    )
    outcome = outcomes(cause, done.type, len(shown.at))
    recording = Recording(
        name="archive",
        begins=float(min(done.at.min(initial=ends), shown.at.min(initial=ends))),
        ends=ends,
        listings=listings,
        lives=lives,
        prices=PriceChanges(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64)),
        users=users,
        searches=searches,
        events=events,
        impressions=_slate_by_slate(shown, saw, slate, outcome, lives),
    )
    return checked(recording)


def last_moment(recording: Recording) -> float:
    """Return the moment just after the last thing that happened, in epoch seconds.

    What learns from all of a recording learns until then: so an archive gives the same model
    tomorrow, and the days held out to measure it on are days on which something happened.
    """
    tables = (recording.events, recording.impressions)
    return max(float(one.at.max(initial=recording.begins)) for one in tables) + JUST_AFTER


def _listings(archive: Archive, ends: float) -> tuple[tuple[Listing, ...], Lives, _Rows]:
    known = list(chain.from_iterable(archive.listings()))
    known.sort(key=lambda one: (one.listing.listed_at, one.listing.id))
    listings = tuple(one.listing for one in known)
    listed_at = np.array([one.listed_at.timestamp() for one in listings], dtype=np.float64)
    changed_at = np.array([one.changed_at for one in known], dtype=np.float64)
    gone = np.array([one.status is not Status.ACTIVE for one in listings], dtype=np.bool_)
    gone &= changed_at <= ends
    left_at = np.where(gone, np.maximum(changed_at, listed_at), np.inf)
    sold = np.array([one.status is Status.SOLD for one in listings], dtype=np.bool_) & gone
    ids = np.array([one.id for one in listings], dtype=np.int64)
    rows = np.argsort(ids)
    return listings, Lives(listed_at, left_at, sold), _Rows(ids[rows], rows)


def _searches(archive: Archive) -> tuple[tuple[Filters, ...], _Rows]:
    """Return the distinct filters, and which of them each number of the archive stands for."""
    distinct = {NO_FILTERS: 0}
    rows = {
        number: distinct.setdefault(filters, len(distinct))
        for number, filters in archive.searches()
    }
    keys = np.array(sorted(rows), dtype=np.int64)
    return tuple(distinct), _Rows(keys, np.array([rows[k] for k in keys.tolist()], np.int64))


def gathered(kind: type[Batch], batches: Iterable[Batch], advance: Callable[[int], None]) -> Batch:
    """Return all batches as one, column by column."""
    empty: dict[str, npt.NDArray[np.generic]] = {
        field.name: np.zeros(0, np.float64 if field.name in {"at", "propensity"} else np.int64)
        for field in fields(kind)
    }
    parts = [kind(**empty)]  # type: ignore[arg-type]
    count = 0
    for batch in batches:
        parts.append(batch)
        count += len(batch.at)
        advance(count)
    columns = {}
    for name in empty:
        columns[name] = np.concatenate([getattr(part, name) for part in parts])
    return kind(**columns)


def in_order(table: Batch) -> Batch:
    """Return the rows in order of time, of one moment in the order the pipeline heard of them."""
    return _taken(table, np.lexsort((table.seq, table.at)))


def _taken(table: Batch, rows: Ints | Flags) -> Batch:
    return type(table)(**{f.name: getattr(table, f.name)[rows] for f in fields(table)})


def _without_what_was_taken_back(events: ArchivedEvents) -> ArchivedEvents:
    """Leave out undismissals, and of each shopper and listing the dismissal just before one."""
    about = np.flatnonzero((events.type == DISMISS) | (events.type == UNDISMISS))
    about = about[np.lexsort((events.listing[about], events.user[about]))]  # stable in time
    before, after = about[:-1], about[1:]
    undone = (
        (events.type[before] == DISMISS)
        & (events.type[after] == UNDISMISS)
        & (events.user[before] == events.user[after])
        & (events.listing[before] == events.listing[after])
    )
    stays = events.type != UNDISMISS
    stays[before[undone]] = False
    return _taken(events, stays)


def _slate_by_slate(
    shown: ArchivedImpressions,
    saw: tuple[Floats, Ints, Ints],
    slate: Ints,
    outcome: Ints,
    lives: Lives,
) -> Impressions:
    """Return the impressions as a recording has them: slates in order of time, each by position."""
    began = np.full(int(slate.max(initial=NONE)) + 1, np.inf)
    np.minimum.at(began, slate, shown.at)
    order = np.lexsort((shown.position, slate))  # numbers of slates are in order of time
    at = began[slate[order]]
    stated = shown.eligible[order]
    left_at = np.sort(lives.left_at)
    for_sale = np.searchsorted(lives.listed_at, at, "right") - np.searchsorted(left_at, at, "right")
    return Impressions(
        at=at,
        shopper=saw[1][order],
        slate=slate[order],
        position=shown.position[order],
        listing=saw[2][order],
        random=shown.random[order] == 1,
        propensity=shown.propensity[order],
        eligible=np.where(stated >= 1, stated, np.maximum(for_sale, 1)),
        search=np.zeros(len(at), dtype=np.int64),
        outcome=outcome[order],
    )
