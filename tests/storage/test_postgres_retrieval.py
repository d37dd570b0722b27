"""The nearest listings found are the nearest there are."""

import asyncio

import numpy as np
import pytest

from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Listing
from carousel.storage import open_catalogue, open_serving
from carousel.storage.engines.postgres_retrieval import _Estimate
from tests.storage.postgres_world import market

SIZE, QUERIES, TOP = 6_000, 40, 20
NOBODY = frozenset()


@pytest.fixture(scope="module")
def shop(new_database):
    """Return the URL of a database with SIZE cars, the cars and their vectors."""
    url = new_database()
    facts = market(SIZE)
    with open_catalogue(url) as catalogue:
        ids = catalogue.upsert(facts).ids
        catalogue.ensure_space()
    listings = [Listing(id=i, **dict(f)) for i, f in zip(ids, facts, strict=True)]

    async def vectors():
        async with open_serving(url) as store:
            return await store.vectors(ids)

    found = asyncio.run(vectors())
    return url, listings, np.array([found[i] for i in ids])


def prices(listings, share):
    """Return the filter that keeps a share of the listings, around the middle price."""
    low, high = np.quantile([c.price for c in listings], (0.5 - share / 2, 0.5 + share / 2))
    return Filters(min_price=int(low), max_price=int(high))


def recall(shop, filters, estimate=None):
    """Return the share of the true best TOP that is found, over QUERIES tastes."""
    url, listings, vectors = shop
    kept = np.array([passes(c, filters) for c in listings])
    row = {c.id: n for n, c in enumerate(listings)}
    dice = np.random.default_rng(5)

    async def ask():
        shares = []
        async with open_serving(url, connections=1) as store:
            if estimate is not None:
                store._retrieval._estimates[filters] = _Estimate(estimate, float("inf"))
            for _ in range(QUERIES):
                taste = vectors[dice.integers(SIZE, size=3)].sum(axis=0)
                found = await store.nearest(taste, filters, TOP, NOBODY)
                assert all(kept[row[i]] for i in found.ids)
                scores = vectors @ taste
                best = np.sort(scores[kept])[::-1][:TOP]
                hits = sum(scores[row[i]] >= best[-1] - 1e-6 for i in found.ids)
                shares.append(hits / len(best))
                assert list(found.scores) == sorted(found.scores, reverse=True)
        return float(np.mean(shares))

    return asyncio.run(ask())


@pytest.mark.parametrize("share", [0.1, 0.01, 0.001])
def test_behind_a_filter_the_nearest_are_found_exactly(shop, share):
    assert recall(shop, prices(shop[1], share)) == 1.0


def test_without_a_filter_hardly_any_of_the_nearest_is_missed(shop):
    assert recall(shop, NO_FILTERS) >= 0.98


def test_a_weak_filter_is_searched_by_the_index(shop):
    assert recall(shop, prices(shop[1], 0.6), estimate=1e6) >= 0.98


def test_a_filter_that_keeps_fewer_than_thought_still_fills_the_list(shop):
    assert recall(shop, prices(shop[1], 0.001), estimate=1e6) == 1.0
