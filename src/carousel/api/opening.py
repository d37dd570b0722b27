"""Opening and closing everything the API works with.

Owns:    the parameters of the API, the lifetime of its parts.
Imports: storage (the doors and ports), serving, api.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from carousel import storage
from carousel.api.fanout import Fanout
from carousel.api.forgetting import open_forgetter
from carousel.api.known import Accounts, KnownListings
from carousel.api.parts import Parts, Probes
from carousel.api.reception import open_reception
from carousel.api.tokens import Tokens
from carousel.domain.errors import ConfigurationError
from carousel.domain.ranker.trees import prepare
from carousel.serving.experiments import NO_EXPERIMENTS, Plan
from carousel.serving.knobs import Knobs
from carousel.serving.shadowing import open_shadow
from carousel.serving.understanding import open_vocabulary
from carousel.storage.ports import ServingStore, Update

SHORTEST_SECRET = 32  # bytes: as long as the hash it keys
MOST_OPERATORS = 2  # transactions of operators at a time, each on a connection of its own


@dataclass(frozen=True, slots=True)
class ApiParams:
    """What the API needs to know.

    database_url, log_url, cache_url: of the servers; they may carry passwords.
    log_shards:        how many shards the log has or, if it is new, shall have.
    currency:          ISO 4217 code of all prices.
    development_login: whether anyone may log in by e-mail alone.
    token_secret:      signs the tokens; at least 32 bytes.
    page_directory:    the built page; None serves the API alone.
    photo_origins:     where else than here the page may load pictures from.
    index:             what finds cars for lists: this process's memory, or the database.
    plan:              experiments, and who is in them.
    shadow_share:      share of the lists that are also made by the shadow model.
    monitor_url:       where /operator leads to; None leads nowhere.
    heartbeat:         seconds between the comment lines of a quiet update stream.
    changes_url:       the database for what changes it, where a statement may take longer than
                       one that reads; None for ``database_url``.

    Raises:
        ConfigurationError: the secret is too short.
    """

    database_url: str = field(repr=False)
    log_url: str = field(repr=False)
    cache_url: str = field(repr=False)
    log_shards: int
    currency: str
    development_login: bool
    token_secret: str = field(repr=False)
    page_directory: Path | None = None
    photo_origins: tuple[str, ...] = ()
    knobs: Knobs = field(default_factory=Knobs)
    index: Literal["memory", "postgres"] = "memory"
    plan: Plan = NO_EXPERIMENTS
    shadow_share: float = 0.05
    monitor_url: str | None = None
    heartbeat: float = 15.0
    changes_url: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.token_secret.encode()) < SHORTEST_SECRET:
            raise ConfigurationError(
                f"The token secret must have at least {SHORTEST_SECRET} bytes; "
                "make one with: openssl rand -hex 32"
            )


@asynccontextmanager
async def open_parts(params: ApiParams) -> AsyncIterator[Parts]:
    """Open the servers and give what the routes work with; everything is closed at the end.

    Raises:
        ConfigurationError: a server does not fit its setting.
        StoreUnavailableError, LogUnavailableError: a server does not answer.
    """
    await asyncio.to_thread(prepare)
    changes_url = params.changes_url or params.database_url
    open_visitors = partial(storage.open_visitors, changes_url, params.knobs.taste)
    open_forgetting = partial(storage.open_forgetting, changes_url, params.knobs.taste)
    open_source = partial(storage.open_event_source, params.log_url, shards=params.log_shards)
    async with (
        storage.open_event_sink(params.log_url, shards=params.log_shards) as sink,
        storage.open_cache(params.cache_url) as cache,
        storage.open_updates(params.log_url) as updates,
        storage.open_notice_updates(params.log_url) as notice_updates,
        _following(updates, notice_updates) as fanout,
        storage.open_notices(params.database_url) as notices,
        storage.open_own(params.database_url) as own,
        open_forgetter(open_forgetting, open_source) as forgetter,
        _open_store(params, fanout) as (store, probes, caught_up),
        open_reception(open_visitors) as reception,
        open_shadow(store, params.shadow_share) as shadow,
        open_vocabulary(store) as vocabulary,
    ):
        yield Parts(
            store=store,
            sink=sink,
            cache=cache,
            open_catalogue=partial(storage.open_catalogue, changes_url, params.knobs.taste),
            caught_up=caught_up,
            desk=asyncio.Semaphore(MOST_OPERATORS),
            reception=reception,
            tokens=Tokens(params.token_secret),
            accounts=Accounts(store),
            known=KnownListings(store),
            vocabulary=vocabulary,
            fanout=fanout,
            own=own,
            forgetter=forgetter,
            notices=notices,
            knobs=params.knobs,
            plan=params.plan,
            shadow=shadow,
            currency=params.currency,
            development_login=params.development_login,
            probes={
                "database": lambda: store.known([1]),
                **probes,
                "log": lambda: asyncio.to_thread(_ask_log, params.log_url, params.log_shards),
            },
            heartbeat=params.heartbeat,
        )


@asynccontextmanager
async def _open_store(
    params: ApiParams, fanout: Fanout
) -> AsyncIterator[tuple[ServingStore, Probes, Callable[[], Awaitable[None]]]]:
    """Open the serving store; the probe and the wait are those of what it has in memory.

    Only what is in memory tells of listings that are gone or have another price.
    """
    if params.index == "memory":
        opened = storage.open_mirror(
            params.database_url, gone=fanout.tell_gone, priced=fanout.tell_priced
        )
        async with opened as mirror:
            yield mirror, {"index": mirror.filled}, mirror.look
    else:
        async with storage.open_serving(params.database_url) as store:
            yield store, {}, _at_once


async def _at_once() -> None:
    """Whoever asks the database finds what it holds."""


@asynccontextmanager
async def _following(
    updates: AsyncIterable[Update], notices: AsyncIterable[Update]
) -> AsyncIterator[Fanout]:
    fanout = Fanout()
    both = [
        asyncio.create_task(fanout.follow(updates)),
        asyncio.create_task(fanout.follow(notices, fanout.tell_notices)),
    ]
    try:
        yield fanout
    finally:
        fanout.close()
        for following in both:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following


def _ask_log(log_url: str, shards: int) -> int:
    with storage.open_event_source(log_url, shards=shards) as source:
        return source.shards
