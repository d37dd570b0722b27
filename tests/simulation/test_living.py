import dataclasses
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError
from carousel.domain.filters import Filters, passes
from carousel.domain.listing import Listing
from carousel.recording.checking import checked
from carousel.recording.tables import EVENT_TYPES, NONE, OUTCOMES, REASONS
from carousel.simulation.describing import describe
from carousel.simulation.living import simulate
from carousel.simulation.needs import Kind
from carousel.simulation.parameters import Parameters, read_parameters
from carousel.simulation.preferences import PREFERENCES

BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
VIEW, SEARCH, FAVOURITE, UNFAVOURITE, CONTACT, DISMISS = range(len(EVENT_TYPES))


def small_market(seed=1, preferences="additive", begins=BEGINS, **replaced):
    parameters = read_parameters()
    tables = {name: dict(table) for name, table in parameters.tables.items()}
    for name, entries in {"households": {"crawlers": 0.01, "dealers": 0.02}, **replaced}.items():
        tables[name].update(entries)
    done = []
    simulated = simulate(
        Parameters(tables, "test"),
        shoppers=200,
        listings=1_500,
        days=6,
        seed=seed,
        begins=begins,
        preferences=preferences,
        hidden=None,
        progress=lambda day, days: done.append((day, days)),
    )
    assert done == [(day, 6) for day in range(1, 7)]
    return simulated


@given(
    page=st.integers(1, 20),
    explore=st.floats(0.001, 0.05),
    decay=st.floats(0.0, 2.0),
    contact=st.floats(0.0, 1.0),
    preferences=st.sampled_from(PREFERENCES),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=6)
def test_any_market_keeps_the_laws_of_recordings(  # noqa: PLR0913, PLR0917 (what varies)
    page, explore, decay, contact, preferences, seed
):
    parameters = read_parameters()
    tables = {name: dict(table) for name, table in parameters.tables.items()}
    tables["exposure"] |= {"page": page, "explore": explore}
    tables["behaviour"] |= {"decay": decay}
    tables["sales"] |= {"per_contact": contact, "outside": 0.5}
    tables["sessions"] |= {"activity": 3.0}
    simulated = simulate(
        Parameters(tables, "test"),
        shoppers=40,
        listings=200,
        days=2,
        seed=seed,
        begins=BEGINS,
        preferences=preferences,
        hidden=0.0,
        progress=lambda *_: None,
    )
    recording = simulated.recording
    assert checked(recording).counts == {}
    assert (recording.impressions.propensity > 0).all()
    assert recording.impressions.position.max(initial=1) <= page


LIVELY = {
    "sessions": {"activity": 2.0},
    "behaviour": {"dismissal": 0.2, "revisit": 0.5, "forget": 0.3},
    "sales": {"per_contact": 0.9, "days": 0.2},
    "noise": {"crawler_activity": 0.5, "dealer_activity": 1.0, "dealer_deal": 0.02},
}


@cache
def market():
    """A market in which much happens, so that every law has something to say."""
    return small_market(**LIVELY)


def columns(table):
    return {f.name: getattr(table, f.name) for f in dataclasses.fields(table)}


def prices_at(recording, listing, at):
    """Return the asking price of each listing at each moment, from the recording alone."""
    price = np.array([x.price for x in recording.listings])[listing]
    changes = recording.prices
    for moment, row, new in zip(changes.at, changes.listing, changes.price, strict=True):
        price = np.where((listing == row) & (at >= moment), new, price)
    return price


def test_the_same_arguments_give_the_same_bytes():
    first, again, other = (
        market().recording,
        small_market(**LIVELY).recording,
        small_market(2).recording,
    )
    for name in ("lives", "prices", "events", "impressions"):
        one, two = columns(getattr(first, name)), columns(getattr(again, name))
        assert {k: v.tobytes() for k, v in one.items()} == {k: v.tobytes() for k, v in two.items()}
    assert first.listings == again.listings
    assert first.searches == again.searches
    assert first.name == again.name != other.name
    assert len(first.events.at) != len(other.events.at)


def test_a_market_keeps_the_laws_of_recordings():
    assert checked(market().recording).counts == {}


def test_listings_and_users_are_numbered_from_one():
    recording = market().recording
    assert [x.id for x in recording.listings] == list(range(1, len(recording.listings) + 1))
    assert recording.users.tolist() == list(range(1, 201))
    assert all(isinstance(x, Listing) for x in recording.listings)


def test_nobody_sees_a_car_that_is_not_for_sale():
    recording = market().recording
    shown, lives = recording.impressions, recording.lives
    assert (shown.at >= lives.listed_at[shown.listing]).all()
    assert (shown.at < lives.left_at[shown.listing]).all()


def test_nobody_does_anything_with_a_car_that_is_not_for_sale():
    recording = market().recording
    about = recording.events.listing != NONE
    at, car = recording.events.at[about], recording.events.listing[about]
    assert (at >= recording.lives.listed_at[car]).all()
    assert (at < recording.lives.left_at[car]).all()
    assert recording.lives.sold.sum() > 50


def test_all_that_is_shown_passes_the_filters_at_its_price_of_then():
    recording = market().recording
    shown = recording.impressions
    price = prices_at(recording, shown.listing, shown.at)
    for row in range(0, len(shown.at), 7):
        listing = recording.listings[shown.listing[row]]
        now = listing.model_copy(update={"price": int(price[row])})
        filters = Filters.model_validate(recording.searches[shown.search[row]].model_dump())
        assert passes(now, filters)


def test_searches_are_distinct_and_valid():
    searches = market().recording.searches
    assert searches[0].empty
    assert len(set(searches)) == len(searches)
    assert all(Filters.model_validate(s.model_dump()) == s for s in searches)


def test_places_are_counted_from_one_without_a_gap():
    shown = market().recording.impressions
    starts = np.flatnonzero(np.diff(shown.slate, prepend=-1))
    sizes = np.diff(np.append(starts, len(shown.slate)))
    assert shown.position.tolist() == [p for size in sizes for p in range(1, size + 1)]
    assert (sizes <= 20).all()
    assert (shown.eligible >= np.repeat(sizes, sizes)).all()


def test_no_car_stands_twice_in_a_slate():
    shown = market().recording.impressions
    pairs = np.stack([shown.slate, shown.listing])
    assert np.unique(pairs, axis=1).shape == pairs.shape


def test_propensities_are_probabilities_and_chance_gets_its_share():
    shown = market().recording.impressions
    assert (shown.propensity > 0).all()
    assert (shown.propensity <= 1).all()
    expected, count = read_parameters().tables["exposure"]["explore"], len(shown.random)
    assert abs(shown.random.sum() - expected * count) < 4 * np.sqrt(count * expected)
    least = expected / shown.eligible
    assert (shown.propensity >= least * (1 - 1e-9)).all()


def test_examination_falls_with_the_position():
    simulated = market()
    position = simulated.recording.impressions.position
    share = [simulated.examined[position == p].mean() for p in (1, 5, 20)]
    assert share[0] > share[1] > share[2] > 0


def test_only_what_was_examined_is_opened_from_a_slate():
    simulated = market()
    opened = simulated.recording.impressions.outcome >= OUTCOMES.index("view")
    assert opened.any()
    assert not (opened & ~simulated.examined).any()


def test_events_name_slates_that_showed_the_car_to_the_shopper_before():
    recording = market().recording
    events, shown = recording.events, recording.impressions
    rows = {(s, c): n for n, (s, c) in enumerate(zip(shown.slate, shown.listing, strict=True))}
    credited = np.flatnonzero(events.slate != NONE)
    assert len(credited)
    for event in credited:
        row = rows[events.slate[event], events.listing[event]]
        assert shown.shopper[row] == events.shopper[event]
        assert shown.at[row] < events.at[event]


def test_the_outcome_of_an_impression_is_the_furthest_step_credited_to_it():
    recording = market().recording
    events, shown = recording.events, recording.impressions
    furthest = {}
    step = {VIEW: 1, FAVOURITE: 2, CONTACT: 3}
    for kind, slate, car in zip(events.type, events.slate, events.listing, strict=True):
        if slate != NONE and kind in step:
            furthest[slate, car] = max(furthest.get((slate, car), 0), step[kind])
    expected = [furthest.get(pair, 0) for pair in zip(shown.slate, shown.listing, strict=True)]
    assert shown.outcome.tolist() == expected
    assert set(expected) == {0, 1, 2, 3}


def test_a_saved_car_can_be_contacted_on_a_later_visit_and_counts_for_the_slate_that_showed_it():
    recording = market().recording
    events, shown = recording.events, recording.impressions
    starts = dict(zip(shown.slate, shown.at, strict=True))
    late = [
        events.at[n] - starts[events.slate[n]]
        for n in np.flatnonzero((events.type == CONTACT) & (events.slate != NONE))
    ]
    assert max(late) > 86_400


def test_dismissed_cars_are_not_shown_again_and_have_reasons():
    recording = market().recording
    events, shown = recording.events, recording.impressions
    dismissed = np.flatnonzero(events.type == DISMISS)
    assert len(dismissed) > 50
    assert len({REASONS[code] for code in events.reason[dismissed]}) > 3
    assert (events.reason[events.type != DISMISS] == NONE).all()
    for n in dismissed:
        mine = (shown.shopper == events.shopper[n]) & (shown.listing == events.listing[n])
        assert not (mine & (shown.at > events.at[n])).any()


def test_only_saved_cars_are_taken_out_of_the_saved_ones():
    events = market().recording.events
    saved = set()
    dropped = 0
    for kind, who, car in zip(events.type, events.shopper, events.listing, strict=True):
        if kind == FAVOURITE:
            assert (who, car) not in saved
            saved.add((who, car))
        elif kind == UNFAVOURITE:
            saved.remove((who, car))
            dropped += 1
    assert dropped > 0


def test_a_need_that_is_met_mostly_ends():
    eager = {"sales": {"per_contact": 1.0, "days": 0.01, "need_ends": 1.0}}
    chatty = {"null": {"opening": 0.2, "contacting": 0.6}}
    idle = {"sales": {"per_contact": 0.0}}
    lively = {"sessions": {"activity": 3.0}}
    buying = small_market(preferences="null", **chatty, **lively, **eager)
    looking = small_market(preferences="null", **chatty, **lively, **idle)
    assert buying.through.sum() > 100
    assert not looking.through.any()
    assert len(buying.recording.impressions.at) < 0.9 * len(looking.recording.impressions.at)


def test_good_deals_and_good_cars_sell_sooner():
    simulated = small_market(sales={"outside": 0.05})
    stock, sold = simulated.truth.stock, simulated.recording.lives.sold
    deal = np.log(stock.worth / stock.price)
    assert deal[sold].mean() > deal[~sold].mean()
    assert stock.quality[sold].mean() > stock.quality[~sold].mean()


def test_crawlers_open_cars_in_fast_succession_and_see_no_slates():
    simulated = market()
    recording, shoppers = simulated.recording, simulated.truth.shoppers
    crawlers = [n for n, s in enumerate(shoppers) if s.kind is Kind.CRAWLER]
    rows = np.isin(recording.events.shopper, crawlers)
    assert rows.sum() > 500
    assert set(recording.events.type[rows]) == {VIEW}
    gaps = [np.diff(recording.events.at[recording.events.shopper == n]) for n in crawlers]
    assert np.median(np.concatenate(gaps)) <= 3
    assert not np.isin(recording.impressions.shopper, simulated.truth.noise()).any()


def test_dealers_open_bargains_of_their_makes_and_call_often():
    simulated = market()
    recording, stock = simulated.recording, simulated.truth.stock
    dealers = [n for n, s in enumerate(simulated.truth.shoppers) if s.kind is Kind.DEALER]
    events = recording.events
    for dealer in dealers:
        cars = events.listing[(events.shopper == dealer) & (events.type == VIEW)]
        assert len(np.unique(stock.make[cars])) <= 3
        assert len(np.unique(cars)) == len(cars)
    rows = np.isin(events.shopper, dealers)
    cars = events.listing[rows & (events.type == VIEW)]
    price = prices_at(recording, cars, events.at[rows & (events.type == VIEW)])
    assert (np.log(stock.worth[cars] / price) > 0.02).all()
    assert (events.type[rows] == CONTACT).sum() > 0.1 * len(cars) > 1


def test_prices_fall_only_while_the_car_is_for_sale():
    recording = market().recording
    changes, lives = recording.prices, recording.lives
    assert len(changes.at)
    assert (changes.at < lives.left_at[changes.listing]).all()
    assert (changes.at >= lives.listed_at[changes.listing]).all()


def test_a_market_may_begin_at_any_hour():
    recording = small_market(begins=datetime(2026, 3, 2, 15, 30, 12, tzinfo=UTC)).recording
    assert checked(recording).counts == {}
    hours = (recording.events.at % 86_400) // 3_600
    assert ((hours >= 18) & (hours < 23)).mean() > 2 * ((hours >= 1) & (hours < 6)).mean()


def test_figures_of_a_market_are_numbers():
    figures = describe(market())
    assert not any(np.isnan(number) for number in figures.values())
    assert figures["share of impressions that are random"] == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    "replaced",
    [
        {"exposure": {"explore": 0.2}},
        {"exposure": {"home": [0.0, 0.0, 0.0, 1.0]}},
        {"sessions": {"hours": [1.0] * 23}},
        {"sessions": {"most_lists": 0}},
        {"behaviour": {"forget": 1.5}},
        {"behaviour": {"look_seconds": [5, 5]}},
        {"noise": {"dealer_makes": 0}},
        {"noise": {"crawler_seconds": [0, 3]}},
    ],
)
def test_parameters_that_make_no_sense_are_refused_in_one_sentence(replaced):
    with pytest.raises(ConfigurationError, match=r"test: .*\[") as refusal:
        small_market(**replaced)
    assert str(refusal.value).endswith(".")
