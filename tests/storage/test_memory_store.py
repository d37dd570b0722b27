"""What comes and goes in memory leaves no trace on what is found."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.features import FeatureSpace
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Listing, Status
from carousel.domain.popularity import fold, standing
from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL, extended, search
from carousel.storage import open_memory
from carousel.storage.ports import Interest, Learned
from tests.storage.postgres_world import NOON, car, market

NOBODY = frozenset()
DIM = 64
FACTS = market(200, seed=3)


def listing(number, **changes):
    return Listing(id=number, **(dict(FACTS[number]) | changes))


def direction(number):
    """Return a unit vector with few distinct values, so that ties occur."""
    vector = np.zeros(DIM)
    vector[number % 5] = 1.0
    return vector


steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 9), st.integers(1, 199)),
        st.tuples(st.just("sell"), st.integers(1, 9), st.just(0)),
        st.tuples(st.just("relist"), st.integers(1, 9), st.just(0)),
        st.tuples(st.just("like"), st.integers(1, 9), st.integers(-1, 3)),
    ),
    max_size=40,
)


@given(steps=steps, taste=st.integers(0, 4), limit=st.integers(0, 12))
@settings(max_examples=300, deadline=None)  # the first walk is compiled
def test_after_any_story_what_is_found_is_what_comparing_everything_finds(steps, taste, limit):
    store = open_memory()
    cars, vectors, interest = {}, {}, {}
    for what, listing_id, value in steps:
        if what == "put":
            cars[listing_id] = listing(value).model_copy(update={"id": listing_id})
            vectors[listing_id] = direction(value)
            store.put([cars[listing_id]], vectors[listing_id][None, :])
        elif what == "like":
            interest.setdefault(listing_id, []).append((float(value), NOON))
            store.popularise([Interest(listing_id, float(value), NOON)])
        else:
            status = Status.SOLD if what == "sell" else Status.ACTIVE
            assert store.set_status([listing_id], status) == (listing_id in cars)
            if listing_id in cars:
                cars[listing_id] = cars[listing_id].model_copy(update={"status": status})
    active = {i: one for i, one in cars.items() if one.status is Status.ACTIVE}
    filters = Filters(max_price=9_000)
    wanted = direction(taste)

    async def look():
        return (
            await store.nearest(wanted, filters, limit, frozenset({3})),
            await store.newest(NO_FILTERS, limit, NOBODY),
            await store.popular(NO_FILTERS, limit, NOBODY),
            await store.known(range(10)),
        )

    near, new, popular, known = asyncio.run(look())
    passing = [i for i, one in active.items() if passes(one, filters) and i != 3]
    assert near.ids == sorted(passing, key=lambda i: (-vectors[i] @ wanted, i))[:limit]
    np.testing.assert_allclose(near.scores, [vectors[i] @ wanted for i in near.ids], atol=1e-5)
    assert new.ids == sorted(active, key=lambda i: (-active[i].listed_at.timestamp(), i))[:limit]
    places = {i: standing(fold(None, interest[i])) for i in active if i in interest}
    liked = [i for i, place in places.items() if place is not None]
    assert popular.ids == sorted(liked, key=lambda i: (-places[i], i))[:limit]
    assert known == set(cars)


def test_the_nearest_of_thousands_are_the_nearest_there_are():
    dice = np.random.default_rng(7)
    vectors = dice.standard_normal((3_000, DIM))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store = open_memory()
    store.put([car_with_id(n) for n in range(3_000)], vectors)
    for taste in vectors[:20] + vectors[20:40]:
        found = asyncio.run(store.nearest(taste, NO_FILTERS, 25, NOBODY))
        scores = vectors @ taste
        assert min(scores[np.array(found.ids) - 1]) >= np.sort(scores)[-25] - 1e-6
        np.testing.assert_allclose(found.scores, scores[np.array(found.ids) - 1], atol=1e-5)


def car_with_id(n):
    return Listing(id=n + 1, **dict(car(f"car-{n}")))


def test_a_kept_vector_cannot_be_changed_from_outside():
    store, vectors = open_memory(), np.eye(DIM)[:1]
    store.put([listing(1)], vectors)
    vectors[0, 0] = 7.0
    kept = asyncio.run(store.vectors([1]))[1]
    assert kept[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 2.0


def test_a_listing_put_without_a_vector_keeps_the_one_it_had():
    store = open_memory()
    store.put([listing(1)], direction(1)[None, :])
    store.put([listing(1, price=123), listing(2)])
    found = asyncio.run(store.nearest(direction(1), NO_FILTERS, 5, NOBODY))
    assert found.ids == [1]
    assert asyncio.run(store.listing(1)).price == 123


def test_a_new_space_forgets_what_lived_in_the_old_one():
    store = open_memory()
    trail = extended(NO_TRAIL, searches=[search(1.0, Filters(max_price=1))])
    one, two = (FeatureSpace([], np.eye(DIM), scale * np.eye(DIM)) for scale in (1.0, 2.0))
    store.adopt(one, {})
    store.put([listing(1), listing(2)], np.array([direction(1), direction(2)]))

    def known(user_id):
        return Learned(user_id, Evidence(direction(1), 1.0, NOON), trail)

    assert store.save([known(5), known(6)]) == {5: 1, 6: 1}
    store.adopt(two, {2: direction(1)}, [known(6), known(7)])

    async def look():
        near = await store.nearest(direction(1), NO_FILTERS, 5, NOBODY)
        return near.ids, [await store.shopper(user) for user in (5, 6, 7, 8)]

    ids, states = asyncio.run(look())
    assert ids == [2]
    assert {state.space for state in states} == {two.version}
    assert [state.version for state in states] == [2, 2, 1, 0]
    assert [state.evidence is None for state in states] == [True, False, False, True]
    assert [len(state.trail) for state in states] == [0, 1, 1, 0]
