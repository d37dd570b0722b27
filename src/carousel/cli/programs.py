"""Which worker processes the settings ask for.

Owns:    their names and command lines.
Imports: cli.processes, settings.
"""

import socket
import sys
from collections.abc import Sequence

from carousel.cli.processes import Program
from carousel.settings import Settings

CAROUSEL = (sys.executable, "-m", "carousel")
TRAFFIC_SHOPPERS, TRAFFIC_DAYS = 2_000, 30
"""When the days are over, the process ends and is started again."""

ALONE = ("appraisals", "notices")
"""What ``carousel stream`` has one process for, however many share the log."""


def api_programs(settings: Settings, listener: socket.socket) -> list[Program]:
    """Return the processes that answer HTTP; all accept from one listener."""
    descriptor = listener.fileno()
    command = [*CAROUSEL, "serve", "--fd", str(descriptor)]
    numbers = range(1, settings.api_workers + 1)
    return [Program(f"api-{number}", command, keep_open=[descriptor]) for number in numbers]


def monitor_program(listener: socket.socket, others: Sequence[Program]) -> Program:
    """Return the process that checks all others; it accepts from a listener of its own."""
    descriptor = listener.fileno()
    expected = (part for one in others for part in ("--expect", one.name))
    command = [*CAROUSEL, "monitor", "--fd", str(descriptor), *expected]
    return Program("monitor", command, keep_open=[descriptor])


def traffic_program(address: str, speed: float) -> Program:
    """Return the process of simulated shoppers who visit the API at an address."""
    command = [*CAROUSEL, "simulate", "--drive", address, "--speed", f"{speed:g}", "--json"]
    shoppers = ["--shoppers", str(TRAFFIC_SHOPPERS), "--days", str(TRAFFIC_DAYS)]
    return Program("traffic", [*command, *shoppers])


def stream_programs(settings: Settings) -> list[Program]:
    """Return the processes of both pipelines, each with its share of the shards, and the others."""
    command = [*CAROUSEL, "stream", "--worker"]
    return [
        *(
            Program(f"{name}-{number + 1}", [*command, str(number), *which])
            for name, which in (("stream", ()), ("collaborative", ("--pipeline", "collaborative")))
            for number in range(settings.pipeline_workers)
        ),
        *(Program(name, [*command, "0", "--pipeline", name]) for name in ALONE),
    ]
