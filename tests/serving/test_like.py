"""Cars like several others: every wish is heard, nothing is averaged, nothing sold is shown."""

import asyncio
from collections import Counter

import numpy as np
import pytest

from carousel.domain.car_features import describe
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Body, Status
from carousel.serving.like import like_these
from carousel.serving.similar import similar
from carousel.storage import open_memory
from tests.domain.cars import INVENTORY, SPACE, car

FAMILY = {"make": "Audi", "model": "A6", "body": Body.ESTATE, "price": 28_000, "power_hp": 240}
CITY = {"make": "Fiat", "model": "500", "body": Body.HATCHBACK, "price": 4_000, "power_hp": 65}
FAMILIES, CITIES = range(1_001, 1_031), range(2_001, 2_031)
MARKET = [
    *INVENTORY,
    *(car(n, **FAMILY) for n in FAMILIES),
    *(car(n, **CITY) for n in CITIES),
]
VECTORS = dict(
    zip(
        (one.id for one in MARKET),
        SPACE.vectors([describe(one) for one in MARKET]),
        strict=True,
    )
)


@pytest.fixture
def store():
    market = open_memory()
    market.put(MARKET)
    market.adopt(SPACE, VECTORS)
    return market


def like(store, references, filters=NO_FILTERS, limit=12, *, include_given=False):
    return asyncio.run(like_these(store, references, filters, limit, include_given=include_given))


def ids(answer):
    return [entry.listing.id for entry in answer.entries]


def test_of_one_car_it_finds_what_is_most_like_it(store):
    answer = like(store, [FAMILIES[0]])
    assert answer.wishes == ((FAMILIES[0],),)
    assert sum(one in FAMILIES for one in ids(answer)) >= 10
    assert {entry.reference for entry in answer.entries} == {FAMILIES[0]}


def test_two_wishes_share_the_places_and_nobody_gets_the_mean_of_both(store):
    answer = like(store, [FAMILIES[0], CITIES[0]])
    assert answer.wishes == ((FAMILIES[0],), (CITIES[0],))
    kinds = Counter("family" if one in FAMILIES else "city" for one in ids(answer))
    assert set(ids(answer)) <= {*FAMILIES, *CITIES}
    assert kinds == {"family": 6, "city": 6}
    # Every beginning of the list is fair, not only the whole.
    assert {entry.reference for entry in answer.entries[:2]} == {FAMILIES[0], CITIES[0]}
    middle = VECTORS[FAMILIES[0]] + VECTORS[CITIES[0]]
    averaged = asyncio.run(store.nearest(middle, NO_FILTERS, 12, frozenset())).ids
    assert not {*averaged} <= {*FAMILIES, *CITIES}


def test_a_wish_with_more_references_gets_more_places(store):
    answer = like(store, [*FAMILIES[:3], CITIES[0]])
    assert Counter(one in FAMILIES for one in ids(answer)) == {True: 9, False: 3}


def test_each_car_names_the_reference_it_is_most_like(store):
    references = [*FAMILIES[:3], *CITIES[:2]]
    for entry in like(store, references, limit=30).entries:
        products = {i: float(VECTORS[i] @ VECTORS[entry.listing.id]) for i in references}
        wish = FAMILIES if entry.reference in FAMILIES else CITIES
        assert products[entry.reference] == max(products[i] for i in references if i in wish)


def test_the_cars_named_are_answers_only_when_asked_for(store):
    named = [FAMILIES[0], CITIES[0]]
    assert not {*named} & {*ids(like(store, named, limit=100))}
    assert {*named} == {*ids(like(store, named, limit=100, include_given=True))[:2]}


def test_a_sold_reference_still_speaks_but_a_sold_car_is_never_an_answer(store):
    before = like(store, [FAMILIES[0]], limit=40)
    store.set_status([FAMILIES[0], *ids(before)[:5]], Status.SOLD)
    after = like(store, [FAMILIES[0]], limit=40, include_given=True)
    assert not {FAMILIES[0], *ids(before)[:5]} & {*ids(after)}
    assert {*ids(before)[5:]} <= {*ids(after)}
    assert len(ids(after)) == 40
    alone = asyncio.run(similar(store, FAMILIES[0], 40))
    assert all(one.status is Status.ACTIVE for one in alone)
    assert len(alone) == 40


def test_a_wish_that_no_car_fulfils_passes_its_places_on(store):
    hatchbacks = Filters(body=(Body.HATCHBACK,))
    answer = like(store, [FAMILIES[0], CITIES[0]], hatchbacks)
    assert len(answer.entries) == 12
    assert all(passes(entry.listing, hatchbacks) for entry in answer.entries)


def test_a_reference_named_twice_counts_once(store):
    twice = like(store, [FAMILIES[0], FAMILIES[0], CITIES[0]])
    assert ids(twice) == ids(like(store, [FAMILIES[0], CITIES[0]]))


def test_twenty_references_fill_a_long_list_without_repetition(store):
    references = [one.id for one in INVENTORY[:20]]
    found = ids(like(store, references, limit=100))
    assert len(found) == len(set(found)) == 100
    nearest = np.stack([VECTORS[i] for i in found]) @ np.stack([VECTORS[i] for i in references]).T
    everyone = np.stack([*VECTORS.values()]) @ np.stack([VECTORS[i] for i in references]).T
    assert np.median(nearest.max(axis=1)) > np.quantile(everyone.max(axis=1), 0.8)


def test_without_a_feature_space_there_is_nothing_to_be_like():
    bare = open_memory()
    bare.put(MARKET)
    assert like(bare, [FAMILIES[0]]).entries == ()
