"""How long it takes to simulate a market and write it, and how much memory; and what it is like.

Run:  .venv/bin/python -m benchmarks.simulator [--shoppers 12000] [--listings 45000] [--days 60]
      [--preferences additive] [--seed 1] [--json]

The goal for the default size is two minutes on two cores, files included. ``cpu`` is this process's
own time, which says more than the clock where other programs share the machine.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from carousel.recording import files
from carousel.simulation import truth_files
from carousel.simulation.describing import describe
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters
from carousel.simulation.preferences import PREFERENCES

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
GOAL_SECONDS = 120.0


def show_progress(done: int, days: int) -> None:
    print(f"\rday {done} of {days}", end="\n" if done == days else "", file=sys.stderr, flush=True)


def measure(wish: argparse.Namespace) -> dict[str, float]:
    """Return seconds, memory and the figures of the market; text to number."""
    begun, cpu = time.perf_counter(), time.process_time()
    simulated = simulate(
        read_parameters(),
        shoppers=wish.shoppers,
        listings=wish.listings,
        days=wish.days,
        seed=wish.seed,
        begins=BEGINS,
        preferences=wish.preferences,
        hidden=None,
        progress=show_progress,
    )
    made, made_cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as place:
        files.write(simulated.recording, Path(place))
        truth_files.write(simulated.truth, Path(place))
        size = sum(file.stat().st_size for file in Path(place).rglob("*") if file.is_file())
    written, written_cpu = time.perf_counter(), time.process_time()
    # ru_maxrss is in kilobytes on Linux, in bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "seconds to simulate": made - begun,
        "seconds to simulate, cpu": made_cpu - cpu,
        "seconds to write": written - made,
        "seconds to write, cpu": written_cpu - made_cpu,
        "seconds altogether": written - begun,
        "seconds altogether, goal": GOAL_SECONDS,
        "peak memory, GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9,
        "files, MB": size / 1e6,
        **describe(simulated),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=12_000, help="accounts, noise included")
    parser.add_argument("--listings", type=int, default=45_000, help="cars altogether, about")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preferences", choices=PREFERENCES, default=PREFERENCES[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wish = parser.parse_args()
    figures = measure(wish)
    if wish.json:
        print(json.dumps(figures, indent=1))
        return
    for name, number in figures.items():
        print(f"{name:45}{number:>16,.{0 if abs(number) >= 1_000 else 3}f}")


if __name__ == "__main__":
    main()
