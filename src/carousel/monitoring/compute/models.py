"""Are the models that serve young, and can they be read?

Owns:    the check ``models``.
Imports: storage, domain, observability, monitoring.
"""

from datetime import UTC, datetime, timedelta

from carousel.domain.errors import ModelError
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.series import Series
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import MODEL_AGE, MODEL_WORTH
from carousel.storage import open_models, open_watching

OLDEST = timedelta(days=8)
"""Of an active model: trained every week, it may be a day late."""

STATEMENT_SECONDS = 5.0


def models(reach: Reach) -> Check:
    """Return the check of the active models."""
    ages, worths = Series(MODEL_AGE), Series(MODEL_WORTH)

    def ask() -> Finding:
        with open_watching(reach.database_url, STATEMENT_SECONDS) as database:
            in_use = database.in_use()
        now = datetime.now(UTC)
        age = {one.kind: now - one.trained_at for one in in_use}
        ages.tell({kind: at.total_seconds() for kind, at in age.items()})
        worths.tell({one.kind: one.worth for one in in_use if one.worth is not None})
        if not in_use:
            sentence = "No model was ever trained, so the bundled ranker serves."
            return Finding(held=True, sentence=sentence, evidence={"active": []})
        old = [kind for kind, since in age.items() if since > OLDEST]
        damaged: list[str] = []
        with open_models(reach.database_url) as store:
            for one in in_use:
                try:
                    store.read(one.kind, one.version)
                except ModelError as error:
                    damaged.append(f"{one.kind} {one.version}: {error}")
        evidence: Evidence = {
            "active": [f"{one.kind} {one.version}" for one in in_use],
            **{
                f"age of {kind}, days": round(at / timedelta(days=1), 2) for kind, at in age.items()
            },
            **{f"worth of {one.kind}": one.worth for one in in_use},
            "damaged": damaged,
        }
        faults = [f"The active model cannot be read: {one}" for one in damaged]
        faults += [f"The active model {kind} is {age[kind].days} days old." for kind in old]
        if faults:
            return Finding(held=False, sentence=" ".join(faults), evidence=evidence)
        oldest = max(age.values()) / timedelta(days=1)
        sentence = f"{len(in_use)} models serve, the oldest for {oldest:.1f} days."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "The models that serve are younger than eight days and can be read."
    return Check("models", Family.COMPUTE, promise, 30.0, 20.0, InThread(ask))
