"""Other shoppers are told of only where so many of them went from one car to the other."""

from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.facts import facts_of
from carousel.domain.graph import Graph, Neighbours, from_model, kinds_of
from carousel.domain.listing import Body
from carousel.domain.steps import following
from carousel.domain.trail import NO_TRAIL, extended, reaction
from carousel.recording.tables import NONE
from carousel.serving import others as serving
from carousel.serving import reasons
from carousel.serving.causes import Cause, Unit
from carousel.serving.others import FEWEST, Others
from carousel.training.graph import train_graph
from tests.domain.cars import INVENTORY
from tests.evaluation.test_simulated_laws import simulated, split_of
from tests.serving.test_reasons import best_of, candidates, past, rated, steps_by_shopper

SHOWN, SAVED = 5, 7


def market():
    return simulated("additive").recording


@cache
def graph():
    return from_model(train_graph(market(), split_of(market())))


@cache
def reacted():
    """Return who reacted to each kind of car before the split, whatever they did."""
    events, found = market().events, defaultdict(set)
    kinds = kinds_of(facts_of(market().listings)).tolist()
    for row in np.flatnonzero((events.listing != NONE) & (events.at < split_of(market()))).tolist():
        found[kinds[events.listing[row]]].add(int(events.shopper[row]))
    return found


def test_the_graph_counts_no_more_shoppers_than_reacted_to_both_kinds():
    kinds, counted = graph().kinds, 0
    for source, ends, shoppers in zip(kinds.sources, kinds.ends, kinds.shoppers, strict=True):
        for end, many in zip(ends.tolist(), shoppers.tolist(), strict=True):
            assert many <= len(reacted()[int(source)] & reacted()[end])
            counted += many >= FEWEST
    assert counted > 20


def test_others_are_told_of_only_where_they_went_from_the_car_of_the_cause(monkeypatch):
    monkeypatch.setattr(serving, "FEWEST", 1)  # in a market this small hardly three go one way
    ids = [market().listings[row].id for row in candidates().ids]
    known, said = Others(graph(), ids, candidates().facts), 0
    kind_of = kinds_of(candidates().facts)
    for steps in steps_by_shopper():
        trail = following(NO_TRAIL, steps)
        one = rated(trail)
        places = best_of(one, 20)
        because = reasons.of_ranker(one, places, past(trail), known)
        for place, reason in zip(places, because, strict=True):
            very = reason.key == "also_liked" or reason.values.get("also") == "others"
            if not very and reason.key != "also_liked_kind":
                continue
            said += 1
            about = trail.reactions[trail.reactions["listing"] == reason.about]
            (start,) = set(kinds_of(about["facts"])[-1:].tolist())
            assert len(reacted()[start] & reacted()[int(kind_of[place])]) >= 1
            assert reason.about in {step.listing_id for step in reason.cause}
    assert said > 10


def walked(shoppers, start, end):
    ends, weights = np.array([[end]]), np.ones((1, 1), np.float32)
    return Neighbours(np.array([start]), ends, weights, np.array([[shoppers]], np.int32))


def nobody():
    return Neighbours(np.empty(0, np.int64), np.empty((0, 1), np.int64), np.empty((0, 1)))


def told(car, other, known, kind="favourite"):
    trail = extended(NO_TRAIL, [reaction(1.0, SAVED, kind, None, facts_of([other]))])
    facts = facts_of([car])
    cause = Cause((Unit("cars", (0,)),), 1.0)
    return reasons._of_steps(cause, facts, trail, Others(known, [SHOWN], facts), 0)


def far_apart():
    car, other = (
        INVENTORY[0].model_copy(update={"make": make, "model": make, "body": body, "price": price})
        for make, body, price in (("Opel", Body.HATCHBACK, 3_900), ("Bentley", Body.COUPE, 127_000))
    )
    return car, other


@given(st.integers(0, 2 * FEWEST))
def test_it_takes_some_shoppers_to_say_so_of_the_very_cars(shoppers):
    car, other = far_apart()
    reason = told(car, other, Graph(walked(shoppers, SAVED, SHOWN), nobody()))
    if shoppers < FEWEST:
        assert reason is None
    else:
        assert (reason.key, reason.values, reason.about) == ("also_liked", {"did": "saved"}, SAVED)


@given(st.integers(0, 2 * FEWEST))
def test_and_of_cars_of_their_kinds(shoppers):
    car, other = far_apart()
    start, end = kinds_of(facts_of([other, car])).tolist()
    reason = told(car, other, Graph(nobody(), walked(shoppers, start, end)), "contact")
    assert (reason and reason.key) == (None if shoppers < FEWEST else "also_liked_kind")
    assert reason is None or reason.text == (
        "Shoppers interested in cars like the car you asked about "
        "were also interested in cars like this"
    )


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"make": "Bentley"}, "like_saved"),
        ({"body": Body.COUPE}, "like_saved"),
        ({"price": 126_000}, "also_liked"),
    ],
)
def test_what_the_score_itself_says_of_two_cars_comes_before_it_but_for_the_price(changed, key):
    car, other = far_apart()
    known = Graph(walked(9, SAVED, SHOWN), nobody())
    assert told(car.model_copy(update=changed), other, known).key == key


def test_beside_what_is_in_common_others_are_told_of_too():
    car, other = far_apart()
    known = Graph(walked(9, SAVED, SHOWN), nobody())
    reason = told(car.model_copy(update={"body": Body.COUPE}), other, known)
    assert reason.text == ("Another coupe, like the car you saved; others were interested in both")
    assert "also" not in told(car, other, known).values


def test_a_graph_that_did_not_count_shoppers_says_nothing():
    car, other = far_apart()
    old = Neighbours(np.array([SAVED]), np.array([[SHOWN]]), np.ones((1, 1), np.float32))
    assert told(car, other, Graph(old, nobody())) is None


def test_a_sentence_names_the_car_it_is_about_and_not_a_weightier_one_left_out():
    car, other = far_apart()
    same = other.model_copy(update={"make": "Kia", "body": Body.HATCHBACK})
    steps = [
        reaction(1.0, 8, "view", None, facts_of([other])),
        reaction(2.0, 9, "view", None, facts_of([same])),
    ]
    trail = extended(NO_TRAIL, steps)
    cause = Cause((Unit("cars", (0,)), Unit("cars", (1,))), 1.0)
    reason = reasons._of_steps(cause, facts_of([car]), trail)
    assert (reason.values["like"], reason.about) == ("body", 9)
    assert [step.listing_id for step in reason.cause] == [8, 9]
