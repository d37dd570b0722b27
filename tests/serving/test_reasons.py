"""Reasons are true: without its cause a car stands lower, without another step it does not."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain import preference, scoring
from carousel.domain.audience import Audience
from carousel.domain.car_features import describe
from carousel.domain.cars import cars_of
from carousel.domain.events import Favourite, View
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.listing import Body
from carousel.domain.matching import features as matching
from carousel.domain.matching.searches import fit, meets
from carousel.domain.ranker.ranking import from_model
from carousel.domain.steps import following, step_of
from carousel.domain.trail import NO_TRAIL, extended, reaction, search, without
from carousel.evaluation.timeline import world_at
from carousel.recording.acts import event_of, moment
from carousel.recording.tables import NONE
from carousel.serving import causes, reasons
from carousel.serving.blend_causes import Taste
from carousel.serving.causes import LEAST, Cause, Past, Unit, causes_of
from carousel.serving.ranking import rate
from carousel.storage.ports.serving import Described
from carousel.training.growing import Growing, possible
from carousel.training.ranking import DEFAULTS, train_ranker
from tests.domain.cars import INVENTORY, NOON, SPACE
from tests.evaluation.test_simulated_laws import simulated, split_of

PARAMS = matching.Params()
LOWERED = 0.1
"""Log-odds against the mean candidate; see benchmarks/faithfulness.py."""


@cache
def ranker():
    small = replace(DEFAULTS, slates=1_200, trees=Growing(trees=100, least=50))
    recording = simulated("additive").recording
    return from_model(train_ranker(recording, split_of(recording), small))


@cache
def candidates():
    """Return 200 cars for sale at the split."""
    recording = simulated("additive").recording
    world = world_at(recording, split_of(recording))
    rows = np.random.default_rng(0).choice(world.rows(), 200, replace=False)
    facts, nobody = facts_of([world.listing(row) for row in rows.tolist()]), np.zeros(200)
    popular = np.random.default_rng(1).exponential(2.0, 200)
    return Described(
        rows.tolist(), facts, np.zeros((200, 1)), popular, Audience(nobody, nobody, nobody)
    )


@cache
def steps_by_shopper():
    """Return the steps of everybody up to the split, each a list of bytes."""
    recording = simulated("additive").recording
    world = world_at(recording, split_of(recording))
    found = {}
    for row in range(world.past):
        about = int(recording.events.listing[row])
        facts = None if about == NONE else facts_of([world.listing(about)])
        at = moment(float(recording.events.at[row]))
        if step := step_of(event_of(recording, row), at, facts):
            found.setdefault(int(recording.events.shopper[row]), []).append(step)
    return list(found.values())


def now():
    return split_of(simulated("additive").recording)


def rated(trail):
    return rate(ranker(), candidates(), trail, None, now=now(), params=PARAMS)


def past(trail):
    return Past(candidates().facts, trail, now(), PARAMS)


def odds(trail):
    return ranker().log_odds(rated(trail).rows)


def best_of(one, count=10):
    return np.argsort(-one.chance, kind="stable")[:count].tolist()


def apart_from(trail, units):
    reactions = [n for u in units if u.family != "searches" for n in u.places]
    return without(trail, reactions, [n for u in units if u.family == "searches" for n in u.places])


@st.composite
def trails(draw):
    """Return a trail that somebody had, or one mixed from the steps of several."""
    shoppers = steps_by_shopper()
    if draw(st.booleans()):
        return following(NO_TRAIL, draw(st.sampled_from(shoppers)))
    everything = [step for steps in shoppers for step in steps]
    chosen = draw(st.lists(st.integers(0, len(everything) - 1), max_size=15, unique=True))
    return following(NO_TRAIL, [everything[n] for n in chosen])


@settings(max_examples=15, deadline=None)
@given(trails())
def test_without_its_cause_a_car_loses_what_the_cause_is_worth(trail):
    one = rated(trail)
    before = odds(trail)
    order = np.argsort(-one.chance, kind="stable")
    others = order[np.linspace(0, len(order) - 1, causes.OTHERS).astype(int)]
    places = best_of(one, 5)
    for place, cause in zip(places, causes_of(one, places, past(trail)), strict=True):
        if cause is None:
            continue
        assert cause.worth >= LEAST

        def lost(units, place=place):
            fall = before - odds(apart_from(trail, units))
            return fall[place] - fall[others].mean()

        first, everything = lost(cause.units[:1]), lost(cause.units)
        assert min(abs(first - cause.worth), abs(everything - cause.worth)) < 1e-6


@settings(max_examples=30, deadline=None)
@given(trails())
def test_a_reason_names_steps_of_the_trail_and_says_something(trail):
    known = {("search", None, at) for at in trail.searches["at"].tolist()} | {
        (causes.KINDS[kind], listing, at)
        for kind, listing, at in trail.reactions[["kind", "listing", "at"]].tolist()
    }
    one = rated(trail)
    for reason in reasons.of_ranker(one, best_of(one), past(trail)):
        assert {(step.type, step.listing_id, step.at) for step in reason.cause} <= known
        assert "{" not in reason.text
        assert bool(reason.cause) == (reason.part not in {"market", "taste"})


@settings(max_examples=30, deadline=None)
@given(trails())
def test_what_is_explained_together_does_not_matter(trail):
    one = rated(trail)
    places = best_of(one)
    together = causes_of(one, places, past(trail))[3:5]
    apart = causes_of(one, places[3:5], past(trail))
    # But for the last bits: more rows at once are added up in another order.
    for cause, same in zip(together, apart, strict=True):
        assert (cause is None) == (same is None)
        if cause is not None:
            assert replace(cause, worth=same.worth) == same
            assert cause.worth == pytest.approx(same.worth)


@pytest.mark.skipif(not possible(), reason="lightgbm comes with the extra 'training'")
def test_causes_lower_their_cars_and_other_steps_do_not():
    rng = np.random.default_rng(0)
    named, others = [], []
    for steps in steps_by_shopper()[:60]:
        trail = following(NO_TRAIL, steps)
        if len(trail) < 3:
            continue
        one, before = rated(trail), odds(trail)
        places = best_of(one, 5)
        for place, cause in zip(places, causes_of(one, places, past(trail)), strict=True):
            if cause is None:
                continue
            named.append(fall(before, odds(apart_from(trail, cause.units)), place))
            rest = [unit for unit in one_by_one(trail) if not inside(unit, cause)]
            if rest:
                other = rest[rng.integers(len(rest))]
                others.append(fall(before, odds(apart_from(trail, [other])), place))
    assert min(len(named), len(others)) > 100
    assert np.mean(np.array(named) > LOWERED) >= 0.95
    assert np.mean(np.array(others) > LOWERED) <= 0.10


def fall(before, after, place):
    lost = before - after
    return lost[place] - lost.mean()


def one_by_one(trail):
    return [Unit("cars", (n,)) for n in range(len(trail.reactions))] + [
        Unit("searches", (n,)) for n in range(len(trail.searches))
    ]


def inside(unit: Unit, cause: Cause):
    searched = unit.family == "searches"
    return any(
        searched == (one.family == "searches") and set(unit.places) <= set(one.places)
        for one in cause.units
    )


def test_nobody_has_a_cause_who_did_nothing():
    one = rated(NO_TRAIL)
    found = reasons.of_ranker(one, best_of(one, 50), past(NO_TRAIL))
    assert {reason.part for reason in found} == {"market"}
    assert len({reason.key for reason in found}) > 1


def test_what_the_market_says_is_true_of_the_car():
    one = rated(NO_TRAIL)
    places = list(range(200))
    for place, reason in zip(places, reasons.of_ranker(one, places, past(NO_TRAIL)), strict=True):
        row = dict(zip(matching.FEATURES, one.rows[place].tolist(), strict=True))
        days = np.expm1(row["days"])
        if reason.key == "new":
            assert days < 1
        elif reason.key == "new_this_week":
            assert 1 <= days < 3
            assert reason.values["days"] == int(days)
        elif reason.key == "popular":
            assert row["popular"] > np.log(2)
        elif reason.key == "good_deal":
            assert row["deal"] > 0.03
        else:
            assert reason.key == "often_opened"


def test_close_to_what_was_looked_at_is_said_only_of_near_cars_to_whoever_looked_at_one():
    rows = np.full((4, len(matching.FEATURES)), np.nan)
    rows[:, matching.COLUMN["content"]] = (0.9, 0.9, 0.9, 0.1)
    rows[:, matching.COLUMN["mass"]] = (1.0, 0.0, np.nan, 1.0)
    assert reasons._is_true("taste", rows).tolist() == [True, False, False, False]


def test_a_search_that_a_car_fits_is_told_by_what_it_asked():
    car = facts_of([INVENTORY[0].model_copy(update={"body": Body.ESTATE, "price": 9_000})])
    said = search(0.0, Filters(body=(Body.ESTATE,), max_price=10_000))
    trail = extended(NO_TRAIL, searches=[said])
    unit = Unit("searches", (0,))
    cause = Cause((unit,), 1.0, fits=(unit,))
    assert reasons._of_steps(cause, car, trail).text == "Fits your search: estate, up to 10,000"


def test_of_several_searches_those_that_a_car_fits_are_told():
    car = facts_of([INVENTORY[0].model_copy(update={"body": Body.ESTATE, "price": 5_990})])
    asked = (
        Filters(body=(Body.SUV,)),
        Filters(body=(Body.ESTATE,), max_price=15_000),
        Filters(max_price=6_000),
    )
    trail = extended(NO_TRAIL, searches=[search(float(n), one) for n, one in enumerate(asked)])
    units = tuple(Unit("searches", (n,)) for n in range(3))
    one, two = Cause(units[:2], 1.0, fits=units[1:2]), Cause(units, 1.0, fits=units[1:])
    assert reasons._of_steps(one, car, trail).text == "Fits your search: estate, up to 15,000"
    assert reasons._of_steps(two, car, trail).text == "Fits 2 of your searches"
    assert len(reasons._of_steps(two, car, trail).cause) == 3


def test_a_car_that_has_all_that_was_asked_is_never_said_to_be_only_close_to_it():
    facts = candidates().facts
    fitting = 0
    for steps in steps_by_shopper()[:60]:
        trail = following(NO_TRAIL, steps)
        one = rated(trail)
        places = best_of(one)
        asked = trail.searches
        have = meets(fit(cars_of(facts), facts, asked), facts, asked)
        because = reasons.of_ranker(one, places, past(trail))
        for place, reason in zip(places, because, strict=True):
            moments = {step.at for step in reason.cause if step.type == "search"}
            some = [n for n, at in enumerate(asked["at"].tolist()) if at in moments]
            fitting += reason.key in {"fits_search", "fits_searches"}
            if reason.key == "close_to_search" or reason.values.get("also") == "searches":
                assert not have[place, some].any()
    assert fitting > 10


def test_no_car_is_said_to_fit_a_search_that_it_does_not_pass():
    facts = candidates().facts
    for steps in steps_by_shopper()[:60]:
        trail = following(NO_TRAIL, steps)
        one = rated(trail)
        places = best_of(one)
        for place, cause in zip(places, causes_of(one, places, past(trail)), strict=True):
            if cause is not None:
                for unit in cause.fits:
                    asked = trail.searches[unit.places[0]]
                    assert not facts["price"][place] > asked["max_price"] * 1.005
                    assert not asked["bodies"] or asked["bodies"] >> facts["body"][place] & 1


@pytest.mark.parametrize(
    ("kinds", "key"),
    [
        (("view",), "like_viewed"),
        (("view", "favourite"), "like_saved"),
        (("favourite", "contact", "view"), "like_contacted"),
    ],
)
def test_of_what_was_done_with_a_car_the_strongest_is_said(kinds, key):
    car = facts_of(INVENTORY[:1])
    steps = [reaction(float(n), 7, kind, None, car) for n, kind in enumerate(kinds)]
    trail = extended(NO_TRAIL, steps)
    (unit,) = causes.units_of(trail)
    reason = reasons._of_steps(Cause((unit,), 1.0), car, trail)
    assert (reason.key, reason.about, reason.kin) == (key, 7, "model")
    assert {step.type for step in reason.cause} == set(kinds)


@pytest.mark.parametrize(
    ("changed", "like"),
    [
        ({}, "model"),
        ({"model": "Fabia"}, "make"),
        ({"make": "Fiat", "model": "Panda"}, "body"),
        ({"make": "Fiat", "model": "Panda", "body": Body.SUV}, "price"),
    ],
)
def test_what_two_cars_have_in_common_is_said_and_nothing_else(changed, like):
    about = {"make": "Skoda", "model": "Octavia", "body": Body.ESTATE, "price": 9_000}
    car, other = (INVENTORY[0].model_copy(update=about | more) for more in ({}, changed))
    trail = extended(NO_TRAIL, [reaction(1.0, 7, "view", None, facts_of([other]))])
    reason = reasons._of_steps(Cause((Unit("cars", (0,)),), 1.0), facts_of([car]), trail)
    assert reason.values["like"] == like
    assert reason.text.startswith(reasons.LIKE[like].format(body="estate"))


def test_a_car_with_nothing_in_common_is_not_named_whatever_it_counts():
    car, other = (
        INVENTORY[0].model_copy(update={"make": make, "model": None, "body": body, "price": price})
        for make, body, price in (("Opel", Body.HATCHBACK, 3_900), ("Bentley", Body.COUPE, 127_000))
    )
    said = search(9.0, Filters(max_price=4_000))
    trail = extended(NO_TRAIL, [reaction(1.0, 7, "view", None, facts_of([other]))], [said])
    alone = Cause((Unit("cars", (0,)),), 1.0)
    assert reasons._of_steps(alone, facts_of([car]), trail) is None
    beside = Cause((Unit("cars", (0,)), Unit("searches", (0,))), 1.0)
    reason = reasons._of_steps(beside, facts_of([car]), trail)
    assert reason.text == "Close to what you searched for"
    assert [step.type for step in reason.cause] == ["view", "search"]


def test_what_else_counts_is_said_beside_the_main_thing():
    car = facts_of(INVENTORY[:1])
    said = search(9.0, Filters(max_price=INVENTORY[0].price))
    trail = extended(NO_TRAIL, [reaction(1.0, 7, "favourite", None, car)], [said])
    cause = Cause((Unit("cars", (0,)), Unit("searches", (0,))), 1.0)
    reason = reasons._of_steps(cause, car, trail)
    assert reason.text == "Like the car you saved; close to what you searched for"
    assert [step.type for step in reason.cause] == ["favourite", "search"]


TASTE = preference.Params()
SCORING = scoring.Params()


def blended(acts):
    """Return the scores of all cars for who did this, and what they were made from."""
    evidence = preference.no_evidence(SPACE.dim, NOON)
    steps = []
    for minutes, (event, n) in enumerate(acts):
        at = NOON + timedelta(minutes=minutes)
        evidence = preference.observe(evidence, vectors()[n], event.strength, at, TASTE)
        listing = INVENTORY[n]
        steps.append(step_of(event(listing_id=listing.id), at, facts_of([listing])))
    reader = preference.Reader(SPACE, TASTE)
    later = NOON + timedelta(days=1)
    wanted = reader.preference(evidence) if acts else None
    popular = np.random.default_rng(2).random(len(INVENTORY))
    scores = scoring.score(
        vectors(), wanted, reader.confidence(evidence, later), {"popular": popular}, SCORING
    )
    return scores, Taste(
        facts_of(INVENTORY), vectors(), evidence, following(NO_TRAIL, steps),
        {INVENTORY[n].id: vectors()[n] for _, n in acts}, reader, later, SCORING.slope,
    )  # fmt: skip


@cache
def vectors():
    return SPACE.vectors([describe(car) for car in INVENTORY])


acts = st.lists(
    st.tuples(st.sampled_from([View, Favourite]), st.integers(0, len(INVENTORY) - 1)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(acts)
def test_in_the_blend_too_a_car_stands_lower_without_its_cause(done):
    scores, taste = blended(done)
    places = np.argsort(-scores.total)[:10].tolist()
    for place, reason in zip(places, reasons.of_blend(scores, places, taste), strict=True):
        if not reason.cause:
            continue
        ids = {step.listing_id for step in reason.cause}
        # Of acts at other minutes the times shift, by too little to matter.
        less, _ = blended([(event, n) for event, n in done if INVENTORY[n].id not in ids])
        lost = SCORING.slope * (scores.total - less.total)
        assert lost[place] - lost.mean() > LOWERED


def test_in_the_blend_whoever_saved_one_car_is_told_of_it():
    scores, taste = blended([(Favourite, 5)])
    place = int(np.argmax(scores.parts["content"]))
    (reason,) = reasons.of_blend(scores, [place], taste)
    assert (reason.key, reason.about) == ("like_saved", INVENTORY[5].id)


def test_in_the_blend_whoever_only_searched_is_not_told_of_cars_they_looked_at():
    scores, taste = blended([(Favourite, 5)])
    place = int(np.argmax(scores.parts["content"]))
    assert reasons.of_blend(scores, [place])[0].key == "close_to_search"
    assert taste is not None


def test_in_the_blend_a_stranger_is_told_what_is_popular_and_new():
    scores, _ = blended([])
    assert {reason.key for reason in reasons.of_blend(scores, list(range(100)))} == {"popular"}


@pytest.mark.parametrize(
    ("days", "key"),
    [(0.0, "new"), (0.99, "new"), (1.0, "new_this_week"), (6.9, "new_this_week"), (7, "for_sale")],
)
def test_just_listed_is_said_for_a_day_and_new_for_a_week(days, key):
    scores = scoring.score(vectors()[:1], None, 0.0, {"fresh": np.ones(1)}, SCORING)
    (reason,) = reasons.of_blend(scores, [0], days=np.array([days]))
    assert reason.key == key
    assert reason.values == ({"days": int(days)} if key == "new_this_week" else {})


def test_in_the_blend_nothing_is_made_up_where_nothing_speaks():
    nothing = np.zeros(1)
    scores = scoring.score(vectors()[:1], None, 0.0, {"popular": nothing}, SCORING)
    assert reasons.of_blend(scores, [0])[0].key == "for_sale"
