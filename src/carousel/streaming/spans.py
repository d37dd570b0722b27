"""The way of traced events through a batch, told as spans once the batch is committed.

Owns:    the spans ``batch``, ``apply`` and ``state``: what they cover, how they hang together.
Imports: observability.traces, storage.ports, streaming.decode.

An event's trace goes on with ``apply``, from reading to the commit, and in it ``state``, the
transaction. What happens to a batch happens to all its events at once, so it is one span, in the
trace of the first of them; links lead from it to each event and from each event to it. All of this
is known only afterwards, in another thread than where it began. Events that nobody traces cost
nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from carousel.domain.listing import UserId
from carousel.observability.traces import CONSUMER, is_tracing, past_span
from carousel.storage.ports import Archived, Cause, DeadLetter, Position
from carousel.streaming.decode import request_of, trace_of

MOST_TRACED = 200  # of a batch; whoever traces everything in a flood would lose most of it anyway

Place: TypeAlias = tuple[int, Position]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch.

    believed: its events. letters: what was none, or could not be applied.
    fresh:    places of those events that were applied for the first time.
    read_ns:  when it was read. began_ns, ended_ns: of the transaction; ns since 1970.
    """

    believed: Sequence[Archived]
    letters: Sequence[DeadLetter]
    fresh: Collection[Place]
    read_ns: int
    began_ns: int
    ended_ns: int


@dataclass(frozen=True, slots=True)
class _Traced:
    place: Place
    trace: str
    request: str | None
    kind: str | None
    outcome: str


def tell_spans(applied: Applied) -> Mapping[Place, str]:
    """Make the spans of a batch; return that of each traced event, for others to go on from."""
    if not is_tracing():
        return {}
    traced = list(islice(_traced(applied), MOST_TRACED))
    if not traced:
        return {}
    batch = past_span(
        "batch",
        applied.read_ns,
        applied.ended_ns,
        {"batch.events": len(applied.believed), "batch.dead_letters": len(applied.letters)},
        parent=traced[0].trace,
        links=tuple(one.trace for one in traced),
    )
    made: dict[Place, str] = {}
    for one in traced:
        about: dict[str, str | int | float | bool] = {
            "outcome": one.outcome,
            "log.shard": one.place[0],
            "log.position": one.place[1],
        }
        if one.kind is not None:
            about["event.type"] = one.kind
        if one.request is not None:
            about["request.id"] = one.request
        whole = past_span(
            "apply",
            applied.read_ns,
            applied.ended_ns,
            about,
            kind=CONSUMER,
            parent=one.trace,
            links=() if batch is None else (batch,),
        )
        if whole is not None:
            made[one.place] = whole
            past_span("state", applied.began_ns, applied.ended_ns, parent=whole)
    return made


def causes(fresh: Sequence[Archived], spans: Mapping[Place, str]) -> dict[UserId, Cause]:
    """Return for each user the newest event that was applied, and the newest that is traced."""
    found: dict[UserId, Cause] = {}
    for one in fresh:
        user_id = one.entry.user_id
        before = found.get(user_id, Cause(0))
        trace = spans.get((one.shard, one.position), before.trace)
        found[user_id] = Cause(max(one.logged_ms, before.logged_ms), trace)
    return found


def _traced(applied: Applied) -> Iterator[_Traced]:
    dead = {(one.shard, one.entry.position) for one in applied.letters}
    for one in applied.believed:
        place, entry = (one.shard, one.position), one.entry
        if entry.trace is not None:
            outcome = "applied" if place in applied.fresh else "repeated"
            outcome = "dead letter" if place in dead else outcome
            yield _Traced(place, entry.trace, entry.request, entry.event.type, outcome)
    believed = {(one.shard, one.position) for one in applied.believed} if dead else set[Place]()
    for letter in applied.letters:
        place, trace = (letter.shard, letter.entry.position), trace_of(letter.entry)
        if trace is not None and place not in believed:
            yield _Traced(place, trace, request_of(letter.entry), None, "dead letter")
