"""The channels of the latent space and of the graph, on the store in memory."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from carousel.domain.facts import facts_of
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.graph import NOWHERE, Graph, Neighbours, kind_of, to_model
from carousel.domain.listing import Status
from carousel.domain.trail import NO_TRAIL, extended, reaction
from carousel.serving.ask import Ask
from carousel.serving.channel_params import Graph as Walks
from carousel.serving.channel_params import Params
from carousel.serving.channels import collaborative, graph
from carousel.storage import open_memory
from tests.domain.cars import INVENTORY, NOON

K = 4
CARS = INVENTORY[:60]
IDS = [car.id for car in CARS]
ASK = Ask(None, None, NO_FILTERS, frozenset(), 80)


@pytest.fixture
def store():
    """A store in memory whose cars' factors point where their makes do."""
    makes = sorted({car.make for car in CARS})
    kept = open_memory()
    kept.put(CARS)
    kept.adopt_latent({car.id: np.eye(K)[makes.index(car.make)] for car in CARS}, {})
    return kept


def found(channel, store, ask):
    return asyncio.run(channel.find(store, ask))


def towards(make):
    makes = sorted({car.make for car in CARS})
    return replace(ASK, latent=np.eye(K)[makes.index(make)])


def seen(*cars, kind="view"):
    steps = [
        reaction(NOON.timestamp() + n, car.id, kind, None, facts_of([car]))
        for n, car in enumerate(cars)
    ]
    return extended(NO_TRAIL, steps)


def neighbours(links, places=3):
    sources = sorted(links)
    ends = np.full((len(sources), places), NOWHERE)
    weights = np.zeros((len(sources), places), np.float32)
    for row, source in enumerate(sources):
        for place, (end, weight) in enumerate(links[source].items()):
            ends[row, place], weights[row, place] = end, weight
    return Neighbours(np.array(sources, np.int64), ends, weights)


def published(store, listings, kinds):
    names = {kind_of(car).code: kind_of(car) for car in CARS}
    store.publish(to_model(Graph(neighbours(listings), neighbours(kinds), names=names), {}, {}))


def test_whoever_the_latent_space_knows_nothing_of_is_found_nothing(store):
    assert not found(collaborative, store, ASK).ids


def test_cars_of_ones_taste_come_first(store):
    makes = {car.id: car.make for car in CARS}
    ids = found(collaborative, store, towards("Audi")).ids
    audis = [i for i in IDS if makes[i] == "Audi"]
    assert set(ids[: len(audis)]) == set(audis)


def test_filters_and_what_is_unwanted_are_obeyed(store):
    ask = replace(towards("Audi"), filters=Filters(make=("Fiat",)), without=frozenset(IDS[:30]))
    ids = found(collaborative, store, ask).ids
    makes = {car.id: car.make for car in CARS}
    assert ids
    assert {makes[i] for i in ids} == {"Fiat"}
    assert not set(ids) & set(IDS[:30])


def test_without_a_graph_or_a_trail_no_walk_leads_anywhere(store):
    assert not found(graph, store, replace(ASK, trail=seen(CARS[0]))).ids
    published(store, {IDS[0]: {IDS[1]: 1.0}}, {})
    assert not found(graph, store, ASK).ids


def test_walks_end_at_the_likeliest_cars_first(store):
    published(store, {IDS[0]: {IDS[5]: 0.2, IDS[6]: 0.4}, IDS[1]: {IDS[5]: 0.4}}, {})
    one = found(graph, store, replace(ASK, trail=seen(CARS[0])))
    assert one.ids == [IDS[6], IDS[5]]
    assert one.scores == [1.0, 0.5]
    assert found(graph, store, replace(ASK, trail=seen(CARS[0], CARS[1]))).ids == [IDS[5], IDS[6]]


def test_what_was_dismissed_leads_nowhere(store):
    published(store, {IDS[0]: {IDS[5]: 0.2}}, {})
    assert found(graph, store, replace(ASK, trail=seen(CARS[0], kind="dismiss"))).ids == []


def test_a_car_that_nobody_walked_from_leads_to_cars_of_neighbouring_kinds(store):
    here, there = kind_of(CARS[0]), kind_of(CARS[3])
    published(store, {}, {here.code: {there.code: 1.0}})
    ids = found(graph, store, replace(ASK, trail=seen(CARS[0]))).ids
    kinds = {car.id: kind_of(car) for car in CARS}
    assert CARS[3].id in ids
    assert {kinds[i] for i in ids} == {there}


def walks(**turned):
    return Params(graph=Walks(**turned))


def test_the_shorter_the_half_life_the_less_an_older_start_counts(store):
    published(store, {IDS[0]: {IDS[5]: 0.9}, IDS[1]: {IDS[6]: 0.5}}, {})
    ask = replace(ASK, trail=seen(CARS[0], CARS[1]))  # one second apart
    assert found(graph, store, ask).ids == [IDS[5], IDS[6]]
    hasty = replace(ask, params=walks(half_life=0.25 / 86_400))
    assert found(graph, store, hasty).ids == [IDS[6], IDS[5]]


def test_walks_lead_to_no_more_kinds_than_they_may_and_their_cars_score_a_share(store):
    kinds = list({kind_of(car).code: kind_of(car) for car in CARS}.values())
    here, *others = [kind_of(CARS[0]), *(k for k in kinds if k != kind_of(CARS[0]))]
    published(store, {}, {here.code: {k.code: 1.0 - n / 4 for n, k in enumerate(others[:3])}})
    ask = replace(ASK, trail=seen(CARS[0]))
    kind = {car.id: kind_of(car) for car in CARS}
    for most in (1, 2, 3):
        ends = found(graph, store, replace(ask, params=walks(most_kinds=most, by_kind=0.2)))
        assert {kind[i] for i in ends.ids} == set(others[:most])
        assert max(ends.scores) == pytest.approx(0.2)


def test_only_active_cars_that_pass_the_filters_are_at_an_end(store):
    published(store, {IDS[0]: {IDS[5]: 0.2, IDS[6]: 0.4, IDS[7]: 0.3}}, {})
    store.set_status([IDS[6]], Status.SOLD)
    ask = replace(ASK, trail=seen(CARS[0]), without=frozenset([IDS[7]]))
    assert found(graph, store, ask).ids == [IDS[5]]
    never = replace(ask, filters=Filters(make=("Nobody",)))
    assert found(graph, store, never).ids == []
