"""What the request path asks of the latent space, of every engine."""

import numpy as np
import pytest

from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Status
from tests.storage.postgres_world import market

NOBODY = frozenset()
K = 5


@pytest.fixture
def shop(marketplace):
    """Return a marketplace with 40 cars, their ids, and factors that nobody has stored yet."""
    ids = marketplace.upsert(market(40))
    marketplace.reindex()
    dice = np.random.default_rng(3)
    return marketplace, ids, {i: dice.normal(size=K).astype(np.float32) for i in ids}


def nearest(place, taste, filters=NO_FILTERS, limit=100, without=NOBODY):
    return place.asked(lambda store: store.nearest_latent(taste, filters, limit, without))


def test_while_no_latent_space_serves_there_are_no_factors(shop):
    place, _, _ = shop
    assert nearest(place, np.ones(K)).ids == []
    assert place.asked(lambda store: store.shopper(7)).latent is None


def test_the_nearest_are_those_of_the_largest_inner_products(shop):
    place, ids, factors = shop
    taste = np.arange(1.0, K + 1)
    place.move("one", factors, {7: taste})
    found = nearest(place, taste)
    expected = sorted(ids, key=lambda i: -float(factors[i] @ taste))
    assert list(found.ids) == expected
    np.testing.assert_allclose(found.scores, [factors[i] @ taste for i in expected], rtol=1e-5)
    np.testing.assert_allclose(place.asked(lambda store: store.shopper(7)).latent, taste)
    assert place.asked(lambda store: store.shopper(8)).latent is None


def test_only_active_listings_that_pass_come_back_and_none_that_is_unwanted(shop):
    place, ids, factors = shop
    place.move("one", factors, {})
    taste = np.ones(K)
    everything = nearest(place, taste)
    few = nearest(place, taste, limit=3, without=frozenset(everything.ids[:2]))
    assert few.ids == everything.ids[2:5]
    skodas = nearest(place, taste, Filters(make=("skoda",)))
    assert 0 < len(skodas.ids) < len(ids)
    assert list(skodas.ids) == [i for i in everything.ids if i in set(skodas.ids)]
    place.set_status(everything.ids[:1], Status.SOLD)
    assert nearest(place, taste).ids == everything.ids[1:]
    place.set_status(everything.ids[:1], Status.ACTIVE)
    assert nearest(place, taste).ids == everything.ids


def test_a_listing_that_moves_is_found_where_it_is(shop):
    place, ids, factors = shop
    place.move("one", factors, {})
    taste = np.ones(K)
    last = nearest(place, taste).ids[-1]
    place.move("one", {last: 9 * np.ones(K)}, {})
    assert nearest(place, taste).ids[0] == last
    assert set(nearest(place, taste).ids) == set(ids)


def test_versions_never_mix(shop):
    place, ids, factors = shop
    place.move("one", factors, {7: np.ones(K)})
    assert len(nearest(place, np.ones(K)).ids) == len(ids)
    few = dict.fromkeys(ids[:4], np.array([1.0, 2.0, 3.0]))
    place.move("two", few, {8: np.ones(3)})
    assert set(nearest(place, np.ones(3)).ids) == set(few)
    assert place.asked(lambda store: store.shopper(7)).latent is None
    np.testing.assert_allclose(place.asked(lambda store: store.shopper(8)).latent, np.ones(3))


def test_a_listing_without_factors_is_not_found_by_them(shop):
    place, ids, factors = shop
    place.move("one", {i: factors[i] for i in ids[:10]}, {})
    assert set(nearest(place, np.ones(K)).ids) == set(ids[:10])


def test_those_among_the_given_that_are_active_and_pass_come_back_best_first(shop):
    place, ids, _ = shop
    scores = {i: float(-(n % 3)) for n, i in enumerate(ids[:9])} | {10**9: 5.0, -1: 9.0}
    place.set_status(ids[:1], Status.SOLD)

    def among(filters=NO_FILTERS, limit=100, without=NOBODY):
        return place.asked(lambda store: store.among(scores, filters, limit, without))

    found = among()
    assert list(found.ids) == [ids[n] for n in (3, 6, 1, 4, 7, 2, 5, 8)]
    assert list(found.scores) == [0.0, 0.0, -1.0, -1.0, -1.0, -2.0, -2.0, -2.0]
    assert among(limit=2).ids == found.ids[:2]
    assert ids[3] not in among(without=frozenset([ids[3]])).ids
    skodas = set(among(Filters(make=("skoda",))).ids)
    assert skodas < set(found.ids)
    assert place.asked(lambda store: store.among({}, NO_FILTERS, 5, NOBODY)).ids == []
