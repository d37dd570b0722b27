"""Who sells: dealers with many cars at one address, and people with one car.

Owns:    the dealers of a marketplace, the names of sellers.
Imports: simulation.{columns, regions, supply}, numpy.

Every city has dealers by its weight, at least one. Within a city their sizes follow Zipf's law: the
dealer of rank r gets a share of the dealers' cars proportional to r ** -concentration.
"""

from dataclasses import dataclass

import numpy as np

from carousel.simulation.columns import Flags, Floats, Ints
from carousel.simulation.regions import cities
from carousel.simulation.supply import Supply

NEIGHBOURHOOD_KM, KM_PER_DEGREE = 7.0, 111.2


@dataclass(frozen=True, slots=True)
class Dealers:
    """All dealers, city by city, the largest of a city first.

    first:     shape (cities,), number of each city's first dealer.
    cumulated: shape (dealers,), running sum over all of them of their share of their city's cars,
               so that the dealers of city n lie between n and n + 1.
    latitude, longitude: shape (dealers,), degrees.
    """

    first: Ints
    cumulated: Floats
    latitude: Floats
    longitude: Floats


def draw_dealers(supply: Supply, dice: np.random.Generator) -> Dealers:
    """Return the dealers of a marketplace; only their addresses are left to chance."""
    weight = np.array([c.weight for c in cities()], dtype=np.float64)
    count = np.maximum(1, np.rint(supply.dealers * weight / weight.sum()).astype(np.int64))
    city = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    share = (np.arange(len(city)) - first[city] + 1.0) ** -supply.dealer_concentration
    share /= np.bincount(city, share)[city]
    latitude, longitude = scattered(city, dice)
    return Dealers(first, np.cumsum(share), latitude, longitude)


def pick_dealers(dealers: Dealers, city: Ints, luck: Floats) -> Ints:
    """Return the number of a dealer of each city, the larger ones more often.

    Args:
        dealers: of the marketplace.
        city: index into ``cities()``, shape (n,).
        luck: uniform in [0, 1), shape (n,).
    """
    chosen = np.searchsorted(dealers.cumulated, city + luck, side="right")
    following = np.append(dealers.first[1:], len(dealers.cumulated))
    return np.clip(chosen, dealers.first[city], following[city] - 1)


def scattered(city: Ints, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Return coordinates around each city, in degrees rounded to about 100 m."""
    north, east = dice.normal(0.0, NEIGHBOURHOOD_KM / KM_PER_DEGREE, (2, len(city)))
    latitude = np.array([c.latitude for c in cities()])[city] + north
    longitude = np.array([c.longitude for c in cities()])[city]
    longitude = longitude + east / np.cos(np.radians(latitude))
    return np.round(latitude, 3), np.round(longitude, 3)


def seller_names(seller: Ints, dealer: Flags) -> list[str]:
    """Return the marketplace's key of each seller; numbers begin at 0 for either kind.

    >>> seller_names(np.array([122, 4710]), np.array([True, False]))
    ['dealer-0123', 'private-004711']
    """
    return [
        f"dealer-{number + 1:04d}" if is_dealer else f"private-{number + 1:06d}"
        for number, is_dealer in zip(seller.tolist(), dealer.tolist(), strict=True)
    ]
