"""The latent space and the graph as the store in memory hears of them."""

import asyncio

from carousel.domain.filters import NO_FILTERS
from carousel.domain.graph import KIND
from carousel.evaluation.methods.collaborating import Collaborating
from carousel.storage import open_memory
from tests.evaluation.methods.tiny import DAY, a_recording, at_split, cars, played
from tests.training.two_camps import is_small, market


def kept(moment):
    """Return a store that heard of everything until a moment."""
    recording, store = market(), open_memory()
    method = Collaborating(store)
    store.put(recording.listings[: at_split(recording).published])
    played(recording, method, moment)
    return store


def test_a_shopper_is_near_the_cars_of_their_camp():
    recording = market()
    store = kept(recording.begins + 3.5 * DAY)
    row_of = {listing.id: row for row, listing in enumerate(recording.listings)}
    for shopper in range(6):
        state = asyncio.run(store.shopper(int(recording.users[shopper])))
        near = asyncio.run(store.nearest_latent(state.latent, NO_FILTERS, 6, frozenset()))
        assert {is_small(row_of[one]) for one in near.ids} == {is_small(shopper)}
    assert asyncio.run(store.model(KIND)) is not None


def test_where_nobody_has_reacted_nothing_is_told():
    store = open_memory()
    Collaborating(store).begin(at_split(a_recording(cars(5))))
    assert asyncio.run(store.model(KIND)) is None
