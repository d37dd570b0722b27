"""Forgetting in the latent space, in every version that is kept.

Owns:    a shopper's state, and what they pulled listings by, without some of the events.
Imports: numpy, psycopg, engines.postgres_*, domain, storage.ports.

A version has folded in each shard of the archive up to a place of its own. Up to there the shopper
is folded anew without the events; what they pull listings by then, less what they pulled them by
before, is what the listings are moved by: so also what was pulled later, by a taste that the
forgotten event had a share in, becomes what it would have been. It is exact as long as the cars
state what they stated; of a visitor merged meanwhile the order of folding is no longer known, and
a little of what they pulled stays.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from carousel.domain.events import Dismiss, Reason, Undismiss, listing_of
from carousel.domain.interpretation import Observation, interpret, learn
from carousel.domain.latent import Latent, Moved, Pull
from carousel.domain.listing import ListingId, UserId
from carousel.domain.preference import Evidence, no_evidence
from carousel.storage.engines.postgres_connection import Connection
from carousel.storage.engines.postgres_latent import LatentBatch
from carousel.storage.engines.postgres_latent_merging import Removed, passed_by
from carousel.storage.engines.postgres_latent_spaces import Latents
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports.latent import Tasted


def forget_latent(
    connection: Connection,
    user_id: UserId,
    taken: Sequence[Removed],
    left: Sequence[Removed],
    latents: Latents,
) -> None:
    """Make the latent states what they would be without the events that were taken out.

    Within the transaction that took them out; neither part has impressions in it.
    """
    for latent in latents.kept(connection):
        passed = passed_by(connection, latent.version)
        gone = [one for one in taken if one.place <= passed.get(one.shard, 0)]
        if not gone:
            continue
        stays = [one for one in left if one.place <= passed.get(one.shard, 0)]
        batch = LatentBatch(connection, Spaces(), latent.version)
        batch.tastes([user_id])
        first = min(one.place for one in gone)
        earlier = [one for one in stays if one.place < first]
        later = [one for one in stays if one.place > first]
        fold = _Fold(latent, batch, [*gone, *stays])
        # What came before the first of them pulled what it would have pulled anyway.
        state = fold.learned(earlier)
        _, before = fold.of([*gone, *later], state)
        evidence, after = fold.of(later, state)
        _save_taste(connection, batch, user_id, latent, evidence)
        _move(batch, latent, _difference(after, before))


class _Fold:
    """Folds events of one shopper, whose cars were read, and what each event says, once."""

    def __init__(self, latent: Latent, batch: LatentBatch, events: Sequence[Removed]) -> None:
        self._latent = latent
        about = {number for one in events if (number := listing_of(one.event)) is not None}
        listings, foretold = batch.listings(reasoned_about(events)), batch.foretold(about)
        known = latent.known(np.stack(list(foretold.values()))) if foretold else ()
        vectors = dict(zip(foretold, known, strict=True))
        self._said: dict[int, Observation | None] = {}
        for one in events:
            number = listing_of(one.event) or 0
            self._said[one.place] = interpret(
                one.event, one.at, listings.get(number), vectors.get(number), latent
            )

    def learned(self, events: Sequence[Removed]) -> Evidence | None:
        """Return the evidence of events in the order of their places, None without any."""
        state = None
        for one in events:
            said = self._said[one.place]
            if said is not None:
                before = no_evidence(self._latent.dim, said.at) if state is None else state
                state = learn(before, said, self._latent.params)
        return state

    def of(
        self, events: Sequence[Removed], state: Evidence | None
    ) -> tuple[Evidence | None, Mapping[ListingId, Pull]]:
        """Return the evidence after events, and the pulls, folded as the pipeline does."""
        latent, pulls = self._latent, dict[ListingId, Pull]()
        for one in sorted(events, key=lambda one: one.place):
            said = self._said[one.place]
            if said is None:
                continue
            about = listing_of(one.event)
            if state is None:
                state = no_evidence(latent.dim, said.at)
            elif about is not None and not _reasoned(one):
                pull = latent.pulled(state, said.strength, said.at)
                if pull is not None:
                    if said.undoes:
                        pull = Pull(pull.direction, -pull.mass)
                    pulls[about] = pulls[about] + pull if about in pulls else pull
            state = learn(state, said, latent.params)
        return state, pulls


def reasoned_about(events: Sequence[Removed]) -> set[ListingId]:
    """Return the listings of events that speak of an axis of theirs: of these all must be known."""
    return {i for one in events if _reasoned(one) and (i := listing_of(one.event)) is not None}


def _reasoned(one: Removed) -> bool:
    """Return whether the event is about the shopper, not about the car as a whole."""
    event = one.event
    return isinstance(event, Dismiss | Undismiss) and event.reason is not Reason.OTHER


def _difference(
    after: Mapping[ListingId, Pull], before: Mapping[ListingId, Pull]
) -> dict[ListingId, Pull]:
    found = dict(after)
    for listing_id, pull in before.items():
        back = Pull(-pull.direction, -pull.mass)
        found[listing_id] = found[listing_id] + back if listing_id in found else back
    return found


def _save_taste(
    connection: Connection,
    batch: LatentBatch,
    user_id: UserId,
    latent: Latent,
    evidence: Evidence | None,
) -> None:
    if evidence is None:
        connection.execute(
            "delete from shopper_latent where user_id = %s and version = %s",
            [user_id, latent.version],
        )
    else:
        batch.save_tastes({user_id: Tasted(evidence, latent.taste(evidence))})


def _move(batch: LatentBatch, latent: Latent, pulls: Mapping[ListingId, Pull]) -> None:
    kept = batch.moved(pulls)
    moved = {i: Moved(one.foretold, one.pull + pulls[i]) for i, one in kept.items()}
    if moved:
        batch.save_moved(moved, latent.factors_of(list(moved.values())))
