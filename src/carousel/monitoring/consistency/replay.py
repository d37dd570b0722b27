"""Is a shopper's state what their archived past makes of them?

Owns:    the check ``replay``.
Imports: storage, domain, observability, monitoring.

State and archive are read in one view of the database, and are written in one transaction: so they
agree whatever is under way.
"""

import random
from collections import Counter

from carousel.domain.events import listing_of
from carousel.domain.listing import UserId
from carousel.domain.preference import Params
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.consistency.comparing import Compared, World, compare
from carousel.monitoring.consistency.sampling import Sampling
from carousel.monitoring.reach import Reach
from carousel.monitoring.threads import InThread
from carousel.observability.logs import name_for
from carousel.observability.metrics import REPLAY_DIFFERENT, REPLAYED
from carousel.storage import open_watching_shoppers
from carousel.storage.ports.watching import WatchingShoppers

LONGEST_PAST = 2_000
"""Acts of a shopper; of one who has more, computing all again would take too long."""

STATEMENT_SECONDS = 10.0
SOME = 5


def replay(reach: Reach, dice: random.Random | None = None) -> Check:
    """Return the check that states are what the archive makes of them.

    Args:
        reach: where everything is.
        dice: for the sample of shoppers.
    """
    sampling = Sampling(dice or random.Random())  # noqa: S311 (a sample, no secret)

    def ask() -> Finding:
        with open_watching_shoppers(reach.database_url, STATEMENT_SECONDS) as look:
            marks = sampling.sample(look)
            compared = compare_all(look, list(marks))
        wrong = {one: found.fault for one, found in compared.items() if found.fault is not None}
        sampling.looked(marks, set(wrong))
        loosely = sum(found.loosely for found in compared.values())
        REPLAYED.set(len(compared))
        REPLAY_DIFFERENT.set(len(sampling.wrong))
        evidence: Evidence = {
            "shoppers": len(compared),
            "with cars that have changed since": loosely,
            "past too long": len(marks) - len(compared),
            "different": len(sampling.wrong),
            "of these": [f"{name_for(one)}: {why}" for one, why in sorted(wrong.items())[:SOME]],
        }
        if sampling.wrong:
            faults = Counter(wrong.values()).most_common(1)
            most = f", mostly because {faults[0][0]}" if faults else ""
            sentence = (
                f"The states of {len(sampling.wrong)} shoppers are not what the archive makes "
                f"of them{most}."
            )
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = f"The states of {len(compared)} shoppers are what the archive makes of them."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "Every shopper's state is what their archived past makes of them."
    return Check("replay", Family.CONSISTENCY, promise, 20.0, 30.0, InThread(ask))


def compare_all(look: WatchingShoppers, user_ids: list[UserId]) -> dict[UserId, Compared]:
    """Return what came of comparing the states of shoppers, but for those with too long a past."""
    space, since = look.space(), look.space_since()
    if space is None or since is None:
        return {}
    kept, pasts = look.kept(user_ids), look.pasts(user_ids, LONGEST_PAST + 1)
    pasts = {one: past for one, past in pasts.items() if len(past.events) <= LONGEST_PAST}
    about = {listing_of(told.event) for past in pasts.values() for told in past.events}
    world = World(space, since, look.cars({one for one in about if one is not None}), Params())
    return {one: compare(kept.get(one), past, world) for one, past in pasts.items()}
