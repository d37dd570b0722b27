"""From events to evidence and trails: the content-based pipeline, written once, for any runner.

Owns:    the steps decode -> attach -> interpret -> write, and the fold in log order.
Imports: domain, storage.ports, streaming.decode.

``write`` is one transaction: the cursor moves, the entries are archived, evidence and trails are
folded and saved, together or not at all. The fold belongs inside it because it starts from states
that must not change under it, and because only the archive knows which events are new. So a crash
at any point loses nothing and counts nothing twice.

What a synthetic shopper does changes what they are shown, and nothing else: it is not archived, so
no model, experiment or other pipeline ever reads it, and no listing hears of it. The price is that
an event of theirs that is sent again counts again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from carousel.domain.audience import Tally
from carousel.domain.events import (
    COLLECTIONS,
    Dismiss,
    LogEntry,
    Reason,
    Undismiss,
    interest_of,
    listing_of,
)
from carousel.domain.facts import facts_of
from carousel.domain.features import FeatureSpace
from carousel.domain.hearing import CODES, tallied
from carousel.domain.interpretation import Observation, interpret, learn
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.preference import Params, no_evidence
from carousel.domain.steps import Step, following, step_of
from carousel.domain.trail import NO_TRAIL
from carousel.storage.ports import (
    HALF_LIVES,
    Archived,
    DeadLetter,
    Described,
    Interest,
    Learned,
    LearningStore,
    LearningTransaction,
    Position,
    RawEntry,
    Reaction,
)
from carousel.streaming.decode import decode, logged_ms

NAME = "content_based"
"""The pipeline's name, under which its cursors are kept."""


class SpaceChangedError(Exception):
    """The catalogue was re-indexed since the vectors were read; attach and interpret again."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The next entries of several shards.

    after:      where each shard was read from.
    generation: grows whenever reading starts again from the stored cursors; see Follower.
    read_ns:    when it was read, ns since 1970.
    """

    after: Mapping[int, Position]
    entries: Mapping[int, Sequence[RawEntry]]
    generation: int = 0
    read_ns: int = 0

    @property
    def moves(self) -> dict[int, tuple[Position, Position]]:
        """Return from where to where the cursor of each shard moves."""
        return {
            shard: (self.after[shard], entries[-1].position)
            for shard, entries in self.entries.items()
            if entries
        }


@dataclass(frozen=True, slots=True)
class Decoded:
    """A batch as events, per shard in log order, and what was no event."""

    batch: Batch
    believed: Sequence[Archived]
    letters: Sequence[DeadLetter]


@dataclass(frozen=True, slots=True)
class Attached:
    """What the catalogue knows about the events' listings and users, in one feature space.

    users: those there are. synthetic: those of them whose acts count for nobody else.
    """

    decoded: Decoded
    space: FeatureSpace
    users: set[UserId]
    synthetic: set[UserId]
    listings: Mapping[ListingId, Listing]
    described: Mapping[ListingId, Described]


@dataclass(frozen=True, slots=True)
class Seen:
    """An event and all that follows from it; of a synthetic shopper's, no reaction does."""

    archived: Archived
    observation: Observation | None
    step: Step
    reaction: Reaction | None
    synthetic: bool = False

    @property
    def touches(self) -> bool:
        """Return whether it changes what its shopper is shown."""
        return bool(self.step) or self.observation is not None or self.reaction is not None


@dataclass(frozen=True, slots=True)
class Interpreted:
    """All that ``write`` needs, as long as the feature space is still ``space``."""

    decoded: Decoded
    space: str
    seen: Sequence[Seen]
    letters: Sequence[DeadLetter]


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch did.

    versions: the new state version of each shopper it changed.
    fresh:    the events that were applied for the first time.
    repeated: how many had been applied before.
    """

    versions: Mapping[UserId, int]
    fresh: Sequence[Archived]
    repeated: int


def decode_batch(batch: Batch) -> Decoded:
    """Tell events from dead letters."""
    believed: list[Archived] = []
    letters: list[DeadLetter] = []
    for shard, entries in batch.entries.items():
        for raw in entries:
            entry = decode(raw)
            if isinstance(entry, str):
                letters.append(DeadLetter(shard, raw, entry))
            else:
                believed.append(Archived(shard, raw.position, entry, logged_ms(raw.position)))
    return Decoded(batch, believed, letters)


def attach(decoded: Decoded, store: LearningStore) -> Attached:
    """Read what the catalogue knows about the listings and users of the events."""
    events = [archived.entry.event for archived in decoded.believed]
    about = {listing for event in events if (listing := listing_of(event)) is not None}
    with store.transaction() as transaction:
        space = transaction.space()
        users = transaction.known_users({a.entry.user_id for a in decoded.believed})
        synthetic = transaction.synthetic_users(users)
        described = transaction.described(about) if about else {}
        # A listing costs more to read than vector and facts; few events need more than those.
        needed = about - described.keys()
        for event in events:
            if isinstance(event, Dismiss | Undismiss) and event.reason is not Reason.OTHER:
                needed.add(event.listing_id)
        listings = transaction.listings(needed) if needed else {}
    return Attached(decoded, space, users, synthetic, listings, described)


def interpret_batch(attached: Attached) -> Interpreted:
    """Turn events into observations; those about nobody or nothing we know become dead letters."""
    seen: list[Seen] = []
    faults: dict[tuple[int, Position], str] = {}
    for archived in attached.decoded.believed:
        result = _interpret(archived, attached)
        if isinstance(result, str):
            faults[archived.shard, archived.position] = result
        else:
            seen.append(result)
    letters = list(attached.decoded.letters)
    if faults:
        letters.extend(
            DeadLetter(shard, raw, reason)
            for shard, entries in attached.decoded.batch.entries.items()
            for raw in entries
            if (reason := faults.get((shard, raw.position))) is not None
        )
    return Interpreted(attached.decoded, attached.space.version, seen, letters)


def _interpret(archived: Archived, attached: Attached) -> Seen | str:
    entry = archived.entry
    if entry.user_id not in attached.users:
        return f"There is no user {entry.user_id}."
    about = listing_of(entry.event)
    vector = listing = facts = None
    if about is not None:
        described, listing = attached.described.get(about), attached.listings.get(about)
        if described is not None:
            vector, facts = described.vector, described.facts
        elif listing is not None:
            facts = facts_of([listing])
        else:
            return f"There is no listing {about}."
    try:
        observation = interpret(entry.event, entry.at, listing, vector, attached.space)
        step = step_of(entry.event, entry.at, facts)
    except Exception as error:  # noqa: BLE001 (one event must never stop all that follow it)
        return f"The event cannot be interpreted: {error!r}."
    synthetic = entry.user_id in attached.synthetic
    reaction = None if about is None or synthetic else _reaction(entry, about)
    return Seen(archived, observation, step, reaction, synthetic)


def _reaction(entry: LogEntry, about: ListingId) -> Reaction | None:
    meaning = COLLECTIONS.get(entry.event.type)
    if meaning is None:
        return None
    kind, holds = meaning
    return Reaction(entry.user_id, about, kind, holds, entry.at)


def write(interpreted: Interpreted, store: LearningStore, params: Params) -> Written:
    """Apply a batch in one transaction; return what it did.

    Raises:
        CursorMovedError: another process has applied some of it; nothing was done.
        SpaceChangedError: ``interpreted`` is of another feature space; nothing was done.
    """
    with store.transaction() as transaction:
        # First of all: whoever moves the cursor makes a second writer wait, and then fail.
        transaction.advance(NAME, interpreted.decoded.batch.moves)
        space = transaction.space()
        if space.version != interpreted.space:
            raise SpaceChangedError
        all_seen = on_account(interpreted.seen, transaction)
        real = [seen for seen in all_seen if not seen.synthetic]
        fresh = transaction.archive([seen.archived for seen in real])
        by_place = {(s.archived.shard, s.archived.position): s for s in real}
        counted = [by_place[a.shard, a.position] for a in fresh]
        _count(counted, transaction)
        folded = [*counted, *(s for s in all_seen if s.synthetic)]
        versions = _learn(folded, transaction, space, params)
        repeated = len(real) - len(fresh)
    return Written(versions, [seen.archived for seen in folded], repeated)


def on_account(seen: Sequence[Seen], transaction: LearningTransaction) -> Sequence[Seen]:
    """Return the same, with what merged visitors did put down to their accounts.

    From then on nobody is merged until the transaction ends.
    """
    accounts = transaction.merged_into({one.archived.entry.user_id for one in seen})
    return [
        one if account is None else _by(one, account)
        for one in seen
        for account in [accounts.get(one.archived.entry.user_id)]
    ]


def _by(seen: Seen, user_id: UserId) -> Seen:
    entry = replace(seen.archived.entry, user_id=user_id)
    return replace(
        seen,
        archived=replace(seen.archived, entry=entry),
        reaction=seen.reaction and replace(seen.reaction, user_id=user_id),
    )


def _count(fresh: Sequence[Seen], transaction: LearningTransaction) -> None:
    """Let the events count for whoever reads reactions, popularity and audiences."""
    if reactions := [seen.reaction for seen in fresh if seen.reaction is not None]:
        transaction.react(reactions)
    interests, heard = _gained(fresh)
    if interests:
        transaction.popularise(interests)
    if heard:
        transaction.hear(heard)


def _learn(
    fresh: Sequence[Seen], transaction: LearningTransaction, space: FeatureSpace, params: Params
) -> Mapping[UserId, int]:
    """Fold the events into what is known of their shoppers; return the new state versions."""
    touching = [seen for seen in fresh if seen.touches]
    if not touching:
        return {}
    before = transaction.learned({seen.archived.entry.user_id for seen in touching})
    return transaction.save(fold(before, touching, space.dim, params).values())


def _gained(fresh: Iterable[Seen]) -> tuple[list[Interest], dict[ListingId, Tally]]:
    """Return what the events add to the popularity and to the audiences of their listings."""
    interests: list[Interest] = []
    listings, kinds, moments = list[ListingId](), list[int](), list[float]()
    for seen in fresh:
        entry = seen.archived.entry
        event = entry.event
        about = listing_of(event)
        if about is None:
            continue
        interest, kind = interest_of(event), CODES.get(event.type)
        if interest > 0:
            interests.append(Interest(about, interest, entry.at))
        if kind is not None:
            listings.append(about)
            kinds.append(kind)
            moments.append(entry.at.timestamp())
    return interests, tallied(listings, kinds, moments, HALF_LIVES)


def fold(
    before: Mapping[UserId, Learned], touching: Iterable[Seen], dim: int, params: Params
) -> dict[UserId, Learned]:
    """Return what is known of each user after the events.

    Evidence is folded event by event in the order given, never summed up first: so the last bit
    does not depend on how a log was cut into batches. A trail does not depend on any order: it
    takes all steps of a batch at once.

    Args:
        before: of those users of whom anything is known.
        touching: events that change what is known of their users, each user's in log order.
        dim: length of a vector.
        params: half-life.
    """
    evidence = {user_id: one.evidence for user_id, one in before.items()}
    steps: defaultdict[UserId, list[Step]] = defaultdict(list)
    for seen in touching:
        entry, said = seen.archived.entry, seen.observation
        state = evidence.get(entry.user_id)
        if state is None:
            state = no_evidence(dim, entry.at)
        if said is not None:
            state = learn(state, said, params)
        evidence[entry.user_id] = state
        steps[entry.user_id].append(seen.step)
    trails = {user_id: one.trail for user_id, one in before.items()}
    return {
        user_id: Learned(
            user_id, state, following(trails.get(user_id, NO_TRAIL), steps.get(user_id, ()))
        )
        for user_id, state in evidence.items()
    }
