"""Does the order of methods hold in markets made differently?

Run:  .venv/bin/python -m benchmarks.lab_worlds [--shoppers 4000] [--ours carousel] [--json]

The same methods in worlds with other seeds, without and with much hidden taste, and with shoppers
who decide otherwise (aspects instead of sums). What is shown is the truth: of all that the best ten
cars for sale would be opened, the share that a method's first ten are, with 95 % intervals by
shopper. In the last world nobody wants anything, and all must be alike.

For three of the worlds, hidden taste off, normal and strong, the ratios follow that Carousel is
held to: its share over that of the prototype as shipped, of the same with a flat mean, and of the
library that is best there, for all shoppers and by how many events are known of them. With --ours
carousel-exploring they are those of the engine as it serves, one place of ten left to chance.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from carousel.evaluation.intervals import RESAMPLES, banded, ratio, resamples
from carousel.evaluation.methods import METHODS, make
from carousel.evaluation.played import Options, Played
from carousel.evaluation.replay import replay
from carousel.evaluation.results import Estimate
from carousel.evaluation.slicing import by_shopper
from carousel.evaluation.summary import Telling, summarise
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
METRIC = "truth.open.share"
OTHERS = (
    "random", "popular", "prototype", "prototype-flat-mean", "item-knn", "implicit-als",
    "bumps-mean",
)  # fmt: skip
OURS, LIBRARIES = "carousel", ("item-knn", "implicit-als")
WORLDS = (
    ("additive, seed 1", {"preferences": "additive", "hidden": 1.0, "seed": 1}),
    ("additive, seed 2", {"preferences": "additive", "hidden": 1.0, "seed": 2}),
    ("additive, nothing hidden", {"preferences": "additive", "hidden": 0.0, "seed": 3}),
    ("additive, much hidden", {"preferences": "additive", "hidden": 2.0, "seed": 4}),
    ("aspects", {"preferences": "aspects", "hidden": 1.0, "seed": 5}),
    ("nobody wants anything", {"preferences": "null", "hidden": 0.0, "seed": 6}),
)

BARRED = ("additive, nothing hidden", "additive, seed 1", "additive, much hidden")
BARS = {"prototype": 2.4, "flat mean": 1.7, "library": 1.15}


@dataclass(frozen=True)
class World:
    """What was measured in one. ratios: by history, then by rival; see BARS."""

    figures: dict[str, Estimate]
    ratios: dict[str, dict[str, Estimate]]


def measure(world: dict[str, Any], shoppers: int, moments: int, ours: str = OURS) -> World:
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
            [make(name, made.truth) for name in (*OTHERS, ours)],
            split=recording.begins + 0.8 * (recording.ends - recording.begins),
            options=Options(moments=moments, slates=1),
            truth=made.truth,
        )
    found = summarise(played, Telling(metrics=[METRIC]))
    figures = {method.name: method.figures[METRIC] for method in found.methods}
    return World(figures, against(played, {name: figures[name].mean for name in LIBRARIES}, ours))


def against(
    played: Played, libraries: dict[str, float], ours: str
) -> dict[str, dict[str, Estimate]]:
    """Return what Carousel earns over what each rival earns, by history, with intervals."""
    best_library = max(libraries, key=lambda name: libraries[name])
    rivals = {"prototype": "prototype", "flat mean": "prototype-flat-mean", "library": best_library}
    runs = {run.name: run for run in played.runs}
    names = [ours, *rivals.values()]
    earned = np.stack([np.nan_to_num(runs[name].open).sum(axis=1) for name in names], axis=1)
    moments = {"all": np.ones(len(earned), np.bool_), **by_shopper(played)["history"]}
    shoppers, place = np.unique(played.moments.shopper, return_inverse=True)
    found: dict[str, dict[str, Estimate]] = {}
    for history, of in moments.items():
        sums = np.zeros((len(shoppers), len(names)))
        np.add.at(sums, place[of], earned[of])
        draws = resamples(len(shoppers), RESAMPLES, np.random.default_rng(0)) @ sums
        means = ratio(sums[:, [0]].sum(axis=0), sums[:, 1:].sum(axis=0))
        counts = np.full(len(rivals), len(np.unique(place[of])))
        spread = ratio(draws[:, [0]], draws[:, 1:])
        found[history] = dict(zip(rivals, banded(means, spread, counts), strict=True))
    return found


def table(rows: dict[str, dict[str, Estimate]]) -> str:
    compared = list(next(iter(rows.values())))
    labels = [METHODS[name].label for name in compared]
    lines = [f"| world | {' | '.join(labels)} |", "|---|" + "---:|" * len(labels)]
    for world, figures in rows.items():
        half = {n: (f.high - f.low) / 2 for n, f in figures.items()}
        best = max(
            (n for n in compared if not math.isnan(figures[n].mean)), key=lambda n: figures[n].mean
        )
        cells = [
            f"{'**' if n == best else ''}{figures[n].mean:.3f}{'**' if n == best else ''} "
            f"± {half[n]:.3f}"
            for n in compared
        ]
        lines.append(f"| {world} | {' | '.join(cells)} |")
    return "\n".join(lines)


def bars(worlds: dict[str, World]) -> str:
    asked = [f"over {name}, asked {bar}" for name, bar in BARS.items()]
    lines = [
        f"| world | history | {' | '.join(asked)} |",
        "|---|---|" + "---:|" * len(BARS),
    ]
    for name in BARRED:
        for history, ratios in worlds[name].ratios.items():
            cells = [f"{one.mean:.2f} ({one.low:.2f} to {one.high:.2f})" for one in ratios.values()]
            lines.append(f"| {name} | {history} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=4_000)
    parser.add_argument("--moments", type=int, default=1_000)
    parser.add_argument("--ours", default=OURS, help="the method held against the others")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    worlds = {}
    for name, world in WORLDS:
        print(name, file=sys.stderr)
        worlds[name] = measure(world, options.shoppers, options.moments, options.ours)
    if options.json:
        print(json.dumps({name: asdict(world) for name, world in worlds.items()}, indent=2))
    else:
        print(table({name: world.figures for name, world in worlds.items()}))
        print()
        print(bars(worlds))


if __name__ == "__main__":
    main()
