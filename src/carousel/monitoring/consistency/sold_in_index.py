"""Can a car be found that is not for sale, or not be found though it is?

Owns:    the check ``sold-in-index``.
Imports: storage, domain, observability, monitoring.
"""

from carousel.domain.listing import Status
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.consistency.memories import memories_off
from carousel.monitoring.reach import Reach
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import SOLD_FINDABLE
from carousel.storage import open_watching_rows

STATEMENT_SECONDS = 8.0


def sold_in_index(reach: Reach) -> Check:
    """Return the check that inventory and memories hold the active listings and no others."""

    def active() -> int:
        with open_watching_rows(reach.database_url, STATEMENT_SECONDS) as look:
            return look.statuses().get(Status.ACTIVE.value, 0)

    def ask() -> Finding:
        with open_watching_rows(reach.database_url, STATEMENT_SECONDS) as look:
            sold, sold_ids = look.findable_unsold()
            missing, missing_ids = look.missing_in_inventory()
        off = memories_off(reach, active)
        SOLD_FINDABLE.labels("inventory").set(sold)
        SOLD_FINDABLE.labels("memory").set(max([0, *off.values()]))
        evidence: Evidence = {
            "findable though not active": sold,
            "of these": [str(one) for one in sold_ids],
            "active though not findable": missing,
            "of those": [str(one) for one in missing_ids],
            **{f"listings too many in {name}": by for name, by in off.items()},
        }
        faults = []
        if sold:
            faults.append(f"{sold:,} listings that are not active can be found.")
        if missing:
            faults.append(f"{missing:,} active listings cannot be found.")
        faults += [
            f"The memory of {name} holds {abs(by):,} listings too {'many' if by > 0 else 'few'}."
            for name, by in off.items()
        ]
        sentence = " ".join(faults) or "Inventory and memories hold the active listings."
        return Finding(held=not faults, sentence=sentence, evidence=evidence)

    promise = "Exactly the active listings can be found."
    return Check("sold-in-index", Family.CONSISTENCY, promise, 15.0, 20.0, InThread(ask))
