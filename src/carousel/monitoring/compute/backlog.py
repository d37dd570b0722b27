"""How far each pipeline is behind, shard by shard.

Owns:    counting the entries that are not applied, and the age of the oldest of them.
Imports: storage, domain, monitoring.reach.

The content-based pipeline follows the log, which cannot say how many entries lie behind a
position. A few are counted; of many it is told how many were ever appended when the log had got to
that position: between two moments at which it was known, as many as their distance in time says.
The collaborative pipeline follows the archive, where they are counted. The age of an entry is by
the log's own clock, which wrote it into the position.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from carousel.monitoring.reach import Reach
from carousel.storage import open_watched_log, open_watching
from carousel.storage.ports import BEGINNING, Position
from carousel.storage.ports.watching import LogState, ShardState, Watching, WatchingLog

CONTENT_BASED, COLLABORATIVE = "content-based", "collaborative"
_CURSOR = "content_based"  # under which the content-based pipeline keeps its places
COUNTED = 500  # entries of a shard that are counted one by one
MOST_ARCHIVED = 20_000  # of a shard of the archive
MOST_POINTS = 200  # moments that are remembered of a shard
STATEMENT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Behind:
    """What a pipeline has not applied of a shard: entries, and the age of the oldest in seconds."""

    entries: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """The log, and by pipeline and shard what is not applied of it."""

    log: LogState
    behind: Mapping[str, Mapping[int, Behind]]

    @property
    def appended(self) -> int:
        """Return how many entries were ever appended."""
        return sum(shard.appended for shard in self.log.shards.values())

    def entries(self, pipeline: str) -> float:
        """Return how many entries a pipeline has not applied."""
        return sum(one.entries for one in self.behind[pipeline].values())


@dataclass(slots=True)
class Backlogs:
    """Reads the backlog; remembers how long the log was at which moment."""

    reach: Reach
    _points: dict[int, list[tuple[int, int]]] = field(default_factory=dict, init=False)

    def read(self) -> Backlog:
        """Return the backlog at this moment. Blocks."""
        with open_watching(self.reach.database_url, STATEMENT_SECONDS) as database:
            # Cursors first: an entry that is applied meanwhile was not applied then.
            cursors, version = database.cursors(_CURSOR), database.latent_serving()
            with open_watched_log(self.reach.log_url) as log:
                state = log.state()
                behind = {
                    shard: self._behind(log, state, shard, cursors.get(shard, BEGINNING))
                    for shard in state.shards
                }
            found = {CONTENT_BASED: behind}
            if version is not None:
                found[COLLABORATIVE] = _behind_archive(database, version, state.now)
        return Backlog(state, found)

    def _behind(self, log: WatchingLog, state: LogState, shard: int, at: Position) -> Behind:
        kept = state.shards[shard]
        self._remember(shard, kept)
        if kept.last is None or _order(kept.last) <= _order(at):
            return Behind(0, 0.0)
        left = log.after(shard, at, COUNTED)
        if not left:
            return Behind(0, 0.0)
        entries = float(len(left))
        if len(left) == COUNTED:
            known = kept.appended - self._appended_at(shard, _milliseconds(at))
            entries = max(entries, min(known, kept.entries))
        return Behind(entries, _age(left[0], state.now))

    def _remember(self, shard: int, kept: ShardState) -> None:
        """Note how many entries had ever been appended at the ends of what is kept."""
        if kept.first is None or kept.last is None:
            return
        known = dict(self._points.get(shard, ()))
        if known and max(known.values()) > kept.appended:
            known = {}  # the log began anew
        known.setdefault(_milliseconds(kept.first) - 1, kept.appended - kept.entries)
        known[_milliseconds(kept.last)] = kept.appended
        points = sorted(known.items())
        self._points[shard] = [points[0], *points[1:][-MOST_POINTS:]]

    def _appended_at(self, shard: int, moment: int) -> float:
        """Return about how many entries had been appended at a moment, in milliseconds."""
        points = self._points[shard]
        place = bisect_right(points, (moment, 1 << 62))
        if place == 0:
            return points[0][1]
        if place == len(points):
            return points[-1][1]
        (before, fewer), (later, more) = points[place - 1 : place + 1]
        return fewer + (more - fewer) * (moment - before) / max(1, later - before)


def _behind_archive(database: Watching, version: str, now: float) -> dict[int, Behind]:
    found = database.behind_archive(f"{COLLABORATIVE}/{version}", MOST_ARCHIVED)
    return {
        shard: Behind(one.entries, 0.0 if one.oldest is None else _age(one.oldest, now))
        for shard, one in found.items()
    }


def _age(position: Position, now: float) -> float:
    return max(0.0, now - _milliseconds(position) / 1e3)


def _milliseconds(position: Position) -> int:
    return int(position.partition("-")[0])


def _order(position: Position) -> tuple[int, int]:
    milliseconds, _, number = position.partition("-")
    return int(milliseconds), int(number or 0)
