"""Shoppers for a listing: the reverse of a recommendation, checked against brute force."""

import asyncio
from datetime import timedelta

import numpy as np
import pytest

from carousel.domain.car_features import describe
from carousel.domain.listing import Status
from carousel.domain.preference import Evidence, Params, Reader
from carousel.domain.trail import NO_TRAIL
from carousel.serving.shoppers import RECENT, Fitting, shoppers_for
from carousel.storage import open_memory
from carousel.storage.ports import Learned, Reaction
from tests.domain.cars import INVENTORY, NOON, SPACE

TASTE = Params()
VECTORS = SPACE.vectors([describe(one) for one in INVENTORY])
NOW = NOON + timedelta(days=1)


def learned():
    """Return 300 shoppers who looked at three cars each, some long ago, some with little effect."""
    dice = np.random.default_rng(5)
    for user_id in range(1, 301):
        seen = VECTORS[dice.integers(0, len(VECTORS), 3)]
        strengths = dice.choice([-1.0, 0.5, 1.0, 2.0], 3)
        when = NOON - timedelta(days=float(dice.uniform(0, 60)))
        evidence = Evidence(strengths @ seen, float(np.abs(strengths).sum()), when)
        yield Learned(user_id, evidence, NO_TRAIL)
    cancelled_out = Evidence(np.zeros(64), 2.0, NOON)  # likes and dislikes
    yield Learned(301, cancelled_out, NO_TRAIL)


@pytest.fixture
def store():
    market = open_memory()
    market.put(INVENTORY)
    market.adopt(SPACE, dict(zip((c.id for c in INVENTORY), VECTORS, strict=True)), learned())
    return market


def ask(store, listing_id, limit=1_000, recent=RECENT):
    return asyncio.run(shoppers_for(store, listing_id, limit, now=NOW, taste=TASTE, recent=recent))


def brute_force(n):
    reader = Reader(SPACE, TASTE)
    scores = {}
    for one in learned():
        wanted = reader.preference(one.evidence)
        if wanted is not None and (product := float(wanted @ VECTORS[n])) > 0:
            scores[one.user_id] = product * reader.confidence(one.evidence, NOW)
    return scores


@pytest.mark.parametrize("n", [0, 17, 399])
def test_the_ranking_is_that_of_brute_force(store, n):
    found, expected = ask(store, INVENTORY[n].id), brute_force(n)
    assert found.considered == 301
    assert [fit.user_id for fit in found.fits] == sorted(expected, key=lambda u: (-expected[u], u))
    assert {fit.user_id: fit.score for fit in found.fits} == pytest.approx(expected)
    assert [fit.user_id for fit in ask(store, INVENTORY[n].id, 7).fits] == [
        fit.user_id for fit in found.fits[:7]
    ]


def test_who_dismissed_the_car_is_left_alone_until_they_take_it_back(store):
    listing_id = INVENTORY[3].id
    first = ask(store, listing_id).fits[0].user_id

    def react(holds):
        store.react([Reaction(first, listing_id, "dismissed", holds=holds, at=NOON)])
        return [fit.user_id for fit in ask(store, listing_id).fits]

    assert first not in react(holds=True)
    assert react(holds=False)[0] == first


def test_who_looked_at_this_very_car_is_the_first(store):
    store.save([Learned(500, Evidence(3 * VECTORS[8], 3.0, NOW), NO_TRAIL)])
    assert ask(store, INVENTORY[8].id).fits[0].user_id == 500


def test_a_sold_car_still_knows_whom_it_would_have_fitted(store):
    before = ask(store, INVENTORY[0].id)
    store.set_status([INVENTORY[0].id], Status.SOLD)
    assert ask(store, INVENTORY[0].id) == before


def test_only_the_latest_are_considered(store):
    found = ask(store, INVENTORY[0].id, recent=40)
    latest = sorted(learned(), key=lambda one: (-one.evidence.as_of.timestamp(), one.user_id))[:40]
    assert found.considered == 40
    assert {fit.user_id for fit in found.fits} <= {one.user_id for one in latest}


def test_a_car_without_a_vector_fits_nobody(store):
    assert ask(store, 10**9).fits == ()
    bare = open_memory()
    bare.put(INVENTORY)
    assert ask(bare, INVENTORY[0].id) == Fitting((), 0)
