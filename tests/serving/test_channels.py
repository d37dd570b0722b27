"""What holds for every channel, on every engine, whatever is asked."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from carousel.domain.audience import Tally
from carousel.domain.facts import facts_of
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.graph import NOWHERE, Graph, Neighbours, kind_of, to_model
from carousel.domain.listing import Body, Fuel, Status
from carousel.domain.needs import Params, needs_of
from carousel.domain.trail import NO_TRAIL, extended, reaction, search
from carousel.serving.ask import Ask
from carousel.serving.channel_params import Params as ChannelParams
from carousel.serving.channel_params import Shares
from carousel.serving.channels import CHANNELS
from carousel.storage.ports import Interest
from tests.storage.marketplaces import opened
from tests.storage.postgres_world import market

NOW = datetime.now(UTC)  # the engines on PostgreSQL go by the clock
FILTERS = (
    NO_FILTERS,
    Filters(make=("skoda",), max_price=20_000),
    Filters(min_year=2010, max_mileage=200_000),
    Filters(body=(Body.SUV, Body.ESTATE, Body.HATCHBACK), fuel=(Fuel.PETROL, Fuel.DIESEL)),
    Filters(near_latitude=50.0, near_longitude=14.5, radius_km=120.0),
    Filters(make=("nobody makes it",)),
)


@dataclass(frozen=True)
class World:
    """A marketplace with 150 cars, some of them gone, and someone who is known to every channel."""

    place: object
    cars: dict
    gone: frozenset
    unwanted: frozenset
    ask: Ask

    def found(self, channel, **changes):
        return self.place.asked(
            lambda store: CHANNELS[channel](store, replace(self.ask, **changes))
        )


@pytest.fixture(scope="module", params=("memory", "mirror", "postgres"))
def world(request):
    place = opened(request.param, request.getfixturevalue("new_database"))
    facts = market(150)
    ids = place.upsert(facts)
    place.reindex()
    cars = dict(zip(ids, facts, strict=True))
    dice = np.random.default_rng(4)
    gone = frozenset(ids[::5])
    unwanted = frozenset(ids[1::7]) - gone
    place.popularise([Interest(i, 1.0 + i, NOW) for i in ids])
    place.hear({i: Tally(9.0, float(i % 9), float(i % 2), NOW) for i in ids})
    place.move("one", {i: dice.normal(size=4) for i in ids}, {})
    place.publish(graph_of(cars))
    place.set_status(list(gone), Status.SOLD)
    trail = trail_of(cars, [i for i in ids if i not in unwanted][:14])
    space = place.asked(lambda store: store.shopper(1)).space
    ask = Ask(
        preference=dice.normal(size=64) / 8,
        space=place.asked(lambda store: store.space(space)),
        filters=NO_FILTERS,
        without=unwanted,
        pool=60,
        latent=dice.normal(size=4),
        trail=trail,
        needs=needs_of(trail, NOW.timestamp(), Params()),
        seed=7,
    )
    yield World(place, cars, gone, unwanted, ask)
    place.close()


def graph_of(cars):
    """Return walks from every car to the next three, and from every kind to another."""
    ids = sorted(cars)
    ends = np.array([[ids[(n + step) % len(ids)] for step in (1, 2, 3)] for n in range(len(ids))])
    listings = Neighbours(np.array(ids), ends, np.ones(ends.shape, np.float32))
    names = {kind_of(car).code: kind_of(car) for car in cars.values()}
    codes = np.array(sorted(names))
    ends = np.column_stack([np.roll(codes, 1), np.full(len(codes), NOWHERE)])
    weights = np.column_stack([np.ones(len(codes)), np.zeros(len(codes))]).astype(np.float32)
    return to_model(Graph(listings, Neighbours(codes, ends, weights), names=names), {}, {})


def trail_of(cars, ids):
    """Return views of some cars, most of them gone by now or dear, and two searches."""
    steps = [
        reaction(NOW.timestamp() - n, i, "view", None, facts_of([cars[i]]))
        for n, i in enumerate(ids)
    ]
    asked = [Filters(max_price=6_000), Filters(min_year=2005, body=(Body.SUV, Body.ESTATE))]
    return extended(NO_TRAIL, steps, [search(NOW.timestamp(), one) for one in asked])


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_finds_something_best_first_and_each_car_once(world, channel):
    found = world.found(channel)
    assert found.channel == channel
    assert 0 < len(found.ids) <= world.ask.pool + 10
    assert len(set(found.ids)) == len(found.ids) == len(found.scores)
    assert list(found.scores) == sorted(found.scores, reverse=True)


@pytest.mark.parametrize(
    "filters", FILTERS, ids=lambda one: one.model_dump_json(exclude_unset=True)
)
@pytest.mark.parametrize("channel", CHANNELS)
def test_no_channel_finds_what_is_gone_unwanted_or_does_not_pass(world, channel, filters):
    found = world.found(channel, filters=filters)
    assert not set(found.ids) & (world.gone | world.unwanted)
    assert all(passes(world.cars[i], filters) for i in found.ids)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_stranger_is_no_trouble_to_any_channel(world, channel):
    nobody = {"preference": None, "space": None, "latent": None, "trail": NO_TRAIL, "needs": None}
    found = world.found(channel, **nobody)
    assert bool(found.ids) == (channel in {"popular", "fresh", "exploring"})


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_answers_the_same_again(world, channel):
    one, other = world.found(channel), world.found(channel)
    assert list(one.ids) == list(other.ids)


def test_every_channel_but_the_one_that_is_asked_for_all_of_the_pool_has_a_share():
    assert {field.name for field in fields(Shares)} == set(CHANNELS) - {"content"}


@pytest.mark.parametrize("channel", [field.name for field in fields(Shares)])
def test_a_channel_is_asked_for_its_share_of_the_pool(world, channel):
    few = ChannelParams(replace(Shares(), **{channel: 0.02}), most_starts=2, most_searches=2)
    less = world.found(channel, params=few)
    assert 0 < len(less.ids) <= 4, "1.2 of 60: one of each list, three of a graph of three kinds"
    assert len(less.ids) < len(world.found(channel).ids)
