"""Everything that goes wrong, as RFC 9457 problem+json: a stable code and one human sentence.

Owns:    the problem answer, which error becomes which status.
Imports: api.wording, domain.errors, observability, FastAPI, pydantic.

A code is always a word of ours: it is a label of a metric.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails, to_json
from starlette.exceptions import HTTPException
from starlette.types import ExceptionHandler

from carousel.api.wording import Location, place, words, worth_telling
from carousel.domain.errors import (
    CarouselError,
    LogUnavailableError,
    NotStatedError,
    StoreUnavailableError,
)
from carousel.observability.logs import speak_of
from carousel.observability.metrics import PROBLEMS

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://carousel.invalid/problems/"
MOST_ERRORS = 50  # a list of a thousand broken items need not be answered item by item
RETRY_SECONDS = 1
LONGEST_ECHO = 100  # characters of what a client sent that a sentence may repeat


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake in what was sent: where it is and what is wrong with it."""

    field: str
    message: str


class ProblemError(Exception):
    """Ends a request with a problem answer.

    status: HTTP status. code: stable, snake_case. detail: one sentence a person can act on.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the problem answer itself; it is counted, and the request's line names its code."""
    PROBLEMS.labels(code).inc()
    speak_of(problem=code)
    body: dict[str, object] = {
        "type": TYPE_BASE + code,
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = [
            {"field": error.field, "message": error.message} for error in errors[:MOST_ERRORS]
        ]
    return Response(to_json(body), status, headers, MEDIA_TYPE)


def refusal(code: str, errors: Sequence[FieldError]) -> ProblemError:
    """Return the 422 for these mistakes; its sentence tells the first of them.

    >>> refusal("invalid_query", [FieldError("limit", "must be 200 or less")]).detail
    'limit must be 200 or less.'
    """
    first = f"{errors[0].field} {errors[0].message}".strip()
    if len(errors) > 1:
        return ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            code,
            f"{len(errors)} things are wrong; the first: {first}.",
            errors=errors,
        )
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, code, f"{first}.", errors=errors)


def mistakes(
    found: Iterable[ErrorDetails | Any],
    names: Mapping[str, str] | None = None,
    *,
    whole: str = "body",
) -> list[FieldError]:
    """Return pydantic's findings in our words.

    Args:
        found: entries of ``ValidationError.errors()``.
        names: the HTTP names of fields that are called otherwise in the domain.
        whole: what to call that which was sent, where no single field is wrong.

    >>> mistakes([{"type": "string_type", "loc": (3, "make")}], {"make": "brand"})
    [FieldError(field='[3].brand', message='must be text')]
    """
    return [
        FieldError(_place(place(one), names or {}) or whole, words(one))
        for one in worth_telling(found)
    ]


def _place(location: Location, names: Mapping[str, str]) -> str:
    parts = [f"[{p}]" if isinstance(p, int) else f".{names.get(p, p)}" for p in location]
    return "".join(parts).removeprefix(".")[:LONGEST_ECHO]


def install(app: FastAPI) -> None:
    """Make the app answer every expected failure with a problem.

    The handlers are coroutines, else each would wait for a thread of its own.
    """
    handlers: dict[type[Exception], ExceptionHandler] = {
        ProblemError: _on_problem,
        HTTPException: _on_http_exception,
        RequestValidationError: _on_validation,
        NotStatedError: _on_not_stated,
        LogUnavailableError: _on_unavailable,
        StoreUnavailableError: _on_unavailable,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def code_of(error: ProblemError | CarouselError) -> str:
    """Return the code of the problem that an expected failure is answered with."""
    if isinstance(error, ProblemError):
        return error.code
    if isinstance(error, LogUnavailableError):
        return "log_unavailable"
    if isinstance(error, StoreUnavailableError):
        return "store_unavailable"
    return "not_stated" if isinstance(error, NotStatedError) else "internal_error"


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101  # handlers are registered by type
    return problem(
        error.status, error.code, error.detail, errors=error.errors, headers=error.headers
    )


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: an unknown path, a method a path does not have."""
    assert isinstance(error, HTTPException)  # noqa: S101  # handlers are registered by type
    path, method = request.url.path[:LONGEST_ECHO], request.method[:LONGEST_ECHO]
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem(404, "unknown_path", f"There is nothing at {path}.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"{path} does not answer {method}; it answers {allowed or 'other methods'}."
        return problem(405, "method_not_allowed", detail, headers=error.headers)
    code = HTTPStatus(error.status_code).name.lower()
    return problem(error.status_code, code, f"{error.detail}.", headers=error.headers)


async def _on_validation(_: Request, error: Exception) -> Response:
    """Answer a path parameter that FastAPI refused; all else is read by our own functions."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # handlers are registered by type
    found = [{**e, "loc": e["loc"][1:]} for e in error.errors()]
    refused = refusal("invalid_path", mistakes(found))
    return problem(refused.status, refused.code, refused.detail, errors=refused.errors)


async def _on_not_stated(_: Request, error: Exception) -> Response:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not_stated", str(error))


async def _on_unavailable(_: Request, error: Exception) -> Response:
    assert isinstance(error, CarouselError)  # noqa: S101  # handlers are registered by type
    log_down = isinstance(error, LogUnavailableError)
    detail = (
        "The event log did not confirm the events; send them again with the same ids."
        if log_down
        else "The database did not answer; try again in a moment."
    )
    return problem(503, code_of(error), detail, headers={"Retry-After": str(RETRY_SECONDS)})
