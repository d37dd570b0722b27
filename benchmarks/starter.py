"""The ranker that a new marketplace starts with: learned from simulated markets, and written down.

Run:  .venv/bin/python -m benchmarks.starter [--shoppers 2000] [--out FILE]

Three markets, no one like another: other seeds, more or less taste that no advert shows, shoppers
who decide by sums and by aspects. None of them is one that docs/lab.md judges by.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from carousel.domain.ranker.ranking import to_model
from carousel.recording.tables import Recording
from carousel.serving import starting
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters
from carousel.training.starting import train_starter

BEGINS = datetime(2026, 5, 4, tzinfo=UTC)
DAYS = 30
WORLDS = (
    {"preferences": "additive", "hidden": 1.0, "seed": 101},
    {"preferences": "additive", "hidden": 2.0, "seed": 102},
    {"preferences": "aspects", "hidden": 1.0, "seed": 103},
)
HERE = Path(starting.__file__).with_name(starting.FILE)


def recordings(shoppers: int) -> Iterator[Recording]:
    for world in WORLDS:
        print(world, file=sys.stderr)
        made = simulate(
            read_parameters(),
            shoppers=shoppers,
            listings=4 * shoppers,
            days=DAYS,
            begins=BEGINS,
            progress=lambda _done, _of: None,
            **world,  # type: ignore[arg-type]  # one table of worlds for all arguments
        )
        yield made.recording


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=2_000, help="of each market")
    parser.add_argument("--out", type=Path, default=HERE)
    asked = parser.parse_args()
    ranker = train_starter(recordings(asked.shoppers))
    asked.out.write_text(starting.as_text(to_model(ranker, {})), encoding="utf-8")
    print(f"{asked.out}: {asked.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
