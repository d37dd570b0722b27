"""What ``carousel simulate --drive URL`` does: simulated shoppers on a running server.

Owns:    how a drive is shown while it runs and when it is over, and how it is stopped.
Imports: simulation, rich.
"""

import asyncio
import signal
import time
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from carousel.simulation.driving.site import Meter
from carousel.simulation.driving.traffic import Drive, drive, summary
from carousel.simulation.parameters import Parameters

STOPS = (signal.SIGINT, signal.SIGTERM)


def run_drive(what: Drive, parameters: Parameters, *, quiet: bool) -> Mapping[str, Any]:
    """Drive a server until it is over or somebody stops it; return how it went.

    Raises:
        ConfigurationError: the server cannot be reached, or does not let the operator in.
    """
    console = Console(stderr=True, quiet=quiet, highlight=False)
    begun = time.monotonic()

    async def run() -> Meter:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in STOPS:
            loop.add_signal_handler(number, stop.set)
        with console.status("Reading what is for sale") as status:
            return await drive(
                what,
                parameters,
                stop,
                lambda meter: status.update(_line(meter, time.monotonic() - begun)),
            )

    meter = asyncio.run(run())
    return summary(meter, time.monotonic() - begun)


def _line(meter: Meter, seconds: float) -> str:
    events = meter.events
    return (
        f"{seconds:.0f} s: {events['search']:,} searches, {events['view']:,} cars opened, "
        f"{events['favourite']:,} saved, {events['contact']:,} sellers contacted, "
        f"{sum(meter.failed.values()):,} requests failed; Ctrl-C stops"
    )


def drive_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a person is told at the end of a drive."""
    yield f"{found['seconds']} s, {found['events_per_second']} events a second"
    for kind, count in sorted(found["events"].items()):
        yield f"  {count:>8,}  {kind}"
    for kind, figures in found["requests"].items():
        times = (
            f"  p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms"
            if "p50_ms" in figures
            else ""
        )
        yield f"  {figures['asked']:>8,}  requests: {kind}{times}"
    for what, count in found["failed"].items():
        yield f"  {count:>8,}  failed: {what}"
