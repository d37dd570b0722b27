"""What slates are like, whoever reads them: varied, new, unknown, fairly spread, still for sale.

Owns:    novelty, diversity, cold and sold cars; coverage, sellers' concentration, time until shown.
Imports: numpy, domain.listing, evaluation.metrics.column, evaluation.{played,tallies,targets},
         recording.

The distance of two cars is the same for every method: the mean of five parts in [0, 1]. Make, model
and body are 0 where equal, else 1; a price apart by a factor of two or more, and an age apart by
five years or more, is 1, and less in proportion.

Source:  Ziegler et al., WWW 2005 (intra-list similarity); Zhou et al., PNAS 2010 (self-information
         as novelty).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.listing import Listing, spelling_key
from carousel.evaluation.metrics.column import Column, Slices, averaged
from carousel.evaluation.played import TRUTH_PLACES, Played, Rows
from carousel.evaluation.tallies import Tally, tally
from carousel.evaluation.targets import on_sale
from carousel.recording.tables import EVENT_TYPES, NONE, Flags, Floats, Ints

_DOUBLE = np.log(2.0)
_YEARS = 5.0
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Look:
    """What the distance reads of n listings: codes, log price as published, year; shape (n,)."""

    make: Ints
    model: Ints
    body: Ints
    log_price: Floats
    year: Floats


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is asked of slates' cars, prepared once for all methods.

    views:  by listing. events: all, by listing.
    viewed: all views before each moment, shape (moments,).
    seller: number of each listing's seller; a listing without one is a seller of its own.
    """

    look: Look
    views: Tally
    events: Tally
    viewed: Ints
    seller: Ints


def look(listings: Sequence[Listing]) -> Look:
    """Return what the distance reads of listings; not stated is a model, or a body, of its own."""

    def coded(names: list[str]) -> Ints:
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(n, len(numbers)) for n in names], dtype=np.int64)

    makes = [spelling_key(c.make) for c in listings]
    models = [
        f"{make} {spelling_key(c.model or '')}" for make, c in zip(makes, listings, strict=True)
    ]
    return Look(
        coded(makes),
        coded(models),
        coded([c.body or "" for c in listings]),
        np.log([float(c.price) for c in listings]),
        np.array([float(c.year) for c in listings]),
    )


def diversity(slates: Rows, cars: Look) -> Floats:
    """Return the mean distance of all pairs in each slate; NaN below two cars, shape (n,)."""
    first, second = np.triu_indices(slates.shape[1], k=1)
    means = np.full(len(slates), np.nan)
    for start in range(0, len(slates), _CHUNK):
        part = slates[start : start + _CHUNK]
        one, other = part[:, first], part[:, second]
        both = (one != NONE) & (other != NONE)
        total = np.where(both, _distance(cars, one, other), 0.0).sum(axis=1)
        pairs = both.sum(axis=1)
        means[start : start + _CHUNK] = np.where(pairs > 0, total / np.maximum(pairs, 1), np.nan)
    return means


def _distance(cars: Look, one: Rows, other: Rows) -> Floats:
    differs = [(code[one] != code[other]) for code in (cars.make, cars.model, cars.body)]
    price = np.minimum(np.abs(cars.log_price[one] - cars.log_price[other]) / _DOUBLE, 1.0)
    age = np.minimum(np.abs(cars.year[one] - cars.year[other]) / _YEARS, 1.0)
    distance: Floats = (differs[0] * 1.0 + differs[1] + differs[2] + price + age) / 5
    return distance


def shelf(played: Played) -> Shelf:
    """Return what the metrics of slates read, from the recording."""
    recording = played.recording
    events, listings = recording.events, recording.listings
    about = np.flatnonzero(events.listing != NONE)
    views = np.flatnonzero(events.type == EVENT_TYPES.index("view"))
    names = [listing.seller or f"{number} alone" for number, listing in enumerate(listings)]
    return Shelf(
        look(listings),
        tally(events.listing[views], views),
        tally(events.listing[about], about),
        np.searchsorted(views, played.moments.past),
        np.unique(names, return_inverse=True)[1],
    )


def slate_columns(played: Played, held: Shelf, rows: Rows, slices: Slices) -> list[Column]:
    """Return what the slates of one method are like, moment by moment, in their first places."""
    moments, shopper = played.moments, played.moments.shopper
    top = rows[:, :TRUTH_PLACES].astype(np.int64)
    there = top != NONE
    past = moments.past[:, None]
    cars = np.where(there, top, 0)
    share = (held.views.before(cars, past) + 1) / (held.viewed + played.alive)[:, None]
    cold = held.events.before(cars, past) == 0
    sold = (rows != NONE) & ~on_sale(played.recording, rows, moments.at[:, None])
    return [
        averaged("slate.novelty", shopper, _mean(-np.log2(share), there), slices),
        averaged("slate.diversity", shopper, diversity(rows[:, :TRUTH_PLACES], held.look), slices),
        averaged("slate.cold", shopper, _mean(cold, there), slices),
        averaged("slate.sold", shopper, sold.any(axis=1).astype(np.float64), slices),
        averaged("slate.filled", shopper, (rows != NONE).mean(axis=1), slices),
    ]


def _mean(values: Floats | Flags, there: Flags) -> Floats:
    """Return the mean over the places taken; NaN for an empty slate."""
    many = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.where(many > 0, total / np.maximum(many, 1), np.nan)


def gini(exposure: Floats) -> float:
    """Return how unequally exposure is spread: 0 all the same, towards 1 one has all.

    >>> gini(np.array([1.0, 1.0, 1.0])), gini(np.array([0.0, 0.0, 0.0, 8.0]))
    (0.0, 0.75)
    """
    total, count = float(exposure.sum()), len(exposure)
    if total <= 0:
        return float("nan")
    ordered = np.sort(exposure)
    places = np.arange(1, count + 1)
    return float(2 * (places @ ordered) / (count * total) - (count + 1) / count)


def overall(played: Played, held: Shelf, rows: Rows) -> dict[str, tuple[float, int]]:
    """Return what only all slates together have: key -> value and how many cars or sellers.

    Coverage and concentration are over the cars for sale at any time between the split and the last
    test moment, and their sellers. The time until shown is that of cars published after the split.
    """
    recording, at = played.recording, played.moments.at
    lives = recording.lives
    offered = (lives.listed_at <= at.max()) & (lives.left_at > played.split)
    moment, place = np.nonzero((rows != NONE) & on_sale(recording, rows, at[:, None]))
    shown = rows[moment, place]
    exposure = np.bincount(shown, minlength=len(recording.listings)).astype(np.float64)
    sellers = np.bincount(held.seller[offered], minlength=held.seller.max() + 1) > 0
    by_seller = np.bincount(held.seller, exposure)[sellers].astype(np.float64)
    first = np.full(len(recording.listings), np.inf)
    np.minimum.at(first, shown, at[moment])
    born = offered & (lives.listed_at >= played.split)
    waited = (first - lives.listed_at)[born]
    seen = waited[np.isfinite(waited)]
    births, many = len(waited), int(offered.sum())
    return {
        "slate.coverage": (float((exposure[offered] > 0).mean()), many),
        "slate.gini": (gini(by_seller), len(by_seller)),
        "slate.first_shown": (float(np.median(seen)) / 3_600 if len(seen) else np.nan, len(seen)),
        "slate.never_shown": (1 - len(seen) / births if births else np.nan, births),
    }


def cold_targets(held: Shelf, listing: Ints, past: Ints) -> Flags:
    """Return which wanted cars nobody had reacted to before the moment."""
    reactions = held.events.before(np.maximum(listing, 0), past)
    cold: Flags = (listing != NONE) & (reactions == 0)
    return cold
