"""The way to the operator's page, which the monitor has.

Owns:    GET /operator.
Imports: api.problems, FastAPI.
"""

from http import HTTPStatus

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from carousel.api.problems import ProblemError


def operator_router(monitor_url: str | None) -> APIRouter:
    """Return the route to the operator's page; None leads nowhere."""
    router = APIRouter(include_in_schema=False)

    @router.get("/operator")
    async def get_operator() -> Response:
        if monitor_url is None:
            detail = "The operator's page is the monitor's; it is not told of here."
            raise ProblemError(HTTPStatus.NOT_FOUND, "unknown_path", detail)
        return RedirectResponse(f"{monitor_url.rstrip('/')}/operator")

    return router
