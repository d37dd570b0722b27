"""From archived events to tastes and moved listings: the collaborative pipeline, for any runner.

Owns:    the steps decode -> attach -> interpret -> write of one version of the latent space.
Imports: domain, storage.ports, streaming.{content_based, follower}.

It follows the archive, not the log: what stands there counts once, under the account it was put
down to, and is kept for ever. So a new version of the space is built by the same steps from the
beginning of the archive, under a cursor of its own, while the old version serves.

``write`` is one transaction: the cursor moves, shoppers and listings are folded and saved,
together or not at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
from pydantic import ValidationError

from carousel.domain.car_features import describe
from carousel.domain.events import EVENT, Dismiss, LogEntry, Reason, Undismiss, listing_of
from carousel.domain.features import Vector
from carousel.domain.interpretation import interpret, learn
from carousel.domain.latent import Latent, Moved, Pull
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.preference import Evidence, Params, no_evidence
from carousel.domain.steps import NO_STEP
from carousel.storage.ports import Archived
from carousel.storage.ports.latent import LatentStore, LatentTransaction, Tasted
from carousel.streaming.content_based import (
    Batch,
    Decoded,
    Interpreted,
    Seen,
    Written,
    on_account,
)
from carousel.streaming.decode import logged_ms
from carousel.streaming.follower import Steps

NAME = "collaborative"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def name_of(version: str) -> str:
    """Return the name under which the cursors of a version are kept.

    >>> name_of("5ca1ab1e")
    'collaborative/5ca1ab1e'
    """
    return f"{NAME}/{version}"


def steps_of(latent: Latent) -> Steps:
    """Return the steps of one version of the latent space."""
    return Steps(
        name_of(latent.version),
        decode_batch,
        partial(attach, latent),
        partial(interpret_batch, latent),
        partial(write, latent),
    )


@dataclass(frozen=True, slots=True)
class Attached:
    """What is known of the events' listings: their vectors, and those that a reason needs."""

    decoded: Decoded
    vectors: Mapping[ListingId, Vector]
    listings: Mapping[ListingId, Listing]


def decode_batch(batch: Batch) -> Decoded:
    """Return archived events; one of a type that is no more says nothing."""
    believed: list[Archived] = []
    for shard, entries in batch.entries.items():
        for raw in entries:
            fields = raw.fields
            try:
                event = EVENT.validate_json(fields[b"event"])
            except ValidationError:
                continue
            at = EPOCH + timedelta(microseconds=int(fields[b"at"]))
            entry = LogEntry(fields[b"id"].decode(), int(fields[b"user"]), at, event)
            logged = logged_ms(fields.get(b"position", b"").decode())
            believed.append(Archived(shard, raw.position, entry, logged))
    return Decoded(batch, believed, [])


def attach(latent: Latent, decoded: Decoded, store: LatentStore) -> Attached:
    """Read the foretold factors of the listings; those that have none are given some."""
    events = [archived.entry.event for archived in decoded.believed]
    about = {listing for event in events if (listing := listing_of(event)) is not None}
    needed = {
        event.listing_id
        for event in events
        if isinstance(event, Dismiss | Undismiss) and event.reason is not Reason.OTHER
    }
    with store.transaction() as transaction:
        foretold = transaction.foretold(about) if about else {}
        missing = about - foretold.keys()
        listings = transaction.listings(needed | missing) if needed or missing else {}
        if new := [listings[one] for one in sorted(missing) if one in listings]:
            rows = latent.foretold([describe(listing) for listing in new])
            ids = [listing.id for listing in new]
            transaction.foretell(ids, rows, latent.known(rows))
            foretold |= dict(zip(ids, rows, strict=True))
    vectors: dict[ListingId, Vector] = {}
    if foretold:
        known = latent.known(np.stack(list(foretold.values())))
        vectors = dict(zip(foretold, known, strict=True))
    return Attached(decoded, vectors, listings)


def interpret_batch(latent: Latent, attached: Attached) -> Interpreted:
    """Turn events into observations in the latent space."""
    seen: list[Seen] = []
    for archived in attached.decoded.believed:
        event, at = archived.entry.event, archived.entry.at
        about = listing_of(event)
        vector = listing = None
        if about is not None:
            vector, listing = attached.vectors.get(about), attached.listings.get(about)
        said = interpret(event, at, listing, vector, latent)
        if said is not None:
            seen.append(Seen(archived, said, NO_STEP, None))
    return Interpreted(attached.decoded, latent.version, seen, [])


def write(latent: Latent, interpreted: Interpreted, store: LatentStore, params: Params) -> Written:
    """Apply a batch in one transaction; nobody needs to be told.

    Raises:
        CursorMovedError: another process has applied some of it; nothing was done.
    """
    with store.transaction() as transaction:
        # First of all: whoever moves the cursor makes a second writer wait, and then fail.
        transaction.advance(name_of(latent.version), interpreted.decoded.batch.moves)
        seen = _standing(interpreted.seen, transaction)
        if seen:
            before = transaction.tastes({one.archived.entry.user_id for one in seen})
            evidence, pulls = fold(latent, before, seen, params)
            _save(latent, transaction, evidence, pulls)
    return Written({}, [one.archived for one in seen], 0)


def _standing(seen: Sequence[Seen], transaction: LatentTransaction) -> Sequence[Seen]:
    """Return what still stands in the archive, put down to whom it is put down to by now.

    A merge may have come between reading and writing, which takes out what was said twice, or a
    shopper who had events forgotten.
    """
    now = on_account(seen, transaction)
    there = transaction.still_there(
        [(one.archived.shard, int(one.archived.position)) for one in now]
    )
    return [one for one in now if int(one.archived.position) in there]


def fold(
    latent: Latent, before: Mapping[UserId, Evidence], seen: Iterable[Seen], params: Params
) -> tuple[dict[UserId, Evidence], dict[ListingId, Pull]]:
    """Return each user's evidence after the events, and what they add to listings' pulls.

    Folded one by one in the order given: each listing is pulled by what its reactor had liked
    before the event. A dismissal for a reason is about the shopper, and a search about no listing.

    Args:
        latent: the space.
        before: evidence of those users who have any.
        seen: events with their observations.
        params: half-life.
    """
    after = dict(before)
    pulls: dict[ListingId, Pull] = {}
    for one in seen:
        entry, said = one.archived.entry, one.observation
        if said is None:
            continue
        state = after.get(entry.user_id)
        about = _whole_car(one)
        if state is None:
            state = no_evidence(latent.dim, said.at)
        elif about is not None:
            pull = latent.pulled(state, said.strength, said.at)
            if pull is not None:
                if said.undoes:
                    pull = Pull(pull.direction, -pull.mass)
                pulls[about] = pulls[about] + pull if about in pulls else pull
        after[entry.user_id] = learn(state, said, params)
    return after, pulls


def _whole_car(seen: Seen) -> ListingId | None:
    """Return the listing that the event speaks of as a whole."""
    event = seen.archived.entry.event
    if isinstance(event, Dismiss | Undismiss) and event.reason is not Reason.OTHER:
        return None
    return listing_of(event)


def _save(
    latent: Latent,
    transaction: LatentTransaction,
    evidence: Mapping[UserId, Evidence],
    pulls: Mapping[ListingId, Pull],
) -> None:
    directions = np.stack([one.direction for one in evidence.values()])
    masses = np.array([one.mass for one in evidence.values()])
    tastes = latent.tastes(directions, masses)
    transaction.save_tastes(
        {
            user_id: Tasted(one, taste if taste.any() else None)
            for (user_id, one), taste in zip(evidence.items(), tastes, strict=True)
        }
    )
    kept = transaction.moved(pulls)
    moved = {i: Moved(one.foretold, one.pull + pulls[i]) for i, one in kept.items()}
    if moved:
        transaction.save_moved(moved, latent.factors_of(list(moved.values())))
