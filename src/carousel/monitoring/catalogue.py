"""All checks of the monitor.

Owns:    the list.
Imports: every check.

To add a check: one file with a function that takes a ``Reach`` and returns a ``Check``, its name
here, a row in docs/monitor.md, its alert and docs/runbooks/NAME.md.
"""

from collections.abc import Callable

from carousel.monitoring.check import Check
from carousel.monitoring.reach import Reach

COMPUTE: tuple[Callable[[Reach], Check], ...] = ()
CONSISTENCY: tuple[Callable[[Reach], Check], ...] = ()


def all_checks(reach: Reach) -> list[Check]:
    """Return the checks of computing and of consistency; the journey is made where its login is."""
    return [make(reach) for make in (*COMPUTE, *CONSISTENCY)]
