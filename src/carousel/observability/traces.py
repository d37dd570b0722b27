"""Traces: the way of one request through all processes, as spans sent to a collector.

Owns:    whether spans are made, how a trace goes on in another process.
Imports: opentelemetry, observability.identity.

Off unless told where to send them: then ``span`` and its like cost a comparison. Spans wait in a
bounded queue that a thread empties; a collector that is slow or away loses spans and costs nothing
else. The id of a trace that begins with a request is the id of that request.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from carousel.observability.identity import Identity

Attributes: TypeAlias = Mapping[str, str | int | float | bool]

SERVER, PRODUCER, CONSUMER = SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER

_W3C = TraceContextTextMapPropagator()
_next_trace_id: ContextVar[int | None] = ContextVar("next_trace_id", default=None)
_tracer: list[trace.Tracer] = []


@contextmanager
def tracing(identity: Identity, url: str | None, share: float) -> Iterator[None]:
    """Send the spans of this process to a collector for the length of the block.

    Args:
        identity: of the process.
        url: OTLP over HTTP; None makes no spans.
        share: of the requests that no other process has decided about, 0 to 1.
    """
    if url is None:
        yield
        return
    # The SDK is loaded by who needs it: 20 MB and a tenth of a second.
    from carousel.observability.spans import open_provider  # noqa: PLC0415 (see above)

    provider = open_provider(identity, url, share, _next_trace_id.get)
    _tracer[:] = [provider.get_tracer("carousel", identity.version)]
    try:
        yield
    finally:
        _tracer.clear()
        provider.shutdown()


def is_tracing() -> bool:
    """Return whether this process makes spans."""
    return bool(_tracer)


@contextmanager
def span(  # noqa: PLR0913  # each keyword is one property of the span
    name: str,
    attributes: Attributes | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    links: tuple[str, ...] = (),
    trace_id: str | None = None,
) -> Iterator[Span]:
    """Make a span of the block, within the span that surrounds it.

    Args:
        name: of few kinds, such as ``GET /api/v1/cars``.
        attributes: what else is known of it; never who the shopper is.
        kind: as in OpenTelemetry.
        parent: a ``traceparent`` of another process that it belongs to, if any.
        links: traceparents of spans that have to do with it.
        trace_id: 32 hexadecimal digits for the trace that begins here, where none surrounds it.
    """
    if not _tracer:
        yield trace.INVALID_SPAN
        return
    chosen = _next_trace_id.set(int(trace_id, 16) if trace_id else None)
    try:
        with _tracer[0].start_as_current_span(
            name,
            context=_context(parent) if parent else None,
            kind=kind,
            attributes=attributes,
            links=_links(links),
        ) as made:
            yield made
    finally:
        _next_trace_id.reset(chosen)


def past_span(  # noqa: PLR0913  # as span
    name: str,
    began_ns: int,
    ended_ns: int,
    attributes: Attributes | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str,
    links: tuple[str, ...] = (),
) -> str | None:
    """Make a span of something that is over; return it for another to go on from, if it is kept.

    For what begins in one thread and ends in another, or is known to be traced only afterwards.

    Args:
        name: of few kinds.
        began_ns: when it began, ns since 1970.
        ended_ns: when it was over.
        attributes: what else is known of it; never who the shopper is.
        kind: as in OpenTelemetry.
        parent: the traceparent that it belongs to.
        links: traceparents of spans that have to do with it.
    """
    if not _tracer:
        return None
    made = _tracer[0].start_span(
        name,
        context=_context(parent),
        kind=kind,
        attributes=attributes,
        links=_links(links),
        start_time=began_ns,
    )
    made.end(ended_ns)
    return _header(made)


def mark_failed(made: Span) -> None:
    """Say that what a span is of went wrong."""
    made.set_status(StatusCode.ERROR)


def traceparent() -> str | None:
    """Return the span under way for another process to go on from; None if none is kept."""
    return _header(trace.get_current_span()) if _tracer else None


def trace_id() -> str | None:
    """Return the id of the trace under way, 32 hexadecimal digits; None where nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if _tracer and context.is_valid else None


def _header(made: Span) -> str | None:
    if not made.get_span_context().trace_flags.sampled:
        return None
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, trace.set_span_in_context(made))
    return carrier.get("traceparent")


def _links(parents: tuple[str, ...]) -> list[Link]:
    return [Link(one) for one in map(_span_context, parents) if one.is_valid]


def _context(parent: str) -> Context:
    return _W3C.extract({"traceparent": parent})


def _span_context(parent: str) -> trace.SpanContext:
    return trace.get_current_span(_context(parent)).get_span_context()
