"""The default marketplace as it stands at a moment: every car for sale, from a seed.

Owns:    in which batches it is drawn, and how long its adverts have stood.
Imports: domain.listing, simulation.{adverts, columns, sellers, supply}, numpy.

Listings are drawn in batches, each with dice of its own that depend on the seed and the batch's
number only. So memory stays small, and a smaller marketplace is the beginning of a larger one.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np

from carousel.domain.listing import ListingFacts
from carousel.simulation.adverts import BATCH, EARLIEST, decimal_year, draw_adverts, publish
from carousel.simulation.columns import Floats, Ints
from carousel.simulation.sellers import draw_dealers
from carousel.simulation.supply import default_supply

ON_SALE_DAYS, LONGEST_ON_SALE_DAYS = 13.0, 40.0
_DEALERS = 1
"""Marks the dice that draw the dealers; the batches' own are marked with a 0, as if unmarked."""


def generate_listings(count: int, seed: int, now: datetime) -> Iterator[ListingFacts]:
    """Yield the adverts of a marketplace as it stands at a moment; the same arguments, the same.

    Args:
        count: how many, at least 0.
        seed: picks the marketplace, at least 0.
        now: aware; the newest advert is from this moment, the oldest about 40 days older.

    Raises:
        ValueError: ``now`` is naive or before 2005, or ``count`` or ``seed`` is negative.

    >>> cars = list(generate_listings(3, seed=1, now=datetime(2026, 6, 1, tzinfo=UTC)))
    >>> [car.ref for car in cars], all(car.year <= 2026 for car in cars)
    (['demo-000001', 'demo-000002', 'demo-000003'], True)
    """
    if now.tzinfo is None or now < EARLIEST:
        raise ValueError(f"now must be an aware time from {EARLIEST:%Y} on, not {now!r}")
    if count < 0 or seed < 0:
        raise ValueError(f"count and seed must be at least 0, not {count} and {seed}")
    return islice(_all_listings(seed, now.astimezone(UTC)), count)


def _all_listings(seed: int, now: datetime) -> Iterator[ListingFacts]:
    supply = default_supply()
    dealers = draw_dealers(supply, np.random.default_rng([seed, 0, _DEALERS]))
    individuals = number = 0
    while True:
        dice = np.random.default_rng([seed, number])
        adverts = draw_adverts(
            BATCH,
            decimal_year(now),
            dice,
            supply=supply,
            dealers=dealers,
            individuals=individuals,
        )
        listed_at = [
            now - timedelta(seconds=seconds)
            for seconds in _seconds_on_sale(dice.random(BATCH)).tolist()
        ]
        yield from publish(adverts, "demo", number * BATCH + 1, listed_at)
        individuals += int((~adverts.dealer).sum())
        number += 1


def _seconds_on_sale(luck: Floats) -> Ints:
    """Return how long each advert has stood: exponential, cut at LONGEST_ON_SALE_DAYS."""
    cut = 1 - np.exp(-LONGEST_ON_SALE_DAYS / ON_SALE_DAYS)
    days = -ON_SALE_DAYS * np.log1p(-luck * cut)
    return np.asarray(days * 86_400, dtype=np.int64)
