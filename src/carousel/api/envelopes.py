"""An error of the page: from what Sentry's SDK sends to a report that tells of no shopper.

Owns:    reading an envelope, what of it a report may say, when two reports are of the same error.
Imports: api.problems, observability, pydantic.

A report is built from a few fields, each of a stated form. The message is the one text that a
browser makes of what it finds: addresses, and quotations that are no names in a program, are taken
out of it, since a quotation may be what a shopper typed. The envelope's DSN is not looked at.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from carousel.api.problems import ProblemError, mistakes, refusal
from carousel.observability.redaction import redacted

MOST_CAUSES = 5
MOST_FRAMES = 50
LONGEST_MESSAGE = 500  # characters
ELSEWHERE = "(elsewhere)"
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome"}

# All take time in proportion to the text: who chooses a message must not choose how long it takes.
_ASSET = re.compile(r"(?:https?://[^/\s]+)?(/assets/[\w.-]{1,100}\.js)(?:\?.*)?")
_ADDRESS = re.compile(r"(?:\b\w{1,20}://|(?<![\w/])/)[^\s\"'`]+")
_QUERY = re.compile(r"\?[^\s\"'`?=]*=[^\s\"'`]*")
_QUOTED = re.compile(r"\"([^\"]*)\"|(?<!\w)'([^']*)'|`([^`]*)`|“([^“”]*)”")
_OPENING = re.compile(r"[\"`“]|(?<!\w)'")
_QUOTATIONS = re.compile(r"(?:[\"`“]|(?<!\w)').*[\"'`“”]", re.DOTALL)
_NAME = re.compile(r"[a-z_$][\w$.]{0,39}", re.ASCII)
_FUNCTION = re.compile(r"[\w$.<>\[\] ]{1,100}", re.ASCII)
_KIND = re.compile(r"[A-Za-z_$][\w$.]{0,63}", re.ASCII)
_BROWSER = re.compile(r"\b(Edg|OPR|Firefox|Chrome)/(\d{1,4})\b")


class _Part(BaseModel):
    """Fields that are not named are not looked at: the SDK sends more than is wanted."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _Frame(_Part):
    filename: str | None = None
    function: str | None = None
    lineno: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    colno: Annotated[int, Field(ge=0, le=100_000_000)] | None = None


class _Stack(_Part):
    frames: Annotated[list[_Frame], Field(max_length=MOST_FRAMES)] = []


class _Cause(_Part):
    type: str | None = None
    value: str | None = None
    stacktrace: _Stack | None = None


class _Exception(_Part):
    values: Annotated[list[_Cause], Field(min_length=1, max_length=MOST_CAUSES)]


class _Tags(_Part):
    request_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None


class _Event(_Part):
    exception: _Exception
    release: Annotated[str, Field(pattern=r"^carousel@[0-9A-Za-z.+-]{1,40}$")] | None = None
    transaction: Annotated[str, Field(pattern=r"^/[a-z_:/-]{0,63}$")] | None = None
    tags: _Tags = _Tags()


def read_envelope(body: bytes) -> Mapping[str, object]:
    """Return what the one event of an envelope may tell.

    Raises:
        ProblemError: 400 not an envelope, 422 not with one event, or one of another form.
    """
    head, _, rest = body.partition(b"\n")
    item, _, rest = rest.partition(b"\n")
    _object_of(head, "first line")
    stated = _object_of(item, "second line")
    length = stated.get("length")
    if isinstance(length, int) and not isinstance(length, bool) and length >= 0:
        payload, rest = rest[:length], rest[length:]
    else:
        payload, _, rest = rest.partition(b"\n")
    if stated.get("type") != "event" or rest.strip():
        detail = "The envelope must hold one item, an event."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "not_one_event", detail)
    try:
        event = _Event.model_validate(_object_of(payload, "event"))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise refusal("invalid_report", mistakes(found, whole="event")) from None
    return _report_of(event)


def tells_of_us(report: Mapping[str, Any]) -> bool:
    """Return whether an error can be one of ours, and not one of a browser's extension."""
    frames = _frames(report)
    return not frames or any(frame["in_app"] for frame in frames)


def fingerprint(report: Mapping[str, Any]) -> str:
    """Return what reports of the same error have in common: kind, words without numbers, place."""
    cause = report["exception"]["values"][-1]
    own = [frame for frame in _frames(report) if frame["in_app"]]
    place = f"{own[-1]['filename']}:{own[-1].get('lineno')}:{own[-1].get('colno')}" if own else ""
    return f"{cause['type']}:{re.sub(r'[0-9]+', '', cause['value'])[:200]}:{place}"


def browser_of(user_agent: str) -> str | None:
    """Return a browser's name and major version, all that is told of it.

    >>> browser_of("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.7339.16 Safari/537.36 Edg/140.1")
    'Edge 140'
    """
    found = dict(_BROWSER.findall(user_agent[:500]))
    return next((f"{told} {found[name]}" for name, told in BROWSERS.items() if name in found), None)


def plain_message(text: str) -> str:
    """Return a message without what it may quote of a shopper.

    >>> plain_message("Cannot read properties of undefined (reading 'price')")
    "Cannot read properties of undefined (reading 'price')"
    >>> plain_message("No match for '/search?brand=Skoda' of john@example.com")
    "No match for '(address)' of (e-mail)"
    >>> plain_message('Unexpected token, "{"text":"my car"}" is not valid JSON')
    'Unexpected token, … is not valid JSON'
    """
    text = _QUERY.sub("?…", _ADDRESS.sub(_plain_address, text))
    quoted = ["".join(found) for found in _QUOTED.findall(text)]
    if _OPENING.search(_QUOTED.sub("", text)):  # one does not end: it may have been cut off
        text = _OPENING.split(text, 1)[0] + "…"
    elif "JSON" in text or not all(one == "(address)" or _NAME.fullmatch(one) for one in quoted):
        text = _QUOTATIONS.sub("…", text)
    return redacted(text, LONGEST_MESSAGE)


def _plain_address(found: re.Match[str]) -> str:
    asset = _ASSET.fullmatch(found[0])
    return asset[1] if asset else "(address)"


def _object_of(line: bytes, name: str) -> dict[str, Any]:
    try:
        parsed = from_json(line, allow_inf_nan=False)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        detail = f"The body is no envelope: its {name} is no JSON object."
        raise ProblemError(HTTPStatus.BAD_REQUEST, "not_an_envelope", detail)
    return parsed


def _report_of(event: _Event) -> dict[str, object]:
    report: dict[str, object] = {
        "platform": "javascript",
        "level": "error",
        "exception": {"values": [_plain_cause(one) for one in event.exception.values]},
        "tags": {"kind": "page"},
    }
    if event.tags.request_id:
        report["tags"] = {"kind": "page", "request_id": event.tags.request_id}
    if event.release:
        report["release"] = event.release
    if event.transaction:
        report["transaction"] = event.transaction
    return report


def _plain_cause(cause: _Cause) -> dict[str, object]:
    kind = cause.type if cause.type and _KIND.fullmatch(cause.type) else "Error"
    frames = cause.stacktrace.frames if cause.stacktrace else []
    return {
        "type": kind,
        "value": plain_message(cause.value or ""),
        "stacktrace": {"frames": [_plain_frame(one) for one in frames]},
    }


def _plain_frame(frame: _Frame) -> dict[str, object]:
    """Return a place in a file of ours; of others not even where it is."""
    asset = _ASSET.fullmatch(frame.filename or "")
    if asset is None:
        return {"filename": ELSEWHERE, "in_app": False}
    function = frame.function or ""
    plain: dict[str, object] = {
        "filename": asset[1],
        "function": function if _FUNCTION.fullmatch(function) else "?",
        "in_app": True,
    }
    return plain | {
        name: number
        for name, number in (("lineno", frame.lineno), ("colno", frame.colno))
        if number is not None
    }


def _frames(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [f for one in report["exception"]["values"] for f in one["stacktrace"]["frames"]]
