"""A trail in words: each step with what is kept of it, for whoever it is about.

Owns:    a trail as values that JSON can hold, but moments.
Imports: numpy, domain.{facts, trail}. No I/O, no clock, no randomness.

Makes, models and sellers stay numbers, for a trail keeps only hashes of their names (domain/facts).
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum

import numpy as np

from carousel.domain.facts import BODIES, FACTS, FUELS, TRANSMISSIONS
from carousel.domain.trail import KINDS, NO_REASON, REASONS, SEARCH, Trail

_HASHES = ("make", "model", "seller")
_KINDS_OF_CAR = {"body": BODIES, "fuel": FUELS, "transmission": TRANSMISSIONS}
_SETS = {"bodies": BODIES, "fuels": FUELS, "transmissions": TRANSMISSIONS}


def in_words(trail: Trail) -> list[dict[str, object]]:
    """Return the steps of a trail: reactions, then searches, each the earliest first.

    What a car does not state, or a search does not ask for, is left out.

    >>> from carousel.domain.filters import Filters
    >>> from carousel.domain.trail import NO_TRAIL, extended, search
    >>> cheap = extended(NO_TRAIL, searches=[search(0.0, Filters(max_price=9000, body=("suv",)))])
    >>> (step,) = in_words(cheap)
    >>> step["kind"], step["at"].year, step["asked"]
    ('search', 1970, {'max_price': 9000.0, 'bodies': ['suv']})
    """
    return [_reaction(step) for step in trail.reactions] + [
        _search(step) for step in trail.searches
    ]


def _reaction(step: np.void) -> dict[str, object]:
    reason = int(step["reason"])
    return {
        "kind": KINDS[step["kind"]],
        "at": _moment(step["at"]),
        "listing_id": int(step["listing"]),
        "reason": None if reason == NO_REASON else REASONS[reason].value,
        "facts": _facts(step["facts"]),
    }


def _facts(record: np.void) -> dict[str, object]:
    told: dict[str, object] = {}
    for name in FACTS.names or ():
        value = record[name].item()
        if name == "listed_at":
            told[name] = _moment(value)
        elif name in _KINDS_OF_CAR:
            if value:
                told[name] = _KINDS_OF_CAR[name][value - 1].value
        elif name in _HASHES:
            if value:
                told[name] = value
        elif not math.isnan(value):
            told[name] = value
    return told


def _search(step: np.void) -> dict[str, object]:
    asked: dict[str, object] = {}
    for name in SEARCH.names or ():
        if name in _SETS:
            if bits := int(step[name]):
                asked[name] = _names(bits, _SETS[name])
        elif name in {"makes", "models"}:
            if some := [code for code in step[name].tolist() if code]:
                asked[name] = some
        elif name != "at" and not math.isnan(step[name]):
            asked[name] = step[name].item()
    return {"kind": "search", "at": _moment(step["at"]), "asked": asked}


def _names(bits: int, kinds: Sequence[Enum]) -> list[str]:
    return [one.value for code, one in enumerate(kinds, start=1) if bits >> code & 1]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
