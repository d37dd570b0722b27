"""Is what shoppers did applied within seconds?

Owns:    the check ``lag``.
Imports: storage, observability, monitoring.
"""

from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.compute.backlog import Backlogs
from carousel.monitoring.reach import Reach
from carousel.monitoring.series import Series
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import (
    DEAD_LETTERS_KEPT,
    LAG_ENTRIES,
    LAG_SECONDS,
    LOG_APPENDED,
    LOG_ENTRIES,
)

LONGEST_SECONDS = 10.0
"""Age of the oldest entry that is not applied, from which on a pipeline is late."""


def lag(reach: Reach) -> Check:
    """Return the check of how far the pipelines are behind."""
    backlogs = Backlogs(reach)
    entries, appended = Series(LOG_ENTRIES), Series(LOG_APPENDED)
    lag_entries, lag_seconds = Series(LAG_ENTRIES), Series(LAG_SECONDS)

    def ask() -> Finding:
        found = backlogs.read()
        shards = found.log.shards
        entries.tell({shard: one.entries for shard, one in shards.items()})
        appended.tell({shard: one.appended for shard, one in shards.items()})
        DEAD_LETTERS_KEPT.set(found.log.letters)
        behind = {
            (pipeline, shard): one
            for pipeline, of_shards in found.behind.items()
            for shard, one in of_shards.items()
        }
        lag_entries.tell({labels: one.entries for labels, one in behind.items()})
        lag_seconds.tell({labels: one.seconds for labels, one in behind.items()})
        late = [name for name, one in behind.items() if one.seconds >= LONGEST_SECONDS]
        oldest = max((one.seconds for one in behind.values()), default=0.0)
        evidence: Evidence = {
            "entries in the log": sum(one.entries for one in shards.values()),
            "oldest not applied, seconds": round(oldest, 1),
            "dead letters": found.log.letters,
            **{f"behind, {name}": round(found.entries(name)) for name in found.behind},
            "late": [f"{pipeline}, shard {shard}" for pipeline, shard in late],
        }
        if late:
            names = " and ".join(sorted({pipeline for pipeline, _ in late}))
            sentence = (
                f"The oldest entry that {names} has not applied is {oldest:.0f} s old, "
                f"in {len(late)} shards."
            )
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = f"The oldest entry that is not applied is {oldest:.1f} s old."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "What shoppers did is applied by every pipeline within ten seconds."
    return Check("lag", Family.COMPUTE, promise, 5.0, 5.0, InThread(ask))
