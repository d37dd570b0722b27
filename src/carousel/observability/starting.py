"""A process begins to be seen: log lines, errors, spans, metrics, in this order, and ends in turn.

Owns:    what a process needs to know to be seen, the order.
Imports: observability, a part a file.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from carousel.observability.errors import reporting
from carousel.observability.exposition import told
from carousel.observability.identity import Identity
from carousel.observability.logs import write_logs
from carousel.observability.redaction import never_write
from carousel.observability.traces import tracing


@dataclass(frozen=True, slots=True)
class ObservabilityParams:
    """How a process is seen.

    log_level:     least important line that is written.
    metrics_host, metrics_port: where metrics are told; without a port they are not.
    targets:       directory of the files that say where each process tells them.
    trace_url:     where spans go; None traces nothing. trace_share: of the requests.
    sentry_dsn:    where errors go; None reports nothing.
    pseudonym_key: turns the ids of shoppers into pseudonyms.
    secrets:       texts that must not stand in any line or report.
    expected:      errors that are no mistake of ours: said, not reported.
    """

    log_level: str
    metrics_host: str
    metrics_port: int | None
    targets: Path
    trace_url: str | None = field(repr=False)
    trace_share: float
    sentry_dsn: str | None = field(repr=False)
    pseudonym_key: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    expected: tuple[type[BaseException], ...] = ()


@contextmanager
def observed(identity: Identity, params: ObservabilityParams) -> Iterator[None]:
    """Let a process be seen for the length of the block.

    Raises:
        PortTakenError: the port of the metrics cannot be listened on.
    """
    never_write(*params.secrets)
    write_logs(identity, params.log_level, params.pseudonym_key)
    with ExitStack() as stack:
        stack.enter_context(reporting(identity, params.sentry_dsn, params.expected))
        stack.enter_context(tracing(identity, params.trace_url, params.trace_share))
        if params.metrics_port is not None:
            place = (params.metrics_host, params.metrics_port, params.targets)
            stack.enter_context(told(identity, *place))
        yield
