"""What a shopper seems to like, in words: shares of makes and kinds, and usual ranges.

Owns:    reading a profile from a trail.
Imports: numpy, domain.{facts, interpretation, preference, trail}. No I/O, no clock, no randomness.

Every step weighs its strength (domain/events.py) times what is left of it. With the weights w_i of
the steps that name a value, of both signs, and the sum W of all positive weights

    share of a value = max(0, sum(w_i)) / W

so shares of one axis sum to 1 at most; what is missing are steps that say nothing about the axis.
A search that names several values is divided among them. A dismissal counts against all a car is,
softly; one for its make or body against that alone; one for another reason against no name. One
that was undone counts no more. Ranges are weighted quantiles over the cars that were liked: a tenth
of the weight lies below ``low``, half below ``typical``, a tenth above ``high``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.events import Reason, Search
from carousel.domain.facts import BODIES, FUELS, TRANSMISSIONS
from carousel.domain.features import Vector
from carousel.domain.interpretation import WHOLE_CAR_DISMISSAL
from carousel.domain.listing import ListingId
from carousel.domain.preference import Params
from carousel.domain.trail import KINDS, REASONS, STRENGTHS, Trail

SHARE_TOLD = 0.01  # less than this is no liking
QUANTILES = (0.1, 0.5, 0.9)
RANGES = ("price", "year", "mileage_km", "power_hp")

_DISMISS = KINDS.index("dismiss")
_AXIS_OF = {
    REASONS.index(Reason.NOT_THIS_MAKE): "make",
    REASONS.index(Reason.NOT_THIS_BODY): "body",
}

Shares: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Range:
    """Of what was liked a tenth is below ``low``, half below ``typical``, a tenth above ``high``.

    In units of the listing: whole currency, year, km, hp.
    """

    low: float
    typical: float
    high: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What a shopper seems to like.

    shares: by axis (make, body, fuel, transmission) and name, the largest first; each in (0, 1].
    ranges: by one of RANGES; None where no car that was liked states it.
    """

    shares: Mapping[str, Shares]
    ranges: Mapping[str, Range | None]


def profile(
    trail: Trail,
    dismissed: frozenset[ListingId],
    at: float,
    makes: Mapping[int, str],
    params: Params,
) -> Profile:
    """Return what a trail says in words.

    Args:
        trail: the last things a shopper did.
        dismissed: cars that are dismissed now; a dismissal of another was undone.
        at: epoch seconds.
        makes: names of makes by ``facts.code_of``; a make without a name is not told.
        params: half-life.

    >>> from carousel.domain.events import View
    >>> from carousel.domain.facts import code_of, no_facts
    >>> from carousel.domain.trail import NO_TRAIL, extended, reaction
    >>> car = np.zeros(1, dtype=no_facts().dtype)
    >>> car["make"], car["price"] = code_of("Audi"), 9000
    >>> seen = extended(NO_TRAIL, [reaction(0.0, 7, "view", None, car)])
    >>> told = profile(seen, frozenset(), 0.0, {code_of("Audi"): "Audi"}, Params())
    >>> told.shares["make"], told.shares["body"], told.ranges["price"]
    ({'Audi': 1.0}, {}, Range(low=9000.0, typical=9000.0, high=9000.0))
    """
    reactions, searches = trail.reactions, trail.searches
    strengths = STRENGTHS[reactions["kind"]] * _left(reactions["at"], at, params)
    asked = Search.strength * _left(searches["at"], at, params)
    undone = (reactions["kind"] == _DISMISS) & ~np.isin(reactions["listing"], list(dismissed))
    strengths[undone] = 0.0
    whole = float(strengths[strengths > 0].sum() + asked.sum())
    facts = reactions["facts"]
    shares: dict[str, Shares] = {}
    for axis, named, name_of in (
        ("make", [_codes(row) for row in searches["makes"]], makes.get),
        ("body", [_bits(n) for n in searches["bodies"].tolist()], _namer(BODIES)),
        ("fuel", [_bits(n) for n in searches["fuels"].tolist()], _namer(FUELS)),
        ("transmission", [_bits(n) for n in searches["transmissions"].tolist()],
         _namer(TRANSMISSIONS)),
    ):  # fmt: skip
        against = _against(reactions["kind"], reactions["reason"], axis)
        sums: dict[int, float] = {}
        for code, weight in zip(facts[axis].tolist(), (strengths * against).tolist(), strict=True):
            sums[code] = sums.get(code, 0.0) + weight
        for codes, weight in zip(named, asked.tolist(), strict=True):
            for code in codes:
                sums[code] = sums.get(code, 0.0) + weight / len(codes)
        shares[axis] = _told(sums, whole, name_of)
    liked, weights = _liked(reactions["listing"], strengths)
    return Profile(shares, {name: _range(facts[name][liked], weights) for name in RANGES})


def _left(moments: Vector, at: float, params: Params) -> Vector:
    """Return the share of its strength that each step keeps, as ``Params.remaining``."""
    ages = np.maximum(at - moments, 0.0) / params.half_life.total_seconds()
    left: Vector = np.exp2(-ages)
    return left


def _against(kinds: npt.NDArray[np.uint8], reasons: npt.NDArray[np.uint8], axis: str) -> Vector:
    """Return the share of its strength with which each reaction speaks of an axis."""
    shares = np.ones(len(kinds))
    dismissed = kinds == _DISMISS
    shares[dismissed] = 0.0
    shares[dismissed & (reasons == REASONS.index(Reason.OTHER))] = WHOLE_CAR_DISMISSAL
    for reason, about in _AXIS_OF.items():
        if about == axis:
            shares[dismissed & (reasons == reason)] = 1.0
    return shares


def _codes(row: npt.NDArray[np.uint32]) -> list[int]:
    return [code for code in row.tolist() if code]


def _bits(bits: int) -> list[int]:
    """Return the places of the bits that are set.

    >>> _bits(0b1010)
    [1, 3]
    """
    return [place for place in range(bits.bit_length()) if bits >> place & 1]


def _namer(values: tuple[str, ...]) -> Callable[[int], str | None]:
    """Return what names a place that is counted from 1."""
    return lambda code: str(values[code - 1]) if 0 < code <= len(values) else None


def _told(
    sums: Mapping[int, float], whole: float, name_of: Callable[[int], str | None]
) -> dict[str, float]:
    if whole <= 0:
        return {}
    found = [(name_of(code), total / whole) for code, total in sums.items()]
    told = [(name, share) for name, share in found if name is not None and share >= SHARE_TOLD]
    return dict(sorted(told, key=lambda one: (-one[1], one[0])))


def _liked(
    listings: npt.NDArray[np.int64], strengths: Vector
) -> tuple[npt.NDArray[np.int64], Vector]:
    """Return the last step about each car that was liked in sum, and how much."""
    sums: dict[int, float] = {}
    last: dict[int, int] = {}
    for place, (listing, weight) in enumerate(
        zip(listings.tolist(), strengths.tolist(), strict=True)
    ):
        sums[listing] = sums.get(listing, 0.0) + weight
        last[listing] = place
    liked = [listing for listing, total in sums.items() if total > 0]
    return np.array([last[one] for one in liked], np.int64), np.array([sums[one] for one in liked])


def _range(values: npt.NDArray[np.float32], weights: Vector) -> Range | None:
    stated = ~np.isnan(values)
    if not stated.any():
        return None
    low, typical, high = quantiles(values[stated].astype(np.float64), weights[stated], QUANTILES)
    return Range(low, typical, high)


def quantiles(values: Vector, weights: Vector, shares: Iterable[float]) -> list[float]:
    """Return for each share the least value up to which at least so much of the weight lies.

    Args:
        values: at least one, shape (n,).
        weights: of each, > 0, shape (n,).
        shares: each in [0, 1].

    >>> quantiles(np.array([30.0, 10.0, 20.0]), np.array([1.0, 1.0, 2.0]), (0.1, 0.5, 0.9))
    [10.0, 20.0, 30.0]
    """
    order = np.argsort(values, kind="stable")
    heaped = np.cumsum(weights[order])
    places = np.searchsorted(heaped, np.array(list(shares)) * heaped[-1] * (1 - 1e-12))
    return [float(value) for value in values[order][np.minimum(places, len(values) - 1)]]
