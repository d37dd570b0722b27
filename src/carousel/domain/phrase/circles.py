"""Places and how far a car may stand from them: "v Praze do 20 km", "30 km around Munich".

Owns:    which distance is of which place, the circles they make.
Imports: domain.phrase.

A distance is of the place beside it, on either side; of a place elsewhere in the phrase if that is
the only one. Nobody asks for a used car with less than 1,000 km, so fewer are never its mileage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from carousel.domain.phrase.amounts import Ask
from carousel.domain.phrase.dictionary import Meaning
from carousel.domain.phrase.settling import Chip
from carousel.domain.phrase.tokens import Token
from carousel.domain.phrase.words import Kind, words

NEAR_KM = 50  # "near Brno": half an hour's drive

AROUND = frozenset(
    ("area", "surroundings", "umgebung", "umkreis", "umland", "nahe", "raum", "okoli", "okruh")
)
"""Words of ``Kind.NEAR`` that may also follow the place."""

_OR = frozenset(("or", "oder", "nebo", "and", "und", "a", "i"))
_FILLERS = (Kind.EMPTY, Kind.NEAR, Kind.BOUND)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that was named.

    start, end: its tokens, with the words that say how near; ``end`` exclusive.
    meanings:   the region; several of one name are alternatives, a circle is around the first.
    radius:     kilometres around it, None where it was named without a distance.
    near:       whether a circle around it was asked for.
    """

    start: int
    end: int
    meanings: tuple[Meaning, ...]
    corrected: bool
    near: bool = False
    radius: int | None = None


@dataclass(frozen=True, slots=True)
class Distance:
    """A distance that was named: its tokens, ``end`` exclusive, and the kilometres."""

    start: int
    end: int
    km: int


def around(
    spots: Sequence[Spot], distances: Sequence[Distance], tokens: Sequence[Token]
) -> tuple[tuple[Spot, ...], tuple[Distance, ...]]:
    """Return the places with their distances, and the distances that are of none of them."""
    found = list(spots)
    left_over = []
    for one in distances:
        free = [n for n, spot in enumerate(found) if spot.radius is None]
        beside = [n for n in free if _beside(found[n], one, tokens)]
        alone = free if len(spots) == 1 else []
        if not beside and not alone:
            left_over.append(one)
            continue
        n = (beside or alone)[0]
        spot = replace(found[n], near=True, radius=one.km)
        if beside:  # else words that say something else stand between: the place's own are enough
            spot = replace(spot, start=min(spot.start, one.start), end=max(spot.end, one.end))
        found[n] = spot
    return tuple(found), tuple(left_over)


def alternatives(
    spots: Sequence[Spot], tokens: Sequence[Token]
) -> tuple[tuple[Spot, ...], tuple[Spot, ...]]:
    """Return the places that can be asked for at once, and those that cannot.

    A search has one circle, and "Prague or within 20 km of Brno" would leave no car of either: the
    circle counts. "Bavaria near Munich" is both.
    """
    dropped = {
        n if other.near else n + 1
        for n, (one, other) in enumerate(pairwise(spots))
        if one.near != other.near and _listed(tokens[one.end : other.start + 1])
    }
    kept = tuple(one for n, one in enumerate(spots) if n not in dropped)
    return kept, tuple(spots[n] for n in sorted(dropped))


def chips_of(spot: Spot, tokens: Sequence[Token], text: str) -> tuple[Chip, ...]:
    """Return the region that a place is, or the three chips of the circle around it.

    >>> from carousel.domain.phrase.tokens import tokens_of
    >>> brno = Meaning("region", "Brno", 9, place=(49.2, 16.6))
    >>> tokens = tokens_of("near Brno")
    >>> inside, beside = Spot(1, 2, (brno,), False), Spot(0, 2, (brno,), False, near=True)
    >>> [(one.name, one.value) for one in chips_of(inside, tokens, "near Brno")]
    [('region', 'Brno')]
    >>> [one.value for one in chips_of(beside, tokens, "near Brno")]
    ['49.2000', '16.6000', '50']
    """
    asks = tuple(Ask("region", one.value) for one in spot.meanings)
    if spot.near and (middle := spot.meanings[0].place) is not None:
        latitude, longitude = middle
        asks = (
            Ask("near_latitude", f"{latitude:.4f}"),
            Ask("near_longitude", f"{longitude:.4f}"),
            Ask("radius_km", str(NEAR_KM if spot.radius is None else spot.radius)),
        )
    first, last = tokens[spot.start].start, tokens[spot.end - 1].end
    return tuple(
        Chip(one.name, one.value, text[first:last], first, last, spot.corrected) for one in asks
    )


def _listed(tokens: Sequence[Token]) -> bool:
    """Return whether a comma or a word like "or" stands before the last token, and nothing else."""
    *between, last = tokens
    if not between:
        return last.glue in (",", ";")
    return all(one.key in _OR or one.key == "/" for one in between)


def _beside(spot: Spot, one: Distance, tokens: Sequence[Token]) -> bool:
    """Return whether nothing stands between a place and a distance that says something else."""
    between = tokens[min(spot.end, one.end) : max(spot.start, one.start)]
    said = (words().get(token.key) for token in between if not token.is_sign)
    return all(word is not None and word.kind in _FILLERS for word in said)
