"""Listings and strategies for the domain's laws."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from carousel.domain.car_features import fit_space
from carousel.domain.listing import Body, Fuel, Listing, Place, Transmission

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MAKES = {"Skoda": ("Fabia", "Octavia"), "Audi": ("A3", "A6"), "Fiat": ("Panda", "500")}


def car(number: int, **changes) -> Listing:
    """Return a car made up from its number; changes replace fields."""
    dice = np.random.default_rng(number)
    make = str(dice.choice(list(MAKES)))
    model = str(dice.choice(MAKES[make]))
    year = int(dice.integers(2005, 2026))
    facts = {
        "id": number,
        "ref": f"car-{number}",
        "make": make,
        "model": model,
        "name": f"{make} {model}",
        "year": year,
        "price": int(1_000 + 30_000 * 0.9 ** (2026 - year) * dice.uniform(0.8, 1.2)),
        "mileage_km": int(15_000 * (2026 - year) * dice.uniform(0.5, 1.5)),
        "fuel": dice.choice(list(Fuel)[:3]),
        "transmission": dice.choice(list(Transmission)),
        "body": dice.choice(list(Body)[:4]),
        "power_hp": int(dice.integers(60, 300)),
        "place": Place(
            region="Somewhere", latitude=dice.uniform(47, 54), longitude=dice.uniform(6, 15)
        ),
        "listed_at": NOON - timedelta(days=float(dice.uniform(0, 40))),
    }
    return Listing.model_validate(facts | changes)


INVENTORY = [car(n) for n in range(1, 401)]
SPACE = fit_space(INVENTORY)

moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: NOON - timedelta(minutes=minutes))
strengths = st.floats(-4, 4).filter(lambda w: abs(w) > 1e-3)
