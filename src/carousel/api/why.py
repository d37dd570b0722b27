"""Why a car is recommended, as HTTP tells it: a key, what the sentence says, and the steps behind.

Owns:    the names of the cars that reasons speak of; the reason as data.
Imports: serving, storage.ports, api.{listing_view, moments}.

A page can say it in its own language from the key and the values; the reason in English stands
beside it. A trail knows cars by number only, so names are asked for: once for a whole list.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api.listing_view import shown_name
from carousel.api.moments import moment
from carousel.domain.listing import Listing
from carousel.serving.causes import Step
from carousel.serving.pipeline import SlateEntry
from carousel.serving.reasons import Reason
from carousel.serving.relaxing import FullSlate
from carousel.storage.ports import ServingStore

EXAMPLE_WHY: dict[str, object] = {
    "key": "like_saved",
    "part": "cars",
    "values": {"make": "Skoda", "model": "Octavia"},
    "cause": [{"type": "favourite", "listing_id": 4711, "at": "2026-10-30T09:15:00Z", "unit": 0}],
}


class CauseStep(TypedDict):
    """A step of the shopper: what they did, to which car, when."""

    type: Annotated[str, Field(description="of the event")]
    listing_id: NotRequired[Annotated[int, Field(description="absent for a search")]]
    at: Annotated[str, Field(description="ISO 8601, UTC")]
    unit: Annotated[
        int,
        Field(
            description=(
                "steps of one number count as one: those about one car, equal searches; without "
                "some of them the others would still stand for all"
            )
        ),
    ]


class Why(TypedDict):
    """A reason as data."""

    key: Annotated[str, Field(description="which reason; docs/reasons.md lists them")]
    part: Annotated[str, Field(description="of the score")]
    values: Annotated[
        dict[str, str | int],
        Field(description="what the sentence says, such as make, model, count, km, max_price"),
    ]
    cause: Annotated[
        list[CauseStep],
        Field(
            description=(
                "the steps without which the car would stand lower, the weightiest first; "
                "empty where the market speaks"
            )
        ),
    ]


async def named(store: ServingStore, full: FullSlate) -> FullSlate:
    """Return a slate whose reasons call the cars they speak of by name, as ``with_names`` does."""
    entries = await with_names(store, full.slate.entries)
    return replace(full, slate=replace(full.slate, entries=entries))


async def with_names(store: ServingStore, entries: Sequence[SlateEntry]) -> tuple[SlateEntry, ...]:
    """Return places of a slate whose reasons call the cars they speak of by name.

    At most one round trip. A car that was sold since may stay "the car you saved".
    """
    known = {entry.listing.id: entry.listing for entry in entries}
    asked = {entry.reason.about for entry in entries if entry.reason.kin != "model"}
    missing = sorted(i for i in asked if i is not None and i not in known)
    if missing:
        known |= {listing.id: listing for listing in await store.active(missing)}
    return tuple(
        replace(entry, reason=_called(entry, known.get(entry.reason.about or 0)))
        for entry in entries
    )


def why(reason: Reason) -> Why:
    """Return a reason as HTTP tells it."""
    return {
        "key": reason.key,
        "part": reason.part,
        "values": {
            name: shown_name(value) if isinstance(value, str) else value
            for name, value in reason.values.items()
        },
        "cause": [_step(step) for step in reason.cause],
    }


def _step(step: Step) -> CauseStep:
    told: CauseStep = {"type": step.type, "at": _moment(step.at), "unit": step.unit}
    if step.listing_id is not None:
        told["listing_id"] = step.listing_id
    return told


def _called(entry: SlateEntry, about: Listing | None) -> Reason:
    """Return a reason with the names that are known: of the car it is about, or what is shared."""
    reason, listing = entry.reason, about or entry.listing
    if about is None and not reason.kin:
        return reason
    name = {"make": listing.make}
    if listing.model is not None and (about is not None or reason.kin == "model"):
        name["model"] = listing.model
    return replace(reason, values={**reason.values, **name})


def _moment(at: float) -> str:
    return moment(datetime.fromtimestamp(at, UTC))
