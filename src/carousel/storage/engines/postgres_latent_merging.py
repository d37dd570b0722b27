"""Merging a visitor's state in the latent space into an account's, in every version that is kept.

Owns:    the sum of both, less what was said twice.
Imports: numpy, psycopg, engines.postgres_*, domain, storage.ports.

A shopper's state is a sum over archived events, so two become one by addition, in any version.
What the merge has just taken out of the archive is taken out of the sum as well, where the
pipeline of that version has passed it already. What it pulled a listing by stays: that was the
taste of a moment that nobody keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from carousel.domain.events import Event, listing_of
from carousel.domain.interpretation import interpret, unlearn
from carousel.domain.latent import Latent
from carousel.domain.listing import UserId
from carousel.domain.preference import Evidence, merge
from carousel.storage.engines.postgres_connection import Connection
from carousel.storage.engines.postgres_latent import LatentBatch
from carousel.storage.engines.postgres_latent_spaces import Latents
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports.latent import Tasted


@dataclass(frozen=True, slots=True)
class Removed:
    """An event that was taken out of the archive, and where it stood there."""

    at: datetime
    event: Event
    shard: int
    place: int


def merge_latent(
    connection: Connection,
    visitor: UserId,
    account: UserId,
    removed: Sequence[Removed],
    latents: Latents,
) -> None:
    """Put a visitor's latent states down to an account; within the transaction of a merge."""
    for latent in latents.kept(connection):
        batch = LatentBatch(connection, Spaces(), latent.version)
        known = batch.tastes([visitor, account])
        theirs, ours = known.get(visitor), known.get(account)
        passed = passed_by(connection, latent.version)
        counted = [one for one in removed if one.place <= passed.get(one.shard, 0)]
        if theirs is not None:
            theirs = _without(theirs, counted, batch, latent)
            both = theirs if ours is None else merge(ours, theirs, latent.params)
            taste = latent.tastes(both.direction[None], np.array([both.mass]))[0]
            batch.save_tastes({account: Tasted(both, taste if taste.any() else None)})
    connection.execute("delete from shopper_latent where user_id = %s", [visitor])


def passed_by(connection: Connection, version: str) -> dict[int, int]:
    """Return up to which place of the archive a version has folded each shard in."""
    rows = connection.execute(
        "select shard, split_part(position, '-', 1)::bigint from pipeline_cursor "
        "where split_part(pipeline, '/', 2) = %s",
        [version],
    )
    return dict(rows.fetchall())


def _without(
    evidence: Evidence, events: Sequence[Removed], batch: LatentBatch, latent: Latent
) -> Evidence:
    about = {number for one in events if (number := listing_of(one.event)) is not None}
    listings, foretold = batch.listings(about), batch.foretold(about)
    for one in events:
        listing_id = listing_of(one.event) or 0
        vector = None
        if listing_id in foretold:
            vector = latent.known(foretold[listing_id][None])[0]
        said = interpret(one.event, one.at, listings.get(listing_id), vector, latent)
        if said is not None:
            evidence = unlearn(evidence, said, latent.params)
    return evidence
