"""Errors of the page: taken at our own address and passed on, so that no page asks anybody else.

Owns:    POST /errors, how many reports are taken in a minute.
Imports: observability, api.

It is no relay: where reports go is a setting of ours, whatever an envelope names, and what goes
there is built anew (``api.envelopes``). Anybody may send one; what bounds them is ``Admission``,
and that ``pass_on`` takes the same error once a minute. Only ``application/x-sentry-envelope`` is
read: a page of another origin may not send that without being allowed to, and nothing allows it.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from carousel.api import documentation as doc
from carousel.api.envelopes import browser_of, fingerprint, read_envelope, tells_of_us
from carousel.api.limits import read_body
from carousel.api.problems import ProblemError
from carousel.observability.errors import is_reporting, pass_on
from carousel.observability.metrics import PAGE_ERRORS

MEDIA_TYPE = "application/x-sentry-envelope"
LARGEST_ENVELOPE = 65_536  # bytes
MOST_A_MINUTE = 120  # of one process
MOST_OF_ONE = 20  # of these, from one address
MINUTE = 60.0  # seconds

EXAMPLE = (
    '{"sent_at":"2026-01-01T12:00:00Z"}\n{"type":"event"}\n'
    '{"exception":{"values":[{"type":"TypeError","value":"x is undefined"}]}}'
)
PROBLEMS = doc.problems(400, 404, 413, 415, 422, 429)
PROBLEMS[404]["description"] = "errors are not reported here"
PROBLEMS[415]["description"] = "the body is not declared as an envelope"
PROBLEMS[429]["description"] = "too many reports; try again"


@dataclass(slots=True)
class Admission:
    """Decides who may send a report. It remembers as many addresses as a minute has reports."""

    _until: float = 0.0
    _sent: Counter[str] = field(default_factory=Counter)

    def wait(self, address: str, now: float) -> int | None:
        """Return after how many seconds a report is taken, None if it is now; then it counts."""
        if now >= self._until:
            self._sent.clear()
            self._until = now + MINUTE
        if self._sent[address] >= MOST_OF_ONE or self._sent.total() >= MOST_A_MINUTE:
            return max(1, round(self._until - now))
        self._sent[address] += 1
        return None


def errors_router() -> APIRouter:
    """Return the route, with an admission of its own."""
    router = APIRouter(tags=["page"])
    admission = Admission()
    for outcome in ("reported", "repeated", "foreign"):
        PAGE_ERRORS.labels(outcome)  # so that none is told as 0, not as unknown

    @router.post(
        "/errors",
        operation_id="report_error",
        summary="Tell of an error of the page",
        description=(
            "An envelope of Sentry's protocol with one event, at most 64 KiB. Kind, message, "
            "places in our own files, the page's route and the id of a failed request are kept, "
            "without anything about the shopper; all else is left out, and the DSN is ignored."
        ),
        status_code=HTTPStatus.NO_CONTENT,
        responses={204: {"description": "taken"}, **PROBLEMS},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"type": "string", "maxLength": LARGEST_ENVELOPE},
                        "examples": {"one": {"value": EXAMPLE}},
                    }
                },
            }
        },
    )
    async def report_error(request: Request) -> Response:
        """Answer POST /errors."""
        if not is_reporting():
            raise ProblemError(
                HTTPStatus.NOT_FOUND, "errors_not_reported", "Errors are not reported here."
            )
        seconds = admission.wait(request.client.host if request.client else "", time.monotonic())
        if seconds is not None:
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many_reports",
                f"Too many errors were reported; try again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )
        declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if declared != MEDIA_TYPE:
            raise ProblemError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                f"Send an envelope with the header Content-Type: {MEDIA_TYPE}.",
            )
        report = dict(read_envelope(await read_body(request, LARGEST_ENVELOPE)))
        outcome = "foreign"
        if tells_of_us(report):
            browser = browser_of(request.headers.get("user-agent", ""))
            tags = report["tags"] if isinstance(report["tags"], dict) else {}
            if browser:
                report["tags"] = {**tags, "browser": browser}
            outcome = "reported" if pass_on(report, fingerprint(report)) else "repeated"
        PAGE_ERRORS.labels(outcome).inc()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return router
