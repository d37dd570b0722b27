"""The models that serve, as one process of the API knows them.

Owns:    what is remembered, how often the database is asked, what happens to a damaged one.
Imports: engines.{model_bytes, postgres_retrieval}, domain, observability.loaded.

One question, at most once a second whatever the load, tells which models are in use. A new one is
read beside the requests, which go on with the one before; only the first of a kind is waited for.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from carousel.domain.errors import ModelError, StoreUnavailableError
from carousel.domain.model import Model
from carousel.observability.loaded import tell_loaded
from carousel.storage.engines.model_bytes import KeptModel, revive
from carousel.storage.engines.postgres_retrieval import Fetch

ASK_SECONDS = 1.0

_IN_USE = "select kind, active, shadow from model_in_use"

_READ = """
select document::text, arrays, figures::text, sha256 from model where kind = $1 and version = $2
"""

_SERVED_BEFORE = """
select version from model_activation where kind = $1 and not undone group by version
order by max(seq) desc
"""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Place:
    """One role of one kind.

    wanted: the version the database names, None for none.
    model:  what is served.
    tried:  the wanted version that was read last, whether or not it was whole.
    """

    wanted: str | None = None
    model: Model | None = None
    tried: str | None = None
    reading: "asyncio.Task[None] | None" = None


@dataclass(slots=True)
class ModelsInUse:
    """Remembers the models in use; for one event loop."""

    fetch: Fetch
    clock: Callable[[], float] = time.monotonic
    _places: dict[tuple[str, str], _Place] = field(default_factory=dict)
    _asked_at: float = float("-inf")
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, kind: str, role: str) -> Model | None:
        """Return the model in a role, ``active`` or ``shadow``; None without one.

        Raises:
            StoreUnavailableError: the server did not answer, and nothing is known yet.
        """
        await self._ask()
        place = self._places.get((kind, role))
        if place is None or place.wanted is None:
            return None
        if place.reading is None and place.wanted != place.tried:
            place.reading = asyncio.create_task(self._read(kind, role, place))
        if place.reading is not None and place.model is None:
            await asyncio.shield(place.reading)
        return place.model

    async def close(self) -> None:
        """Wait for what is being read."""
        reading = [one.reading for one in self._places.values() if one.reading is not None]
        await asyncio.gather(*reading, return_exceptions=True)

    async def _ask(self) -> None:
        """Ask which models are in use, unless somebody is asking or has asked just now."""
        known = self._asked_at > float("-inf")
        if self.clock() - self._asked_at < ASK_SECONDS or (known and self._asking.locked()):
            return
        async with self._asking:
            if self.clock() - self._asked_at < ASK_SECONDS:
                return
            try:
                rows = await self.fetch(_IN_USE)
            except StoreUnavailableError:
                if not known:
                    raise
                rows = None
            self._asked_at = self.clock()
        if rows is not None:
            self._note(
                {
                    (kind, role): version
                    for kind, *versions in rows
                    for role, version in zip(("active", "shadow"), versions, strict=True)
                }
            )

    def _note(self, named: dict[tuple[str, str], str | None]) -> None:
        for key in self._places.keys() | named.keys():
            place = self._places.setdefault(key, _Place())
            place.wanted = named.get(key)
            if place.wanted is None and place.model is not None:
                place.model = place.tried = None
                _tell(*key, None)

    async def _read(self, kind: str, role: str, place: _Place) -> None:
        """Read what is wanted; what is damaged is reported once, and the one before stays."""
        try:
            wanted = place.wanted
            if wanted is None:
                return
            version, model = wanted, await self._whole(kind, wanted)
            if model is None and place.model is None and role == "active":
                version, model = await self._last_good(kind, wanted)
            if model is not None:
                _tell(kind, role, version)
            elif place.model is not None:
                logger.error("%s %s stays the %s one.", kind, place.model.version, role)
            place.model, place.tried = model or place.model, wanted
        except Exception as error:  # noqa: BLE001 (whatever it is, the one before serves on)
            logger.warning("The %s model %s could not be read: %s", role, kind, error)
        finally:
            place.reading = None

    async def _whole(self, kind: str, version: str) -> Model | None:
        rows = await self.fetch(_READ, kind, version)
        if not rows:
            return None
        try:
            # Megabytes are checked and copied: not in the thread that answers requests.
            return await asyncio.to_thread(revive, kind, version, KeptModel(*rows[0]))
        except ModelError as error:
            logger.error("%s", error)  # noqa: TRY400 (the sentence says it all)
            return None

    async def _last_good(self, kind: str, damaged: str) -> tuple[str, Model | None]:
        """Return the latest whole model of those that served before, and its version."""
        for (version,) in await self.fetch(_SERVED_BEFORE, kind):
            if version != damaged:
                model = await self._whole(kind, version)
                if model is not None:
                    logger.error("%s %s, active before it, serves instead.", kind, version)
                    return version, model
        return damaged, None


def _tell(kind: str, role: str, version: str | None) -> None:
    if role == "active":
        tell_loaded(kind, version)
