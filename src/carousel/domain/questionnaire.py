"""A few questions to somebody new, and what the answers say as searches.

Owns:    the questions' answers, the meaning of each use and size.
Imports: domain.{filters, listing}, pydantic.

Answers become searches, because that is what they are: a wish in so many words. So nothing that
reads searches needs to know of them. Each use is a search of its own: whoever wants a car for the
town and one for work is shown cars that fit either, not the mean of both.

What a use asks for, beyond what was answered in so many words:

- city: hatchbacks of at most 120 hp, because short cars park and strong ones drink; no diesel,
  because its filter clogs on short trips.
- family: estates, SUVs and MPVs, because a pram and three seats in a row must fit.
- long_distance: saloons, estates, hatchbacks and SUVs of at least 100 hp, to overtake without
  effort; diesel or a hybrid, because fuel is most of what the kilometres cost.
- work: vans and pickups, because things are carried, not people.
- fun: convertibles and coupes of at least 120 hp, because nobody buys them for reason.
- towing: SUVs, estates, pickups and vans of at least 130 hp, because a trailer wants weight and
  pull; no electric car, for few may tow and none tows far.
- outdoors: SUVs and pickups, because a field track wants clearance.

What a size lets pass: small is a hatchback, coupe or convertible; medium is a hatchback, saloon,
estate or SUV; large is anything that an estate or more is. A use and a size that share no body
contradict each other, and the use wins: a small car for work is still a van. Fuels that are
answered replace those that a use suggests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from carousel.domain.filters import Filters
from carousel.domain.listing import Body, Fuel, Transmission

MOST_USES = 3
"""More needs than that are not told apart afterwards (domain/needs.py)."""

USUAL_RADIUS_KM = 150.0
"""How far somebody who says where, but not how far, goes for a car."""

ABOUT = (0.7, 1.15)
"""Of a price named as "about": below it is another class of car, above it too much."""

LARGEST_AMOUNT = 1_000_000_000

Amount = Annotated[int, Field(ge=1, le=LARGEST_AMOUNT, strict=True)]


class Use(StrEnum):
    """What the car is for."""

    CITY = "city"
    FAMILY = "family"
    LONG_DISTANCE = "long_distance"
    WORK = "work"
    FUN = "fun"
    TOWING = "towing"
    OUTDOORS = "outdoors"


class Size(StrEnum):
    """How large it should be."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Suits:
    """What suits a use. Powers in metric horsepower; where nothing is named, anything suits."""

    bodies: tuple[Body, ...] = ()
    fuels: tuple[Fuel, ...] = ()
    min_power: int | None = None
    max_power: int | None = None


ANYTHING = Suits()

USES: Mapping[Use, Suits] = {
    Use.CITY: Suits(
        (Body.HATCHBACK,),
        (Fuel.PETROL, Fuel.HYBRID, Fuel.PLUGIN_HYBRID, Fuel.ELECTRIC, Fuel.LPG, Fuel.CNG),
        max_power=120,
    ),
    Use.FAMILY: Suits((Body.ESTATE, Body.SUV, Body.MPV)),
    Use.LONG_DISTANCE: Suits(
        (Body.SALOON, Body.ESTATE, Body.HATCHBACK, Body.SUV),
        (Fuel.DIESEL, Fuel.HYBRID, Fuel.PLUGIN_HYBRID),
        min_power=100,
    ),
    Use.WORK: Suits((Body.VAN, Body.PICKUP)),
    Use.FUN: Suits((Body.CONVERTIBLE, Body.COUPE), min_power=120),
    Use.TOWING: Suits(
        (Body.SUV, Body.ESTATE, Body.PICKUP, Body.VAN),
        tuple(fuel for fuel in Fuel if fuel is not Fuel.ELECTRIC),
        min_power=130,
    ),
    Use.OUTDOORS: Suits((Body.SUV, Body.PICKUP)),
}

SIZES: Mapping[Size, tuple[Body, ...]] = {
    Size.SMALL: (Body.HATCHBACK, Body.COUPE, Body.CONVERTIBLE),
    Size.MEDIUM: (Body.HATCHBACK, Body.SALOON, Body.ESTATE, Body.SUV),
    Size.LARGE: (Body.ESTATE, Body.SUV, Body.MPV, Body.VAN, Body.PICKUP),
}


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Budget(_Answer):
    """What it may cost, whole units of the marketplace's currency.

    up_to: not a coin more. about: what such a car is thought to cost.
    """

    up_to: Amount | None = None
    about: Amount | None = None

    @model_validator(mode="after")
    def _about_is_within(self) -> Self:
        if self.up_to is not None and self.about is not None and self.about > self.up_to:
            raise ValueError("must not name more in about than in up_to")
        return self


class Home(_Answer):
    """Where the shopper is, degrees WGS 84, and how far they would go for a car."""

    latitude: Annotated[float, Field(ge=-90, le=90, strict=True)]
    longitude: Annotated[float, Field(ge=-180, le=180, strict=True)]
    radius_km: Annotated[float, Field(gt=0, le=20_000, strict=True)] = USUAL_RADIUS_KM


class Answers(_Answer):
    """What somebody answered; a question that was left out asks for nothing.

    use:  one search for each; none is one search for any use.
    size, fuel, transmission: alternatives.
    """

    budget: Budget = Budget()
    use: Annotated[tuple[Use, ...], Field(max_length=MOST_USES)] = ()
    size: Annotated[tuple[Size, ...], Field(max_length=len(Size))] = ()
    fuel: Annotated[tuple[Fuel, ...], Field(max_length=len(Fuel))] = ()
    transmission: Annotated[tuple[Transmission, ...], Field(max_length=len(Transmission))] = ()
    place: Home | None = None

    @model_validator(mode="after")
    def _something_is_answered(self) -> Self:
        if not searches_of(self):
            raise ValueError("must answer at least one question")
        return self


def searches_of(answers: Answers) -> tuple[Filters, ...]:
    """Return the searches that say the same as the answers, the use named first last.

    What is named first is thought of first, and of searches the latest counts most.

    >>> van = Answers(budget=Budget(up_to=9_000), use=(Use.WORK,))
    >>> [(s.max_price, [str(body) for body in s.body]) for s in searches_of(van)]
    [(9000, ['van', 'pickup'])]
    """
    suiting = [USES[use] for use in reversed(answers.use)] or [ANYTHING]
    found = dict.fromkeys(_search(answers, suits) for suits in suiting)
    return tuple(one for one in found if not one.empty)


def _search(answers: Answers, suits: Suits) -> Filters:
    least, most = _prices(answers.budget)
    home = answers.place
    return Filters(
        body=_bodies(answers.size, suits.bodies),
        fuel=answers.fuel or suits.fuels,
        transmission=answers.transmission,
        min_price=least,
        max_price=most,
        min_power=suits.min_power,
        max_power=suits.max_power,
        near_latitude=None if home is None else home.latitude,
        near_longitude=None if home is None else home.longitude,
        radius_km=None if home is None else home.radius_km,
    )


def _bodies(sizes: tuple[Size, ...], suiting: tuple[Body, ...]) -> tuple[Body, ...]:
    sized = {body for size in sizes for body in SIZES[size]}
    if not sized:
        return suiting
    return tuple(body for body in suiting or Body if body in sized) or suiting


def _prices(budget: Budget) -> tuple[int | None, int | None]:
    if budget.about is None:
        return None, budget.up_to
    low, high = (round(share * budget.about) for share in ABOUT)
    return low, min(high, LARGEST_AMOUNT) if budget.up_to is None else budget.up_to
