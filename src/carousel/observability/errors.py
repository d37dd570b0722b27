"""Errors: what went wrong where nobody looked, reported with its place and without its shopper.

Owns:    whether errors are reported, how often the same one is, how a page's are passed on.
Imports: observability; what sends reports only where they are sent.

What is said at level error or above is reported, unless its exception is an expected failure. The
same error is reported once a minute, and a process makes at most ``MOST_A_MINUTE`` reports of its
own and as many of pages. Off without a DSN: then not even the SDK is loaded.
"""

import logging
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from carousel.observability.identity import Identity
from carousel.observability.logs import report_with

MOST_A_MINUTE = 60
SAME_AGAIN_SECONDS = 60.0


class _Sender(Protocol):
    @property
    def release(self) -> str: ...

    def send(self, event: Mapping[str, object]) -> str | None: ...

    def event_of(self, record: logging.LogRecord) -> dict[str, object]: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Seldom:
    """Decides what is reported again. Its memory is as large as a minute's reports."""

    most: int = MOST_A_MINUTE
    _reported: dict[str, tuple[float, str]] = field(default_factory=dict)

    def earlier(self, fingerprint: str, now: float) -> str | None:
        """Return the id of a report of the same within the last minute, empty if there is no room.

        None if it may be reported now.
        """
        old = [one for one, (at, _) in self._reported.items() if now - at >= SAME_AGAIN_SECONDS]
        for one in old:
            del self._reported[one]
        if fingerprint in self._reported:
            return self._reported[fingerprint][1]
        return "" if len(self._reported) >= self.most else None

    def note(self, fingerprint: str, now: float, report: str) -> None:
        """Take note of a report."""
        self._reported[fingerprint] = (now, report)


_sender: list[_Sender] = []
_of_pages = Seldom()


@contextmanager
def reporting(
    identity: Identity, dsn: str | None, expected: tuple[type[BaseException], ...] = ()
) -> Iterator[None]:
    """Report the errors of this process for the length of the block.

    Args:
        identity: of the process.
        dsn: where to; None reports nothing.
        expected: kinds of exception that are no mistake of ours.
    """
    if dsn is None:
        yield
        return
    # The SDK is loaded by who needs it: a third of a second.
    from carousel.observability.reports import open_sender  # noqa: PLC0415 (see above)

    sender = open_sender(identity, dsn)
    seldom = Seldom()

    def report(record: logging.LogRecord) -> str | None:
        error = _error_of(record)
        if isinstance(error, expected) or record.name.startswith(("sentry_sdk", "urllib3")):
            return None
        try:
            now = time.monotonic()
            fingerprint = _fingerprint(record, error)
            earlier = seldom.earlier(fingerprint, now)
            if earlier is not None:
                return earlier or None
            made = sender.send(sender.event_of(record))
            if made:
                seldom.note(fingerprint, now, made)
        except Exception:  # noqa: BLE001  # a report that cannot be made must not fail its cause
            return None
        return made

    _sender[:] = [sender]
    report_with(report)
    try:
        yield
    finally:
        report_with(None)
        _sender.clear()
        sender.close()


def is_reporting() -> bool:
    """Return whether this process reports errors."""
    return bool(_sender)


def release() -> str | None:
    """Return the release that reports of this process name, None where it makes none."""
    return _sender[0].release if _sender else None


def pass_on(event: Mapping[str, object], fingerprint: str) -> bool:
    """Report an error of a page in the background; return whether it was taken.

    The same is taken once a minute, as of a process.

    Args:
        event: of Sentry's protocol, already without anything about the shopper.
        fingerprint: equal for equal errors.
    """
    now = time.monotonic()
    if not _sender or _of_pages.earlier(fingerprint, now) is not None:
        return False
    made = _sender[0].send(event)
    _of_pages.note(fingerprint, now, made or "")
    return made is not None


def _error_of(record: logging.LogRecord) -> BaseException | None:
    said = record.exc_info
    if said is True:  # type: ignore[comparison-overlap]  # of a record made by hand
        return sys.exc_info()[1]
    return said[1] if said else None


def _fingerprint(record: logging.LogRecord, error: BaseException | None) -> str:
    """Return what the same mistake has in common: its place, its kind, the words before values."""
    if error is None:
        return f"{record.name}:{record.lineno}:{str(record.msg)[:200]}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else record.name
    return f"{type(error).__qualname__}:{place}"
