import asyncio
import logging
from collections import Counter
from dataclasses import replace

import pytest

from carousel.domain.candidates import nothing
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Body, Status
from carousel.domain.reranking.exploration import Params as Exploration
from carousel.domain.reranking.slate import RELEVANCE_ALONE
from carousel.serving import retrieving
from carousel.serving.channel_params import Params as ChannelParams
from carousel.serving.channel_params import Shares
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import recommend
from carousel.serving.popular import popular
from carousel.serving.similar import similar
from carousel.storage import open_catalogue
from tests.serving.conftest import NOW, PICKY, SKODA_FAN, STRANGER, TWO_NEEDS

KNOBS = Knobs(deadline=30.0)  # no channel is late only because the machine is busy


def slate(user_id, filters=NO_FILTERS, limit=20, knobs=KNOBS):
    return lambda store: recommend(store, user_id, filters, limit, now=NOW, knobs=knobs)


def test_a_stranger_gets_a_full_mixed_list(ask):
    answer = ask(slate(STRANGER))
    assert len(answer.entries) == 20
    assert not answer.personal
    assert len({e.listing.make for e in answer.entries}) >= 5
    said = {entry.reason.text for entry in answer.entries if not entry.random}
    assert said <= {"Popular with other shoppers", "Just listed"}


def test_a_fan_gets_what_they_like_but_not_all_of_one_model(ask):
    answer = ask(slate(SKODA_FAN))
    top = [entry.listing for entry in answer.entries[:10]]
    assert answer.personal
    assert sum(car.make == "Skoda" for car in top) >= 4
    most = max(Counter(car.model for car in top).values())
    assert most <= KNOBS.slate.caps.model + 1, "but for the one that chance may have drawn"


def test_no_car_stands_twice_and_the_best_stands_first(ask):
    answer = ask(slate(SKODA_FAN, limit=50))
    ids = [entry.listing.id for entry in answer.entries]
    assert len(set(ids)) == 50
    by_score = replace(KNOBS, slate=RELEVANCE_ALONE)
    scores = [entry.score for entry in ask(slate(SKODA_FAN, knobs=by_score)).entries]
    assert scores == sorted(scores, reverse=True)


def test_every_place_says_what_part_chance_had_in_it(ask):
    places = replace(KNOBS.slate, exploration=Exploration(places=3.0))
    answer = ask(slate(SKODA_FAN, knobs=replace(KNOBS, slate=places)))
    assert sum(entry.random for entry in answer.entries) == 3
    assert all((entry.reason.key == "chance") == entry.random for entry in answer.entries)
    assert all(0 < entry.propensity < 1 for entry in answer.entries)
    assert {entry.eligible for entry in answer.entries} >= {answer.entries[0].eligible}
    assert answer.entries[0].eligible >= 20
    certain = ask(slate(SKODA_FAN, knobs=replace(KNOBS, slate=RELEVANCE_ALONE)))
    assert {(e.propensity, e.random) for e in certain.entries} == {(1.0, False)}


def test_a_car_that_chance_drew_is_called_different_only_if_the_shopper_did_not_react_to_it(ask):
    knobs = replace(KNOBS, slate=replace(KNOBS.slate, exploration=Exploration(places=20.0)))
    known = ask(lambda store: store.shopper(TWO_NEEDS)).trail.reactions["listing"].tolist()
    (car,) = ask(lambda store: store.active(known[:1]))
    like_it = Filters(make=(car.make,), min_price=car.price - 900, max_price=car.price + 900)
    drawn = ask(slate(TWO_NEEDS, like_it, 20, knobs)).entries
    assert all(entry.random for entry in drawn)
    told = {entry.listing.id: entry.reason.key for entry in drawn}
    assert told == {i: "chance_known" if i in known else "chance" for i in told}
    assert set(told.values()) == {"chance", "chance_known"}


def test_a_channel_finds_as_many_cars_as_the_knobs_say(ask):
    shares = Shares(popular=0.05)
    knobs = replace(KNOBS, channels=("popular",), retrieval=ChannelParams(shares))
    assert len(ask(slate(STRANGER, knobs=knobs)).entries) == 6
    knobs = replace(knobs, retrieval=ChannelParams())
    assert len(ask(slate(STRANGER, knobs=knobs)).entries) == 20


def test_a_shopper_with_two_needs_sees_both(ask):
    answer = ask(slate(TWO_NEEDS))
    bodies = Counter(entry.listing.body for entry in answer.entries[:10])
    assert bodies[Body.VAN] >= 2
    assert bodies[Body.HATCHBACK] >= 4


def test_dismissed_cars_never_come_back(ask):
    dismissed = ask(lambda store: store.shopper(PICKY)).dismissed
    assert len(dismissed) == 750
    answer = ask(slate(PICKY, limit=100))
    assert len(answer.entries) == 100
    assert not dismissed & {entry.listing.id for entry in answer.entries}


@pytest.mark.parametrize("user_id", [STRANGER, SKODA_FAN])
def test_filters_hold_for_every_car(ask, user_id):
    wanted = Filters(max_price=9_000, fuel=("diesel",))
    answer = ask(slate(user_id, wanted))
    assert len(answer.entries) == 20
    assert all(passes(entry.listing, wanted) for entry in answer.entries)


@pytest.mark.parametrize("user_id", [STRANGER, SKODA_FAN])
def test_a_filter_that_nothing_passes_gives_an_empty_list(ask, user_id):
    assert ask(slate(user_id, Filters(make=("Nonesuch",)))).entries == ()


def test_the_same_question_has_the_same_answer(ask):
    first, second = ask(slate(SKODA_FAN)), ask(slate(SKODA_FAN))
    assert first.id == second.id
    assert [e.listing for e in first.entries] == [e.listing for e in second.entries]


def test_a_channel_that_fails_or_is_late_costs_its_candidates_only(ask, monkeypatch, caplog):
    async def broken(_store, _question):
        raise RuntimeError("out of order")

    async def late(_store, _question):
        await asyncio.sleep(30)
        return nothing("late")

    more = {"broken": broken, "late": late}
    monkeypatch.setattr(retrieving, "CHANNELS", {**retrieving.CHANNELS, **more})
    knobs = Knobs(channels=tuple(retrieving.CHANNELS), deadline=2.0)
    with caplog.at_level(logging.WARNING):
        answer = ask(slate(SKODA_FAN, knobs=knobs))
    assert len(answer.entries) == 20
    assert len([r for r in caplog.records if "gave nothing" in r.message]) == 2


def test_similar_cars_are_similar_and_never_the_car_itself(ask):
    fabia = ask(lambda s: s.search(Filters(make=("Skoda",), model=("Fabia",)), "newest", 1, 0))
    car = fabia.listings[0]
    found = ask(lambda store: similar(store, car.id, 12))
    assert len(found) == 12
    assert car.id not in {one.id for one in found}
    assert sum(one.make == "Skoda" for one in found) >= 6


def test_there_is_nothing_similar_to_an_unknown_car(ask):
    assert ask(lambda store: similar(store, 10**9, 12)) is None


def test_popular_cars_come_first_and_new_ones_fill_up(ask):
    listed = ask(lambda store: popular(store, NO_FILTERS, 60, now=NOW))
    listings = [car for car, _ in listed]
    liked = ask(lambda store: store.popular(NO_FILTERS, 60, frozenset())).ids
    assert len(listings) == 60
    assert [car.id for car in listings[: len(liked)]] == list(liked)
    for place, (car, reason) in enumerate(listed):
        days = (NOW - car.listed_at).days
        new = "new" if days < 1 else "new_this_week" if days < 7 else "for_sale"
        assert reason.key == ("popular" if place < len(liked) else new)


def test_a_car_sold_after_it_was_found_is_not_shown(ask, market):
    first = ask(slate(SKODA_FAN)).entries[0].listing
    with open_catalogue(market) as catalogue:
        catalogue.set_status([first.id], Status.SOLD)
    try:
        shown = {entry.listing.id for entry in ask(slate(SKODA_FAN)).entries}
        assert first.id not in shown
        assert len(shown) == 20
    finally:
        with open_catalogue(market) as catalogue:
            catalogue.set_status([first.id], Status.ACTIVE)
