"""Candidates for the laws of re-ranking: few makes, models and sellers, some facts not stated."""

import numpy as np
from hypothesis import strategies as st

from carousel.domain.audience import Audience
from carousel.domain.facts import FACTS
from carousel.domain.reranking.slate import Pool


def cars(count, dice, sellers=6):
    """Return facts of cars made up by chance, shape (count,)."""
    facts = np.zeros(count, dtype=FACTS)
    facts["price"] = np.exp(dice.normal(9.3, 0.6, count)).round()
    facts["year"] = dice.integers(2005, 2026, count)
    facts["mileage_km"] = dice.uniform(0, 200_000, count).round()
    facts["power_hp"] = dice.integers(60, 300, count)
    facts["make"] = dice.integers(1, 5, count)
    facts["model"] = facts["make"] * 10 + dice.integers(0, 3, count)
    facts["seller"] = dice.integers(0, sellers + 1, count)
    facts["body"] = dice.integers(0, 5, count)
    facts["fuel"] = dice.integers(0, 4, count)
    facts["transmission"] = dice.integers(0, 3, count)
    for column in ("mileage_km", "power_hp"):
        facts[column][dice.random(count) < 0.1] = np.nan
    return facts


def audience(count, dice):
    """Return what cars have had of theirs; half of them are new."""
    shown = dice.exponential(60.0, count) * dice.integers(0, 2, count)
    return Audience(shown, shown * dice.uniform(0, 0.3, count), dice.exponential(3.0, count))


@st.composite
def pools(draw, most=60):
    """Draw a pool of one to three needs."""
    count = draw(st.integers(0, most))
    dice = np.random.default_rng(draw(st.integers(0, 10_000)))
    weights = draw(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=3))
    return Pool(
        cars(count, dice),
        np.round(dice.beta(1, 8, count), 3),  # rounded, so that there are ties
        audience(count, dice),
        dice.integers(0, len(weights), count),
        weights,
    )


sizes = st.integers(0, 40)
seeds = st.integers(0, 10_000)
