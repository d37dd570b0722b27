"""What a shopper's page asks the API for, asked by the monitor.

Owns:    the requests of the journey, what a refusal is called.
Imports: httpx2.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2

USER_AGENT = "carousel-monitor"
ANSWER_SECONDS = 5.0  # that one request may take
POLL_SECONDS = 0.5  # between two looks while no news come
MOST_SAID = 200  # characters of a refusal


class Refused(Exception):  # noqa: N818  # what the API did, not what we did wrong
    """The API answered, but not with what was asked for; says what with."""


@dataclass(slots=True)
class Shopping:
    """A shopper at the API.

    client:      of the API.
    traceparent: of the pipeline batch that was told of last, for the next request to go on from.
    """

    client: httpx2.AsyncClient
    traceparent: str | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _listening: asyncio.Task[None] | None = field(default=None, init=False)

    def log_in(self, token: str) -> None:
        """Be whose token this is, and hear from now on when the list changes."""
        self.client.headers["Authorization"] = f"Bearer {token}"
        self._listening = asyncio.create_task(self._listen())

    async def leave(self) -> None:
        """Hear nothing any more."""
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening

    async def recommendations(self, limit: int) -> dict[str, Any]:
        """Return the list, best first, with its version."""
        headers = {"traceparent": self.traceparent} if self.traceparent else {}
        self.traceparent = None
        return await self._get("/cars/recommendations", params={"limit": limit}, headers=headers)

    async def facets(self) -> dict[str, Any]:
        """Return what there is to choose from."""
        return await self._get("/cars/facets")

    async def search(self, make: str, limit: int) -> Sequence[dict[str, Any]]:
        """Return cars of a make, and tell of the search as the page does."""
        found = await self._get(
            "/cars/search", params={"brand": make, "limit": limit, "record": "false"}
        )
        await self._tell({"type": "search", "filters": {"brand": [make]}})
        listings: Sequence[dict[str, Any]] = found["listings"]
        return listings

    async def open(self, car_id: int) -> float:
        """Look at a car and tell of it as the page does; return when telling began, monotonic."""
        await self._get(f"/cars/detail/{car_id}", params={"record": "false"})
        posted = time.monotonic()
        await self._tell({"type": "view", "listing_id": car_id})
        return posted

    async def not_for_sale(self, car_ids: Sequence[int]) -> set[int]:
        """Return which of these cars are not for sale, as the database says."""
        found = await self._get("/cars", params={"id": list(car_ids)})
        active = {one["id"] for one in found["cars"] if one["status"] == "active"}
        return set(car_ids) - active

    async def lists_until(self, deadline: float, limit: int) -> AsyncIterator[dict[str, Any]]:
        """Yield the list now, and again whenever there is news of it, but often in any case.

        Args:
            deadline: monotonic seconds.
            limit: cars of a list.
        """
        while True:
            self._news.clear()
            yield await self.recommendations(limit)
            left = deadline - time.monotonic()
            if left <= 0:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(POLL_SECONDS, left))

    async def _listen(self) -> None:
        """Follow the stream of updates; without it the list is looked at now and then."""
        with contextlib.suppress(httpx2.HTTPError):
            patience = httpx2.Timeout(ANSWER_SECONDS, read=None)
            async with self.client.stream("GET", "/users/me/updates", timeout=patience) as stream:
                name = ""
                async for line in stream.aiter_lines():
                    field_name, _, value = line.partition(": ")
                    if field_name == "event":
                        name = value
                    elif field_name == "data" and name == "updated":
                        self._hear(value)

    def _hear(self, data: str) -> None:
        with contextlib.suppress(ValueError):
            told = json.loads(data)
            if isinstance(told, dict) and isinstance(told.get("traceparent"), str):
                self.traceparent = told["traceparent"]
        self._news.set()

    async def _tell(self, event: dict[str, Any]) -> None:
        await _answered(await self.client.post("/events", json=[{"id": uuid4().hex, **event}]))

    async def _get(self, path: str, **asked: Any) -> dict[str, Any]:  # noqa: ANN401  # of httpx2
        return await _answered(await self.client.get(path, **asked))


@asynccontextmanager
async def shopping(api_url: str) -> AsyncIterator[Shopping]:
    """Open a shopper's way to the API, not logged in."""
    async with httpx2.AsyncClient(
        base_url=f"{api_url}/api/v1",
        headers={"User-Agent": USER_AGENT},
        timeout=ANSWER_SECONDS,
        trust_env=False,
    ) as client:
        shop = Shopping(client)
        try:
            yield shop
        finally:
            await shop.leave()


async def development_login(client: httpx2.AsyncClient, email: str) -> str:
    """Return a token by the development login.

    Raises:
        Refused: it is off, or knows no such account.
        httpx2.HTTPError: no answer.
    """
    answer = await _answered(await client.post("/token/fake-token", json={"email": email}))
    return str(answer["token"])


async def _answered(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON of an answer that is one.

    Raises:
        Refused: it says something else.
    """
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Refused(f"the API answered {response.status_code} with something else than JSON")
    if response.is_success:
        return answer
    said = f"{answer.get('code', '')}: {answer.get('detail', '')}"
    raise Refused(f"the API answered {response.status_code} {said[:MOST_SAID]}".rstrip(". "))
