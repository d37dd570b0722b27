"""A shopper who turns cars down: aspect by aspect, and nothing makes up for a failed one.

Owns:    the aspects model; the meaning of [aspects].
Imports: domain.{events, listing}, simulation.{columns, needs, parameters, stock, preferences},
         numpy.

A car passes aspect k with a soft probability p_k, a logistic of how far it lies on the right side
of the need's limit. The aspects are gone through in the need's own order; the k-th (from 0) is
checked with probability c_k, which falls with k and rises as the search narrows:

    c_k = floor + (1 - floor) * exp(-k / attention),   floor = early + (late - early) * progress
    s = product over k of (1 - c_k * (1 - p_k))
    chance of opening = most / (1 + (aspiration / s) ** 2)

Source:  Tversky, Elimination by aspects: a theory of choice, 1972; Simon's satisficing, 1955.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carousel.domain.events import Reason
from carousel.simulation.columns import Floats, Ints
from carousel.simulation.needs import ASPECTS, Need
from carousel.simulation.parameters import Parameters, section
from carousel.simulation.preferences.showroom import Cars, Showroom, distance_km
from carousel.simulation.preferences.wants import Kept, Wants, wants
from carousel.simulation.stock import Stock

_BY_KIND = ("body", "fuel", "make", "gearbox", "room")
_BY_LIMIT = tuple(aspect for aspect in ASPECTS if aspect not in _BY_KIND)


@dataclass(frozen=True, slots=True)
class Aspects:
    """Table [aspects]; parameters.toml says what each entry means."""

    most: float
    aspiration: float
    early: float
    late: float
    attention: float
    price_softness: float
    fair: float
    fair_softness: float
    class_limit: float
    class_softness: float
    age_softness: float
    yearly_km: float
    mileage_softness: float
    reach: float
    distance_softness: float
    power_tolerance: float
    power_softness: float
    look: float
    look_limit: float
    unwanted: float
    other_make: float
    wrong_gearbox: float
    crowded: float
    saving: float
    contacting: float
    quality_limit: float
    quality_softness: float


@dataclass(frozen=True, slots=True)
class _Rules:
    """A need's own: what passes by kind, and the rank of each aspect in its order, from 0."""

    kinds: Wants
    rank: Floats


class AspectsDesire:
    """The aspects model over one stock; see ``Desire``."""

    def __init__(self, stock: Stock, parameters: Parameters, hidden: float) -> None:
        self._settings = section(parameters, "aspects", Aspects)
        self._showroom = Showroom(stock)
        self._hidden = hidden
        self._rules = Kept(self._rules_of)

    def opening(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that the card of a car, once examined, is opened."""
        passes, settings = self._passes(need, self._showroom.take(cars), prices), self._settings
        enough = (self._survival(need, passes, progress) / settings.aspiration) ** 2
        return np.asarray(settings.most * enough / (1 + enough))

    def saving(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that an opened car is saved."""
        return self._step(self._settings.saving, need, cars, prices, progress)

    def contacting(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that the seller of an opened car is contacted."""
        return self._step(self._settings.contacting, need, cars, prices, progress)

    def complaints(self, need: Need, cars: Ints, prices: Floats) -> Mapping[Reason, Floats]:
        """Return how strongly, at least 0, each reason for a dismissal applies."""
        passes = self._passes(need, self._showroom.take(cars), prices)
        failed = dict(zip(ASPECTS, 1 - passes, strict=True))
        rest = [failed[a] for a in ("fuel", "power", "class", "gearbox", "room", "look")]
        return {
            Reason.TOO_EXPENSIVE: np.maximum(failed["price"], 0.5 * failed["deal"]),
            Reason.TOO_OLD: failed["age"],
            Reason.TOO_MANY_KM: failed["mileage"],
            Reason.TOO_FAR: failed["distance"],
            Reason.NOT_THIS_MAKE: failed["make"],
            Reason.NOT_THIS_BODY: failed["body"],
            Reason.OTHER: np.max(rest, axis=0),
        }

    def _step(self, most: float, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance of a step after opening: all is checked once more, and the quality."""
        chosen, settings = self._showroom.take(cars), self._settings
        survival = self._survival(need, self._passes(need, chosen, prices), progress)
        good = _soft((chosen.quality - settings.quality_limit) / settings.quality_softness)
        return np.asarray(most * np.sqrt(survival) * good)

    def _survival(self, need: Need, passes: Floats, progress: float) -> Floats:
        """Return the chance that no aspect turns a car down, shape (n,)."""
        settings = self._settings
        floor = settings.early + (settings.late - settings.early) * progress
        checked = floor + (1 - floor) * np.exp(-self._rules.of(need).rank / settings.attention)
        return np.asarray(np.prod(1 - checked[:, None] * (1 - passes), axis=0))

    def _passes(self, need: Need, cars: Cars, prices: Floats) -> Floats:
        """Return the chance of passing each of ASPECTS if it is checked, shape (aspects, n)."""
        rules, settings = self._rules.of(need), self._settings
        log_price = np.log(prices)
        misfit = np.abs(cars.log_power - np.log(need.stage.power_hp))
        allowed = np.log(settings.yearly_km * (need.stage.oldest + 2))
        away = np.log((settings.reach * need.distance_km) / (distance_km(cars, need) + 1))
        limit = np.log(need.budget * (1 + need.stretch))
        margins = {
            "price": (limit - log_price) / settings.price_softness,
            "age": (need.stage.oldest + 1 - cars.age) / settings.age_softness,
            "mileage": (allowed - np.log(cars.mileage_km + 1)) / settings.mileage_softness,
            "distance": away / settings.distance_softness,
            "power": (settings.power_tolerance - misfit) / settings.power_softness,
            "deal": (cars.log_worth - log_price + settings.fair) / settings.fair_softness,
            "class": (cars.log_worth - np.log(need.budget) + settings.class_limit)
            / settings.class_softness,
            "look": self._hidden * settings.look * (cars.look @ need.taste - settings.look_limit),
        }
        wrong = cars.automatic != (need.gearbox > 0)
        by_kind = {
            "body": rules.kinds.body[cars.body],
            "fuel": rules.kinds.fuel[cars.fuel],
            "make": rules.kinds.loved[cars.make],
            "gearbox": 1 - settings.wrong_gearbox * min(1.0, abs(need.gearbox)) * wrong,
            "room": np.where(cars.seats < need.people, settings.crowded, 1.0),
        }
        soft = _soft(np.stack([margins[aspect] for aspect in _BY_LIMIT]))
        limits = dict(zip(_BY_LIMIT, soft, strict=True))
        return np.stack([by_kind[a] if a in by_kind else limits[a] for a in ASPECTS])

    def _rules_of(self, need: Need) -> _Rules:
        share, settings = wants(need, self._showroom.makes), self._settings
        indifferent = 0.0 if need.makes else 1.0
        return _Rules(
            kinds=Wants(
                body=np.maximum(share.body, settings.unwanted),
                fuel=np.maximum(share.fuel, settings.unwanted),
                loved=np.maximum(np.maximum(share.loved, settings.other_make), indifferent),
            ),
            rank=np.array([need.order.index(aspect) for aspect in ASPECTS], dtype=np.float64),
        )


def _soft(margin: Floats) -> Floats:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * margin))
