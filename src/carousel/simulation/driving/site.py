"""A marketplace's public API, as a shopper's browser and its back end use it.

Owns:    requests, their tokens, what is counted and timed about them.
Imports: domain.{errors, events, filters, listing}, httpx2.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import httpx2

from carousel.domain.errors import ConfigurationError
from carousel.domain.events import Event
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingFacts

PAGE = 200
DEEPEST = 10_000
BATCH = 500
OK = 200
LONGEST_WAIT_SECONDS = 30.0

Card: TypeAlias = Mapping[str, Any]
"""A car as the API shows it."""


@dataclass(slots=True)
class Meter:
    """What was asked and how it went, by kind of request.

    failed: by kind and status, 0 where no answer came. seconds: of answers that were good.
    arrived, departed: cars newly advertised, and cars sold or withdrawn.
    """

    asked: Counter[str] = field(default_factory=Counter)
    failed: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    arrived: int = 0
    departed: int = 0


class Site:
    """A running server. A request that fails is counted, and answered with None."""

    def __init__(self, client: httpx2.AsyncClient, meter: Meter) -> None:
        self._client = client
        self._meter = meter

    async def token(self, email: str) -> str | None:
        """Log in by e-mail alone, as a development server allows."""
        answer = await self._ask("log in", "POST", "/token/fake-token", json={"email": email})
        return None if answer is None else str(answer["token"])

    async def make_known(self, operator: str, emails: Sequence[str]) -> bool:
        """Create the accounts that are not there yet; return whether the server let us."""
        for first in range(0, len(emails), PAGE):
            body = [{"email": email} for email in emails[first : first + PAGE]]
            if await self._ask("accounts", "POST", "/users", operator, json=body) is None:
                return False
        return True

    async def inventory(self) -> list[Card]:
        """Return every active car, read make by make because a search ends at 10,000."""
        facets = await self._ask("facets", "GET", "/cars/facets")
        if facets is None:
            raise ConfigurationError("The server did not say what is for sale.")
        cards: dict[int, Card] = {}
        for make in facets["brands"]:
            for offset in range(0, min(make["count"], DEEPEST), PAGE):
                query = {"brand": make["name"], "limit": PAGE, "offset": offset, "sort": "price"}
                page = await self._ask("inventory", "GET", "/cars/search", params=query)
                cards.update({card["id"]: card for card in (page or {"listings": ()})["listings"]})
        return list(cards.values())

    async def recommended(self, token: str, limit: int) -> tuple[list[Card], str]:
        """Return the shopper's list and its slate id."""
        answer = await self._ask(
            "recommendations", "GET", "/cars/recommendations", token, params={"limit": limit}
        )
        return ([], "") if answer is None else (answer["recommended"], answer["slate"])

    async def search(self, token: str, filters: Filters, limit: int) -> list[Card]:
        """Return the first page of a search, sorted for the shopper; it counts as an event."""
        stated = filters.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        query = {**stated, "limit": limit, "sort": "recommended"}
        answer = await self._ask("search", "GET", "/cars/search", token, params=query)
        if answer is not None:
            self._meter.events["search"] += 1
        return [] if answer is None else answer["listings"]

    async def open(self, token: str, listing_id: int) -> bool:
        """Open a car's page, which counts as a view; return whether it is still for sale."""
        answer = await self._ask("detail", "GET", f"/cars/detail/{listing_id}", token)
        if answer is not None:
            self._meter.events["view"] += 1
        return answer is not None and answer["status"] == "active"

    async def tell(self, token: str, events: Sequence[Event]) -> None:
        """Tell what the shopper did."""
        body = [event.model_dump(mode="json", by_alias=True, exclude_none=True) for event in events]
        if body and await self._ask("events", "POST", "/events", token, json=body) is not None:
            self._meter.events.update(event.type for event in events)

    async def publish(self, operator: str, cars: Sequence[ListingFacts]) -> list[int]:
        """Put cars up for sale; return their ids, none if the server refused."""
        ids: list[int] = []
        for first in range(0, len(cars), BATCH):
            body = [_stated(car) for car in cars[first : first + BATCH]]
            answer = await self._ask("publish", "POST", "/listings", operator, json=body)
            if answer is None:
                return []
            ids += answer["ids"]
            self._meter.arrived += answer["new"]
        return ids

    async def change(self, operator: str, listing_id: int, change: Mapping[str, object]) -> None:
        """Change a listing: its price, or that it was sold."""
        answer = await self._ask(
            "change", "PATCH", f"/listings/{listing_id}", operator, json=dict(change)
        )
        self._meter.departed += answer is not None and "status" in change

    async def _ask(  # noqa: PLR0913 (the parts of a request)
        self,
        kind: str,
        method: str,
        path: str,
        token: str | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,  # noqa: ANN401  # whatever the route takes
    ) -> Any:  # noqa: ANN401  # JSON as parsed
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        begun = time.perf_counter()
        self._meter.asked[kind] += 1
        try:
            answer = await self._client.request(
                method, f"/api/v1{path}", params=params, json=json, headers=headers
            )
        except httpx2.HTTPError:
            self._meter.failed[kind, 0] += 1
            return None
        if not answer.is_success:
            self._meter.failed[kind, answer.status_code] += 1
            return None
        self._meter.seconds.setdefault(kind, []).append(time.perf_counter() - begun)
        return answer.json()


def _stated(car: ListingFacts) -> dict[str, object]:
    """Return a car under the names that the operator's API takes."""
    stated = car.model_dump(mode="json", exclude_none=True, exclude={"place", "listed_at"})
    renamed = {"make": "brand", "price": "selling_price", "mileage_km": "km_driven"}
    body = {renamed.get(name, name): value for name, value in stated.items()}
    if car.place is not None:
        body |= car.place.model_dump()
    return body
