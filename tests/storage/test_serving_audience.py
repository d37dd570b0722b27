"""What listings have had of their audiences, of every engine: told in any order, read at a moment.

One engine reads at the present, the other at the latest moment it has heard of: what is compared
is therefore what one listing has had beside another one.
"""

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from carousel.domain.audience import KINDS, Tally, fold, heard
from carousel.domain.listing import Status
from carousel.storage.ports import HALF_LIVES
from tests.storage.postgres_world import NOON, car, market

NOW = datetime.now(UTC)  # one engine reads at the present, and little is left after a year
HALF, CONTACT_HALF = HALF_LIVES.half_life, HALF_LIVES.contact_half_life


@pytest.fixture
def shop(marketplace):
    """Return a marketplace with 10 cars and their ids."""
    return marketplace, marketplace.upsert(market(10))


def had(place, ids):
    """Return what listings have had, shape (n, 3), columns as KINDS."""
    told = place.asked(lambda store: store.described(ids)).had
    return np.column_stack([told.impressions, told.views, told.contacts])


def test_a_car_that_nobody_has_seen_has_had_nothing(shop):
    place, ids = shop
    assert had(place, ids).tolist() == [[0.0, 0.0, 0.0]] * len(ids)
    assert had(place, []).shape == (0, 3)
    place.hear({})
    assert not had(place, ids).any()


def test_what_each_has_had_is_told_beside_its_description(shop):
    place, ids = shop
    for n, kind in enumerate(KINDS):
        place.hear({ids[n]: heard(kind, NOW), ids[3]: heard(kind, NOW, 2.0)})
    told = had(place, [ids[3], 10**9, ids[0], ids[1], ids[2], ids[4]])
    assert (told > 0).astype(int).tolist() == [[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0] * 3]
    assert told[0] == pytest.approx(2 * told[1:4].sum(axis=0))


def test_counts_decay_contacts_soonest(shop):
    place, (old, new, *_) = shop
    for kind in KINDS:
        place.hear({old: heard(kind, NOW - HALF, 4.0)})
        place.hear({new: heard(kind, NOW)})
    place.hear({old: heard("view", NOW, 0.0)})  # nothing more, but aged to now
    (of_old, of_new) = had(place, [old, new])
    assert of_old / of_new == pytest.approx([2.0, 2.0, 4 * 2 ** -(HALF / CONTACT_HALF)])


def test_neither_order_nor_grouping_matters(shop):
    place, ids = shop
    day = timedelta(days=1)
    tallies = [
        Tally(1.0, 0.0, 0.0, NOW - 30 * day),
        Tally(0.0, 2.0, 1.0, NOW),
        Tally(3.0, 0.0, 2.0, NOW - 7 * day),
        Tally(-1.0, 0.0, -1.0, NOW - 7 * day),
    ]
    for listing_id, order in zip(ids, itertools.permutations(tallies), strict=False):
        for tally in order:
            place.hear({listing_id: tally})
    place.hear(dict.fromkeys(ids, fold(tallies, HALF_LIVES)))
    told = had(place, ids)
    assert told == pytest.approx(np.tile(told[0], (len(ids), 1)))
    assert told[0, 0] / told[0, 1] == pytest.approx((2 ** (-30 / 14) + 2 * 2**-0.5) / 2)


def test_what_is_taken_back_has_never_been_and_is_never_less_than_nothing(shop):
    place, (one, two, *_) = shop
    at = NOW - timedelta(days=3)
    place.hear({one: heard("contact", at), two: heard("contact", NOW)})
    place.hear({one: heard("contact", at, -1.0)})
    place.hear({one: heard("impression", NOW, -1.0), two: heard("view", NOW)})
    told = had(place, [one, two])
    assert told[0] == pytest.approx([0.0, 0.0, 0.0])
    assert (told[1, 1:] > 0).all()


def test_events_of_any_age_are_added(shop):
    place, (one, two, *_) = shop
    place.hear({one: heard("contact", NOON.replace(year=2000))})
    for year in (1960, *range(2001, 2026)):  # less is left of it than a float can hold
        place.hear({one: heard("view", NOON.replace(year=year))})
    place.hear({two: heard("contact", NOW)})
    assert had(place, [one])[0, ::2] == pytest.approx([0.0, 0.0], abs=1e-12)
    place.hear({one: heard("contact", NOW)})
    told = had(place, [one, two])[:, 2]
    assert told[0] == pytest.approx(told[1])


def test_a_car_keeps_what_it_had_while_it_is_away_and_when_it_changes(shop):
    place, ids = shop
    place.hear(dict.fromkeys(ids[:3], heard("view", NOW)))
    place.set_status([ids[1]], Status.RESERVED)
    views = had(place, ids[:3])[:, 1]
    assert views / views[0] == pytest.approx([1.0, 1.0])
    place.hear({ids[1]: heard("view", NOW)})
    place.set_status([ids[1]], Status.ACTIVE)
    place.patch(ids[2], {"price": 1_234})
    views = had(place, ids[:3])[:, 1]
    assert views / views[0] == pytest.approx([1.0, 2.0, 1.0])
    place.reindex()
    again = had(place, ids[:3])[:, 1]
    assert again / again[0] == pytest.approx([1.0, 2.0, 1.0])
    (late,) = place.upsert([car("late")])
    assert not had(place, [late]).any()


def test_many_cars_at_once_are_told_apart(marketplace):
    ids = marketplace.upsert(market(700))
    marketplace.asked(lambda store: store.described(ids))
    marketplace.hear({i: Tally(float(n), 1.0, 0.0, NOW) for n, i in enumerate(ids)})
    told = had(marketplace, ids)
    assert told[:, 0] / told[:, 1] == pytest.approx(np.arange(700))
