"""Which worker processes the settings ask for.

Owns:    their names and command lines.
Imports: cli.processes, settings.
"""

import socket
import sys

from carousel.cli.processes import Program
from carousel.settings import Settings

CAROUSEL = (sys.executable, "-m", "carousel")


def api_programs(settings: Settings, listener: socket.socket) -> list[Program]:
    """Return the processes that answer HTTP; all accept from one listener."""
    descriptor = listener.fileno()
    command = [*CAROUSEL, "serve", "--fd", str(descriptor)]
    numbers = range(1, settings.api_workers + 1)
    return [Program(f"api-{number}", command, keep_open=[descriptor]) for number in numbers]


def stream_programs(settings: Settings) -> list[Program]:
    """Return the processes of the pipelines; each follows its share of the log's shards."""
    numbers = range(settings.pipeline_workers)
    return [
        Program(f"stream-{number + 1}", [*CAROUSEL, "stream", "--worker", str(number)])
        for number in numbers
    ]
