"""The built page: its files, and index.html for every address that the page itself resolves.

Owns:    serving the page, its cache headers, telling it from where it may load photos and
         whether its errors are reported.
Imports: api.problems, FastAPI, starlette's types.

The files are read once, when the app is made: no request reaches the disk, and none can name a
file outside the directory.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from carousel.api.problems import LONGEST_ECHO, problem

FOREVER = "public, max-age=31536000, immutable"  # Vite puts a hash into the names under /assets
ALWAYS_ASK = "no-cache"
WORTH_ZIPPING = 1_024  # bytes
INDEX = "/index.html"


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page, ready to send. zipped: the content under gzip, where that is shorter."""

    content: bytes
    zipped: bytes | None
    media_type: str
    etag: str
    cache_control: str


def read_page(
    directory: Path | None, photo_origins: Sequence[str] = (), release: str | None = None
) -> dict[str, PageFile]:
    """Return the files of a built page by their path, beginning with a slash.

    Args:
        directory: of the built page; None is no page.
        photo_origins: where else than here the page may load pictures from. It is told of them
            because a picture that the policy refuses is an error in the console of the browser.
        release: what the page calls itself when it reports an error; None lets it report none.
    """
    if directory is None or not directory.is_dir():
        return {}
    paths = (path for path in sorted(directory.rglob("*")) if path.is_file())
    told = _meta("photo-origins", " ".join(photo_origins))
    if release:
        told += _meta("error-reports", release)
    return {
        f"/{path.relative_to(directory).as_posix()}": _read(path, directory, told.encode())
        for path in paths
    }


class PageFirst:
    """Answers everything outside the API with the page; pure ASGI, before the router."""

    def __init__(self, app: ASGIApp, files: Mapping[str, PageFile]) -> None:
        self._app = app
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page or pass the request on."""
        if scope["type"] != "http" or belongs_to_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if request.method not in ("GET", "HEAD"):
            detail = f"{path[:LONGEST_ECHO]} does not answer this method; it answers GET."
            return problem(405, "method_not_allowed", detail, headers={"Allow": "GET, HEAD"})
        found = self._files.get(path)
        if found is None and not path.startswith("/assets/"):
            found = self._files.get(INDEX)
        if found is not None:
            return _sent(found, request)
        if self._files:
            return problem(404, "unknown_path", f"There is nothing at {path[:LONGEST_ECHO]}.")
        detail = "The page is not built here; the API is documented at /api/docs."
        return problem(404, "page_not_built", detail)


def belongs_to_api(path: str) -> bool:
    """Return whether a path is none of the page's."""
    return path.startswith("/api/") or path in ("/api", "/livez", "/readyz", "/operator")


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{escape(content)}" />'


def _read(path: Path, directory: Path, told: bytes) -> PageFile:
    content = path.read_bytes()
    if path == directory / INDEX.lstrip("/"):
        content = content.replace(b"</head>", told + b"</head>", 1)
    zipped = gzip.compress(content, mtime=0) if len(content) >= WORTH_ZIPPING else content
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    immutable = path.relative_to(directory).parts[0] == "assets"
    return PageFile(
        content,
        zipped if len(zipped) < len(content) else None,
        f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        FOREVER if immutable else ALWAYS_ASK,
    )


def _sent(file: PageFile, request: Request) -> Response:
    headers = {"cache-control": file.cache_control, "etag": file.etag, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    if file.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(file.zipped, headers=headers, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)
