"""Which reactions a car owes its place in the plain blend to: the blend without what they told.

Owns:    taking a reaction out of the evidence, what the car loses by it.
Imports: numpy, domain, serving.causes.

Evidence is a sum, so a reaction is taken out of it exactly, as long as the car it was about is for
sale: of others no vector is at hand, and they are not named. Searches and dismissals stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.listing import ListingId
from carousel.domain.preference import Evidence, Reader
from carousel.domain.scoring import Scores
from carousel.domain.trail import STRENGTHS, Trail
from carousel.serving.causes import FURTHER, LEAST, Cause, Unit, units_of

TOGETHER = (2, 4, 8)
"""Reactions that are tried together where none counts alone, those that speak most first."""


@dataclass(frozen=True, slots=True)
class Taste:
    """What the personal part of a blend was reckoned from.

    facts:    of the n candidates, shape (n,).
    items:    vectors of the same, shape (n, dim).
    evidence: the shopper's. trail: theirs too.
    known:    vectors of cars of the trail, each of shape (dim,), as far as they are at hand.
    reader:   reads a preference from evidence.
    now:      aware.
    slope:    log-odds to be opened that one unit of score stands for.
    """

    facts: Facts
    items: Matrix
    evidence: Evidence
    trail: Trail
    known: Mapping[ListingId, Vector]
    reader: Reader
    now: datetime
    slope: float


def causes_of_blend(scores: Scores, places: Sequence[int], taste: Taste) -> list[Cause | None]:
    """Return what some candidates owe their places to; None where no reaction is worth naming.

    Args:
        scores: of n candidates.
        places: rows of those that are explained.
        taste: that the scores were made from.
    """
    ids = taste.trail.reactions["listing"].tolist()
    units = [
        unit
        for unit in units_of(taste.trail)
        if unit.family == "cars" and ids[unit.places[0]] in taste.known
    ]
    if not units:
        return [None] * len(places)
    worth = np.stack([_worth(scores, [unit], taste) for unit in units], axis=1)
    return [_cause(scores, units, worth[place], place, taste) for place in places]


def _cause(
    scores: Scores, units: Sequence[Unit], worth: Vector, place: int, taste: Taste
) -> Cause | None:
    order = np.argsort(-worth, kind="stable").tolist()
    if worth[order[0]] >= LEAST:
        named = tuple(units[n] for n in order if worth[n] >= FURTHER)
        # Each may be missed beside the others and not all be missed together: a stranger's list
        # is another one.
        if len(named) > 1 and _worth(scores, named, taste)[place] < LEAST:
            named = named[:1]
        return Cause(named, float(worth[order[0]]))
    speaking = [units[n] for n in order if worth[n] > 0]
    for many in TOGETHER:
        if len(speaking) <= many // 2:  # no more than was tried before
            break
        together = float(_worth(scores, speaking[:many], taste)[place])
        if together >= LEAST:
            return Cause(tuple(speaking[:many]), together)
    return None


def _worth(scores: Scores, units: Sequence[Unit], taste: Taste) -> Vector:
    """Return the log-odds that each candidate loses without some units, against the others."""
    less = _without(taste, [place for unit in units for place in unit.places])
    before = taste.reader.confidence(taste.evidence, taste.now)
    wanted = taste.reader.preference(less) if less.mass > 0 else None
    after = 0.0 if wanted is None else taste.reader.confidence(less, taste.now)
    shared = scores.parts["popular"] + scores.parts["fresh"]
    total = scores.total - scores.parts["content"] + shared * (before - after) / (1.0 - before)
    if wanted is not None:
        total = total + after * (taste.items @ wanted)
    lost = taste.slope * (scores.total - total)
    against: Vector = lost - lost.mean()
    return against


def _without(taste: Taste, places: Sequence[int]) -> Evidence:
    evidence, steps = taste.evidence, taste.trail.reactions[list(places)]
    fading = np.exp2(
        -(evidence.as_of.timestamp() - steps["at"]) / taste.reader.params.half_life.total_seconds()
    )
    weight = STRENGTHS[steps["kind"]] * fading
    vectors = np.stack([taste.known[listing_id] for listing_id in steps["listing"].tolist()])
    return Evidence(
        evidence.direction - weight @ vectors,
        max(evidence.mass - float(np.abs(weight).sum()), 0.0),
        evidence.as_of,
    )
