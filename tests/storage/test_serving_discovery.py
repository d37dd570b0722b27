"""What the request path asks of what goes on and of what chance draws, of every engine."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from carousel.domain.audience import Tally
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Status
from carousel.domain.lots import turns
from carousel.domain.trending import Params
from tests.storage.postgres_world import market

NOBODY = frozenset()
SKODAS = Filters(make=("skoda",))


@pytest.fixture
def shop(marketplace):
    """Return a marketplace with 40 cars and a feature space, and their ids."""
    ids = marketplace.upsert(market(40))
    marketplace.reindex()
    return marketplace, ids


def vectors_of(place, ids):
    found = place.asked(lambda store: store.vectors(ids))
    return np.stack([found[i] for i in ids])


def trending(place, filters=NO_FILTERS, limit=100, without=NOBODY, params=Params()):  # noqa: B008 (frozen)
    return place.asked(lambda store: store.trending(filters, limit, without, params))


def sample(place, seed=1, filters=NO_FILTERS, limit=100, without=NOBODY):
    return place.asked(lambda store: store.sample(filters, limit, without, seed))


@pytest.mark.parametrize("filters", [NO_FILTERS, SKODAS])
def test_the_nearest_of_each_are_those_of_each_alone(shop, filters):
    place, ids = shop
    vectors, without = vectors_of(place, ids[:3]), frozenset(ids[:2])
    each = place.asked(lambda store: store.nearest_each(vectors, filters, 7, without))
    assert len(each) == 3
    for vector, near in zip(vectors, each, strict=True):
        alone = place.asked(lambda store, v=vector: store.nearest(v, filters, 7, without))
        assert list(near.ids) == list(alone.ids)
        np.testing.assert_allclose(near.scores, alone.scores, rtol=1e-5, atol=1e-6)


def test_a_car_of_more_interest_than_usual_trends_however_often_the_others_are_shown(shop):
    place, ids = shop
    now = datetime.now(UTC)
    place.hear({i: Tally(100.0, 10.0, 0.0, now) for i in ids[:5]})
    place.hear({ids[5]: Tally(20.0, 12.0, 0.0, now), ids[6]: Tally(20.0, 2.0, 4.0, now)})
    place.hear({ids[7]: Tally(50.0, 0.0, 0.0, now)})
    found = trending(place)
    assert list(found.ids) == [ids[6], ids[5]]
    # 62 views, of which 10 for each of five; 4 contacts count as 16: 80 in 590 impressions.
    usual = (50 + 12 + 2 + 16) / (500 + 20 + 20 + 50)
    expected = [(18 + 3) / (20 * usual + 3), (12 + 3) / (20 * usual + 3)]
    assert list(found.scores) == pytest.approx(expected, rel=1e-3)
    assert trending(place, limit=1).ids == [ids[6]]
    assert trending(place, without=frozenset([ids[6]])).ids == [ids[5]]


def test_what_counts_as_trending_is_said_by_whoever_asks(shop):
    place, ids = shop
    now = datetime.now(UTC)
    place.hear({i: Tally(30.0, 3.0, 0.0, now) for i in ids[:4]})
    place.hear({ids[4]: Tally(30.0, 9.0, 0.0, now), ids[5]: Tally(30.0, 0.0, 2.0, now)})
    params = Params(contact=6.0, doubt=1.0, least=0.5)
    usual = (4 * 3 + 9 + 2 * 6) / 180
    expected = [(i + 1) / (30 * usual + 1) for i in (12, 9, 3, 3, 3, 3)]
    found = trending(place, params=params)
    assert list(found.ids) == [ids[5], ids[4], *ids[:4]]
    assert list(found.scores) == pytest.approx(expected, rel=1e-3)
    assert list(trending(place, params=replace(params, least=1.0)).ids) == [ids[5], ids[4]]
    assert trending(place, params=replace(params, contact=0.0)).ids[0] == ids[4]


def test_trending_is_relative_to_what_passes(shop):
    place, ids = shop
    now = datetime.now(UTC)
    skodas = set(sample(place, filters=SKODAS).ids)
    place.hear({i: Tally(20.0, 1.0 if i in skodas else 9.0, 0.0, now) for i in ids})
    best = min(skodas)
    place.hear({best: Tally(0.0, 2.0, 0.0, now)})
    assert best not in trending(place).ids
    assert trending(place, SKODAS).ids == [best]


def test_where_nobody_was_heard_of_nothing_trends(shop):
    place, _ = shop
    assert list(trending(place).ids) == []


def test_old_interest_does_not_trend(shop):
    place, ids = shop
    now = datetime.now(UTC)
    old = now.replace(year=now.year - 1)
    place.hear(dict.fromkeys(ids[:20], Tally(10.0, 1.0, 0.0, now)))
    place.hear({ids[20]: Tally(10.0, 9.0, 9.0, old), ids[21]: Tally(10.0, 9.0, 0.0, now)})
    assert list(trending(place).ids) == [ids[21]]


def test_a_draw_is_that_of_the_formula_and_the_same_again(shop):
    place, ids = shop
    expected = sorted(ids, key=lambda i: turns([i], np.zeros(1), 5)[0])
    drawn = sample(place, seed=5)
    assert list(drawn.ids) == expected
    np.testing.assert_allclose(drawn.scores, -turns(expected, np.zeros(40), 5), rtol=1e-9)
    assert list(sample(place, seed=5, limit=3).ids) == expected[:3]
    assert list(sample(place, seed=6).ids) != expected


def test_a_draw_keeps_to_what_is_active_passes_and_is_wanted(shop):
    place, ids = shop
    skodas = sample(place, filters=SKODAS).ids
    assert 0 < len(skodas) < 40
    everything = sample(place).ids
    assert set(skodas) < set(everything) == set(ids)
    assert list(skodas) == [i for i in everything if i in set(skodas)]
    place.set_status(everything[:2], Status.SOLD)
    few = sample(place, limit=4, without=frozenset(everything[2:5]))
    assert list(few.ids) == list(everything[5:9])
    assert list(sample(place, limit=0).ids) == []


def test_what_was_hardly_shown_is_drawn_sooner(shop):
    place, ids = shop
    now = datetime.now(UTC)
    place.hear({i: Tally(200.0, 0.0, 0.0, now) for i in ids[:20]})
    drawn = Counter(i for seed in range(40) for i in sample(place, seed=seed, limit=4).ids)
    known = sum(drawn[i] for i in ids[:20])
    assert 0 < known < 0.25 * drawn.total()  # one of eleven is expected


def test_a_lot_out_of_many_is_the_same_as_out_of_few(marketplace):
    ids = marketplace.upsert(market(300))
    now = datetime.now(UTC)
    marketplace.hear({i: Tally(float(n % 90), 0.0, 0.0, now) for n, i in enumerate(ids)})
    everything = sample(marketplace, seed=3, limit=1_000)
    few = sample(marketplace, seed=3, limit=2, without=frozenset(everything.ids[:1]))
    assert list(few.ids) == list(everything.ids[1:3])
