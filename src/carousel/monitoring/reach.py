"""What the checks may reach: the servers, the API, the processes.

Owns:    the form in which a check is told where everything is.
Imports: the standard library.
"""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reach:
    """Where everything is. A check opens connections of its own and closes them as it ends.

    database_url, log_url, cache_url: of the servers, with a limit on every statement.
    log_shards: of the event log.
    targets:    directory of the files that say where each process tells its metrics.
    api_url:    where the API answers, without a slash at the end.
    expected:   names of the processes that should run; empty where nobody knows.
    """

    database_url: str = field(repr=False)
    log_url: str = field(repr=False)
    cache_url: str = field(repr=False)
    log_shards: int
    targets: Path
    api_url: str
    expected: tuple[str, ...] = ()
