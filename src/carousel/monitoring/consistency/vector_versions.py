"""Are all vectors of the space that serves?

Owns:    the check ``vector-versions``.
Imports: numpy, storage, domain, observability, monitoring.

A row does not say of which feature space its vector is. So each is computed again from what the
listing states, with the space that serves: what comes out must be what is kept, in full and in the
index. What was written since the last run is computed first, and what was found wrong before; then
as many of the others as there is time for, in turns. A vector that was not written together with
its listing is wrong in the same way, and is found too.
"""

from collections.abc import Sequence

import numpy as np

from carousel.domain.car_features import describe
from carousel.domain.features import FeatureSpace
from carousel.domain.listing import ListingId
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.series import Series
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import VECTORS_WRONG_VERSION
from carousel.storage import open_watching_vectors
from carousel.storage.ports.watching import Vectored

IN_A_RUN = 4_000
MOST_WRITTEN = 2_000
SAME, SAME_IN_INDEX = 1e-9, 1e-6
"""By how much a number may differ: summed in another order, and rounded to half the digits."""

STATEMENT_SECONDS = 10.0
SOME = 5
SENT_HEAD = 4  # bytes before the numbers of a vector as pgvector sends it


def vector_versions(reach: Reach) -> Check:
    """Return the check that vectors are what the space that serves makes of their listings."""
    told = Series(VECTORS_WRONG_VERSION)
    wrong: dict[str, set[ListingId]] = {"listing": set(), "inventory": set()}
    mark, after = "", 0

    def ask() -> Finding:
        nonlocal mark, after
        with open_watching_vectors(reach.database_url, STATEMENT_SECONDS) as look:
            space, strange = look.space(), look.strange_latents()
            if space is None:
                return Finding(held=True, sentence="There is no feature space yet.")
            mark, written = look.written_since(mark, MOST_WRITTEN)
            again = written | wrong["listing"] | wrong["inventory"]
            first = look.vectored_among(again)
            turn = look.vectored(after, IN_A_RUN)
        after = turn[-1].listing.id if len(turn) == IN_A_RUN else 0
        looked_at = {one.listing.id: one for one in (*first, *turn)}
        found = strangers(list(looked_at.values()), space)
        for of, ids in found.items():
            wrong[of] = (wrong[of] - looked_at.keys() - again) | ids
        counts = {**{of: len(ids) for of, ids in wrong.items()}, **strange}
        told.tell(counts)
        evidence: Evidence = {
            "space": space.version,
            "computed again": len(looked_at),
            "written since the last run": len(written),
            **{f"{of}, wrong": count for of, count in counts.items() if count},
            **{
                f"{of}, of these": [str(one) for one in sorted(ids)[:SOME]]
                for of, ids in wrong.items()
                if ids
            },
        }
        if any(counts.values()):
            listed = ", ".join(f"{count:,} of {of}" for of, count in counts.items() if count)
            sentence = f"Vectors are not of the space that serves: {listed}."
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = f"{len(looked_at):,} vectors are what the space {space.version} makes of them."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "Every vector is of the space that serves."
    return Check("vector-versions", Family.CONSISTENCY, promise, 8.0, 30.0, InThread(ask))


def strangers(rows: Sequence[Vectored], space: FeatureSpace) -> dict[str, set[ListingId]]:
    """Return the listings whose vectors are not of a space: in full, and in the index.

    What is no vector at all is left to the check of values.
    """
    found: dict[str, set[ListingId]] = {"listing": set(), "inventory": set()}
    if not rows:
        return found
    computed = space.vectors([describe(one.listing) for one in rows])
    for one, vector in zip(rows, computed, strict=True):
        if len(one.direction) == 8 * space.dim:
            kept = np.frombuffer(one.direction, "<f8")
            if np.isfinite(kept).all() and np.abs(kept - vector).max() > SAME:
                found["listing"].add(one.listing.id)
        if one.embedding is not None and len(one.embedding) == SENT_HEAD + 4 * space.dim:
            indexed = np.frombuffer(one.embedding, ">f4", offset=SENT_HEAD)
            if np.abs(indexed - vector).max() > SAME_IN_INDEX:
                found["inventory"].add(one.listing.id)
    return found
