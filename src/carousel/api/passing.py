"""One request as it passes the edge: counted, timed, traced, told in one line.

Owns:    what a request is called in numbers, lines and spans; what of a stream is counted.
Imports: observability, api.page, FastAPI, starlette's types.

Nothing that a caller sends becomes a label: a path is the template it matched, ``page`` or
``unmatched``, a method is one that this template answers, or ``other``.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from fastapi import APIRouter
from starlette.routing import Route
from starlette.types import Message, Scope

from carousel.api.page import belongs_to_api
from carousel.observability.logs import logger, speak_of, speaking_of
from carousel.observability.metrics import REQUEST_TIME, REQUESTS, REQUESTS_UNDER_WAY, STREAMS
from carousel.observability.traces import SERVER, is_tracing, mark_failed, span, trace_id

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER, PAGE, UNMATCHED = "other", "page", "unmatched"
PROBES = frozenset({"/livez", "/readyz"})
LEFT = 499  # what proxies write down for a client that did not wait
FAULT = 500
EVENT_STREAM = b"text/event-stream"
TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Template:
    """A route: its path as it is documented, the methods that it answers."""

    path: str
    methods: frozenset[str]


def templates_of(routers: Iterable[tuple[str, APIRouter]]) -> dict[object, Template]:
    """Return the templates of routers, each with the prefix it is included under, by endpoint."""
    return {
        route.endpoint: Template(prefix + route.path, frozenset(route.methods or ()))
        for prefix, router in routers
        for route in router.routes
        if isinstance(route, Route)
    }


class Passing:
    """A request under way. ``templates``: of all routes, by endpoint."""

    def __init__(self, scope: Scope, templates: Mapping[object, Template]) -> None:
        self._began = time.perf_counter()
        self._scope = scope
        self._templates = templates
        self._status: int | None = None
        self._streams = False
        REQUESTS_UNDER_WAY.inc()

    @contextmanager
    def followed(self, request_id: str) -> Iterator[None]:
        """Let lines and spans within the block be of this request; at its end the request is over.

        The trace that begins here has the request's id; one that the caller began goes on.
        """
        if not is_tracing():
            with speaking_of(request_id=request_id):
                try:
                    yield
                finally:
                    self._over()
            return
        method = _known_method(self._scope["method"])
        with (
            span(method, kind=SERVER, parent=_parent(self._scope), trace_id=request_id) as made,
            speaking_of(request_id=request_id, trace_id=trace_id()),
        ):
            try:
                yield
            finally:
                method, route, status = self._over()
                made.update_name(f"{method} {route}")
                made.set_attribute("http.request.method", method)
                made.set_attribute("http.route", route)
                made.set_attribute("http.response.status_code", status)
                made.set_attribute("request.id", request_id)
                if status >= FAULT:
                    mark_failed(made)

    def answers(self, message: Message) -> None:
        """Take note of the beginning of the answer."""
        self._status = message["status"]
        self._streams = any(
            name == b"content-type" and value.startswith(EVENT_STREAM)
            for name, value in message.get("headers", ())
        )
        if self._streams:
            REQUESTS_UNDER_WAY.dec()
            STREAMS.inc()
            self._count(*self._named())  # now: it may go on for hours

    def left(self) -> None:
        """Take note that the client did not wait for the answer."""
        self._status = LEFT

    def _over(self) -> tuple[str, str, int]:
        """Count the request, tell it; return its method, route and status."""
        seconds = time.perf_counter() - self._began
        method, route = self._named()
        status = self._status or FAULT
        if self._streams:
            STREAMS.dec()
            speak_of(stream=True)
        else:
            REQUESTS_UNDER_WAY.dec()
            _timing(route)(seconds)
            self._count(method, route)
        say = log.debug if route in PROBES else log.info
        say("request", method=method, route=route, status=status, ms=round(1e3 * seconds, 1))
        return method, route, status

    def _count(self, method: str, route: str) -> None:
        _counting(method, route, (self._status or FAULT) // 100)()

    def _named(self) -> tuple[str, str]:
        template = self._templates.get(self._scope.get("endpoint"))
        method = self._scope["method"]
        if template is not None:
            return method if method in template.methods else OTHER, template.path
        route = UNMATCHED if belongs_to_api(self._scope["path"]) else PAGE
        return _known_method(method), route


# To look a series up by its labels takes as long as to count: each is looked up once.
@cache
def _counting(method: str, route: str, hundreds: int) -> Callable[[], None]:
    return REQUESTS.labels(method, route, f"{hundreds}xx").inc


@cache
def _timing(route: str) -> Callable[[float], None]:
    return REQUEST_TIME.labels(route).observe


def _known_method(method: str) -> str:
    return method if method in METHODS else OTHER


def _parent(scope: Scope) -> str | None:
    """Return the traceparent that the caller sent, None without a well-formed one."""
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return value.decode() if TRACEPARENT.fullmatch(value) else None
    return None
