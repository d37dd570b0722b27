"""Does the order of methods hold in markets made differently?

Run:  .venv/bin/python -m benchmarks.lab_worlds [--shoppers 4000] [--json]

The same methods in worlds with other seeds, without and with much hidden taste, and with shoppers
who decide otherwise (aspects instead of sums). What is shown is the truth: of all that the best ten
cars for sale would be opened, the share that a method's first ten are, with 95 % intervals by
shopper. In the last world nobody wants anything, and all must be alike.
"""

import argparse
import json
import math
import sys
from datetime import UTC, datetime
from typing import Any

from threadpoolctl import threadpool_limits

from carousel.evaluation.methods import METHODS, make
from carousel.evaluation.played import Options
from carousel.evaluation.replay import replay
from carousel.evaluation.results import Estimate
from carousel.evaluation.summary import Telling, summarise
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
METRIC = "truth.open.share"
COMPARED = (
    "random", "popular", "prototype", "prototype-flat-mean", "item-knn", "implicit-als",
    "bumps-mean", "carousel",
)  # fmt: skip
WORLDS = (
    ("additive, seed 1", {"preferences": "additive", "hidden": 1.0, "seed": 1}),
    ("additive, seed 2", {"preferences": "additive", "hidden": 1.0, "seed": 2}),
    ("additive, nothing hidden", {"preferences": "additive", "hidden": 0.0, "seed": 3}),
    ("additive, much hidden", {"preferences": "additive", "hidden": 2.0, "seed": 4}),
    ("aspects", {"preferences": "aspects", "hidden": 1.0, "seed": 5}),
    ("nobody wants anything", {"preferences": "null", "hidden": 0.0, "seed": 6}),
)


def measure(world: dict[str, Any], shoppers: int, moments: int) -> dict[str, Estimate]:
    made = simulate(
        read_parameters(),
        shoppers=shoppers,
        listings=4 * shoppers,
        days=40,
        begins=BEGINS,
        progress=lambda _done, _of: None,
        **world,
    )
    recording = made.recording
    with threadpool_limits(1, "blas"):
        played = replay(
            recording,
            [make(name, made.truth) for name in COMPARED],
            split=recording.begins + 0.8 * (recording.ends - recording.begins),
            options=Options(moments=moments, slates=1),
            truth=made.truth,
        )
    found = summarise(played, Telling(metrics=[METRIC]))
    return {method.name: method.figures[METRIC] for method in found.methods}


def table(rows: dict[str, dict[str, Estimate]]) -> str:
    labels = [METHODS[name].label for name in COMPARED]
    lines = [f"| world | {' | '.join(labels)} |", "|---|" + "---:|" * len(labels)]
    for world, figures in rows.items():
        half = {n: (f.high - f.low) / 2 for n, f in figures.items()}
        best = max(
            (n for n in COMPARED if not math.isnan(figures[n].mean)), key=lambda n: figures[n].mean
        )
        cells = [
            f"{'**' if n == best else ''}{figures[n].mean:.3f}{'**' if n == best else ''} "
            f"± {half[n]:.3f}"
            for n in COMPARED
        ]
        lines.append(f"| {world} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=4_000)
    parser.add_argument("--moments", type=int, default=1_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    rows = {}
    for name, world in WORLDS:
        print(name, file=sys.stderr)
        rows[name] = measure(world, options.shoppers, options.moments)
    if options.json:
        document = {
            world: {n: [f.mean, f.low, f.high] for n, f in figures.items()}
            for world, figures in rows.items()
        }
        print(json.dumps(document, indent=2))
    else:
        print(table(rows))


if __name__ == "__main__":
    main()
