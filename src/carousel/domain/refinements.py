"""Which filter to suggest next: the one that brings a shopper nearer to what they like.

Owns:    what may be suggested, how suggestions are ranked, how they are mixed.
Imports: numpy, domain.features, domain.filters, domain.histogram.

A further filter splits the cars of a search in two. Let q be the share of those that stay, near a
car's inner product with the shopper's preference, m and s its mean and deviation over all of them,
and m1 its mean over those that stay. The worth of the filter to this shopper is the correlation of
"stays" with near,

    r = (m1 - m) / s * sqrt(q / (1 - q))

how much nearer the cars are that stay, times how much is said by staying: r * r is the share of all
differences in nearness that this one answer explains. A rare thing that is loved and a usual one
that is liked a little are on one scale. Who is not known, and who is short of good ones, gets the
filters that split the list well: the entropy of q, in bits, times how commonly people ask for it.

Source:  r is the point-biserial correlation. To ask what tells most: Quinlan, Induction of Decision
         Trees, Machine Learning 1, 1986.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector
from carousel.domain.filters import Filters
from carousel.domain.histogram import edges_below, round_edges

Value: TypeAlias = str | int
Flags: TypeAlias = npt.NDArray[np.bool_]

LEAST = 0.1  # correlation: below it a filter explains less than a hundredth
LEAST_GONE = 0.2  # share of the cars that goes with what a shopper likes: less is no choice at all
LEAST_ERRORS = 2.0  # standard errors of a correlation of nothing, 1 / sqrt(n): less may be chance
SAME_FIELD = 2  # suggestions about one field
AGAIN = 0.5  # what the second one about a field is worth: a handful should be varied
LIMITS = 40  # round numbers tried as a limit

BOUNDS: Mapping[str, tuple[str, ...]] = {
    "price": ("max_price", "min_price"),
    "year": ("min_year",),
    "mileage_km": ("max_mileage",),
    "power_hp": ("min_power",),
    "owners": ("max_owners",),
}
"""The filters that may be suggested about each number: nobody asks for more kilometres."""

CHOICES = (
    *("body", "fuel", "transmission", "make", "model"),
    *("seller_type", "region", "colour"),
)

_FIELD = {bound: number for number, bounds in BOUNDS.items() for bound in bounds}
_FOR_ANYONE: Mapping[str, float] = {
    **dict.fromkeys(("max_price", "body", "fuel", "transmission"), 1.0),
    **dict.fromkeys(("min_year", "max_mileage", "make", "model"), 0.9),
    **dict.fromkeys(("min_power", "region", "seller_type", "max_owners", "colour"), 0.5),
}
"""How commonly people ask for it; what is not named is suggested to no stranger."""

_NOT_TELLING = "other"  # of a fuel or a body


@dataclass(frozen=True, slots=True)
class Options:
    """The values that one further filter could take, and what stays with each, shape (k,).

    counts:    how many cars.
    described: how many of them have a vector.
    near:      the sum of their inner products with the preference.
    """

    values: Sequence[Value]
    counts: Vector
    described: Vector
    near: Vector


@dataclass(frozen=True, slots=True)
class Splits:
    """The cars that pass some filters, and how each further filter would split them.

    total:     how many pass.
    described: how many of them have a vector; 0 where there is no preference to compare with.
    mean:      of their inner products with the preference.
    deviation: of the same, over all of them.
    options:   by field of ``Filters``.
    """

    total: int
    described: int
    mean: float
    deviation: float
    options: Mapping[str, Options]


@dataclass(frozen=True, slots=True)
class Refinement:
    """A filter to add: a field of ``Filters`` and its value.

    count:    cars that pass with it, fewer than without and at least one.
    personal: whether the shopper's preference asked for it.
    """

    field: str
    value: Value
    count: int
    personal: bool


@dataclass(frozen=True, slots=True)
class _Offer:
    refinement: Refinement
    worth: float


def choices_open(filters: Filters) -> tuple[str, ...]:
    """Return the fields in which one more choice takes cars away.

    A second make would add cars. A model is named once its make is: "500" alone means nothing.

    >>> choices_open(Filters(make=("Skoda",), fuel=("diesel",), region=("Brno",)))
    ('body', 'transmission', 'model', 'seller_type', 'colour')
    """
    chosen = {field for field in CHOICES if getattr(filters, field)}
    if not filters.make:
        chosen.add("model")
    if filters.radius_km is not None:
        chosen.add("region")
    return tuple(field for field in CHOICES if field not in chosen)


def limits(number: str, values: Vector, weights: Matrix) -> dict[str, Options]:
    """Return what round limits on a number would leave.

    Args:
        number: one of BOUNDS.
        values: of cars, or of groups that share one, shape (n,); NaN where it is not stated.
        weights: cars, those of them with a vector, and the sum of their inner products with the
            preference, of each value, shape (3, n).

    >>> cars = np.array([[1.0, 2.0, 1.0], [1.0, 2.0, 1.0], [0.5, 0.0, 0.0]])
    >>> limits("owners", np.array([1.0, 2.0, 3.0]), cars)["max_owners"].counts.tolist()
    [1.0, 3.0, 4.0, 4.0]
    """
    stated = ~np.isnan(values)
    if not stated.all():
        values, weights = values[stated], weights[:, stated]
    edges = round_edges(np.repeat(values, weights[0].astype(np.int64)), LIMITS)
    found = {}
    for bound in BOUNDS[number]:
        upper = bound.startswith("max_")
        places = edges_below(values, edges, reached=not upper)
        sums = [np.bincount(places, row, len(edges) + 1)[: len(edges)] for row in weights]
        below = np.cumsum(sums, axis=1)
        kept = below if upper else weights.sum(axis=1, keepdims=True) - below
        found[bound] = Options(edges, *kept)
    return found


def refinements(splits: Splits, limit: int) -> list[Refinement]:
    """Return filters to suggest, the best first: what the shopper likes, then what splits well.

    >>> spread = Options(["Estate", "SUV"], np.array([50.0, 10.0]), np.zeros(2), np.zeros(2))
    >>> (first, _) = refinements(Splits(100, 0, 0.0, 0.0, {"body": spread}), limit=6)
    >>> first
    Refinement(field='body', value='Estate', count=50, personal=False)
    """
    chosen: list[Refinement] = []
    for offers in (list(_liked(splits)), list(_telling(splits))):
        while len(chosen) < limit and (best := _best(offers, chosen)) is not None:
            chosen.append(best)
    return chosen


def correlations(splits: Splits, options: Options) -> Vector:
    """Return the correlation of staying with nearness, shape (k,); 0 where there is none to tell.

    >>> cars = Splits(4, 4, 0.5, 0.5, {})  # two of them near, two far
    >>> near, one = np.array([2.0]), np.array([1.0])
    >>> correlations(cars, Options(["Estate"], near, near, near)).tolist()
    [1.0]
    >>> correlations(cars, Options(["Estate"], one, one, one)).round(3).tolist()
    [0.577]
    """
    stay, go = options.described, splits.described - options.described
    usable = (stay > 0) & (go > 0) & (splits.deviation > 1e-9)  # noqa: PLR2004 (of rounding alone)
    found: Vector = np.zeros(len(stay))
    nearer = options.near[usable] / stay[usable] - splits.mean
    found[usable] = nearer / splits.deviation * np.sqrt(stay[usable] / go[usable])
    return found


def _liked(splits: Splits) -> Iterator[_Offer]:
    """Yield what brings the shopper nearer by more than chance would."""
    least = max(LEAST, LEAST_ERRORS / math.sqrt(max(splits.described, 1)))
    for field, options in splits.options.items():
        worth = correlations(splits, options)
        wanted = (worth >= least) & (options.counts <= (1 - LEAST_GONE) * splits.total)
        yield from _offers(splits, field, worth, wanted, personal=True)


def _telling(splits: Splits) -> Iterator[_Offer]:
    """Yield what splits the list well, but not what the shopper would rather not have."""
    for field, options in splits.options.items():
        if field in _FOR_ANYONE and splits.total:
            share = np.clip(options.counts / splits.total, 1e-12, 1 - 1e-12)
            bits = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
            disliked = correlations(splits, options) < -LEAST
            yield from _offers(splits, field, _FOR_ANYONE[field] * bits, ~disliked, personal=False)


def _offers(
    splits: Splits, field: str, worth: Vector, wanted: Flags, *, personal: bool
) -> Iterator[_Offer]:
    """Yield the best values of a field, as many as can be suggested; of a bound, the best one."""
    options = splits.options[field]
    wanted = wanted & (options.counts > 0) & (options.counts < splits.total)
    rows = [n for n in np.flatnonzero(wanted).tolist() if options.values[n] != _NOT_TELLING]
    rows.sort(key=lambda n: (-worth[n], options.values[n]))
    for n in rows[: 1 if field in _FIELD else SAME_FIELD]:
        found = Refinement(field, options.values[n], round(options.counts[n]), personal)
        yield _Offer(found, float(worth[n]))


def _best(offers: Sequence[_Offer], chosen: Sequence[Refinement]) -> Refinement | None:
    """Return the best offer that may follow those chosen; None if none may."""
    used = [_FIELD.get(one.field, one.field) for one in chosen]
    taken = {one.field if one.field in _FIELD else (one.field, one.value) for one in chosen}
    best, most = None, 0.0
    for offer in offers:
        one = offer.refinement
        times = used.count(_FIELD.get(one.field, one.field))
        new = (one.field if one.field in _FIELD else (one.field, one.value)) not in taken
        worth = offer.worth * AGAIN**times
        if new and times < SAME_FIELD and worth > most:
            best, most = one, worth
    return best
