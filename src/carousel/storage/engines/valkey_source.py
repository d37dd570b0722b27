"""The event log's door out: polled by the pipelines, with its dead letters and its nudges.

Owns:    the streams' reading and trimming, the dead-letter stream, sending on the channel.
Imports: valkey, domain.errors, storage.ports, storage.engines.valkey_log.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from carousel.domain.errors import LogUnavailableError
from carousel.domain.listing import UserId
from carousel.storage.engines.valkey_log import (
    DEAD_LETTERS_KEY,
    EPOCH,
    MICROSECOND,
    UPDATES_CHANNEL,
    Command,
    Log,
    connect,
    open_log,
    stream_key,
    unavailable,
)
from carousel.storage.ports import NO_CAUSES, Cause, DeadLetter, Position, RawEntry

MOST_DEAD_LETTERS = 100_000
REPLAYED_AT_ONCE = 1_000
FIELD_PREFIX = b"f:"


@contextmanager
def open_event_source(log_url: str, *, shards: int = 8) -> Iterator["ValkeySource"]:
    """Open the log for reading; see ``open_event_sink`` for the arguments and errors."""
    source = ValkeySource(log_url, open_log(log_url, shards))
    try:
        yield source
    finally:
        source.close()


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead letter and when it was buried."""

    at: datetime
    letter: DeadLetter


class ValkeySource:
    """The door out, for one pipeline process. Not safe to share between threads."""

    def __init__(self, url: str, log: Log) -> None:
        self._log = log
        self._client = connect(url)

    @property
    def shards(self) -> int:
        """Return how many shards the log has; fixed for its life."""
        return self._log.shards

    def read(self, after: Mapping[int, Position], limit: int) -> dict[int, list[RawEntry]]:
        """Return the next entries of several shards, up to ``limit`` each, in one round trip.

        A shard without new entries is left out.
        """
        shards = {stream_key(shard).encode(): shard for shard in after}
        with unavailable("reading"):
            found = self._client.xread(
                {stream_key(shard): position for shard, position in after.items()}, count=limit
            )
        return {
            shards[key]: [RawEntry(position.decode(), fields) for position, fields in entries]
            for key, entries in found
        }

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep entries in the dead-letter stream; returns once they are on disk."""
        if not letters:
            return
        now = b"%d" % (time.time_ns() // 1000)
        commands: list[Command] = []
        for letter in letters:
            fields = {FIELD_PREFIX + name: value for name, value in letter.entry.fields.items()}
            kept = {b"shard": b"%d" % letter.shard, b"position": letter.entry.position.encode()}
            kept |= {b"reason": letter.reason.encode(), b"at": now} | fields
            flat = (part for pair in kept.items() for part in pair)
            commands.append(
                ("XADD", DEAD_LETTERS_KEY, "MAXLEN", "~", MOST_DEAD_LETTERS, "*", *flat)
            )
        self._execute("burying dead letters", commands)

    def dead_letters(self, limit: int) -> list[Buried]:
        """Return up to ``limit`` dead letters, oldest first."""
        with unavailable("reading dead letters"):
            found = self._client.xrange(DEAD_LETTERS_KEY, count=limit)
        return [_buried(fields) for _, fields in found]

    def replay(self, limit: int) -> int:
        """Append the oldest dead letters to their shards again and remove them; return how many.

        Whether they are accepted now is decided where every entry is; those that are not come
        back, and are not replayed twice by one call. A replay that is interrupted can be repeated:
        an event id counts once.
        """
        with unavailable("reading dead letters"):
            newest = self._client.xrevrange(DEAD_LETTERS_KEY, count=1)
        done = 0
        while newest and done < limit:
            with unavailable("reading dead letters"):
                found = self._client.xrange(
                    DEAD_LETTERS_KEY, max=newest[0][0], count=min(REPLAYED_AT_ONCE, limit - done)
                )
            if not found:
                break
            commands: list[Command] = []
            for key, kept in found:
                letter = _buried(kept).letter
                flat = (part for pair in letter.entry.fields.items() for part in pair)
                commands.append(("XADD", stream_key(letter.shard), "*", *flat))
                commands.append(("XDEL", DEAD_LETTERS_KEY, key))
            self._execute("replaying dead letters", commands)
            done += len(found)
        return done

    def forget(self, shard: int, before: Position) -> None:
        """Allow the server to drop entries before a position, whole blocks at a time."""
        with unavailable("trimming"):
            self._client.xtrim(stream_key(shard), minid=before, approximate=True)

    def nudge(
        self, versions: Mapping[UserId, int], causes: Mapping[UserId, Cause] = NO_CAUSES
    ) -> None:
        """Publish the users' new state versions to whoever listens, and what they came from.

        That stands in words of its own, which a Carousel that does not know of it passes over.
        """
        if versions:
            words = [_words(u, version, causes.get(u)) for u, version in versions.items()]
            with unavailable("sending updates"):
                self._client.publish(UPDATES_CHANNEL, " ".join(words))

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def _execute(self, doing: str, commands: Sequence[Command]) -> None:
        with unavailable(doing):
            pipe = self._client.pipeline(transaction=False)
            for command in (*commands, *self._log.confirmation()):
                pipe.execute_command(*command)
            answers = pipe.execute()
        refusal = self._log.confirmed(answers)
        if refusal is not None:
            raise LogUnavailableError(f"The event log failed while {doing}: {refusal}.")


def _words(user_id: UserId, version: int, cause: Cause | None) -> str:
    """Return the words about a user, the cause first.

    >>> _words(7, 3, Cause(1767225600001))
    '7@1767225600001 7:3'
    """
    if cause is None:
        return f"{user_id}:{version}"
    trace = "" if cause.trace is None else f"@{cause.trace}"
    return f"{user_id}@{cause.logged_ms}{trace} {user_id}:{version}"


def _buried(fields: Mapping[bytes, bytes]) -> Buried:
    entry = RawEntry(
        fields[b"position"].decode(),
        {
            name.removeprefix(FIELD_PREFIX): value
            for name, value in fields.items()
            if name.startswith(FIELD_PREFIX)
        },
    )
    letter = DeadLetter(int(fields[b"shard"]), entry, fields[b"reason"].decode())
    return Buried(EPOCH + int(fields[b"at"]) * MICROSECOND, letter)
