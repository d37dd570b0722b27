"""What the routes work with: the opened stores and what this process remembers of them.

Owns:    the parts of a running API, how a route reaches them.
Imports: api.{fanout, forgetting, known, reception, tokens}, serving, storage.ports, FastAPI.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias, cast

from fastapi import Request

from carousel.api.fanout import Fanout
from carousel.api.forgetting import Forgetter
from carousel.api.known import Accounts, KnownListings
from carousel.api.reception import Reception
from carousel.api.tokens import Tokens
from carousel.serving.experiments import Plan
from carousel.serving.knobs import Knobs
from carousel.serving.shadowing import Shadow
from carousel.serving.understanding import Vocabulary
from carousel.storage.ports import Catalogue, EventSink, ServingStore, SlateCache
from carousel.storage.ports.notices import Notices
from carousel.storage.ports.own import Own

Probes: TypeAlias = Mapping[str, Callable[[], Awaitable[object]]]


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a route may use.

    open_catalogue: blocks, so it is used in a thread, one that ``desk`` admits. Opened for each
                    change: a database that was away in between does no harm.
    caught_up:      waits until this process finds whatever was changed before.
    probes:         one question for each server the API needs, and one for its index; it fails, or
                    waits, while that is away.
    plan:           who is served by other knobs than ``knobs``.
    shadow:         compares lists with those of the shadow model.
    own:            what is kept of the caller. forgetter: takes a part of that away.
    heartbeat:      seconds between comment lines of a quiet stream.
    """

    store: ServingStore
    sink: EventSink
    cache: SlateCache
    open_catalogue: Callable[[], AbstractContextManager[Catalogue]]
    desk: asyncio.Semaphore
    caught_up: Callable[[], Awaitable[None]]
    reception: Reception
    tokens: Tokens
    accounts: Accounts
    known: KnownListings
    vocabulary: Vocabulary
    fanout: Fanout
    own: Own
    forgetter: Forgetter
    notices: Notices
    knobs: Knobs
    plan: Plan
    shadow: Shadow
    currency: str
    development_login: bool
    probes: Probes
    heartbeat: float


def parts_of(request: Request) -> Parts:
    """Return the parts of the app that serves this request."""
    return cast("Parts", request.app.state.parts)
