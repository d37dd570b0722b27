"""One batch of occasions: from what happened to listings to the notices that come of it.

Owns:    whom each kind of occasion concerns, the saved searches kept in memory.
Imports: storage.ports, serving.shoppers, domain.

What is told is what is true when the batch is written, not what was true in between: a car that
was sold and is for sale again is not told as sold.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from carousel.domain import preference
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, Status, UserId
from carousel.domain.noticing import (
    Kind,
    Params,
    Shoppers,
    after_change,
    fitting,
    is_bulk,
    left_today,
)
from carousel.domain.standing_searches import StandingSearches
from carousel.observability.metrics import NOTICES
from carousel.serving.shoppers import RECENT
from carousel.storage.ports.notices import Notice, NoticeStore, NoticeTransaction, Occasion, Saver

AT_ONCE = 1_000  # occasions of one transaction
MOST_APART = 500  # saved searches that came or went since all were arranged
CLOCKS_DIFFER = timedelta(minutes=5)
DAY = timedelta(days=1)
GONE = frozenset({Status.SOLD, Status.WITHDRAWN})


class Watching:
    """The saved searches, kept in memory between batches: none ever changes.

    Those that came lately stand apart, so that one more does not cost arranging all of them anew;
    those that went are found still, and left out by whoever asks whose they are.
    """

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._filters: dict[int, Filters] = {}
        self._standing = StandingSearches({})
        self._late: dict[int, Filters] = {}

    def now(self, batch: NoticeTransaction) -> tuple[StandingSearches, StandingSearches]:
        """Return all saved searches that are there in a transaction, in two parts."""
        there = batch.searches()
        if fresh := there - self._known:
            self._late |= batch.filters(fresh)
            self._known |= fresh
        if len(self._late) + len(self._known - there) > MOST_APART:
            every = self._filters | self._late
            self._filters = {search: every[search] for search in every if search in there}
            self._standing = StandingSearches(self._filters)
            self._known, self._late = there, {}
        return self._standing, StandingSearches(self._late)


@dataclass(frozen=True, slots=True)
class Rules:
    """By what notices are written.

    params:   limits and thresholds. taste: of the preference; the writer of evidence uses the same.
    watching: the saved searches that this process knows.
    """

    params: Params = field(default_factory=Params)
    taste: preference.Params = field(default_factory=preference.Params)
    watching: Watching = field(default_factory=Watching)


def deal(store: NoticeStore, now: datetime, rules: Rules) -> dict[UserId, int]:
    """Deal with one batch of occasions, in one transaction.

    Returns how many notices are unseen by each of those who got one.
    """
    with store.transaction() as batch:
        occasions = batch.occasions(AT_ONCE)
        listings = batch.listings({one.listing_id for one in occasions})
        notices = _of_statuses(batch, occasions, listings)
        notices += _of_prices(batch, occasions, listings)
        if news := _news(batch, occasions, listings, now, rules.params):
            notices += _of_news(batch, news, listings, now, rules)
        written = batch.write(notices)
        unseen = batch.unseen({notice.user_id for notice in notices})
    for kind in written:
        NOTICES.labels(kind.value).inc()
    return unseen


def _of_statuses(
    batch: NoticeTransaction, occasions: Sequence[Occasion], listings: Mapping[ListingId, Listing]
) -> list[Notice]:
    """Tell who saved a car that it is gone; take back what is not true any more."""
    latest = {one.listing_id: one.at for one in occasions if one.kind == "status"}
    gone = {i: at for i, at in latest.items() if listings[i].status in GONE}
    back = [i for i in latest if listings[i].status is Status.ACTIVE]
    batch.take_back([Kind.PRICE_DROP, Kind.FITS, Kind.SEARCH], list(gone))
    batch.take_back([Kind.SOLD], back)
    return [
        Notice(saver.user_id, saver.listing_id, Kind.SOLD, gone[saver.listing_id])
        for saver in _savers(batch, gone)
        if _saved_before(saver, gone[saver.listing_id])
    ]


def _of_prices(
    batch: NoticeTransaction, occasions: Sequence[Occasion], listings: Mapping[ListingId, Listing]
) -> list[Notice]:
    """Tell who saved a car that it costs less; take back what is not true any more."""
    changes: dict[ListingId, list[Occasion]] = defaultdict(list)
    for one in occasions:
        if one.kind == "price" and listings[one.listing_id].status not in GONE:
            changes[one.listing_id].append(one)
    notices: list[Notice] = []
    raised: list[tuple[UserId, ListingId]] = []
    for saver in _savers(batch, changes):
        drop, at = saver.told, None
        for one in changes[saver.listing_id]:
            if one.before is None or one.after is None or not _saved_before(saver, one.at):
                continue
            drop, at = after_change(drop, one.before, one.after), one.at
        if at is None or drop == saver.told:
            continue
        if drop is None:
            raised.append((saver.user_id, saver.listing_id))
        else:
            about = (saver.user_id, saver.listing_id, Kind.PRICE_DROP)
            notices.append(Notice(*about, at, drop.before, drop.after))
    batch.take_back_drops(raised)
    return notices


def _savers(batch: NoticeTransaction, ids: Iterable[ListingId]) -> list[Saver]:
    asked = list(ids)
    return batch.savers(asked) if asked else []


def _saved_before(saver: Saver, at: datetime) -> bool:
    """Return whether a car was saved before something happened to it, by clocks that differ."""
    return saver.saved_at <= at + CLOCKS_DIFFER


def _news(
    batch: NoticeTransaction,
    occasions: Sequence[Occasion],
    listings: Mapping[ListingId, Listing],
    now: datetime,
    params: Params,
) -> dict[ListingId, datetime]:
    """Return the new cars that are for sale and were no part of a bulk load, and since when."""
    arrived = {
        one.listing_id: one.at
        for one in occasions
        if one.kind == "new"
        and one.at > now - params.fresh
        and listings[one.listing_id].status is Status.ACTIVE
    }
    if not arrived:
        return {}
    counts, for_sale = batch.arrived(set(arrived.values()), params.window), batch.for_sale()
    bulk = {at for at, count in counts.items() if is_bulk(count, for_sale, params)}
    return {i: at for i, at in arrived.items() if at not in bulk}


def _of_news(
    batch: NoticeTransaction,
    news: Mapping[ListingId, datetime],
    listings: Mapping[ListingId, Listing],
    now: datetime,
    rules: Rules,
) -> list[Notice]:
    """Tell whose saved search finds a new car, and whom it fits; nobody twice of the same car."""
    found = _found(batch, news, listings, now, rules)
    about = {(notice.user_id, notice.listing_id) for notice in found}
    fits = [
        one for one in _fits(batch, news, now, rules) if (one.user_id, one.listing_id) not in about
    ]
    known = batch.acquainted(about | {(one.user_id, one.listing_id) for one in fits})
    return [one for one in (*found, *fits) if (one.user_id, one.listing_id) not in known]


def _found(
    batch: NoticeTransaction,
    news: Mapping[ListingId, datetime],
    listings: Mapping[ListingId, Listing],
    now: datetime,
    rules: Rules,
) -> list[Notice]:
    """Return a notice for each shopper and new car that a search of theirs finds, within limits."""
    parts = rules.watching.now(batch)
    found = {
        listing_id: {search for part in parts for search in part.passed_by(listings[listing_id])}
        for listing_id in news
    }
    wanted = batch.watches({search for searches in found.values() for search in searches})
    watches, oldest = {one.id: one for one in wanted}, {one.id: n for n, one in enumerate(wanted)}
    told = Counter(batch.told(Kind.SEARCH, now - DAY))
    notices: list[Notice] = []
    for listing_id, at in news.items():
        asked = set[UserId]()
        for search in sorted(found[listing_id] & oldest.keys(), key=oldest.__getitem__):
            watch = watches[search]
            if watch.created_at > at or watch.user_id in asked:
                continue
            asked.add(watch.user_id)
            told[watch.user_id] += 1
            if told[watch.user_id] <= rules.params.searches_a_day:
                about = (watch.user_id, listing_id, Kind.SEARCH)
                notices.append(Notice(*about, at, search_id=watch.id))
    return notices


def _fits(
    batch: NoticeTransaction, news: Mapping[ListingId, datetime], now: datetime, rules: Rules
) -> list[Notice]:
    """Return a notice for each shopper whom a new car fits well enough, within limits."""
    space, vectors = batch.space(), batch.vectors(news)
    if space is None or not vectors:
        return []
    evident, reader = batch.shoppers(RECENT), preference.Reader(space, rules.taste)
    shoppers = Shoppers(
        evident.ids,
        reader.preferences(evident.directions, evident.masses),
        reader.confidences(evident.masses, now.timestamp() - evident.as_of),
    )
    left = left_today(batch.told(Kind.FITS, now - DAY), evident.ids, rules.params.fits_a_day)
    rows = np.array(list(vectors.values()))
    return [
        Notice(fit.user_id, fit.listing_id, Kind.FITS, news[fit.listing_id], score=fit.score)
        for fit in fitting(shoppers, list(vectors), rows, left, rules.params)
    ]
