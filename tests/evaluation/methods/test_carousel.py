"""The engine as a method: what it is told, it shows."""

import asyncio

import numpy as np
import pytest

from carousel.domain.events import Reason
from carousel.domain.filters import Filters, passes
from carousel.domain.listing import Fuel
from carousel.evaluation.methods.carousel import Carousel
from carousel.evaluation.methods.nightly import Nightly
from tests.evaluation.methods.tiny import (
    DAY,
    HOUR,
    SPLIT,
    a_recording,
    ask,
    at_split,
    cars,
    changed,
    played,
)

FAN, STRANGER = 0, 4
ELECTRIC = range(0, 300, 10)
CARS = changed(cars(300), ELECTRIC, fuel=Fuel.ELECTRIC)
CHEAP = Filters(max_price=9_000)

PLAIN = "carousel-unranked"
"""Where nothing is trained and no ranker weighs, what a list must hold can be told in the head."""


def slate(method, world, shopper=FAN, **question):
    return method.rank(world, ask(world, shopper, **question)).rows.tolist()


def fan_of_electric(*more, **different):
    liked = [(1 + n, FAN, "favourite", row) for n, row in enumerate(ELECTRIC[:5])]
    return a_recording(CARS, [*liked, *more], **different)


def test_a_fan_of_electric_cars_gets_an_electric_car_first():
    world = played(fan_of_electric(), method := Carousel(PLAIN), SPLIT + HOUR)
    shown = slate(method, world)
    assert CARS[shown[0]].fuel is Fuel.ELECTRIC
    assert sum(CARS[row].fuel is Fuel.ELECTRIC for row in shown) >= 7


def test_an_event_before_the_split_counts_like_one_after_it():
    happened = [(n, FAN, "view", row) for n, row in enumerate((5, 17, 60, 200), start=46)]
    happened += [(49.5, FAN, "dismiss", 9, Reason.TOO_EXPENSIVE), (49.6, FAN, "search", None, 1)]
    recording = a_recording(CARS, happened, searches=[CHEAP])
    world = played(recording, told := Carousel(PLAIN), SPLIT + 3 * HOUR)
    (knew := Carousel(PLAIN)).begin(at_split(recording, SPLIT + 3 * HOUR))
    question = ask(world, limit=20)
    assert slate(told, world, limit=20) == slate(knew, world, limit=20)
    np.testing.assert_allclose(
        told.score(world, question, np.arange(300)), knew.score(world, question, np.arange(300))
    )


def test_a_dismissed_car_vanishes():
    world = played(fan_of_electric(), method := Carousel(PLAIN), SPLIT + 2 * HOUR)
    first = slate(method, world)[0]
    world = played(
        fan_of_electric((49, FAN, "dismiss", first)), method := Carousel(PLAIN), world.now
    )
    assert first not in slate(method, world, limit=300)
    assert first in slate(method, world, STRANGER, limit=300)
    scores = method.score(world, ask(world, FAN), np.arange(300))
    assert scores.argmin() == first


def test_a_car_that_left_never_comes_back():
    world = played(fan_of_electric(), method := Carousel(PLAIN), SPLIT + 2 * HOUR)
    first = slate(method, world)[0]
    recording = fan_of_electric(
        (50, FAN, "favourite", first), left=[(49, first)], prices=[(49.5, first, 1_000)]
    )
    world = played(recording, method := Carousel(PLAIN), SPLIT + 3 * HOUR)
    assert first not in slate(method, world, limit=300)


def test_a_new_listing_is_shown_at_once():
    twin = CARS[0].model_copy(update={"id": 9_999, "ref": "twin"})
    happened = [(1, FAN, "contact", 0)]
    recording = a_recording([*CARS, twin], happened, born=[(49, 300)])
    world = played(recording, method := Carousel(PLAIN), SPLIT + 1.5 * HOUR)
    assert 300 in slate(method, world, limit=3)


def test_a_price_reduction_changes_the_vector_and_the_slate():
    searches = [(n, FAN, "search", None, 1) for n in range(1, 6)]
    recording = a_recording(changed(CARS, [3], price=60_000), searches, searches=[CHEAP])
    world = played(recording, method := Carousel(PLAIN), SPLIT + HOUR)
    before = method.score(world, ask(world), np.array([3]))[0]
    recording = a_recording(
        changed(CARS, [3], price=60_000), searches, searches=[CHEAP], prices=[(48.5, 3, 6_000)]
    )
    world = played(recording, method := Carousel(PLAIN), SPLIT + HOUR)
    assert method.score(world, ask(world), np.array([3]))[0] > before + 0.1
    assert recording.listings[3].price == 60_000


def test_filters_hold_and_the_slate_lies_among_the_rows_asked_for():
    world = played(fan_of_electric(), method := Carousel(PLAIN), SPLIT + HOUR)
    rows = np.array([row for row in world.rows() if passes(CARS[row], CHEAP)])
    shown = slate(method, world, filters=CHEAP, rows=rows, limit=20)
    assert len(shown) == 20
    assert set(shown) <= set(rows.tolist())


@pytest.mark.parametrize("shopper", [FAN, STRANGER])
def test_scores_of_the_slate_are_those_the_pipeline_gave(shopper):
    """With nobody but the fan reacting, the popular channel finds all that is popular.

    The store in memory has no clock: its popularity is of the moment of the last reaction.
    """
    world = played(fan_of_electric(), method := Carousel(PLAIN), SPLIT + HOUR)
    question = ask(world, shopper, limit=20)
    ranking = method.rank(world, question)
    np.testing.assert_allclose(
        method.score(world, question, ranking.rows), ranking.scores, atol=1e-3
    )


def test_it_can_be_asked_from_inside_a_running_loop():
    world = played(fan_of_electric(), method := Carousel(PLAIN), SPLIT + HOUR)

    async def cell():
        return slate(method, world)

    assert asyncio.run(cell()) == slate(method, world)


def test_the_nightly_engine_shows_what_was_sold_today_and_misses_what_is_new():
    twin = CARS[0].model_copy(update={"id": 9_999, "ref": "twin"})
    happened = [(1, FAN, "contact", 0)]
    recording = a_recording([*CARS, twin], happened, born=[(49, 300)], left=[(50, 0)])
    evening, morning = SPLIT + 20 * HOUR, SPLIT + 25 * HOUR
    world = played(recording, live := Carousel(PLAIN), evening)
    assert 300 in slate(live, world, limit=5)
    assert 0 not in slate(live, world, limit=300)
    world = played(recording, nightly := Nightly(Carousel(PLAIN)), evening)
    assert nightly.name == f"{PLAIN}-nightly"
    assert 0 in slate(nightly, world, limit=5)
    assert 300 not in slate(nightly, world, limit=300)
    scores = nightly.score(world, ask(world), np.array([1, 300]))
    assert scores[1] == scores[0] - 1
    world = played(recording, nightly := Nightly(Carousel(PLAIN)), morning)
    assert 300 in slate(nightly, world, limit=5)
    assert 0 not in slate(nightly, world, limit=300)


def test_the_nightly_engine_is_the_live_one_asked_at_midnight():
    happened = [(30 + n, FAN, "view", 7 * n) for n in range(30)]
    prices, left = [(55, 9, 2_000), (75, 9, 1_500)], [(56, 30), (74, 31)]
    recording = a_recording(CARS, happened, prices=prices, left=left)
    world = played(recording, nightly := Nightly(Carousel(PLAIN)), SPLIT + 1.9 * DAY)
    late = slate(nightly, world, limit=30)
    midnight = played(recording, live := Carousel(PLAIN), SPLIT + DAY)
    assert late == slate(live, midnight, limit=30)
