"""Where a process tells its metrics: an HTTP port of its own, and a file that says where that is.

Owns:    the listener, the file that Prometheus and the monitor find it by.
Imports: prometheus-client, observability.

A thread answers, so that a busy process still tells that it is busy. The file is one of
Prometheus's file-based service discovery. A process that ends takes its file with it; one that was
killed leaves it, and then ``up`` is 0, which is what there is to be told; its successor overwrites
the file.
"""

import json
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import (
    GCCollector,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)

from carousel.observability.declaring import registry_of
from carousel.observability.identity import Identity
from carousel.observability.metrics import BUILD


class PortTakenError(Exception):
    """The port of the metrics cannot be listened on."""


@contextmanager
def told(identity: Identity, host: str, port: int, targets: Path) -> Iterator[int]:
    """Tell this process's metrics at ``http://HOST:PORT/metrics`` for the length of the block.

    Args:
        identity: of the process.
        host: address to listen on.
        port: 0 takes any free one.
        targets: directory of the files that say where each process is.

    Yields:
        The port.

    Raises:
        PortTakenError: the port cannot be listened on.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]  # of prometheus-client
    BUILD.labels(identity.version, platform.python_version()).set(1)
    registry = registry_of(identity.process)
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise PortTakenError(f"port {port} of {host} cannot be used ({error.strerror})") from error
    file = targets / f"{identity.name}.json"
    try:
        _say_where(file, identity, f"{host}:{server.server_port}")
        yield server.server_port
    finally:
        file.unlink(missing_ok=True)
        server.shutdown()
        server.server_close()
        thread.join()


def _say_where(file: Path, identity: Identity, address: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    labels = {"kind": identity.process.value, "process": identity.name}
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps([{"targets": [address], "labels": labels}]))
    unfinished.rename(file)
