"""Is the process alive, and can it serve.

Owns:    GET /livez, GET /readyz.
Imports: api.
"""

import asyncio
import logging
from collections.abc import Awaitable
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.parts import parts_of
from carousel.api.problems import FieldError, ProblemError

PATIENCE = 2.0  # seconds

log = logging.getLogger(__name__)
router = APIRouter(tags=["health"])


class Health(TypedDict):
    """``status`` is ``ok``."""

    status: str


@router.get(
    "/livez",
    operation_id="get_livez",
    summary="The process runs",
    description="Asks nothing of any other server.",
    response_model=Health,
    responses=doc.answer("alive", {"status": "ok"}),
)
async def get_livez() -> Response:
    """Answer GET /livez."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@router.get(
    "/readyz",
    operation_id="get_readyz",
    summary="Database and event log answer, and the index is filled",
    response_model=Health,
    responses={**doc.answer("ready", {"status": "ok"}), **doc.problems(503)},
)
async def get_readyz(request: Request) -> Response:
    """Answer GET /readyz."""
    parts = parts_of(request)
    answers = await asyncio.gather(*(_answers(probe()) for probe in parts.probes.values()))
    silent = [
        FieldError(name, "does not answer")
        for name, ok in zip(parts.probes, answers, strict=True)
        if not ok
    ]
    if silent:
        detail = f"Not ready: {' and '.join(s.field for s in silent)} did not answer."
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "not_ready",
            detail,
            errors=silent,
            headers={"Retry-After": "1"},
        )
    ready: Health = {"status": "ok"}
    return Response(to_json(ready), media_type="application/json")


async def _answers(question: Awaitable[object]) -> bool:
    try:
        await asyncio.wait_for(question, PATIENCE)
    except Exception:  # whatever it is, the server behind does not serve
        log.warning("a server behind the API does not answer", exc_info=True)
        return False
    return True
