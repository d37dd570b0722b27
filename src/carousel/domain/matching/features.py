"""All that a ranker reads about a car for a shopper, one row a car.

Owns:    the list of features, what part of the score each belongs to, and their assembly.
Imports: numpy, domain.{cars, facts, features, needs, trail, matching}.

A feature is NaN where there is nothing to reckon it from: a shopper who never searched has no fit
to searches, which is not the same as a bad one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carousel.domain.cars import Cars, cars_of, kilometres
from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.matching.dismissals import OBJECTIONS, objections
from carousel.domain.matching.reactions import AXES, SIDES, altogether, beyond, likeness
from carousel.domain.matching.searches import fit
from carousel.domain.needs import DAY
from carousel.domain.trail import KINDS, STRENGTHS, Steps, Trail

PARTS: Mapping[str, tuple[str, ...]] = {
    "searches": (
        *("search_cost_least", "search_cost", "search_cost_last", "search_fit", "search_body"),
        *("search_fuel", "search_make", "search_limits", "search_above", "search_below"),
        *("search_gap", "searches"),
    ),
    "cars": (*(f"near_{axis}" for axis in AXES), "near_all", "near_one", "seen", *SIDES),
    "home": ("home_km",),
    "dislikes": tuple(f"against_{name}" for name in OBJECTIONS),
    "taste": ("content", "latent"),
    "market": ("popular", "segment", "model", "deal", "days"),
    "car": ("price", "age", "mileage", "power"),
    "shopper": ("steps", "mass"),
}
"""Which features a part of the score is made of; a reason names a part."""

FEATURES = tuple(name for names in PARTS.values() for name in names)
"""Columns of a feature row, in order. A ranker says which it was trained on."""

COLUMN: Mapping[str, int] = {name: place for place, name in enumerate(FEATURES)}

LEAST_FIT, LEAST_LIKENESS = 1e-4, 1e-3  # under these a logarithm says nothing more
BELOW_LIMIT = 0.15  # people look somewhat below the limit they search with, in log price
OTHER_CLASS = 0.3  # from so far below it a car is hardly what was meant
YEAR_SECONDS = 365.2425 * DAY
_DISMISS = KINDS.index("dismiss")


@dataclass(frozen=True, slots=True)
class Shared:
    """What is known of n candidates apart from the shopper's trail, shape (n,) each.

    content, latent: inner products with the shopper's preferences; NaN without one.
    popular: log(1 + decayed popularity). segment, model: log of how often cars of this body and
    price, and of this model, are opened when seen. deal: log of fair price over asking price.
    """

    content: Vector
    latent: Vector
    popular: Vector
    segment: Vector
    model: Vector
    deal: Vector


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    half_life, search_half_life: > 0, days after which a reaction, a search, weighs half.
    doubt: > 0, pseudo-weight of nothing: one view alone must not look like certainty.
    gap_doubt: > 0, the same for gaps: the price of a single car says little of what one can pay.
    """

    half_life: float = 14.0
    search_half_life: float = 7.0
    doubt: float = 0.5
    gap_doubt: float = 5.0


def features(facts: Facts, shared: Shared, trail: Trail, *, now: float, params: Params) -> Matrix:
    """Return the features of cars for a shopper, shape (n, len(FEATURES)).

    Args:
        facts: of n candidates.
        shared: of the same.
        trail: the shopper's.
        now: epoch seconds.
        params: half-lives.
    """
    cars = cars_of(facts)
    known = {
        **_of_the_market(cars, shared, now),
        **_of_searches(cars, facts, trail.searches, now, params),
        **_of_reactions(cars, trail.reactions, now, params),
        "steps": np.full(len(cars), np.log1p(len(trail))),
    }
    nothing = np.full(len(cars), np.nan)
    return np.column_stack([known.get(name, nothing) for name in FEATURES])


def _of_the_market(cars: Cars, shared: Shared, now: float) -> dict[str, Vector]:
    return {
        **{name: getattr(shared, name) for name in ("content", "latent")},
        **{name: getattr(shared, name) for name in ("popular", "segment", "model", "deal")},
        "days": np.log1p(np.maximum(now - cars.listed_at, 0.0) / DAY),
        "price": cars.price,
        "age": np.maximum(1970.0 + now / YEAR_SECONDS - 0.5 - cars.year, 0.0),
        "mileage": cars.mileage,
        "power": cars.power,
    }


def _of_searches(
    cars: Cars, facts: Facts, searches: Steps, now: float, params: Params
) -> dict[str, Vector]:
    if not len(searches):
        return {}
    said = fit(cars, facts, searches)
    age = np.maximum(now - searches["at"], 0.0) / DAY
    weight = np.exp2(-age / params.search_half_life) + 1e-9
    weight /= weight.sum()
    rows, best = np.arange(len(cars)), np.argmin(said.cost, axis=1)
    found: dict[str, Vector] = {
        "search_cost_least": said.cost[rows, best],
        "search_cost": said.cost @ weight,
        "search_cost_last": said.cost[:, -1],
        "search_fit": np.log(np.exp(-said.cost) @ weight + LEAST_FIT),
        "search_body": said.body @ weight,
        "search_fuel": said.fuel @ weight,
        "search_make": said.make @ weight,
        "search_limits": said.limits @ weight,
        "search_above": np.maximum(said.gap, 0.0) @ weight,
        "search_below": np.maximum(-said.gap - OTHER_CLASS, 0.0) @ weight,
        "search_gap": np.abs(said.gap[rows, best] + BELOW_LIMIT),
        "searches": np.full(len(cars), np.log1p(len(searches))),
    }
    placed = searches[np.isfinite(searches["latitude"])]
    if len(placed):
        home = np.array([[placed["latitude"][-1], placed["longitude"][-1]]], dtype=np.float64)
        found["home_km"] = kilometres(cars.latitude, cars.longitude, home)[:, 0]
    return found


def _of_reactions(cars: Cars, steps: Steps, now: float, params: Params) -> dict[str, Vector]:
    if not len(steps):
        return {}
    recent = np.exp2(-np.maximum(now - steps["at"], 0.0) / DAY / params.half_life)
    others = cars_of(steps["facts"])
    near = likeness(cars, others)
    alike = altogether(near)
    turned = steps["kind"] == _DISMISS
    liked = np.where(turned, 0.0, np.maximum(STRENGTHS[steps["kind"]], 0.0)) * recent
    found: dict[str, Vector] = {"mass": np.full(len(cars), liked.sum())}
    if liked.any():
        share = liked / (liked.sum() + params.doubt)
        found |= {f"near_{axis}": near[axis] @ share for axis in AXES}
        surely = liked / (liked.sum() + params.gap_doubt)
        found |= {side: gap @ surely for side, gap in beyond(cars, others).items()}
        found["near_all"] = np.log(alike @ liked + LEAST_LIKENESS)
        found["near_one"] = alike[:, liked > 0].max(axis=1)
        same = (near["model"] == 1) & (near["mileage"] > 0.9999) & (near["year"] == 1)  # noqa: PLR2004 (the very car)
        found["seen"] = same[:, liked > 0].sum(axis=1).astype(np.float64)
    if turned.any():
        against = objections(
            cars, cars_of(steps["facts"][turned]), steps[turned], recent[turned], alike[:, turned]
        )
        found |= {f"against_{name}": values for name, values in against.items()}
    return found
