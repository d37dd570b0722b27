"""Can a car be found that is not for sale, or not be found though it is?

Owns:    the check ``sold-in-index``.
Imports: storage, observability, monitoring.
"""

from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import SOLD_FINDABLE
from carousel.storage import open_watching_rows

STATEMENT_SECONDS = 8.0


def sold_in_index(reach: Reach) -> Check:
    """Return the check that the inventory holds the active listings and no others."""

    def ask() -> Finding:
        with open_watching_rows(reach.database_url, STATEMENT_SECONDS) as look:
            sold, sold_ids = look.findable_unsold()
            missing, missing_ids = look.missing_in_inventory()
        SOLD_FINDABLE.labels("inventory").set(sold)
        evidence: Evidence = {
            "findable though not active": sold,
            "of these": [str(one) for one in sold_ids],
            "active though not findable": missing,
            "of those": [str(one) for one in missing_ids],
        }
        faults = []
        if sold:
            faults.append(f"{sold:,} listings that are not active can be found.")
        if missing:
            faults.append(f"{missing:,} active listings cannot be found.")
        sentence = " ".join(faults) or "The inventory holds the active listings and no others."
        return Finding(held=not faults, sentence=sentence, evidence=evidence)

    promise = "Exactly the active listings can be found."
    return Check("sold-in-index", Family.CONSISTENCY, promise, 15.0, 20.0, InThread(ask))
