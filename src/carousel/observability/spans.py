"""The OpenTelemetry SDK: which requests are traced, the queue, the exporter.

Owns:    the set-up of the SDK.
Imports: opentelemetry's SDK and OTLP exporter.
"""

import secrets
from collections.abc import Callable

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from carousel.observability.identity import Identity

MOST_WAITING = 2_048  # spans, of about a kilobyte each
FLUSH_MS = 1_000
SEND_SECONDS = 5


class _Ids(IdGenerator):
    """Random ids, but for a trace that begins with something that has an id already."""

    def __init__(self, chosen: Callable[[], int | None]) -> None:
        self._chosen = chosen

    def generate_span_id(self) -> int:
        return secrets.randbits(64) or 1

    def generate_trace_id(self) -> int:
        return self._chosen() or secrets.randbits(128) or 1


def open_provider(
    identity: Identity, url: str, share: float, chosen: Callable[[], int | None]
) -> TracerProvider:
    """Return what makes spans and sends them; shut it down at the end.

    Args:
        identity: of the process.
        url: of the collector, OTLP over HTTP.
        share: of the traces that begin here, 0 to 1.
        chosen: returns the id of a trace that is about to begin, if it has one.
    """
    resource = Resource.create(
        {
            "service.name": f"carousel-{identity.process}",
            "service.instance.id": identity.name,
            "service.version": identity.version,
            "deployment.environment.name": identity.environment,
        }
    )
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(share)),
        resource=resource,
        id_generator=_Ids(chosen),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(
        BatchSpanProcessor(
            OTLPSpanExporter(endpoint=url, timeout=SEND_SECONDS),
            max_queue_size=MOST_WAITING,
            schedule_delay_millis=FLUSH_MS,
        )
    )
    return provider
