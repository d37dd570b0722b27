"""A real OTLP collector over HTTP that keeps what it is sent.

Owns:    ``Collector``, its spans as ``Told``.
"""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.stories.conftest import PATIENCE


@dataclass(frozen=True)
class Told:
    """A span as it arrived: ids in hexadecimal digits, times in ns, links as (trace, span)."""

    name: str
    service: str
    trace: str
    id: str
    parent: str
    began: int
    ended: int
    links: frozenset[tuple[str, str]]
    attributes: dict[str, str | int]


@dataclass
class Collector:
    """An OTLP collector over HTTP that keeps all spans it is sent."""

    url: str = ""
    spans: list[Told] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_told(names["service.name"], span) for span in scope.spans]

    def trace(self, trace: str, wanted: set[str]) -> list[Told]:
        """Return the spans of a trace, as soon as those with the wanted names are among them."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = [one for one in self.spans if one.trace == trace]
            if wanted <= {one.name for one in found}:
                return found
            time.sleep(0.1)
        pytest.fail(f"of the trace there are only {sorted(one.name for one in found)}")


def _told(service: str, span) -> Told:  # of a protocol
    return Told(
        span.name,
        service,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        frozenset((one.trace_id.hex(), one.span_id.hex()) for one in span.links),
        {
            one.key: one.value.string_value or one.value.int_value
            for one in span.attributes
        },
    )  # fmt: skip


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
