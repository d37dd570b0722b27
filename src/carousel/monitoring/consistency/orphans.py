"""Is there a row about a car or a shopper that does not exist?

Owns:    the check ``orphans``.
Imports: storage, observability, monitoring.
"""

from collections import defaultdict
from collections.abc import Sequence

from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.series import Series
from carousel.monitoring.threads import InThread
from carousel.observability.logs import name_for
from carousel.observability.metrics import ORPHANS
from carousel.storage import open_watching_rows

STATEMENT_SECONDS = 15.0


def orphans(reach: Reach) -> Check:
    """Return the check that every row is about something there is."""
    told = Series(ORPHANS)

    def ask() -> Finding:
        with open_watching_rows(reach.database_url, STATEMENT_SECONDS) as look:
            found = look.orphans()
        tables: defaultdict[str, int] = defaultdict(int)
        for name, (count, _) in found.items():
            tables[name.partition(".")[0]] += count
        told.tell(tables)
        wrong = {name: what for name, what in found.items() if what[0]}
        evidence: Evidence = {
            "tables": len(tables),
            **{f"{name}, rows": count for name, (count, _) in wrong.items()},
            **{f"{name}, of these": _named(name, ids) for name, (_, ids) in wrong.items()},
        }
        if wrong:
            listed = ", ".join(f"{count:,} of {name}" for name, (count, _) in wrong.items())
            sentence = f"Rows are about what does not exist: {listed}."
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = f"No row of {len(tables)} tables is about what does not exist."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "Every row is about a listing and a shopper that exist."
    return Check("orphans", Family.CONSISTENCY, promise, 30.0, 60.0, InThread(ask))


def _named(name: str, ids: Sequence[int]) -> list[str]:
    """Return ids of listings as they are, and pseudonyms of shoppers."""
    return [name_for(one) if name.endswith(".user_id") else str(one) for one in ids]
