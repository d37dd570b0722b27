"""Which learner ranks best: a linear one, trees that tell chances, trees that tell an order, both?

Run:  .venv/bin/python -m benchmarks.learners [--preferences aspects --seed 5] [--shoppers 4000]
          [--moments 400] [--json]
      with the lab's packages (pip install 'carousel[lab]')

Owns:    one simulated market, in which one engine hears everything and is asked with rankers that
         learned the same rows in different ways; openings and contacts of the first ten cars by the
         truth, and differences paired by shopper.
Imports: carousel, numpy, threadpoolctl, benchmarks.engine_parts.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.engine_parts import WHOLE, Asked, Judging, living, rows_for, told
from carousel.domain.ranker.trees import Trees
from carousel.evaluation.intervals import RESAMPLES, estimates, resamples, summed
from carousel.evaluation.methods.carousel import Carousel
from carousel.evaluation.methods.knobs import Variant
from carousel.evaluation.metrics.column import Column
from carousel.evaluation.metrics.regret import truth_columns
from carousel.evaluation.paired import differences
from carousel.evaluation.played import Options, Played, Run
from carousel.evaluation.replay import replay
from carousel.evaluation.world import World
from carousel.training import ranking
from carousel.training.ranking import DEFAULTS, Grown, RankerTraining
from carousel.training.ranking_rows import Rows

METRICS = {"truth.open.share": "openings", "truth.contact.share": "contacts"}
LEARNERS = {
    "linear floor": "no trees",
    "chances": "trees of cross-entropy",
    "order": "LambdaMART, its sums made chances by a line",
    "more of chances": "twice as many trees of cross-entropy, at half the rate",
}


def of_order(grown: Grown, line: tuple[float, float] | None) -> Trees:
    """Return the trees of the order alone, as chances."""
    height, slope = line or (0.0, 1.0)
    trees = grown.orders
    return replace(trees, leaves=slope * trees.leaves + height / len(trees.leaves))


def of_chances(grown: Grown, line: tuple[float, float] | None) -> Trees:
    """Return the trees of chances alone."""
    del line
    return grown.chances


class Learned(Asked):
    """The engine with a ranker that learned the same rows in another way."""

    def __init__(self, leader: Carousel, learner: str, rows: Rows) -> None:
        super().__init__(leader, learner, Variant(learner, LEARNERS[learner]))
        self._learner, self._rows = learner, rows

    def begin(self, world: World) -> None:
        """Train the ranker anew, in this way."""
        super().begin(world)
        training, trees = DEFAULTS, DEFAULTS.trees
        if self._learner == "linear floor":
            training = replace(DEFAULTS, trees=None)
        elif trees is not None and self._learner == "more of chances":
            more = replace(trees, trees=2 * trees.trees, rate=trees.rate / 2)
            training = replace(DEFAULTS, trees=more)
        together = of_order if self._learner == "order" else of_chances
        with (
            patch.object(ranking, "rows_of", lambda *_, **__: self._rows),
            patch.object(Grown, "together", together),
        ):
            self._store = Judging(self._store, trained(world, training))  # type: ignore[assignment]


def trained(world: World, training: RankerTraining) -> Any:  # noqa: ANN401 (a model)
    return ranking.train_ranker(world.recording, world.now, training)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    made = living(options.shoppers, options.preferences, options.seed)
    recording = made.recording
    whole = Carousel(WHOLE)
    split = recording.begins + 0.8 * (recording.ends - recording.begins)
    rows = rows_for(recording, split)
    with threadpool_limits(1, "blas"):
        played = replay(
            recording,
            [whole, *(Learned(whole, learner, rows) for learner in LEARNERS)],
            split=split,
            options=Options(moments=options.moments, slates=1),
            truth=made.truth,
            progress=lambda done, of: print(f"{done} of {of}", file=sys.stderr),
        )
    return compared(played)


def compared(played: Played) -> dict[str, Any]:
    """Return by learner its shares of the best, and their differences to both kinds together."""
    best = played.best
    if best is None:
        raise SystemExit("Only a simulated market knows the truth.")
    shopper = played.moments.shopper
    population = np.unique(shopper)
    draws = resamples(len(population), RESAMPLES, np.random.default_rng(0))

    def columns(run: Run) -> list[Column]:
        found = {one.key: one for one in truth_columns(run, best, shopper, {})}
        return [found[key] for key in METRICS]

    sums = {run.name: summed(columns(run), population) for run in played.runs}
    return {
        name: {
            metric: {"share": told(share), "difference": told(difference)}
            for metric, share, difference in zip(
                METRICS.values(),
                estimates(sums[name], draws),
                differences(sums[name], sums[WHOLE], draws),
                strict=True,
            )
        }
        for name in sums
    }


def table(found: Mapping[str, Any]) -> str:
    lines = [
        "| learner | openings | against both together | contacts | against both together |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, figures in found.items():
        cells = []
        for metric in METRICS.values():
            share, less = figures[metric]["share"], figures[metric]["difference"]
            cells.append(f"{share['mean']:.3f} ± {(share['high'] - share['low']) / 2:.3f}")
            spread = f"{less['low']:+.3f} to {less['high']:+.3f}"
            cells.append("" if name == WHOLE else f"{less['mean']:+.3f} ({spread})")
        called = "both together" if name == WHOLE else name
        lines.append(f"| {called} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=4_000)
    parser.add_argument("--moments", type=int, default=400)
    parser.add_argument("--preferences", choices=("additive", "aspects"), default="additive")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = measure(options)
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
