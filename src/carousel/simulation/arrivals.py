"""Every car of a living market, from the first stock to the last arrival.

Owns:    putting cars, adverts, lives and looks together into a ``Stock``.
Imports: domain.listing, simulation.{adverts, catalogue, columns, fit, lives, parameters, sellers,
         stock, supply}, numpy.

Cars are drawn in batches in order of publication, so that each is as old as its year says when it
is advertised. Each subject has dice of its own.
"""

from datetime import UTC, datetime

import numpy as np

from carousel.domain.listing import ListingFacts
from carousel.simulation.adverts import (
    BATCH,
    EARLIEST,
    Adverts,
    decimal_year,
    draw_adverts,
    publish,
)
from carousel.simulation.cars import Cars
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import Floats, Ints
from carousel.simulation.fit import UNFITTED, Fit
from carousel.simulation.lives import draw_arrivals, draw_reductions
from carousel.simulation.parameters import Parameters
from carousel.simulation.sellers import draw_dealers
from carousel.simulation.stock import Stock
from carousel.simulation.supply import Supply, read_supply

_LIVES, _DEALERS, _LOOKS, _REDUCTIONS, _ADVERTS = 1, 2, 3, 4, 5
"""Which dice: the last number of their seed. Never 0, which would be as if it were not there."""


def draw_stock(  # noqa: PLR0913 (what is asked of a market)
    parameters: Parameters,
    *,
    listings: int,
    seed: int,
    begins: datetime,
    days: int,
    fit: Fit = UNFITTED,
) -> Stock:
    """Draw every car that is ever for sale in a period; the same arguments, the same bytes.

    The first cars were published before ``begins`` and are still for sale then, unless somebody
    buys them; some of their price reductions may lie before it.

    Args:
        parameters: with the table [supply].
        listings: how many are expected altogether, at least 0; chance decides the exact number.
        seed: picks the market, at least 0.
        begins: aware, from 2006 on.
        days: how long the period is, at least 1.
        fit: what a real file changes.

    Raises:
        ConfigurationError: the table [supply] makes no sense.
        ValueError: an argument is out of its range.
    """
    supply = read_supply(parameters)
    earliest = EARLIEST.replace(year=EARLIEST.year + 1)
    if begins.tzinfo is None or begins < earliest:
        raise ValueError(f"begins must be an aware time from {earliest:%Y} on, not {begins!r}")
    if listings < 0 or seed < 0 or days < 1:
        raise ValueError(
            f"listings and seed must be at least 0 and days at least 1, not {listings}, {seed} "
            f"and {days}"
        )
    dice = {kind: np.random.default_rng([seed, 0, kind]) for kind in range(1, _ADVERTS)}
    lives = draw_arrivals(supply, listings, begins.timestamp(), days, dice[_LIVES])
    listed_at = [datetime.fromtimestamp(at, UTC) for at in lives.listed_at.tolist()]
    dealers = draw_dealers(supply, dice[_DEALERS])
    batches: list[Adverts] = []
    facts: list[ListingFacts] = []
    individuals = 0
    for number, first in enumerate(range(0, max(1, len(listed_at)), BATCH)):
        days_of_batch = listed_at[first : first + BATCH]
        adverts = draw_adverts(
            len(days_of_batch),
            decimal_year(days_of_batch[0] if days_of_batch else begins.astimezone(UTC)),
            np.random.default_rng([seed, number, _ADVERTS]),
            supply=supply,
            dealers=dealers,
            fit=fit,
            individuals=individuals,
        )
        facts.extend(publish(adverts, "sim", first + 1, days_of_batch))
        individuals += int((~adverts.dealer).sum())
        batches.append(adverts)
    cars = _joined(batches)
    dealer = np.concatenate([b.dealer for b in batches])
    price = np.concatenate([b.price for b in batches])
    seller = np.concatenate([b.seller for b in batches])
    reductions = draw_reductions(supply, lives, price, dealer, dice[_REDUCTIONS])
    makes, make = makes_of_generations()
    return Stock(
        facts=tuple(facts),
        makes=makes,
        generation=cars.generation,
        make=make[cars.generation],
        body=cars.body,
        fuel=cars.fuel,
        automatic=cars.automatic,
        year=cars.year,
        mileage_km=cars.mileage_km.astype(np.float64),
        power_hp=cars.power_hp.astype(np.float64),
        latitude=np.concatenate([b.latitude for b in batches]),
        longitude=np.concatenate([b.longitude for b in batches]),
        seller=np.where(dealer, seller, seller + len(dealers.cumulated)),
        dealer=dealer,
        listed_at=lives.listed_at,
        patience=lives.patience,
        price=price.astype(np.float64),
        worth=np.concatenate([b.worth for b in batches]),
        quality=np.concatenate([b.quality for b in batches]),
        looks=draw_looks(supply, cars.generation, seed),
        drop_at=reductions.at,
        drop_car=reductions.car,
        drop_price=reductions.price.astype(np.float64),
    )


def draw_looks(supply: Supply, generation: Ints, seed: int) -> Floats:
    """Return each car's look: in part its make's, in part its generation's, in part its own.

    The images of makes and generations depend on the seed alone.
    """
    dice = np.random.default_rng([seed, 0, _LOOKS])
    makes, make = makes_of_generations()
    dim = supply.taste_dimensions
    of_make, of_generation = _directions(len(makes), dim, dice), _directions(len(make), dim, dice)
    image = _mixed(of_make[make], of_generation, supply.make_look)
    return _mixed(_directions(len(generation), dim, dice), image[generation], supply.own_look)


def _directions(count: int, dim: int, dice: np.random.Generator) -> Floats:
    drawn = dice.standard_normal((count, dim))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def _mixed(one: Floats, other: Floats, share: float) -> Floats:
    """Return unit vectors that owe this share of their square to ``one``, on average."""
    sums = np.sqrt(share) * one + np.sqrt(1 - share) * other
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True))


def makes_of_generations() -> tuple[tuple[str, ...], Ints]:
    """Return all makes in alphabetical order, and the make of each generation."""
    makes = tuple(sorted({g.make for g in generations()}))
    number = {make: n for n, make in enumerate(makes)}
    return makes, np.array([number[g.make] for g in generations()], dtype=np.int64)


def _joined(batches: list[Adverts]) -> Cars:
    return Cars(
        **{
            name: np.concatenate([getattr(b.cars, name) for b in batches])
            for name in Cars.__slots__
        }
    )
