"""What every engine keeps of prices: appraisals, what they order, and how prices changed."""

from datetime import UTC, datetime, timedelta

import pytest

from carousel.domain.fair_price import Appraisal, Verdict
from carousel.domain.filters import Filters
from carousel.domain.listing import Status
from carousel.storage.ports import Sort
from carousel.storage.ports.appraisals import MOST_CHANGES, Kept
from tests.storage.postgres_world import car, market


@pytest.fixture
def shop(marketplace):
    """Return a marketplace with 5 cars of 1,000 to 5,000, and their ids."""
    cars = [car(str(n), price=1_000 * n, make="Fiat" if n == 4 else "Audi") for n in range(1, 6)]
    return marketplace, [*marketplace.upsert(cars)]


def said(fair, verdict=Verdict.FAIR):
    return Appraisal(fair, 0.9 * fair, 1.1 * fair, 25, {"mileage": -0.25, "year": 0.5}, verdict)


def kept(listing_id, fair, revision=1):
    return Kept(listing_id, revision, None if fair is None else said(fair))


def by_verdict(place, filters, limit=10, offset=0):
    page = place.asked(lambda store: store.search(filters, Sort.VERDICT, limit, offset))
    return [listing.id for listing in page.listings], page.total


def appraisals(place, ids):
    return place.asked(lambda store: store.appraisals(ids))


def test_what_was_kept_is_told_whole(shop):
    place, ids = shop
    assert appraisals(place, ids) == {}
    place.keep([kept(ids[0], 1_234.5), kept(ids[1], None)])
    assert appraisals(place, [*ids, 10**9, -1, 2**70]) == {ids[0]: said(1_234.5)}
    place.keep([kept(ids[0], None), kept(ids[1], 2_000.0), kept(ids[1], 2_500.0)])
    assert appraisals(place, ids) == {ids[1]: said(2_500.0)}
    place.keep([])
    assert appraisals(place, []) == {}


def test_what_was_said_of_a_car_as_it_was_is_not_said_of_it_as_it_is(shop):
    place, ids = shop
    place.keep([kept(one, 3_000.0) for one in ids])
    place.patch(ids[0], {"price": 900})
    place.set_status([ids[1]], Status.SOLD)
    assert [*appraisals(place, ids)] == ids[2:]
    place.keep([kept(ids[0], 950.0, revision=2)])
    assert appraisals(place, ids)[ids[0]].fair == 950.0


def test_the_best_deal_comes_first_and_cars_without_verdict_last(shop):
    place, ids = shop
    place.keep([kept(ids[0], 900.0), kept(ids[1], 4_000.0), kept(ids[3], 4_000.0)])
    best = [ids[1], ids[3], ids[0], ids[2], ids[4]]
    assert by_verdict(place, Filters()) == (best, 5)
    assert by_verdict(place, Filters(), limit=2, offset=1) == (best[1:3], 5)
    assert by_verdict(place, Filters(make=("Audi",))) == ([best[0], *best[2:]], 4)
    place.keep([kept(ids[1], None)])
    assert by_verdict(place, Filters())[0] == [ids[3], ids[0], ids[1], ids[2], ids[4]]


def test_a_price_that_falls_moves_a_car_forward_at_once(shop):
    place, ids = shop
    place.keep([kept(one, 1_000.0 * n) for n, one in enumerate(ids, 1)])
    assert by_verdict(place, Filters())[0] == ids
    place.patch(ids[4], {"price": 4_000})
    assert by_verdict(place, Filters())[0] == [ids[4], *ids[:4]]


def test_orders_agree_whatever_is_kept(shop):
    place, _ = shop
    ids = place.upsert(market(60))
    place.keep([kept(one, 500.0 + 37 * one) for one in ids[::2]])
    found, total = by_verdict(place, Filters(min_year=2005), limit=100)
    cars = {c.id: c for c in place.asked(lambda store: store.active(found))}
    ratios = [cars[i].price / (500.0 + 37 * i) for i in found if i in ids[::2]]
    assert len(found) == total > 10
    assert ratios == sorted(ratios)
    assert found[: len(ratios)] == [i for i in found if i in ids[::2]]


def test_of_a_price_that_changes_every_hour_the_latest_changes_are_told(shop):
    place, (one, *_) = shop
    prices = range(2_000, 2_000 + MOST_CHANGES + 3)
    for price in prices:
        place.patch(one, {"price": price})
    told = place.asked(lambda store: store.price_changes(one))
    assert [change.after for change in told] == list(prices[3:])
    assert told[0].before == prices[2]


def test_every_change_of_a_price_is_told_the_oldest_first(shop):
    place, (one, other, *_) = shop

    def changes(listing_id):
        return place.asked(lambda store: store.price_changes(listing_id))

    assert list(changes(one)) == []
    place.patch(one, {"price": 900})
    place.patch(one, {"mileage_km": 5})
    place.patch(one, {"price": 1_100})
    place.patch(other, {"price": 1_999})
    assert [(c.before, c.after) for c in changes(one)] == [(1_000, 900), (900, 1_100)]
    assert [(c.before, c.after) for c in changes(other)] == [(2_000, 1_999)]
    assert list(changes(10**9)) == list(changes(2**70)) == []
    moments = [change.at for change in changes(one)]
    assert moments == sorted(moments)
    assert all(at.tzinfo is not None for at in moments)
    assert all(at < datetime.now(UTC) + timedelta(minutes=1) for at in moments)
