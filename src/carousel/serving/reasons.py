"""Why a car stands in a slate: the part of its score that it would miss most.

Owns:    the words for each part of a score.
Imports: numpy, domain, serving.ranking.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.features import Vector
from carousel.domain.matching import features as matching
from carousel.domain.scoring import Scores
from carousel.serving.ranking import Rated

OF_RANKER = {
    "searches": "Fits what you search for",
    "cars": "Close to the cars you looked at",
    "taste": "Close to the cars you looked at",
    "home": "Near you",
    "dislikes": "Unlike what you turned down",
}
"""What a part of a ranker's score is called on the page; the market has words of its own."""

OF_BLEND = {
    "content": "Close to the cars you looked at",
    "popular": "Popular with other shoppers",
    "fresh": "Just listed",
}
"""What a part of the plain blend is called on the page."""

NEW_DAYS, GOOD_DEAL = 3.0, 0.03


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a car stands where it stands.

    text: one short sentence. part: of the score, by name.
    """

    text: str
    part: str


def of_ranker(rated: Rated, places: Sequence[int]) -> list[Reason]:
    """Return for some candidates what speaks for each most: what they would lose without it."""
    rows = rated.rows[list(places)]
    parts = rated.ranker.parts(rows)
    names = list(parts)
    worth = np.stack([parts[name] for name in names])
    return [
        Reason(OF_RANKER.get(names[main]) or _of_the_market(row), names[main])
        for main, row in zip(np.argmax(worth, axis=0).tolist(), rows, strict=True)
    ]


def of_blend(scores: Scores, places: Sequence[int]) -> list[Reason]:
    """Return for some candidates which part of the blend gave each most."""
    return [Reason(OF_BLEND[part], part) for part in map(scores.main_part, places)]


def _of_the_market(row: Vector) -> str:
    if row[matching.COLUMN["popular"]] > np.log(2.0):
        return "Popular with other shoppers"
    if row[matching.COLUMN["days"]] < np.log1p(NEW_DAYS):
        return "Just listed"
    if row[matching.COLUMN["deal"]] > GOOD_DEAL:
        return "Priced below similar cars"
    return "A kind of car that many open"
