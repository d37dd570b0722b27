"""Is everything that the log holds, and that was applied, in the archive?

Owns:    the check ``archive``.
Imports: storage, domain, observability, monitoring.

The pipeline's cursors are read first, then the log up to them, then the archive: whatever is
applied meanwhile lies behind the cursors and is not asked about. An entry may be archived, under
its user or the account they were merged into; or forgotten; or a dead letter; or of a synthetic
shopper, whose events are not archived. What seems to be missing is asked for once more a moment
later: a dead letter that is just being replayed is none any more and not archived yet.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from carousel.domain.listing import UserId
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import ARCHIVE_MISSING
from carousel.storage import open_watched_log, open_watching
from carousel.storage.ports import Position, RawEntry

ARCHIVING = "content_based"
"""The pipeline that archives, by the name under which its cursors are kept."""

IN_A_SHARD = 250
"""Entries of each shard that are looked at: the last that were applied."""

OLDEST_SECONDS = 3_600.0
"""Older entries are not asked about: what was forgotten of them may be forgotten itself."""

ONCE_MORE_SECONDS = 1.0
STATEMENT_SECONDS = 5.0
SOME = 5

_ID = re.compile(rb"[\x21-\x7e]{1,64}")
_NUMBER = re.compile(rb"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log: its place, and by which user and id it is archived; None by none."""

    shard: int
    position: Position
    key: tuple[UserId, str] | None


def archive(reach: Reach) -> Check:
    """Return the check that what was applied is archived."""

    def ask() -> Finding:
        entries, missing = _look(reach)
        if missing:
            time.sleep(ONCE_MORE_SECONDS)
            _, still = _look(reach)
            missing = [one for one in missing if one in set(still)]
        ARCHIVE_MISSING.set(len(missing))
        evidence: Evidence = {
            "entries": entries,
            "missing": len(missing),
            "of these": [f"shard {one.shard}, {one.position}" for one in missing[:SOME]],
        }
        if missing:
            sentence = (
                f"{len(missing):,} of the last {entries:,} applied entries are neither archived "
                "nor forgotten nor dead letters."
            )
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = f"Each of the last {entries:,} applied entries is accounted for."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "What was applied is archived, forgotten or a dead letter."
    return Check("archive", Family.CONSISTENCY, promise, 10.0, 15.0, InThread(ask))


def _look(reach: Reach) -> tuple[int, list[Entry]]:
    """Return how many entries were looked at, and those that are nowhere."""
    with open_watching(reach.database_url, STATEMENT_SECONDS) as database:
        cursors = database.cursors(ARCHIVING)
    with open_watched_log(reach.log_url) as log:
        since = log.state().now - OLDEST_SECONDS
        entries = [
            _entry(shard, raw)
            for shard, position in sorted(cursors.items())
            for raw in log.until(shard, position, IN_A_SHARD)
            if int(raw.position.partition("-")[0]) >= 1e3 * since
        ]
    keys = {one.key for one in entries if one.key is not None}
    with open_watching(reach.database_url, STATEMENT_SECONDS) as database:
        archived = database.archived(keys)
    missing = [one for one in entries if one.key is None or one.key not in archived]
    if missing:
        with open_watched_log(reach.log_url) as log:
            buried = log.buried({(one.shard, one.position) for one in missing})
        missing = [one for one in missing if (one.shard, one.position) not in buried]
    return len(entries), missing


def _entry(shard: int, raw: RawEntry) -> Entry:
    """Return an entry; one that names neither user nor id can only be a dead letter."""
    fields: Mapping[bytes, bytes] = raw.fields
    user, event = fields.get(b"user", b""), fields.get(b"id", b"")
    if _NUMBER.fullmatch(user) is None or _ID.fullmatch(event) is None:
        return Entry(shard, raw.position, None)
    return Entry(shard, raw.position, (int(user), event.decode()))
