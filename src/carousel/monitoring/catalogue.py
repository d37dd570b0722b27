"""All checks of the monitor.

Owns:    the list.
Imports: every check.

To add a check: one file with a function that takes a ``Reach`` and returns a ``Check``, its name
here, a row in docs/monitor.md, its alert and docs/runbooks/NAME.md.
"""

from collections.abc import Callable

from carousel.monitoring.check import Check
from carousel.monitoring.compute.drain import drain
from carousel.monitoring.compute.lag import lag
from carousel.monitoring.compute.models import models
from carousel.monitoring.compute.processes import processes
from carousel.monitoring.compute.servers import servers
from carousel.monitoring.consistency.missing_vectors import missing_vectors
from carousel.monitoring.consistency.orphans import orphans
from carousel.monitoring.consistency.sold_in_cache import sold_in_cache
from carousel.monitoring.consistency.sold_in_index import sold_in_index
from carousel.monitoring.reach import Reach

COMPUTE: tuple[Callable[[Reach], Check], ...] = (
    processes,
    servers,
    lag,
    drain,
    models,
)
CONSISTENCY: tuple[Callable[[Reach], Check], ...] = (
    missing_vectors,
    sold_in_index,
    sold_in_cache,
    orphans,
)


def all_checks(reach: Reach) -> list[Check]:
    """Return the checks of computing and of consistency; the journey is made where its login is."""
    return [make(reach) for make in (*COMPUTE, *CONSISTENCY)]
