"""Do the intervals of the counterfactual estimates hold the truth as often as they say?

Run:  .venv/bin/python -m benchmarks.counterfactual_coverage [--seeds 100] [--shoppers 1500]

Every seed is a market of its own, small, with as many random places as there can be, simulated from
the first car to the last click and studied like any other: attention is estimated in it too, and
shoppers remember. A 95 % interval should hold the truth in 95 of 100 markets. ``miss`` is the mean
of estimate less truth, as a share of the truth: what remains of it over many markets is bias.
"""

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from carousel.evaluation.counterfactual.study import Choices, study
from carousel.evaluation.market import Market, Progress
from carousel.evaluation.provenance import of_run
from carousel.evaluation.results import MethodResult
from carousel.simulation.living import simulate
from carousel.simulation.parameters import Parameters, read_parameters

METHODS = ("popular", "newest", "random", "oracle")
ESTIMATORS = ("naive", "ips", "snips", "dr")
BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
NOWHERE = Path("never-written")


@dataclass(slots=True)
class Tally:
    """What one estimator did, over methods and markets."""

    held: list[bool] = field(default_factory=list)
    miss: list[float] = field(default_factory=list)
    reach: list[float] = field(default_factory=list)

    def add(self, one: MethodResult, key: str) -> None:
        """Take in a method's estimate; one that was not quoted is not counted."""
        estimate, truth = one.figures[f"open.{key}"], one.figures["open.truth"].mean
        if not math.isnan(estimate.mean):
            self.held.append(estimate.low <= truth <= estimate.high)
            self.miss.append(estimate.mean / truth - 1)
            self.reach.append((estimate.high - estimate.low) / 2 / truth)


def exploring() -> Parameters:
    """Return the parameters with one random place on every page."""
    given = read_parameters()
    tables = {name: dict(table) for name, table in given.tables.items()}
    tables["exposure"]["explore"] = 1 / tables["exposure"]["page"]
    return Parameters(tables, given.source)


def studied(seed: int, wish: argparse.Namespace) -> Mapping[str, MethodResult]:
    """Simulate a market and study it; return the results by method."""
    made = simulate(
        exploring(),
        shoppers=wish.shoppers,
        listings=wish.listings,
        days=wish.days,
        seed=seed,
        begins=BEGINS,
        preferences="additive",
        hidden=None,
        progress=_quiet,
    )
    market = Market(NOWHERE, made.recording, {}, "", made.truth)
    choices = Choices(METHODS, split=wish.split, pool=wish.pool, seed=seed)
    finish = study(market, choices, Progress(_quiet, _quiet))
    report = finish(
        of_run(
            command=["benchmark"],
            made_at=BEGINS,
            seed=seed,
            data="",
            data_hash="",
            settings={},
            seconds=0.0,
        )
    )
    return {one.name: one for one in report.methods}


def _quiet(*told: object) -> None:
    del told


def main() -> None:
    """Print how often the intervals held the truth."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--seeds", type=int, default=100)
    ask.add_argument("--first", type=int, default=1, help="first seed")
    ask.add_argument("--shoppers", type=int, default=1_500)
    ask.add_argument("--listings", type=int, default=3_000)
    ask.add_argument("--days", type=int, default=60)
    ask.add_argument("--split", default="0.2")
    ask.add_argument("--pool", type=int, default=300)
    wish = ask.parse_args()
    begun = time.perf_counter()
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for done, seed in enumerate(range(wish.first, wish.first + wish.seeds), start=1):
        results = studied(seed, wish)
        for name in METHODS:
            for key in ESTIMATORS:
                tallies[name, key].add(results[name], key)
        tallies["recorded lists", "ips"].add(results["as-recorded"], "ips")
        told = f"\r{done} of {wish.seeds} markets, {time.perf_counter() - begun:.0f} s"
        print(told, end="\n" if done == wish.seeds else "", file=sys.stderr, flush=True)
    print(f"{'policy':16}{'estimator':>10}{'quoted':>8}{'held':>8}{'miss':>9}{'±':>7}{'reach':>8}")
    for (name, key), tally in tallies.items():
        if tally.held:
            error = 1.96 * np.std(tally.miss) / math.sqrt(len(tally.miss))
            print(
                f"{name:16}{key:>10}{len(tally.held):>8}{np.mean(tally.held):>8.0%}"
                f"{np.mean(tally.miss):>+9.1%}{error:>7.1%}{np.mean(tally.reach):>8.0%}"
            )


if __name__ == "__main__":
    main()
