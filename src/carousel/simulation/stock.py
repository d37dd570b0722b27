"""Every car that is ever for sale in a simulated market, as its seller and its shoppers know it.

Owns:    the columns of a market's cars, stated and hidden.
Imports: domain.listing, simulation.columns.

``facts`` is what the marketplace publishes. The rest is what a shopper sees on the spot (quality,
look) or only the seller knows (patience); none of it reaches the recommender.
"""

from dataclasses import dataclass

from carousel.domain.listing import ListingFacts
from carousel.simulation.columns import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Stock:
    """Cars in order of publication; every array has one entry a car, ``looks`` one row.

    facts:       the advert as published; ``facts[n].listed_at`` is ``listed_at[n]``.
    generation:  index into ``catalogue.generations()``.
    make:        index into ``makes``.
    body, fuel:  indices into BODIES and FUELS, as the car is, stated or not.
    automatic:   gearbox, as it is.
    year, mileage_km, power_hp: as the car is, stated or not.
    latitude, longitude: degrees.
    seller:      number of who sells; individuals have one car each, dealers many.
    dealer:      whether the seller is one.
    listed_at:   epoch seconds.
    patience:    seconds after which the seller takes an unsold car off the market.
    price:       asking price when published, EUR.
    worth:       EUR, what the market pays on average for a car with these stated facts; with
                 ``price`` it says how good the deal looks.
    quality:     hidden: condition, photos, description; mean 0, standard deviation 1.
    looks:       hidden: shape (cars, taste dimensions), what no field of the advert says but a
                 picture does. Alike for cars of one generation, not equal. About unit norm.
    drop_at, drop_car, drop_price: price reductions, in order of time, should the car still be for
                 sale: epoch seconds, index of the car, new price in EUR.
    """

    facts: tuple[ListingFacts, ...]
    makes: tuple[str, ...]
    generation: Ints
    make: Ints
    body: Ints
    fuel: Ints
    automatic: Flags
    year: Ints
    mileage_km: Floats
    power_hp: Floats
    latitude: Floats
    longitude: Floats
    seller: Ints
    dealer: Flags
    listed_at: Floats
    patience: Floats
    price: Floats
    worth: Floats
    quality: Floats
    looks: Floats
    drop_at: Floats
    drop_car: Ints
    drop_price: Floats
