from datetime import UTC, datetime
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.filters import Filters, passes
from carousel.domain.listing import Body, Fuel, Listing
from carousel.simulation.arrivals import draw_stock
from carousel.simulation.market_state import DAY, LOOK_AHEAD, Market, Sales
from carousel.simulation.parameters import read_parameters, section
from carousel.simulation.regions import cities
from carousel.simulation.shelf import stock_shelf
from carousel.simulation.sorting import NEWEST, POPULAR, PRICE, SIMILAR, Basis, best

BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
START = BEGINS.timestamp()
PARAMETERS = read_parameters()
SALES = section(PARAMETERS, "sales", Sales)


@cache
def stock():
    return draw_stock(PARAMETERS, listings=600, seed=3, begins=BEGINS, days=3)


@cache
def listings():
    return tuple(
        Listing.model_validate({**dict(facts), "id": n}) for n, facts in enumerate(stock().facts, 1)
    )


def opened_market(sales=SALES):
    market = Market(stock(), stock_shelf(listings(), BEGINS), BEGINS.year, sales)
    market.turn(START, START + DAY, np.random.default_rng(1))
    return market


@st.composite
def searches(draw):
    makes = draw(st.lists(st.sampled_from(["skoda", "BMW", "VOLKSWAGEN", "Tatra"]), max_size=3))
    town = draw(st.none() | st.sampled_from(cities()))
    return Filters(
        make=tuple(makes),
        body=tuple(draw(st.lists(st.sampled_from(Body), max_size=3))),
        fuel=tuple(draw(st.lists(st.sampled_from(Fuel), max_size=3))),
        min_year=draw(st.none() | st.integers(2003, 2026)),
        max_price=draw(st.none() | st.integers(1_000, 60_000)),
        max_mileage=draw(st.none() | st.integers(0, 300_000)),
        near_latitude=town and town.latitude,
        near_longitude=town and town.longitude,
        radius_km=town and draw(st.sampled_from([50.0, 200.0, 700.0])),
    )


@given(filters=searches(), hour=st.integers(0, 23))
@settings(deadline=None, max_examples=60)
def test_a_search_finds_what_is_for_sale_and_passes_by_the_domain(filters, hour):
    market, at = opened_market(), START + hour * 3_600.0
    market.clock(at)
    expected = [
        n
        for n, listing in enumerate(listings())
        if market.stock.listed_at[n] <= at < market.leaves[n]
        and passes(listing.model_copy(update={"price": int(market.price[n])}), filters)
    ]
    assert market.passing(filters, at).tolist() == expected
    assert market.passing(filters, at).tolist() == expected
    left_out = np.array(expected[::2], dtype=np.int64)
    assert market.passing(filters, at, without=[left_out]).tolist() == expected[1::2]


def test_the_orders_are_what_they_say():
    market, at = opened_market(), START + DAY / 2
    pool = market.passing(Filters(), at)
    popularity = np.random.default_rng(2).integers(0, 5, len(market.price)).astype(float)
    last = int(pool[7])
    basis = Basis(market, popularity, last)
    top = {order: best(order, pool, 25, basis) for order in (NEWEST, PRICE, POPULAR, SIMILAR)}
    assert top[NEWEST].tolist() == sorted(pool.tolist(), reverse=True)[:25]
    assert market.price[top[PRICE]].tolist() == sorted(market.price[pool].tolist())[:25]
    assert popularity[top[POPULAR]].tolist() == sorted(popularity[pool], reverse=True)[:25]
    same_body = market.stock.body[top[SIMILAR]] == market.stock.body[last]
    assert same_body.mean() > (market.stock.body[pool] == market.stock.body[last]).mean()
    assert last not in top[SIMILAR]
    assert best(SIMILAR, pool, len(pool), basis)[-1] == last


def test_pages_of_an_order_continue_each_other():
    market = opened_market()
    pool = market.passing(Filters(), START + DAY / 2)
    basis = Basis(market, np.zeros(len(market.price)), int(pool[0]))
    for order in (NEWEST, PRICE, POPULAR, SIMILAR):
        whole = best(order, pool, 60, basis)
        rest = best(order, pool[~np.isin(pool, whole[:20])], 40, basis)
        assert [*whole[:20], *rest] == whole.tolist()


def test_a_sale_takes_effect_later_than_anybody_looks_ahead():
    hectic = Sales(50.0, 0.0, 0.0, per_contact=1.0, days=1e-6, days_spread=0.0, need_ends=1.0)
    market = opened_market(hectic)
    today = market.today
    since = np.maximum(market.stock.listed_at[today], START)
    sold = market.sold[today]
    assert sold.mean() > 0.8
    assert (market.leaves[today][sold] >= since[sold] + LOOK_AHEAD).all()
    market = opened_market(Sales(0.0, 0.0, 0.0, 1.0, 1e-6, 0.0, 1.0))
    car = int(market.passing(Filters(), START + 60)[0])
    market.contacted(car, START + 60, (5, 0), np.random.default_rng(1))
    assert market.leaves[car] >= START + 60 + LOOK_AHEAD
    assert not market.satisfied(5, 0, START + 61)
    assert market.satisfied(5, 0, float(market.leaves[car]))
    assert not market.satisfied(5, 1, float(market.leaves[car]))


def test_who_is_faster_gets_the_car():
    market = opened_market(Sales(0.0, 0.0, 0.0, 1.0, 0.01, 0.0, 1.0))
    car, dice = int(market.passing(Filters(), START + 60)[0]), np.random.default_rng(1)
    market.contacted(car, START + 60, (5, 0), dice)
    sold_at = market.leaves[car]
    market.contacted(car, START + 600, (6, 0), dice)
    assert market.leaves[car] == sold_at
    assert market.satisfied(5, 0, float(sold_at))
    assert not market.satisfied(6, 0, float(sold_at) + DAY)


def test_a_price_falls_when_it_is_due_unless_the_car_has_left():
    market = opened_market()
    due = np.flatnonzero(stock().drop_at > START)[0]
    car, at = stock().drop_car[due], stock().drop_at[due]
    assert market.price[car] > stock().drop_price[due]
    market.clock(at)
    assert market.price[car] == stock().drop_price[due]
    gone = opened_market()
    gone.leaves[car] = at
    gone.clock(at)
    assert gone.price[car] > stock().drop_price[due]
