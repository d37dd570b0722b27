"""What a request body may be: JSON, at most 1 MiB, of numbers and text that a database can hold.

Owns:    reading a body.
Imports: api.problems, FastAPI, pydantic.

The parser refuses NaN, Infinity, lone surrogates, 200 levels of nesting and numbers of more than
4,300 digits; ``read_json`` refuses control characters, which PostgreSQL's text cannot hold.
"""

import re
from http import HTTPStatus
from typing import Any

from fastapi import Request
from pydantic_core import from_json

from carousel.api.problems import ProblemError

LARGEST_BODY = 1_048_576  # bytes

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


async def read_json(request: Request) -> Any:  # noqa: ANN401  # JSON: the caller validates it
    """Return the parsed body.

    Raises:
        ProblemError: 413 too large, 415 not declared as JSON, 400 not JSON, 422 control characters.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json" and not re.fullmatch(r"application/[\w.-]+\+json", declared):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body as JSON with the header Content-Type: application/json.",
        )
    body = await read_body(request, LARGEST_BODY)
    try:
        parsed = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        detail = f"The body is not JSON: {error}."
        raise ProblemError(HTTPStatus.BAD_REQUEST, "not_json", detail) from error
    if b"\\" in body and _has_control_characters(parsed):  # only an escape can carry one
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "control_characters",
            "The body has text with control characters; leave them out.",
        )
    return parsed


def is_plain(text: str) -> bool:
    r"""Return whether a text is free of control characters other than tab and line ends.

    >>> is_plain("Robert'); DROP TABLE cars; --"), is_plain("a\x00b")
    (True, False)
    """
    return _CONTROL.search(text) is None


async def read_body(request: Request, largest: int) -> bytes:
    """Return the body as it was sent.

    Args:
        request: whose body it is.
        largest: bytes.

    Raises:
        ProblemError: 413 too large; no more than that is kept.
    """
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > largest:
        raise _too_large(largest)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > largest:
            raise _too_large(largest)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(largest: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"The body is larger than {largest:,} bytes; send it in parts.",
    )


def _has_control_characters(value: object) -> bool:
    if isinstance(value, str):
        return not is_plain(value)
    if isinstance(value, dict):
        return any(not is_plain(k) or _has_control_characters(v) for k, v in value.items())
    return isinstance(value, list) and any(_has_control_characters(v) for v in value)
