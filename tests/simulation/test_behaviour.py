from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.events import Reason
from carousel.domain.listing import Body, Fuel
from carousel.simulation.behaviour import Behaviour, Memory, Mind, examine, read
from carousel.simulation.parameters import read_parameters, section
from carousel.simulation.searching import Searching, round_price, typed, widened
from carousel.simulation.sessions import Habits, Sessions, arrivals

PARAMETERS = read_parameters()
BEHAVIOUR = section(PARAMETERS, "behaviour", Behaviour)
SEARCHING = section(PARAMETERS, "searching", Searching)
SESSIONS = section(PARAMETERS, "sessions", Sessions)
MONDAY = 1_767_571_200.0


class Wanting:
    """A shopper who wants the cars with an even number, and has one thing against the others."""

    def opening(self, _need, cars, *_):
        return np.where(cars % 2 == 0, 1.0, 0.0)

    def saving(self, _need, cars, *_):
        return np.ones(len(cars))

    def contacting(self, _need, cars, *_):
        return np.where(cars % 4 == 0, 1.0, 0.0)

    def complaints(self, _need, cars, _prices):
        return {Reason.TOO_FAR: np.full(len(cars), 50.0), Reason.TOO_OLD: np.zeros(len(cars))}


def reading(cars, patience=1_000, memory=None, **replaced):
    habits = {name: getattr(BEHAVIOUR, name) for name in BEHAVIOUR.__dataclass_fields__}
    settings = Behaviour(**{**habits, "decay": 0.0, **replaced})
    mind = Mind(None, 0.5, patience, memory or Memory(), Wanting())
    cars = np.array(cars)
    return read(cars, cars * 1_000.0, mind, settings, np.random.default_rng(1))


def test_a_shopper_opens_saves_and_contacts_what_they_want():
    deeds = [(d.type, d.car) for d in reading([1, 2, 4, 3]).deeds]
    expected = [("view", 2), ("favourite", 2), ("view", 4), ("favourite", 4), ("contact", 4)]
    assert [d for d in deeds if d[0] != "dismiss"] == expected


def test_what_displeases_is_dismissed_for_what_speaks_against_it():
    deeds = reading([1, 3, 5, 7], dismissal=1.0, untold=1e-9).deeds
    assert [(d.type, d.car, d.reason) for d in deeds] == [
        ("dismiss", car, Reason.TOO_FAR) for car in (1, 3, 5, 7)
    ]
    assert {d.reason for d in reading(range(1, 99, 2), dismissal=1.0, untold=50.0).deeds} == {
        Reason.TOO_FAR,
        Reason.OTHER,
    }


def test_deeds_follow_each_other_in_time():
    after = [deed.after for deed in reading(range(40)).deeds]
    assert after == sorted(after)
    assert after[0] >= 1


def test_a_car_saved_and_contacted_is_not_saved_or_contacted_again():
    memory = Memory(found={4: None}, saved={4: 0}, contacted={4})
    assert [d.type for d in reading([4], memory=memory, opened_again=1.0).deeds] == ["view"]


def test_a_car_opened_before_is_opened_less_often():
    memory = Memory(found=dict.fromkeys(range(0, 800, 2)))
    views = [d for d in reading(range(0, 800, 2), memory=memory).deeds if d.type == "view"]
    assert 0.15 < len(views) / 400 < 0.35


@given(places=st.integers(1, 60), patience=st.integers(1, 60), seed=st.integers(0, 99))
def test_nobody_looks_longer_than_patience_lasts(places, patience, seed):
    examined, gave_up = examine(places, patience, 0.35, np.random.default_rng(seed))
    assert len(examined) == places
    assert examined.sum() <= patience
    assert gave_up == (examined.sum() >= patience)
    assert examined[0]


def test_places_are_examined_as_often_as_declared():
    dice = np.random.default_rng(3)
    seen = np.mean([examine(20, 1_000, 0.35, dice)[0] for _ in range(4_000)], axis=0)
    assert seen == pytest.approx(np.arange(1, 21) ** -0.35, abs=0.03)


def need(**facts):
    stage = SimpleNamespace(
        bodies={Body.ESTATE: 1.0, Body.SUV: 0.6},
        fuels={Fuel.DIESEL: 1.0, Fuel.PETROL: 0.5},
        oldest=6,
    )
    home = SimpleNamespace(latitude=50.1, longitude=14.4)
    return SimpleNamespace(
        **{
            "stage": stage,
            "budget": 17_300.0,
            "stretch": 0.2,
            "makes": ("Skoda",),
            "home": home,
            "distance_km": 120.0,
            **facts,
        }
    )


def test_searches_narrow_on_the_way():
    dice = np.random.default_rng(1)

    def named(progress):
        searches = [typed(need(), progress, 2026, SEARCHING, dice) for _ in range(300)]
        return [
            np.mean([bool(getattr(s, name)) for s in searches])
            for name in ("max_price", "fuel", "make", "min_year", "radius_km")
        ]

    assert named(0.0) == [1.0, 0.0, 0.0, 0.0, 0.0]
    early, late = named(0.4), named(0.9)
    assert early[1] > 0.4 < early[2]
    assert early[3:] == [0.0, 0.0]
    assert min(late) > 0.4


@given(budget=st.floats(1_000, 90_000), seed=st.integers(0, 99))
def test_price_limits_are_round_and_never_below_the_budget(budget, seed):
    dice = np.random.default_rng(seed)
    limit = typed(need(budget=budget), 0.0, 2026, SEARCHING, dice).max_price
    assert limit % 500 == 0
    assert budget <= limit <= 1.2 * budget + 5_000
    assert round_price(limit) >= limit


def test_a_search_in_vain_is_widened_until_only_the_price_is_left():
    everything = typed(need(), 1.0, 2026, SEARCHING, np.random.default_rng(5))
    steps = [everything, *widened(everything)]
    asked = [len(s.model_dump(exclude_defaults=True)) for s in steps]
    assert asked == sorted(asked, reverse=True)
    assert set(steps[-1].model_dump(exclude_defaults=True)) == {"max_price"}


def test_people_come_in_the_evening_more_on_sundays_and_only_while_they_look():
    count = 2_000
    known = Habits(
        per_day=np.full(count, 2.0),
        begins=np.where(np.arange(count) < 1_000, -np.inf, MONDAY + 9e9),
        ends=np.full(count, np.inf),
    )
    dice = np.random.default_rng(1)
    days = [arrivals(known, MONDAY + n * 86_400, SESSIONS, dice) for n in range(7)]
    for n, (at, who) in enumerate(days):
        assert (np.diff(at) >= 0).all()
        assert at[0] >= MONDAY + n * 86_400
        assert at[-1] < MONDAY + (n + 1) * 86_400
        assert who.max() < 1_000
    sizes = [len(at) for at, _ in days]
    assert max(sizes) == sizes[6]
    assert sum(sizes) == pytest.approx(7 * 2_000, rel=0.05)
    hours = np.concatenate([at for at, _ in days]) % 86_400 // 3_600
    assert np.bincount(hours.astype(int)).argmax() == 20
