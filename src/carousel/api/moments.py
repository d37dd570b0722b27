"""Moments as HTTP shows them.

Owns:    the text of a moment.
Imports: nothing of ours.
"""

from datetime import UTC, datetime


def moment(at: datetime) -> str:
    """Return a moment as HTTP shows it: ISO 8601, UTC.

    >>> moment(datetime(2026, 1, 31, 12, tzinfo=UTC))
    '2026-01-31T12:00:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
