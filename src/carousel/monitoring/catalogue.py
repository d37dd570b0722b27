"""All checks of the monitor.

Owns:    the list.
Imports: every check.

To add a check: one file with a function that takes a ``Reach`` and returns a ``Check``, its name
here, the table in docs/monitor.md renewed, its alert and docs/runbooks/NAME.md.
"""

from collections.abc import Callable, Sequence

from carousel.monitoring.check import Check
from carousel.monitoring.compute.drain import drain
from carousel.monitoring.compute.lag import lag
from carousel.monitoring.compute.models import models
from carousel.monitoring.compute.processes import processes
from carousel.monitoring.compute.servers import servers
from carousel.monitoring.compute.training import training
from carousel.monitoring.consistency.archive import archive
from carousel.monitoring.consistency.missing_vectors import missing_vectors
from carousel.monitoring.consistency.orphans import orphans
from carousel.monitoring.consistency.replay import replay
from carousel.monitoring.consistency.sold_in_cache import sold_in_cache
from carousel.monitoring.consistency.sold_in_index import sold_in_index
from carousel.monitoring.consistency.vector_values import vector_values
from carousel.monitoring.consistency.vector_versions import vector_versions
from carousel.monitoring.reach import Reach

COMPUTE: tuple[Callable[[Reach], Check], ...] = (
    processes,
    servers,
    lag,
    drain,
    models,
    training,
)
CONSISTENCY: tuple[Callable[[Reach], Check], ...] = (
    replay,
    archive,
    vector_versions,
    vector_values,
    missing_vectors,
    sold_in_index,
    sold_in_cache,
    orphans,
)


def checks_table(checks: Sequence[Check]) -> str:
    """Return the table of checks in Markdown, as docs/monitor.md shows it."""
    rows = ["| check | family | promise | every | gives up after |", "|---|---|---|---|---|"]
    for one in checks:
        lengths = f"{one.interval:g} s | {one.timeout:g} s"
        rows.append(f"| `{one.name}` | {one.family} | {one.promise} | {lengths} |")
    return "\n".join(rows) + "\n"


def all_checks(reach: Reach) -> list[Check]:
    """Return the checks of computing and of consistency; the journey is made where its login is."""
    return [make(reach) for make in (*COMPUTE, *CONSISTENCY)]
