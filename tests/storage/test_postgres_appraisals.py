"""Kept appraisals on PostgreSQL: what there is to do, what is forgotten, and that mirrors know."""

import time

import pytest

from carousel.domain.fair_price import Appraisal, Verdict
from carousel.domain.filters import Filters
from carousel.domain.listing import Status
from carousel.storage import open_appraisals
from carousel.storage.ports import Sort
from carousel.storage.ports.appraisals import Changed, Kept
from tests.storage.marketplaces import MirrorMarketplace
from tests.storage.postgres_world import car

FABIA = ("skoda", "fabia")


@pytest.fixture
def shop(database_url):
    place = MirrorMarketplace(database_url)
    yield place
    place.close()


@pytest.fixture
def store(shop, database_url):  # noqa: ARG001 (it closes first)
    with open_appraisals(database_url) as store:
        yield store


def said(fair):
    return Appraisal(fair, 0.9 * fair, 1.1 * fair, 25, {}, Verdict.FAIR)


def by_verdict(shop):
    page = shop.asked(lambda store: store.search(Filters(), Sort.VERDICT, 10, 0))
    return [listing.id for listing in page.listings]


def test_what_is_missing_or_of_an_earlier_revision_is_outdated(shop, store):
    one, two, three, _ = shop.upsert([*(car(str(n)) for n in range(3)), car("9", model=None)])
    store.keep([Kept(one, 1, said(7_000.0)), Kept(two, 1, None)])
    assert store.outdated() == [Changed(three, FABIA, active=True)]
    assert list(store.models()) == [FABIA]
    shop.patch(one, {"price": 5})
    shop.set_status([three], Status.SOLD)
    assert store.outdated() == [Changed(one, FABIA, active=True)]


def test_what_changed_is_told_once_with_what_became_of_it(shop, store):
    one, two = shop.upsert([car("1"), car("2")])
    assert store.changed() == store.changed() == []
    shop.patch(one, {"price": 5})
    shop.set_status([two], Status.SOLD)
    assert {(c.listing_id, c.model, c.active) for c in store.changed()} == {
        (one, FABIA, True),
        (two, FABIA, False),
    }
    shop.patch(one, {"model": None})
    assert store.changed() == [Changed(one, None, active=True)]
    assert store.changed() == []


def test_a_mirror_learns_that_a_verdict_was_taken_back(shop, store):
    ids = shop.upsert([car(str(n), price=7_000 - n) for n in range(4)])
    shop.keep([Kept(i, 1, said(9_000.0)) for i in ids])
    assert by_verdict(shop) == [*reversed(ids)]
    shop.patch(ids[3], {"model": None})
    assert store.forget() == 1
    assert store.forget() == 0
    shop.keep([Kept(ids[2], 1, None)])
    assert by_verdict(shop) == [ids[1], ids[0], ids[2], ids[3]]


def test_what_is_not_for_sale_is_forgotten(shop, store):
    ids = shop.upsert([car(str(n)) for n in range(3)])
    store.keep([Kept(i, 1, said(9_000.0)) for i in ids])
    shop.set_status(ids[:2], Status.SOLD)
    assert store.forget() == 2
    shop.set_status(ids[:2], Status.ACTIVE)
    assert [c.listing_id for c in store.outdated()] == list(ids[:2])


def test_whoever_asks_first_appraises_until_it_ends(store, database_url):
    assert store.own()
    assert store.own()
    with open_appraisals(database_url) as other:
        assert not other.own()
        store.close()
        end = time.monotonic() + 10  # the server notices a moment later
        while not other.own():
            assert time.monotonic() < end
            time.sleep(0.01)
