"""A stored state beside the one that the archive makes.

Owns:    when the two are the same.
Imports: numpy, domain, storage.ports.

To the last bit, where the state was folded event by event in the order of the archive. Within
rounding, where it was put together in another order, by a merge or by forgetting, or where an event
speaks by matrices, whose sums may be rounded otherwise elsewhere.

A car may have changed since somebody reacted to it; what was folded in was the car as it was then,
which nobody knows any more. So of an event about such a car only the strength is compared: the
direction may differ by as much as two unit vectors do, and a reason may have had nothing to say.
Whether a car is as it was tells the trail, which keeps its facts, or else that it was not written
since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from carousel.domain.events import Dismiss, Event, Reason, Search, Undismiss, listing_of
from carousel.domain.features import FeatureSpace
from carousel.domain.listing import ListingId
from carousel.domain.preference import Evidence, Params
from carousel.domain.replaying import Act, Replayed, replayed
from carousel.domain.trail import Trail, from_bytes
from carousel.storage.ports.watching import Car, Kept, Past, Told

ROUNDING = 1e-9
"""Share of all that was folded in by which sums in another order may differ."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""By how much the log's and the database's may, and how long an event waits to be folded in."""

TWO_UNITS = 2.0
"""How far two unit vectors are apart at most."""

_SAME_REACTION = ["at", "listing", "kind", "reason"]


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a comparison.

    fault:   what differs, in a few words; None if nothing does.
    loosely: whether some of it could not be known.
    """

    fault: str | None
    loosely: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What pasts are replayed in: the space and since when it serves, the cars, the params."""

    space: FeatureSpace
    since: datetime
    cars: Mapping[ListingId, Car]
    params: Params


def compare(kept: Kept | None, past: Past, world: World) -> Compared:
    """Return whether a shopper's stored state is what their past makes of them."""
    acts = [_act(told, world) for told in past.events]
    made = replayed(acts, world.space, world.params)
    if kept is None:
        return Compared(None if made.evidence is None else "there is no state")
    if len(kept.evidence) != 8 * world.space.dim:
        return Compared("the evidence is of another length")
    try:
        trail = from_bytes(kept.trail)
    except ValueError:
        return Compared("the trail cannot be read")
    changed = [_changed(told, trail, world) for told in past.events]
    stored = Evidence(np.frombuffer(kept.evidence, "<f8"), kept.mass, kept.as_of)
    fault = _evidence_differs(stored, made, past, changed, world) or _trail_differs(
        trail, made.trail, past, changed
    )
    return Compared(fault, loosely=any(changed))


def _act(told: Told, world: World) -> Act:
    car = world.cars.get(listing_of(told.event) or 0)
    if car is None:
        return Act(told.event, told.at)
    return Act(told.event, told.at, car.listing, car.vector, car.facts)


def _changed(told: Told, trail: Trail, world: World) -> bool:
    """Return whether the car of an event may be another than when the event was folded in."""
    about = listing_of(told.event)
    if about is None:
        return False
    car = world.cars.get(about)
    if car is None:
        return True
    heard = datetime.fromtimestamp(int(told.position.partition("-")[0]) / 1000, UTC)
    folded = max(heard, world.since)
    if car.touched is None or car.touched < folded - CLOCKS_DIFFER:
        return False
    return heard < world.since or not _as_told(told, car, trail)


def _as_told(told: Told, car: Car, trail: Trail) -> bool:
    """Return whether the trail knows the car of an event, and as it is now."""
    if car.facts is None:
        return False
    reactions = trail.reactions
    of_it = (reactions["at"] == told.at.timestamp()) & (reactions["listing"] == car.listing.id)
    known = reactions["facts"][of_it]
    return bool(len(known)) and all(one.tobytes() == car.facts.tobytes() for one in known)


def _by_matrices(event: Event) -> bool:
    """Return whether an event speaks of axes: its direction is a sum that may be rounded."""
    reasoned = isinstance(event, Dismiss | Undismiss) and event.reason is not Reason.OTHER
    return reasoned or isinstance(event, Search)


def _evidence_differs(
    stored: Evidence, made: Replayed, past: Past, changed: list[bool], world: World
) -> str | None:
    expected = made.evidence
    if expected is None:
        nothing = not stored.direction.any() and stored.mass == 0
        return None if nothing else "there is evidence of nothing"
    exact = not past.reordered and not any(_by_matrices(told.event) for told in past.events)
    if exact and not any(changed):
        same = (
            stored.direction.tobytes() == expected.direction.tobytes()
            and stored.mass == expected.mass
            and stored.as_of == expected.as_of
        )
        return None if same else "the evidence is another"
    latest = max(stored.as_of, expected.as_of)
    left = [world.params.remaining(latest - one.as_of) for one in (stored, expected)]
    total = free = free_mass = 0.0
    for told, said, loose in zip(past.events, made.said, changed, strict=True):
        strength, at = told.event.strength, told.at
        if said is not None:
            strength, at = said.strength, said.at
        elif not loose:
            continue
        weight = abs(strength) * world.params.remaining(latest - min(at, latest))
        total += weight
        free += TWO_UNITS * weight * loose
        # Of a car that does not state its mileage nobody can say that it is too much.
        free_mass += weight * (loose and _by_matrices(told.event))
    rounding = ROUNDING * (1.0 + total)
    if not abs(left[0] * stored.mass - left[1] * expected.mass) <= rounding + free_mass:
        return "the mass of the evidence is another"
    with np.errstate(all="ignore"):  # what is stored may be any bytes
        apart = float(np.linalg.norm(left[0] * stored.direction - left[1] * expected.direction))
    return None if apart <= rounding + free else "the evidence is another"


def _trail_differs(stored: Trail, made: Trail, past: Past, changed: list[bool]) -> str | None:
    """Return what differs; facts are compared of cars that are as they were."""
    if stored.searches.tobytes() != made.searches.tobytes():
        return "the searches of the trail are others"
    if stored.reactions[_SAME_REACTION].tolist() != made.reactions[_SAME_REACTION].tolist():
        return "the reactions of the trail are others"
    moved = {
        (told.at.timestamp(), listing_of(told.event))
        for told, loose in zip(past.events, changed, strict=True)
        if loose
    }
    for one, other in zip(stored.reactions, made.reactions, strict=True):
        known = (float(one["at"]), int(one["listing"])) not in moved
        if known and one["facts"].tobytes() != other["facts"].tobytes():
            return "the facts of a car in the trail are others"
    return None
