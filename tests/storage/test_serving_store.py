"""What the request path asks, of every engine: these tests are the meaning of the port."""

from datetime import timedelta

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError
from carousel.domain.facts import FACTS, facts_of
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Status
from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL, extended, search, to_bytes
from carousel.storage.ports import Interest, Learned, Reaction, Sort, User
from tests.storage.postgres_world import NOON, car, market

NOBODY = frozenset()


@pytest.fixture
def shop(marketplace):
    """Return a marketplace with 40 cars and a feature space, their ids and the space's version."""
    ids = marketplace.upsert(market(40))
    return marketplace, ids, marketplace.reindex()


def test_a_stranger_has_a_state_of_version_nought(shop):
    place, _, space = shop
    for user_id in (7, 0, -3, 2**70):
        state = place.asked(lambda store, user_id=user_id: store.shopper(user_id))
        assert (state.version, state.evidence, state.dismissed) == (0, None, frozenset())
        assert len(state.trail) == 0
        assert state.space == space


def test_before_the_first_space_there_is_none_to_ask_for(marketplace):
    assert marketplace.asked(lambda store: store.shopper(1)).space == ""
    with pytest.raises(ConfigurationError, match="reindex"):
        marketplace.asked(lambda store: store.space("unknown"))


def test_without_a_space_a_car_is_found_by_filters_and_near_to_nothing(marketplace):
    (only,) = marketplace.upsert([car()])

    async def look(store):
        near = await store.nearest(np.ones(64), NO_FILTERS, 5, NOBODY)
        return near.ids, (await store.newest(Filters(make=("skoda",)), 5, NOBODY)).ids

    assert marketplace.asked(look) == ([], [only])


@pytest.mark.parametrize("method", ["nearest", "popular", "newest"])
def test_a_channel_leaves_out_what_is_unwanted_and_keeps_to_filters_and_limit(shop, method):
    place, ids, _ = shop
    place.popularise([Interest(i, 1.0 + i, NOON) for i in ids])

    async def look(store):
        taste = [(await store.vectors(ids))[ids[0]]] if method == "nearest" else []
        ask = getattr(store, method)
        everything = await ask(*taste, NO_FILTERS, 100, NOBODY)
        few = await ask(*taste, NO_FILTERS, 3, frozenset(everything.ids[:2]))
        skodas = await ask(*taste, Filters(make=("skoda",)), 100, NOBODY)
        return (
            everything,
            few,
            skodas,
            (await store.search(Filters(make=("skoda",)), Sort.YEAR, 99, 0)),
        )

    everything, few, skodas, found = place.asked(look)
    assert set(everything.ids) == set(ids)
    assert list(everything.scores) == sorted(everything.scores, reverse=True)
    assert few.ids == everything.ids[2:5]
    assert set(skodas.ids) == {one.id for one in found.listings}
    assert 0 < len(skodas.ids) < len(ids)


def test_listings_are_returned_in_the_order_asked(shop):
    place, ids, _ = shop
    place.set_status([ids[1]], Status.SOLD)
    some = [ids[5], ids[1], 10**9, ids[0], 2**70, -1, ids[5]]
    assert [c.id for c in place.asked(lambda s: s.active(some))] == [ids[5], ids[0], ids[5]]
    assert place.asked(lambda s: s.known(iter(some))) == {ids[0], ids[1], ids[5]}
    assert place.asked(lambda s: s.vectors(some)).keys() == {ids[0], ids[1], ids[5]}
    assert place.asked(lambda s: s.listing(ids[1])).status is Status.SOLD
    assert place.asked(lambda s: s.listing(2**70)) is None
    assert place.asked(lambda s: s.active([])) == []


def test_a_slate_is_unchanged_until_its_shopper_or_its_listings_change(shop):
    place, ids, _ = shop
    slate = list(ids[:5])
    stamp = sum(c.revision for c in place.asked(lambda s: s.active(slate)))
    newest = place.asked(lambda s: s.newest_known())

    def unchanged(version=0, stamp=stamp):
        return place.asked(lambda store: store.unchanged(1, version, slate, stamp, newest))

    assert unchanged()
    assert not unchanged(version=1)
    assert not unchanged(stamp=stamp + 1)
    assert place.save([Learned(1, Evidence(np.ones(64), 1.0, NOON), NO_TRAIL)]) == {1: 1}
    assert not unchanged()
    assert unchanged(version=1)
    place.reindex()
    assert not unchanged(version=1)
    assert unchanged(version=2)
    place.patch(slate[0], {"price": 1})
    assert not unchanged(version=2)
    assert unchanged(version=2, stamp=stamp + 1)
    place.set_status(slate[1:2], Status.SOLD)
    assert not unchanged(version=2, stamp=stamp + 2)


def test_a_slate_is_no_longer_unchanged_once_a_newer_car_is_for_sale(shop):
    place, ids, _ = shop
    newest = place.asked(lambda store: store.newest_known())
    assert newest == max(ids)

    def unchanged():
        return place.asked(lambda store: store.unchanged(1, 0, [], 0, newest))

    assert unchanged()
    (new,) = place.upsert([car("newer")])
    assert not unchanged()
    assert place.asked(lambda store: store.newest_known()) == new
    place.set_status([new], Status.SOLD)
    assert unchanged()


def test_an_empty_slate_is_unchanged_for_the_same_shopper(shop):
    place, _, _ = shop
    newest = place.asked(lambda s: s.newest_known())
    assert place.asked(lambda store: store.unchanged(1, 0, [], 0, newest))
    assert not place.asked(lambda store: store.unchanged(1, 0, [], 1, newest))


def test_a_dismissed_listing_belongs_to_the_state(shop):
    place, ids, _ = shop
    place.react([
        Reaction(1, ids[0], "dismissed", holds=True, at=NOON),
        Reaction(1, ids[1], "favourite", holds=True, at=NOON),
        Reaction(2, ids[2], "dismissed", holds=True, at=NOON),
    ])  # fmt: skip
    assert place.asked(lambda store: store.shopper(1)).dismissed == {ids[0]}


@pytest.mark.parametrize("email", ["", "a\x00b", "'; drop table account; --", "x" * 10_000])
def test_any_text_may_be_asked_for_as_an_email(marketplace, email):
    assert marketplace.asked(lambda store: store.user_by_email(email)) is None


def test_an_account_is_found_by_its_email_whatever_its_case(marketplace):
    jana = User(0, "Jana@Example.org", "Jana", "Nová", "shopper")
    assert marketplace.add_users([jana, jana]) == 1
    assert marketplace.add_users([jana]) == 0
    found = marketplace.asked(lambda store: store.user_by_email("jana@EXAMPLE.ORG"))
    assert (found.first_name, found.email, found.role) == ("Jana", "Jana@Example.org", "shopper")
    assert marketplace.asked(lambda store: store.user(found.id)) == found
    assert marketplace.asked(lambda store: store.user(found.id + 1)) is None


def test_reactions_are_listed_latest_first_while_they_hold(shop):
    place, ids, _ = shop
    one, two, three = sorted(ids[:3])
    later, latest = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    place.react([
        Reaction(1, one, "favourite", holds=True, at=NOON),
        Reaction(1, three, "favourite", holds=True, at=later),
        Reaction(1, two, "favourite", holds=True, at=later),
    ])  # fmt: skip
    place.react([
        Reaction(1, one, "dismissed", holds=True, at=later),
        Reaction(1, three, "favourite", holds=False, at=NOON),
    ])  # fmt: skip
    assert place.asked(lambda store: store.reactions(1)) == {
        "favourites": [two, three, one],
        "dismissed": [one],
    }
    place.react([Reaction(1, two, "favourite", holds=False, at=latest)])
    assert place.asked(lambda store: store.reactions(1))["favourites"] == [three, one]
    assert place.asked(lambda store: store.reactions(2)) == {"favourites": [], "dismissed": []}


def test_popularity_decays_and_comes_back_with_its_car(shop):
    place, ids, _ = shop
    old, new, taken_back = ids[:3]
    week = timedelta(days=7)
    place.popularise([
        Interest(old, 4.0, NOON - 3 * week),
        Interest(new, 1.0, NOON),
        Interest(taken_back, 2.5, NOON),
        Interest(taken_back, -2.5, NOON),
    ])  # fmt: skip

    def popular():
        return place.asked(lambda store: store.popular(NO_FILTERS, 9, NOBODY))

    assert popular().ids == [new, old]
    assert popular().scores[0] == pytest.approx(2 * popular().scores[1])
    place.set_status([new], Status.RESERVED)
    assert popular().ids == [old]
    place.popularise([Interest(new, 1.0, NOON - week)])
    place.set_status([new], Status.ACTIVE)
    assert popular().scores[0] == pytest.approx(3 * popular().scores[1])


def test_what_is_found_comes_with_the_product_of_the_two_vectors(shop):
    place, ids, _ = shop
    nameless = place.upsert([car("nameless", make="Lada", model=None)])[0]

    async def look(store):
        vectors = await store.vectors([*ids, nameless])
        found = await store.nearest(vectors[nameless], NO_FILTERS, 3, NOBODY)
        return vectors, found

    vectors, found = place.asked(look)
    assert found.ids[0] == nameless
    for listing_id, score in zip(found.ids, found.scores, strict=True):
        assert score == pytest.approx(vectors[nameless] @ vectors[listing_id], abs=1e-5)


def test_candidates_are_described_in_the_order_asked_as_their_listings_are(shop):
    place, ids, _ = shop
    bare = car("bare", model=None, body=None, fuel=None, transmission=None, mileage_km=None,
               power_hp=None, place=None, seller="dealer-7")  # fmt: skip
    (nameless,) = place.upsert([bare])
    place.popularise([Interest(ids[3], 4.0, NOON - timedelta(days=7)), Interest(ids[4], 1.0, NOON)])
    place.set_status([ids[1]], Status.SOLD)
    some = [ids[4], nameless, ids[1], 10**9, ids[3], 2**70, -1, ids[4], *ids[5:]]

    async def look(store):
        seen = await store.described(some)
        return seen, await store.active(some), await store.vectors(some)

    seen, listings, vectors = place.asked(look)
    assert list(seen.ids) == [c.id for c in listings]
    assert seen.facts.dtype == FACTS
    assert seen.facts.tobytes() == facts_of(listings).tobytes()
    np.testing.assert_allclose(seen.vectors, [vectors[i] for i in seen.ids], atol=1e-6)
    assert seen.counts[2] == pytest.approx(2 * seen.counts[0])
    assert (seen.counts > 0).tolist() == [i in {ids[3], ids[4]} for i in seen.ids]
    popular = place.asked(lambda store: store.popular(NO_FILTERS, 1, NOBODY))
    assert popular.scores[0] == pytest.approx(seen.counts[2])


def test_nothing_is_described_as_nothing(shop):
    place, _, _ = shop
    seen = place.asked(lambda store: store.described([]))
    assert (list(seen.ids), seen.facts.shape, seen.counts.shape) == ([], (0,), (0,))
    assert seen.vectors.shape == (0, 64)


def test_a_described_car_without_a_space_has_no_direction(marketplace):
    (only,) = marketplace.upsert([car()])
    assert not marketplace.asked(lambda store: store.described([only])).vectors.any()


def test_the_newest_are_ordered_by_date_and_then_by_id(shop):
    place, _, _ = shop
    found = place.asked(lambda store: store.newest(NO_FILTERS, 100, NOBODY))
    listings = place.asked(lambda store: store.active(found.ids))
    assert found.scores == [c.listed_at.timestamp() for c in listings]
    keys = [(-c.listed_at.timestamp(), c.id) for c in listings]
    assert keys == sorted(keys)


def test_no_places_are_filled_with_nothing(shop):
    place, _, _ = shop
    assert place.asked(lambda store: store.newest(NO_FILTERS, 0, NOBODY)).ids == []
    lada = Filters(make=("Lada",))
    found = place.asked(lambda store: store.nearest(np.ones(64), lada, 5, NOBODY))
    assert (list(found.ids), list(found.scores)) == ([], [])


def test_a_listing_stated_again_changes_its_revision_only_if_it_changed(marketplace):
    (only,) = marketplace.upsert([car(price=7_000)])

    def revision():
        return marketplace.asked(lambda store: store.listing(only)).revision

    first = revision()
    marketplace.upsert([car(price=7_000)])
    assert revision() == first
    marketplace.upsert([car(price=6_500)])
    assert revision() == first + 1
    assert marketplace.set_status([only, only, 10**9], Status.SOLD) == 1
    marketplace.set_status([only], Status.SOLD)
    assert revision() == first + 2


def test_a_shopper_whose_evidence_cancelled_out_has_none(shop):
    place, _, _ = shop
    place.save([Learned(1, Evidence(np.zeros(64), 0.0, NOON), NO_TRAIL)])
    state = place.asked(lambda store: store.shopper(1))
    assert (state.version, state.evidence) == (1, None)


def test_a_shopper_has_the_trail_that_was_saved_last(shop):
    place, _, _ = shop
    evidence = Evidence(np.ones(64), 1.0, NOON)
    one = extended(NO_TRAIL, searches=[search(1.0, Filters(max_price=9_000))])
    two = extended(one, searches=[search(2.0, Filters(make=("Audi",)))])
    place.save([Learned(1, evidence, one), Learned(2, evidence, NO_TRAIL)])
    place.save([Learned(1, evidence, two)])
    states = [place.asked(lambda store, n=n: store.shopper(n)) for n in (1, 2, 3)]
    assert to_bytes(states[0].trail) == to_bytes(two)
    assert [len(state.trail) for state in states] == [2, 0, 0]


def test_an_audience_is_the_latest_shoppers_without_those_who_dismissed_the_car(shop):
    place, ids, space = shop
    dice = np.random.default_rng(3)
    evidence = {n: Evidence(dice.normal(size=64), 1.0 + n, NOON + timedelta(hours=n % 3))
                for n in range(1, 8)}  # fmt: skip
    place.save([Learned(n, one, NO_TRAIL) for n, one in evidence.items()])
    taken_back = Evidence(np.full(64, 1e-17), 1e-17, NOON + timedelta(days=1))
    place.save([Learned(9, taken_back, NO_TRAIL)])
    place.react(
        [
            Reaction(2, ids[0], "dismissed", holds=True, at=NOON),
            Reaction(5, ids[0], "dismissed", holds=False, at=NOON),
            Reaction(4, ids[1], "dismissed", holds=True, at=NOON),
            Reaction(1, ids[0], "favourite", holds=True, at=NOON),
        ]
    )

    def audience(listing_id, limit=100):
        return place.asked(lambda store: store.audience(listing_id, limit))

    found = audience(ids[0])
    assert found.space == space
    assert list(found.shoppers) == [5, 1, 4, 7, 3, 6]
    assert list(audience(ids[0], 2).shoppers) == [5, 1]
    assert list(audience(ids[2]).shoppers) == [2, 5, 1, 4, 7, 3, 6]
    assert len(audience(2**70).shoppers) == 7
    for user_id, found_of in found.shoppers.items():
        kept = evidence[user_id]
        assert found_of.direction == pytest.approx(kept.direction, abs=0)
        assert (found_of.mass, found_of.as_of) == (kept.mass, kept.as_of)


def test_before_anybody_was_heard_of_there_is_no_audience(marketplace):
    found = marketplace.asked(lambda store: store.audience(1, 10))
    assert (list(found.shoppers), found.space) == ([], "")


def test_a_space_is_kept_after_the_next_one(shop):
    place, _, first = shop
    place.upsert([car(f"later-{n}", make="Tesla", price=90_000 + n) for n in range(20)])
    second = place.reindex()
    assert first != second
    for version in (first, second):
        assert place.asked(lambda store, v=version: store.space(v)).version == version
