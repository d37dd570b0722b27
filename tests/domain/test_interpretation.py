from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.car_features import describe
from carousel.domain.events import (
    Contact,
    Dismiss,
    Favourite,
    Impression,
    Reason,
    Search,
    Undismiss,
    Unfavourite,
    View,
)
from carousel.domain.filters import Filters
from carousel.domain.interpretation import interpret, learn, unlearn
from carousel.domain.preference import Evidence, Params, no_evidence
from tests.domain.cars import NOON, SPACE, car, moments

CAR = car(7, make="Skoda", model="Octavia", price=15_000, mileage_km=90_000, year=2018)


def vector(listing):
    return SPACE.vectors([describe(listing)])[0]


def pull(event, toward) -> float:
    """Return how an event about CAR moves a shopper's liking of another car."""
    seen = interpret(event, NOON, CAR, vector(CAR), SPACE)
    assert seen is not None
    return seen.strength * float(seen.item @ vector(toward))


def dismiss(reason):
    return Dismiss(listing_id=CAR.id, reason=reason)


def test_stronger_actions_pull_harder():
    pulls = [pull(kind(listing_id=CAR.id), CAR) for kind in (View, Favourite, Contact)]
    assert pulls == sorted(pulls)
    assert pulls[0] == pytest.approx(1.0)


def test_taking_back_a_favourite_takes_back_its_pull():
    assert pull(Unfavourite(listing_id=CAR.id), CAR) == -pull(Favourite(listing_id=CAR.id), CAR)


def test_an_impression_says_nothing_of_taste():
    shown = Impression(listing_id=CAR.id, position=1)
    assert interpret(shown, NOON, CAR, vector(CAR), SPACE) is None


def test_a_dismissal_moves_away_from_the_whole_car():
    assert pull(dismiss(Reason.OTHER), CAR) < 0


@pytest.mark.parametrize(
    ("reason", "better", "worse"),
    [
        (Reason.TOO_EXPENSIVE, {"price": 9_000}, {"price": 22_000}),
        (Reason.TOO_OLD, {"year": 2022}, {"year": 2014}),
        (Reason.TOO_MANY_KM, {"mileage_km": 50_000}, {"mileage_km": 160_000}),
        (Reason.NOT_THIS_MAKE, {"make": "Audi", "model": "A3"}, {}),
    ],
)
def test_a_reason_speaks_on_its_axis(reason, better, worse):
    nicer, nastier = CAR.model_copy(update=better), CAR.model_copy(update=worse)
    assert pull(dismiss(reason), nicer) > pull(dismiss(reason), nastier)
    assert pull(dismiss(reason), nicer) > pull(dismiss(reason), CAR)


def test_too_expensive_is_not_held_against_the_make():
    away = interpret(dismiss(Reason.TOO_EXPENSIVE), NOON, CAR, vector(CAR), SPACE)
    make = SPACE.direction({"make": ["skoda"]})
    price = SPACE.direction({"price": describe(CAR)["price"]})
    assert abs(away.item @ make) < 0.25 * abs(away.item @ price)


def test_a_reason_about_something_not_stated_says_nothing():
    unknown = CAR.model_copy(update={"mileage_km": None})
    event = dismiss(Reason.TOO_MANY_KM)
    assert interpret(event, NOON, unknown, vector(unknown), SPACE) is None


def test_a_search_without_filters_says_nothing():
    assert interpret(Search(filters=Filters()), NOON, None, None, SPACE) is None


def test_a_search_pulls_toward_what_it_asks_for():
    event = Search(filters=Filters(make=("Škoda",)))
    seen = interpret(event, NOON, None, None, SPACE)
    assert seen.item @ vector(CAR) > 0
    assert np.linalg.norm(seen.item) == pytest.approx(1.0)


def test_an_event_about_a_car_without_vector_says_nothing():
    assert interpret(View(listing_id=1), NOON, None, None, SPACE) is None


PARAMS = Params()
some_past = st.lists(st.tuples(st.sampled_from([View, Favourite, Contact]), moments), max_size=4)
reasons = st.sampled_from(list(Reason))


def after(story, evidence=None):
    """Return the evidence after events about CAR, each with its time."""
    evidence = evidence or no_evidence(SPACE.dim, NOON - timedelta(days=90))
    for event, at in story:
        said = interpret(event, at, CAR, vector(CAR), SPACE)
        if said is not None:
            evidence = learn(evidence, said, PARAMS)
    return evidence


def aged(evidence, at):
    """Return the same evidence as of a later moment."""
    left = PARAMS.remaining(at - evidence.as_of)
    return Evidence(left * evidence.direction, left * evidence.mass, at)


def assert_same(one, other):
    latest = max(one.as_of, other.as_of)
    one, other = aged(one, latest), aged(other, latest)
    np.testing.assert_allclose(one.direction, other.direction, rtol=0, atol=1e-9)
    assert one.mass == pytest.approx(other.mass, abs=1e-9)


@given(some_past, moments, reasons, st.integers(0, 40 * 24 * 60), st.randoms())
def test_an_undone_dismissal_never_was_however_late_and_in_any_order(
    past, dismissed_at, reason, minutes, dice
):
    past = [(kind(listing_id=CAR.id), at) for kind, at in past]
    undo = Undismiss(listing_id=CAR.id, reason=reason, dismissed_at=dismissed_at)
    story = [
        *past,
        (Dismiss(listing_id=CAR.id, reason=reason), dismissed_at),
        (undo, dismissed_at + timedelta(minutes=minutes)),
    ]
    dice.shuffle(story)
    assert_same(after(story), after(past))


@given(reasons, st.integers(1, 400))
def test_without_the_time_of_the_dismissal_what_is_left_lies_on_its_axis(reason, hours):
    then = NOON + timedelta(hours=hours)
    dismissal = (Dismiss(listing_id=CAR.id, reason=reason), NOON)
    left = after([dismissal, (Undismiss(listing_id=CAR.id, reason=reason), then)])
    axis = aged(after([dismissal]), then).direction
    share = 1 - 1 / PARAMS.remaining(then - NOON)  # 0 at once, -1 after one half-life
    np.testing.assert_allclose(left.direction, share * axis, atol=1e-9)


def test_a_dismissal_cannot_be_undone_before_it_was():
    late = Undismiss(listing_id=CAR.id, dismissed_at=NOON + timedelta(days=9_000))
    assert interpret(late, NOON, CAR, vector(CAR), SPACE).at == NOON
    early = Undismiss(listing_id=CAR.id, dismissed_at=NOON.replace(year=1))
    assert after([(early, NOON)]).mass == 0


@pytest.mark.parametrize("kind", [View, Dismiss, Undismiss, Unfavourite])
def test_what_was_learned_can_be_unlearned(kind):
    said = interpret(kind(listing_id=CAR.id), NOON, CAR, vector(CAR), SPACE)
    before = after([(Contact(listing_id=CAR.id), NOON)])
    assert_same(unlearn(learn(before, said, PARAMS), said, PARAMS), before)
