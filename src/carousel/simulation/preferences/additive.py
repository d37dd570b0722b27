"""A compensatory shopper: every fact of a car adds or takes something, and good offsets bad.

Owns:    the additive model; the meaning of [additive].
Imports: domain.{events, listing}, simulation.{columns, needs, parameters, stock, preferences},
         numpy.

With u the sum of all terms and a temperature T that falls as the search narrows,

    chance of opening = 1 / (1 + exp(-u / T))

The pair terms (crowded, thirsty, worn, ...) depend on two facts at once, and no sum over single
facts can stand for them. Hidden quality is seen only on the detail page: it moves saving and
contacting, not opening.

Source:  random utility and the logit, McFadden, Conditional logit analysis of qualitative choice
         behavior, 1974.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carousel.domain.events import Reason
from carousel.domain.listing import Fuel
from carousel.simulation.columns import FUELS, Floats, Ints
from carousel.simulation.needs import Need
from carousel.simulation.parameters import Parameters, section
from carousel.simulation.preferences.showroom import Cars, Showroom, distance_km
from carousel.simulation.preferences.wants import Kept, Wants, wants
from carousel.simulation.stock import Stock

PETROL, DIESEL, ELECTRIC = (FUELS.index(f) for f in (Fuel.PETROL, Fuel.DIESEL, Fuel.ELECTRIC))


@dataclass(frozen=True, slots=True)
class Additive:
    """Table [additive]; parameters.toml says what each entry means."""

    attraction: float
    early: float
    late: float
    within_stretch: float
    above_budget: float
    below_class: float
    deal: float
    age: float
    mileage: float
    power: float
    distance: float
    body: float
    fuel: float
    unwanted: float
    loved_make: float
    gearbox: float
    crowded: float
    thirsty: float
    worn: float
    electric_far: float
    short_trips: float
    strong_manual: float
    saving: float
    contacting: float
    after_opening: float
    quality: float


@dataclass(frozen=True, slots=True)
class _Terms:
    """The parts of u, in log-odds, shape (n,); at most 0 but for ``make``, ``deal``, ``look``."""

    price: Floats
    deal: Floats
    age: Floats
    mileage: Floats
    distance: Floats
    body: Floats
    make: Floats
    rest: Floats
    look: Floats

    def total(self) -> Floats:
        plain = self.price + self.deal + self.age + self.mileage + self.distance
        return plain + self.body + self.make + self.rest + self.look


class AdditiveDesire:
    """The additive model over one stock; see ``Desire``."""

    def __init__(self, stock: Stock, parameters: Parameters, hidden: float) -> None:
        self._settings = section(parameters, "additive", Additive)
        self._showroom = Showroom(stock)
        self._hidden = hidden
        self._wants = Kept(self._terms_by_kind)

    def opening(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that the card of a car, once examined, is opened."""
        return _logistic(self._log_odds(need, self._showroom.take(cars), prices, progress))

    def saving(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that an opened car is saved."""
        return self._step(self._settings.saving, need, cars, prices, progress)

    def contacting(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that the seller of an opened car is contacted."""
        return self._step(self._settings.contacting, need, cars, prices, progress)

    def complaints(self, need: Need, cars: Ints, prices: Floats) -> Mapping[Reason, Floats]:
        """Return how strongly, at least 0, each reason for a dismissal applies."""
        terms = self._terms(need, self._showroom.take(cars), prices)
        indifferent = 0.0 if need.makes else self._settings.loved_make
        return {
            Reason.TOO_EXPENSIVE: np.maximum(0.0, -terms.price - np.minimum(terms.deal, 0.0)),
            Reason.TOO_OLD: -terms.age,
            Reason.TOO_MANY_KM: -terms.mileage,
            Reason.TOO_FAR: -terms.distance,
            Reason.NOT_THIS_MAKE: np.maximum(
                0.0, self._settings.loved_make - terms.make - indifferent
            ),
            Reason.NOT_THIS_BODY: -terms.body,
            Reason.OTHER: np.maximum(0.0, -terms.rest - terms.look),
        }

    def _step(
        self, middle: float, need: Need, cars: Ints, prices: Floats, progress: float
    ) -> Floats:
        """Return the chance of a step after opening: what opened the card counts on, less."""
        chosen = self._showroom.take(cars)
        before = self._log_odds(need, chosen, prices, progress)
        settings = self._settings
        return _logistic(
            middle + settings.after_opening * before + settings.quality * chosen.quality
        )

    def _log_odds(self, need: Need, cars: Cars, prices: Floats, progress: float) -> Floats:
        settings = self._settings
        temperature = settings.early + (settings.late - settings.early) * progress
        utility = settings.attraction + self._terms(need, cars, prices).total()
        return np.asarray(utility / temperature)

    def _terms_by_kind(self, need: Need) -> Wants:
        """Return the terms of every body, fuel and make, in log-odds."""
        share, settings = wants(need, self._showroom.makes), self._settings

        def term(weight: float, wanted: Floats) -> Floats:
            return np.where(
                wanted > 0, weight * np.log(np.maximum(wanted, 1e-9)), settings.unwanted
            )

        return Wants(
            body=term(settings.body, share.body),
            fuel=term(settings.fuel, share.fuel),
            loved=settings.loved_make * share.loved,
        )

    def _terms(self, need: Need, cars: Cars, prices: Floats) -> _Terms:
        settings, by_kind = self._settings, self._wants.of(need)
        log_price, log_budget = np.log(prices), np.log(need.budget)
        above = np.maximum(0.0, log_price - log_budget)
        stretched = np.minimum(above, np.log1p(need.stretch))
        older = np.maximum(0.0, cars.age - need.stage.oldest)
        allowed = need.stage.oldest * 15_000 + 40_000
        worn = np.maximum(0.0, cars.age - 8) * np.maximum(0.0, cars.mileage_km - 120_000)
        away = distance_km(cars, need)
        electric = cars.fuel == ELECTRIC
        misfit = np.abs(cars.log_power - np.log(need.stage.power_hp))
        return _Terms(
            price=-settings.within_stretch * stretched
            - settings.above_budget * (above - stretched)
            - settings.below_class * np.maximum(0.0, log_budget - cars.log_worth - 0.3),
            deal=settings.deal * np.clip(cars.log_worth - log_price, -0.5, 0.5),
            age=-settings.age * older,
            mileage=-settings.mileage * np.maximum(0.0, cars.mileage_km - allowed) / 10_000
            - settings.worn * worn / 100_000,
            distance=-settings.distance * away / need.distance_km
            - settings.electric_far * electric * np.maximum(0.0, away - 100) / 100,
            body=by_kind.body[cars.body]
            - settings.crowded * np.maximum(0.0, need.people - cars.seats),
            make=by_kind.loved[cars.make],
            rest=by_kind.fuel[cars.fuel] - settings.power * misfit * misfit - self._use(need, cars),
            look=self._hidden * (cars.look @ need.taste),
        )

    def _use(self, need: Need, cars: Cars) -> Floats:
        """Return what speaks against a car for the way it will be driven, at least 0."""
        settings, power = self._settings, cars.power_hp
        thirst = max(0.0, need.annual_km - 15_000) / 10_000 * np.maximum(0.0, power - 120) / 100
        rarely = max(0.0, 12_000 - need.annual_km) / 10_000
        shifting = (cars.automatic < 1) * np.maximum(0.0, power - 170) / 100
        wrong = np.abs(need.gearbox) * (cars.automatic != (need.gearbox > 0))
        return np.asarray(
            settings.thirsty * thirst * (cars.fuel == PETROL)
            + settings.short_trips * rarely * (cars.fuel == DIESEL)
            + settings.strong_manual * shifting
            + settings.gearbox * wrong
        )


def _logistic(log_odds: Floats) -> Floats:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * log_odds))
