"""Does a kept answer name a car that is not for sale, and would pass for true?

Owns:    the check ``sold-in-cache``.
Imports: storage, domain, observability, monitoring.

An answer is kept with what it was made from: the version of its shopper's state, its listings, the
sum of their revisions, the newest listing there was. Whoever takes a car off the market changes its
revision, so the answers that name it are known to be old. One that names a car that is not active
while all of that still agrees tells that somebody changed a status and left the revision alone:
behind the back of every memory that trusts in it. The request path asks for the status as well, so
it is not shown; the check finds that only this stands between a shopper and a car that is gone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carousel.domain.listing import ListingId, UserId
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import SOLD_FINDABLE
from carousel.storage import open_watched_cache, open_watching_rows
from carousel.storage.ports.watching import WatchingRows

MOST_ANSWERS = 2_000
"""Looked at in a run; the next one goes on where it ended."""

STATEMENT_SECONDS = 5.0
SOME = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A kept answer: whose it is, and what it was made from."""

    user_id: UserId
    version: int
    ids: Sequence[ListingId]
    stamp: int
    newest: ListingId


def sold_in_cache(reach: Reach) -> Check:
    """Return the check that no kept answer vouches for a car that is not for sale."""
    place = [0]

    def ask() -> Finding:
        # Answers first: one that is kept later may know of what the database says later.
        with open_watched_cache(reach.cache_url, place[0]) as cache:
            kept = [_read(key, head) for key, head in cache.slates(MOST_ANSWERS)]
            place[0] = cache.place
        answers = [one for one in kept if one is not None]
        with open_watching_rows(reach.database_url, STATEMENT_SECONDS) as look:
            wrong = _vouched_for(answers, look)
        SOLD_FINDABLE.labels("cache").set(len(wrong))
        evidence: Evidence = {
            "answers": len(answers),
            "cars": len(wrong),
            "of these": [str(one) for one in sorted(wrong)[:SOME]],
        }
        if wrong:
            sentence = (
                f"{len(wrong)} cars that are not active are in kept answers whose revisions "
                "still agree."
            )
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = f"None of {len(answers):,} kept answers vouches for a car that is gone."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "No kept answer that would pass for true names a car that is not active."
    return Check("sold-in-cache", Family.CONSISTENCY, promise, 10.0, 10.0, InThread(ask))


def _read(key: str, head: bytes) -> Answer | None:
    """Return what an answer was made from; None for what is no answer."""
    try:
        made = json.loads(head)
        ids = tuple(int(one) for one in made["ids"])
        user_id = int(key.split(":", 2)[1])
        return Answer(user_id, int(made["version"]), ids, int(made["stamp"]), int(made["newest"]))
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def _vouched_for(answers: Sequence[Answer], look: WatchingRows) -> set[ListingId]:
    """Return the listings that are not active and stand in answers that agree in all else."""
    cars = look.revisions({one for answer in answers for one in answer.ids})
    versions = look.versions({answer.user_id for answer in answers})
    newest = look.newest()
    return {
        one
        for answer in answers
        if answer.version == versions.get(answer.user_id, 0)
        and newest <= answer.newest
        and _agrees(answer, cars)
        for one in answer.ids
        if one in cars and not cars[one][1]
    }


def _agrees(answer: Answer, cars: Mapping[ListingId, tuple[int, bool]]) -> bool:
    return sum(cars[one][0] for one in answer.ids if one in cars) == answer.stamp
