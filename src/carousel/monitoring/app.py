"""The monitor over HTTP: what it found, for people and for programs. Read only.

Owns:    the routes, the headers of every answer, what a wrong address is told.
Imports: starlette, monitoring.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carousel.monitoring import pages
from carousel.monitoring.schedule import Schedule
from carousel.monitoring.views import check_view, checks_view

ASSETS = Path(__file__).parent / "assets"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
LONGEST_ECHO = 80  # characters of an address that a refusal repeats
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pages show.

    schedule: of the checks.
    runbooks: directory of the runbooks; None where they are not.
    alive:    returns whether everything in the background still runs.
    """

    schedule: Schedule
    runbooks: Path | None
    alive: Callable[[], bool]


def create_app(shown: Shown, further: Sequence[Route]) -> Starlette:
    """Return the app. further: routes beside those of the checks."""
    app = Starlette(
        routes=[
            Route("/", home),
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/checks", checks),
            Route("/checks.json", checks),
            Route("/checks/{name}", check),
            Route("/runbooks/{name}", runbook),
            Route("/assets/{name}", asset),
            *further,
        ],
        middleware=[Middleware(Guarded)],
        exception_handlers={HTTPException: refused},
    )
    app.state.shown = shown
    app.state.assets = {path.name: path.read_bytes() for path in sorted(ASSETS.iterdir())}
    return app


async def home(_: Request) -> Response:
    """Answer GET / with the way to the operator's page."""
    return RedirectResponse("/operator")


async def livez(_: Request) -> Response:
    """Answer GET /livez."""
    return _json({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Answer GET /readyz: 503 once nothing is checked any more."""
    if not _shown(request).alive():
        return _json({"status": "the checks have stopped"}, HTTPStatus.SERVICE_UNAVAILABLE)
    return _json({"status": "ok"})


async def checks(request: Request) -> Response:
    """Answer GET /checks and /checks.json."""
    shown = _shown(request)
    schedule = shown.schedule
    view = checks_view(schedule.checks, schedule.results, schedule.clock.now())
    if wants_json(request):
        return _json(view)
    return HTMLResponse(pages.checks_page(view, known_runbooks(shown.runbooks)))


async def check(request: Request) -> Response:
    """Answer GET /checks/NAME and /checks/NAME.json."""
    shown = _shown(request)
    schedule = shown.schedule
    name = request.path_params["name"].removesuffix(".json")
    found = next((one for one in schedule.checks if one.name == name), None)
    if found is None:
        raise HTTPException(404, f"No check is called {name[:LONGEST_ECHO]}.")
    view = check_view(found, schedule.results.get(name), schedule.clock.now())
    if wants_json(request):
        return _json(view)
    return HTMLResponse(pages.check_page(view, known_runbooks(shown.runbooks)))


async def runbook(request: Request) -> Response:
    """Answer GET /runbooks/NAME."""
    directory, name = _shown(request).runbooks, request.path_params["name"]
    if directory is None or name not in known_runbooks(directory):
        raise HTTPException(404, f"No runbook here is called {name[:LONGEST_ECHO]}.")
    return HTMLResponse(pages.runbook_page(name, (directory / f"{name}.md").read_text()))


async def asset(request: Request) -> Response:
    """Answer GET /assets/NAME."""
    name, assets = request.path_params["name"], request.app.state.assets
    if name not in assets:
        raise HTTPException(404, "There is no such file.")
    return Response(assets[name], media_type=MEDIA_TYPES[Path(name).suffix])


class Guarded:
    """Puts the headers on every answer; pure ASGI, so that a stream stays one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_marked)


async def refused(request: Request, error: Exception) -> Response:
    """Answer what is not here, or not like this, in one sentence."""
    assert isinstance(error, HTTPException)  # noqa: S101  # it is registered for nothing else
    title = HTTPStatus(error.status_code).phrase.capitalize()
    sentence = error.detail
    if error.detail == HTTPStatus(error.status_code).phrase:
        path = request.url.path[:LONGEST_ECHO]
        asked = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        sentence = f"{path} only answers GET." if asked else f"There is nothing at {path}."
    headers = dict(error.headers or {})
    if wants_json(request):
        answer = _json({"title": title, "detail": sentence}, error.status_code)
        answer.headers.update(headers)
        return answer
    return HTMLResponse(
        pages.refusal_page(title, sentence), status_code=error.status_code, headers=headers
    )


def wants_json(request: Request) -> bool:
    """Return whether the answer should be JSON: by its address, or where HTML is not accepted."""
    accepted = request.headers.get("accept", "")
    return request.url.path.endswith(".json") or (
        "application/json" in accepted and "text/html" not in accepted
    )


def known_runbooks(directory: Path | None) -> list[str]:
    """Return the names of the runbooks that can be read here."""
    return sorted(path.stem for path in directory.glob("*.md")) if directory else []


def _shown(request: Request) -> Shown:
    shown: Shown = request.app.state.shown
    return shown


def _json(document: object, status: int = HTTPStatus.OK) -> Response:
    text = json.dumps(document, allow_nan=False)
    return Response(text, status_code=status, media_type="application/json")
