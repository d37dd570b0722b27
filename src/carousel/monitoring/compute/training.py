"""Did the last training end with a model that serves?

Owns:    the check ``training``.
Imports: storage, observability, monitoring.

``carousel train`` notes how each training ended. One that was refused leaves the last good model in
its place, so shoppers feel nothing; but the archive tells something that the gate does not believe,
and from now on what serves grows old.
"""

from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.series import Series
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import TRAINING_ENDED
from carousel.observability.redaction import redacted
from carousel.storage import open_models

PUBLISHED = "published"
IN_WORDS = {"refused": "was refused", "failed": "failed"}
LONGEST_WHY = 300  # characters


def training(reach: Reach) -> Check:
    """Return the check of the last training of each kind."""
    told = Series(TRAINING_ENDED)

    def ask() -> Finding:
        with open_models(reach.database_url) as store:
            endings = store.endings()
        told.tell({one.kind: one.at.timestamp() for one in endings})
        if not endings:
            return Finding(held=True, sentence="Nothing was trained since trainings are noted.")
        evidence: Evidence = {
            **{one.kind: f"{one.outcome} {one.version or ''}".strip() for one in endings},
            **{f"{one.kind}, ended": one.at.isoformat(timespec="seconds") for one in endings},
        }
        bad = [one for one in endings if one.outcome != PUBLISHED]
        if bad:
            sentence = " ".join(
                f"The last training of {one.kind} {IN_WORDS[one.outcome]}: "
                f"{redacted(one.why or 'nothing is said why', LONGEST_WHY)}"
                for one in bad
            )
            return Finding(held=False, sentence=sentence, evidence=evidence)
        kinds = ", ".join(one.kind for one in endings)
        return Finding(
            held=True, sentence=f"The last training of {kinds} was published.", evidence=evidence
        )

    promise = "The last training of each kind of model was published."
    return Check("training", Family.COMPUTE, promise, 15.0, 10.0, InThread(ask))
