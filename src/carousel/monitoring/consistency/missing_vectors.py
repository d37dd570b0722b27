"""Has every active car a vector, and how much of the catalogue is shown to anybody?

Owns:    the check ``missing-vectors``.
Imports: storage, domain, observability, monitoring.
"""

from carousel.domain.listing import Status
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import COVERAGE, LISTINGS, LISTINGS_WITHOUT_VECTOR
from carousel.storage import open_watching_rows

SHOWN = 0.5
"""Impressions, decayed, from which on a car was shown lately: one of a half-life ago."""

STATEMENT_SECONDS = 8.0


def missing_vectors(reach: Reach) -> Check:
    """Return the check that every active listing has a vector."""

    def ask() -> Finding:
        with open_watching_rows(reach.database_url, STATEMENT_SECONDS) as look:
            statuses = look.statuses()
            count, ids = look.without_vector()
            shown = look.shown_lately(SHOWN)
        for status in Status:
            LISTINGS.labels(status.value).set(statuses.get(status.value, 0))
        LISTINGS_WITHOUT_VECTOR.set(count)
        active = statuses.get(Status.ACTIVE.value, 0)
        coverage = shown / active if active else 0.0
        COVERAGE.set(coverage)
        evidence: Evidence = {
            "active": active,
            "without vector": count,
            "of these": [str(one) for one in ids],
            "shown lately": round(coverage, 3),
        }
        if count:
            sentence = f"{count:,} of {active:,} active listings have no vector."
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = (
            f"All {active:,} active listings have a vector; {coverage:.0%} were shown lately."
        )
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "Every active listing has a vector."
    return Check("missing-vectors", Family.CONSISTENCY, promise, 15.0, 20.0, InThread(ask))
