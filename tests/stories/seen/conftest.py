"""A demo that tells all it can: a span of every request, a report of every error."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.observability.kent_server import Kent, kent
from tests.stories.conftest import Demo, free_port, start, stop
from tests.stories.seen.collecting import Collector, collecting


@dataclass(frozen=True)
class Telling:
    """A running demo, where its spans go, where its errors go."""

    demo: Demo
    collector: Collector
    sentry: Kent


@pytest.fixture(scope="package")
def traced(open_directory: Path) -> Iterator[Telling]:
    """Return a demo that traces every request and reports its errors."""
    with collecting() as collector, kent(open_directory) as sentry:
        port = free_port()
        environment = {
            **os.environ,
            "CAROUSEL_PORT": str(port),
            "CAROUSEL_MONITOR_PORT": "0",
            "CAROUSEL_DATA_DIRECTORY": str(open_directory / "traces"),
            "CAROUSEL_LISTINGS": "500",
            "CAROUSEL_SHARED_BUFFERS_MB": "64",
            "CAROUSEL_TRACE_URL": collector.url,
            "CAROUSEL_TRACE_SHARE": "1",
            "CAROUSEL_SENTRY_DSN": sentry.dsn,
        }
        process = start(environment, open_directory / "traces.txt")
        yield Telling(Demo(f"http://127.0.0.1:{port}", process, environment), collector, sentry)
        assert stop(process) == 0
