"""What the request path asks."""

import asyncio

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError, StoreUnavailableError
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Status
from carousel.domain.preference import Evidence
from carousel.storage import migrate, open_catalogue, open_learning, open_serving
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.ports import Interest, Learned, Reaction, Sort
from tests.storage.postgres_world import NOON, PRAGUE, asked, car, market

NOBODY = frozenset()


@pytest.fixture
def shop(database_url):
    """Return the URL of a database with 40 cars, their ids and their catalogue."""
    with open_catalogue(database_url) as catalogue:
        ids = catalogue.upsert(market(40)).ids
        catalogue.ensure_space()
        yield database_url, ids, catalogue


def test_a_stranger_has_a_state_of_version_nought(shop):
    url, _, catalogue = shop
    for user_id in (7, 0, -3, 2**70):
        state = asked(url, lambda store, user_id=user_id: store.shopper(user_id))
        assert (state.version, state.evidence, state.dismissed) == (0, None, frozenset())
        assert state.space == catalogue.ensure_space().version


def test_before_the_first_space_there_is_none_to_ask_for(database_url):
    assert asked(database_url, lambda store: store.shopper(1)).space == ""
    with pytest.raises(ConfigurationError, match="reindex"):
        asked(database_url, lambda store: store.space("unknown"))


def test_without_a_space_a_car_is_found_by_filters_and_near_to_nothing(database_url):
    with open_catalogue(database_url) as catalogue:
        (only,) = catalogue.upsert([car()]).ids

    async def look(store):
        near = await store.nearest(np.ones(64), NO_FILTERS, 5, NOBODY)
        return near.ids, (await store.newest(Filters(make=("skoda",)), 5, NOBODY)).ids

    assert asked(database_url, look) == ([], [only])


@pytest.mark.parametrize("method", ["nearest", "popular", "newest"])
def test_a_channel_leaves_out_what_is_unwanted_and_keeps_to_filters_and_limit(shop, method):
    url, ids, _ = shop
    with open_learning(url) as learning, learning.transaction() as batch:
        batch.popularise([Interest(i, 1.0 + i, NOON) for i in ids])

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

    everything, few, skodas, found = asked(url, look)
    assert set(everything.ids) == set(ids)
    assert list(everything.scores) == sorted(everything.scores, reverse=True)
    assert few.ids == everything.ids[2:5]
    assert set(skodas.ids) == {one.id for one in found.listings}
    assert 0 < len(skodas.ids) < len(ids)


def test_listings_are_returned_in_the_order_asked(shop):
    url, ids, catalogue = shop
    catalogue.set_status([ids[1]], Status.SOLD)
    some = [ids[5], ids[1], 10**9, ids[0], 2**70, -1, ids[5]]
    assert [c.id for c in asked(url, lambda s: s.active(some))] == [ids[5], ids[0], ids[5]]
    assert asked(url, lambda s: s.known(iter(some))) == {ids[0], ids[1], ids[5]}
    assert asked(url, lambda s: s.vectors(some)).keys() == {ids[0], ids[1], ids[5]}
    assert asked(url, lambda s: s.listing(ids[1])).status is Status.SOLD
    assert asked(url, lambda s: s.listing(2**70)) is None
    assert asked(url, lambda s: s.active([])) == []


def test_a_slate_is_unchanged_until_its_shopper_or_its_listings_change(shop):
    url, ids, catalogue = shop
    slate = list(ids[:5])
    stamp = sum(c.revision for c in asked(url, lambda s: s.active(slate)))

    def unchanged(version=0, stamp=stamp):
        return asked(url, lambda store: store.unchanged(1, version, slate, stamp))

    assert unchanged()
    assert not unchanged(version=1)
    assert not unchanged(stamp=stamp + 1)
    with open_learning(url) as learning, learning.transaction() as batch:
        batch.save([Learned(1, Evidence(np.ones(64), 1.0, NOON))])
    assert not unchanged()
    assert unchanged(version=1)
    catalogue.reindex()
    assert not unchanged(version=1)
    assert unchanged(version=2)
    catalogue.patch(slate[0], {"price": 1})
    assert not unchanged(version=2)
    assert unchanged(version=2, stamp=stamp + 1)
    catalogue.set_status(slate[1:2], Status.SOLD)
    assert not unchanged(version=2, stamp=stamp + 2)


def test_an_empty_slate_is_unchanged_for_the_same_shopper(shop):
    url, _, _ = shop
    assert asked(url, lambda store: store.unchanged(1, 0, [], 0))
    assert not asked(url, lambda store: store.unchanged(1, 0, [], 1))


def test_a_dismissed_listing_belongs_to_the_state(shop):
    url, ids, _ = shop
    with open_learning(url) as learning, learning.transaction() as batch:
        batch.react([
            Reaction(1, ids[0], "dismissed", holds=True, at=NOON),
            Reaction(1, ids[1], "favourite", holds=True, at=NOON),
            Reaction(2, ids[2], "dismissed", holds=True, at=NOON),
        ])  # fmt: skip
    assert asked(url, lambda store: store.shopper(1)).dismissed == {ids[0]}


def test_facets_count_active_listings_by_their_usual_spelling(database_url):
    cars = [
        car("1", make="Škoda"),
        car("2", make="Škoda"),
        car("3", make="SKODA", fuel=None),
        car("4", make="Audi", place=None, body=None),
        car("5", make="Lada", status=Status.SOLD),
    ]
    with open_catalogue(database_url) as catalogue:
        catalogue.upsert(cars)
    assert asked(database_url, lambda store: store.facets()) == {
        "brands": [("Škoda", 3), ("Audi", 1)],
        "fuels": [("petrol", 3)],
        "bodies": [("hatchback", 3)],
        "transmissions": [("manual", 4)],
        "regions": [(PRAGUE.region, 3)],
    }


@pytest.mark.parametrize("email", ["", "a\x00b", "'; drop table account; --", "x" * 10_000])
def test_any_text_may_be_asked_for_as_an_email(database_url, email):
    assert asked(database_url, lambda store: store.user_by_email(email)) is None


def test_a_server_that_went_away_is_said_and_found_again(open_directory):
    servers = EmbeddedServers(
        open_directory / "away", servers=[Server.DATABASE], shared_buffers="16MB"
    )

    async def story():
        with servers:
            migrate(servers.database_url)
            opened = open_serving(servers.database_url)
            store = await opened.__aenter__()
            assert await store.user(1) is None
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="PostgreSQL did not answer"):
                await store.user(1)
        with servers:
            assert await store.user(1) is None
            await opened.__aexit__(None, None, None)

    asyncio.run(story())
