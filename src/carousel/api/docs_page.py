"""The documentation of the API for people: Swagger UI from our own files, or a plain page.

Owns:    GET /api/docs and the files it needs.
Imports: api.page, FastAPI.

Nothing is loaded from elsewhere. Swagger UI is taken from the folder ``swagger-ui`` of the built
page; where that is missing, a plain page lists the operations.
"""

from collections.abc import Mapping
from html import escape

from fastapi import APIRouter, Request, Response

from carousel.api.page import PageFile

SWAGGER = "/swagger-ui/swagger-ui-bundle.js"

_START = (
    "window.ui = SwaggerUIBundle({url: '/api/openapi.json', dom_id: '#docs', deepLinking: true});"
)
_SWAGGER_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Carousel API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/swagger-ui/swagger-ui.css"><div id="docs"></div>
<script src="/swagger-ui/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script>
</html>"""
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#f2f2f2;padding:.1em .3em;border-radius:.2em}dt{margin-top:1rem}"
)


def docs_router(files: Mapping[str, PageFile]) -> APIRouter:
    """Return the routes of the documentation page."""
    router = APIRouter(include_in_schema=False)
    has_swagger = SWAGGER in files

    @router.get("/api/docs")
    async def get_docs(request: Request) -> Response:
        page = _SWAGGER_PAGE if has_swagger else plain_page(request.app.openapi())
        return Response(page, media_type="text/html; charset=utf-8")

    @router.get("/api/docs/start.js")
    async def get_start() -> Response:
        return Response(_START, media_type="text/javascript; charset=utf-8")

    return router


def plain_page(document: Mapping[str, object]) -> str:
    """Return a page that lists the operations of an OpenAPI document.

    >>> "<code>GET /x</code>" in plain_page({"paths": {"/x": {"get": {"summary": "X"}}}})
    True
    """
    paths = document["paths"]
    assert isinstance(paths, dict)  # noqa: S101  # OpenAPI says so
    rows = [
        f"<dt><code>{escape(method.upper())} {escape(path)}</code></dt>"
        f"<dd>{escape(operation['summary'])}. {escape(operation.get('description', ''))}</dd>"
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Carousel API</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><h1>Carousel API</h1>"
        f'<p>The whole description: <a href="/api/openapi.json">openapi.json</a>.</p>'
        f"<dl>{''.join(rows)}</dl></html>"
    )
