"""The archive as an event source: what is archived is read again, shard by shard, in log order.

Owns:    the places of events in the archive, and reading on from them.
Imports: psycopg, engines.postgres_connection, storage.ports.

A place is the event's ``seq``: within a shard one pipeline archives batch after batch, so nothing
is ever archived before what can be read already. Impressions are left out. A field of their own,
``position``, says where in the log they stood.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from carousel.domain.listing import UserId
from carousel.storage.engines.postgres_connection import Connection, answering, connect
from carousel.storage.ports import NO_CAUSES, Cause, DeadLetter, Position, RawEntry

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

_READ = """
select after.shard, e.seq, e.user_id, e.id, e.at, e.body, e.position
from unnest(%b::int[], %b::bigint[]) as after (shard, seq) cross join lateral (
  select seq, user_id, id, at, body, position from event
  where shard = after.shard and seq > after.seq and type <> 'impression'
  order by seq limit %b) as e
"""


class ArchiveSource:
    """Implements ``storage.ports.EventSource`` over the archive; one connection, for one thread.

    What only concerns a log does nothing here: nothing in the archive is malformed, and it is kept
    for ever.
    """

    def __init__(self, database_url: str, shards: int) -> None:
        self._url = database_url
        self._shards = shards
        self._connection: Connection = connect(database_url)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def shards(self) -> int:
        """Return how many shards the log has, and so the archive."""
        return self._shards

    def read(self, after: Mapping[int, Position], limit: int) -> dict[int, list[RawEntry]]:
        """Return the next entries of each shard, in order, up to ``limit`` each."""
        with answering():
            if self._connection.closed:
                self._connection = connect(self._url)
            rows = self._connection.execute(
                _READ,
                [list(after), [int(p.partition("-")[0]) for p in after.values()], limit],
                binary=True,
            )
            found: dict[int, list[RawEntry]] = {}
            for shard, seq, user_id, event_id, at, body, position in rows:
                fields = {
                    b"id": event_id.encode(),
                    b"user": b"%d" % user_id,
                    b"at": b"%d" % ((at - EPOCH) // MICROSECOND),
                    b"event": body.encode(),
                    b"position": position.encode(),
                }
                found.setdefault(shard, []).append(RawEntry(str(seq), fields))
        return found

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Do nothing."""

    def forget(self, shard: int, before: Position) -> None:
        """Do nothing."""

    def nudge(
        self, versions: Mapping[UserId, int], causes: Mapping[UserId, Cause] = NO_CAUSES
    ) -> None:
        """Do nothing."""
