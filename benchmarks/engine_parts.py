"""What each part of the engine is worth: slates with and without it, and what each channel finds.

Run:  .venv/bin/python -m benchmarks.engine_parts [--shoppers 4000] [--moments 400] [--parts]
          [--draw docs/pictures/engine-parts.png] [--json]
      with the lab's packages (pip install 'carousel[lab]')

Owns:    one simulated market, in which one engine hears everything and is asked with the knobs of
         every variant and with rankers that know less; the truth of the slates, and of the pools
         they are chosen from.
Imports: carousel, numpy, threadpoolctl.

Variants that hear otherwise, with another memory, would need an engine of their own and are left to
``carousel evaluate``; these only ask otherwise. Differences are paired by shopper.

What each channel finds is kept at every moment. What a pool is worth is what the best ten cars in
it would be opened, of what the best ten for sale would be: the share of a ranker that never errs.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

from carousel.domain.listing import ListingId
from carousel.domain.matching.features import COLUMN, PARTS
from carousel.domain.model import Model
from carousel.domain.ranker.ranking import KIND
from carousel.evaluation.intervals import RESAMPLES, estimates, resamples, summed
from carousel.evaluation.method import Ask, Ranking
from carousel.evaluation.methods.carousel import Carousel
from carousel.evaluation.methods.knobs import PATIENT, VARIANTS, Variant
from carousel.evaluation.metrics.column import Column
from carousel.evaluation.metrics.regret import truth_columns
from carousel.evaluation.paired import differences
from carousel.evaluation.played import TRUTH_PLACES, Options, Played, Run
from carousel.evaluation.replay import replay
from carousel.evaluation.report import plots
from carousel.evaluation.report.drawn import Row
from carousel.evaluation.results import Estimate
from carousel.evaluation.slicing import by_shopper
from carousel.evaluation.world import World
from carousel.recording.acts import moment
from carousel.recording.tables import NONE, Floats, Ints, Recording
from carousel.serving.channels import CHANNELS
from carousel.serving.hydrating import hydrate
from carousel.serving.pipeline import question
from carousel.simulation.living import Simulated, simulate
from carousel.simulation.parameters import read_parameters
from carousel.simulation.truth import Truth
from carousel.storage.ports import ServingStore
from carousel.training import ranking
from carousel.training.ranking_rows import Rows

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
METRIC = "truth.open.share"
LIMIT = 20
DAY = 86_400.0
WHOLE = "carousel"


@dataclass(frozen=True, slots=True)
class Found:
    """What one moment was like.

    by:    channel -> rows of the cars it found.
    rows:  of all cars for sale. chances: that the shopper opens each.
    shown: rows of the first ten places.
    """

    by: Mapping[str, Ints]
    rows: Ints
    chances: Floats
    shown: Ints

    def pool(self, channels: Iterable[str]) -> Ints:
        """Return the rows that some channels find together, ascending."""
        return np.unique(np.concatenate([self.by[name] for name in channels]))

    def worth(self, pool: Ints) -> tuple[float, float]:
        """Return what a pool's best ten would be opened, and how many of the true ten it has."""
        ten = np.argsort(-self.chances, kind="stable")[:TRUTH_PLACES]
        held = np.isin(self.rows, pool)
        inside = np.sort(self.chances[held])[::-1][:TRUTH_PLACES]
        return float(inside.sum()), float(held[ten].sum())

    @property
    def best(self) -> float:
        """Return what the best ten for sale would be opened."""
        return float(np.sort(self.chances)[::-1][:TRUTH_PLACES].sum())


class Watched(Carousel):
    """The engine; at every home page it notes what each channel finds."""

    def __init__(self, truth: Truth) -> None:
        super().__init__(WHOLE)
        self._truth = truth
        self.found: list[Found] = []

    def rank(self, world: World, ask: Ask) -> Ranking:
        """Return the slate; of a home page, note what its channels find."""
        ranking = super().rank(world, ask)
        if ask.limit == LIMIT and ask.filters.empty:
            self.found.append(self._watch(world, ask, ranking))
        return ranking

    def _watch(self, world: World, ask: Ask, ranking: Ranking) -> Found:
        user_id = int(world.recording.users[ask.shopper])

        async def look() -> dict[str, Sequence[ListingId]]:
            shopper = await hydrate(self._store, user_id, moment(ask.at), PATIENT)
            drawn = len(self.found)
            asked = question(shopper, ask.filters, ask.limit, PATIENT, drawn, frozenset())
            return {name: (await find(self._store, asked)).ids for name, find in CHANNELS.items()}

        found = {
            name: np.array([self._row[i] for i in ids], dtype=np.int64)
            for name, ids in self._waiting.result(look()).items()
        }
        chances = self._truth.chances(ask.shopper, ask.rows, world.now, world.price[ask.rows])
        return Found(found, ask.rows, chances.open, ranking.rows[:TRUTH_PLACES])


class Asked(Carousel):
    """The same engine, asked in another way: it hears through the one it follows."""

    def __init__(self, leader: Carousel, name: str, variant: Variant) -> None:
        super().__init__(WHOLE)
        self._leader, self._as = leader, (name, variant.knobs)

    def begin(self, world: World) -> None:
        """Become the engine that is followed, but for name and knobs."""
        del world
        followed = {k: v for k, v in vars(self._leader).items() if k not in {"_name", "_knobs"}}
        vars(self).update(followed)
        self._name, self._knobs = self._as

    @property
    def name(self) -> str:
        """Return the key of its row."""
        return self._as[0]

    def rank(self, world: World, ask: Ask) -> Ranking:
        """Return the slate; what there was to hear, the engine that is followed has just heard."""
        vars(self)["_heard_to"] = vars(self._leader)["_heard_to"]
        return super().rank(world, ask)

    def observe(self, world: World, event: int) -> None:
        """Leave it to the engine that is followed; so do the others."""

    def listed(self, world: World, row: int) -> None:
        """See ``observe``."""

    def repriced(self, world: World, row: int) -> None:
        """See ``observe``."""

    def left(self, world: World, row: int) -> None:
        """See ``observe``."""


class Ignorant(Asked):
    """The engine with a ranker that was trained without one part of the features."""

    def __init__(self, leader: Carousel, part: str, rows: Rows) -> None:
        super().__init__(leader, f"{WHOLE}-blind-to-{part}", Variant(part, part))
        self._part, self._rows = part, rows

    def begin(self, world: World) -> None:
        """Train the ranker anew, as if nothing of the part were ever known."""
        super().begin(world)
        features = self._rows.features.copy()
        features[:, [COLUMN[name] for name in PARTS[self._part]]] = np.nan
        blind = replace(self._rows, features=features)
        with patch.object(ranking, "rows_of", lambda *_, **__: blind):
            model = ranking.train_ranker(world.recording, world.now)
        self._store = Judging(self._store, model)  # type: ignore[assignment]


def rows_for(recording: Recording, until: float) -> Rows:
    """Return what the ranker is trained on, which takes longer than the training."""
    kept: list[Rows] = []
    told = ranking.rows_of

    def noted(*arguments: Any, **how: Any) -> Rows:  # noqa: ANN401 (handed on as they are)
        kept.append(told(*arguments, **how))
        return kept[-1]

    with patch.object(ranking, "rows_of", noted):
        ranking.train_ranker(recording, until)
    return kept[-1]


class Judging:
    """A store with another ranker."""

    def __init__(self, store: ServingStore, model: Model) -> None:
        self._store, self._model = store, model

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._store, name)

    async def model(self, kind: str) -> Model | None:
        """Return the active model of a kind."""
        return self._model if kind == KIND else await self._store.model(kind)


def asking_otherwise() -> dict[str, Variant]:
    """Return the variants that one engine can answer for."""
    memory = PATIENT.taste.half_life
    return {
        name: one
        for name, one in VARIANTS.items()
        if name != WHOLE and one.knobs.taste.half_life == memory
    }


def living(shoppers: int, preferences: str, seed: int) -> Simulated:
    """Return a simulated market of 40 days, four cars to a shopper."""
    made = simulate(
        read_parameters(),
        shoppers=shoppers,
        listings=4 * shoppers,
        days=40,
        begins=BEGINS,
        progress=lambda _done, _of: None,
        preferences=preferences,
        hidden=1.0,
        seed=seed,
    )
    print("made", file=sys.stderr)
    return made


def measure(options: argparse.Namespace) -> dict[str, Any]:
    made = living(options.shoppers, "additive", options.seed)
    recording = made.recording
    whole = Watched(made.truth)
    others = [Asked(whole, name, one) for name, one in asking_otherwise().items()]
    split = recording.begins + 0.8 * (recording.ends - recording.begins)
    rows = rows_for(recording, split) if options.parts else None
    blind = [Ignorant(whole, part, rows) for part in PARTS if rows is not None]
    with threadpool_limits(1, "blas"):
        played = replay(
            recording,
            [whole, *others, *blind],
            split=split,
            options=Options(moments=options.moments, slates=1, limit=LIMIT),
            truth=made.truth,
            progress=lambda done, of: print(f"{done} of {of}", file=sys.stderr),
        )
    return {"slates": compared(played), "pools": pools(whole.found)}


def compared(played: Played) -> dict[str, Any]:
    """Return by method its share of the best, and its difference to the whole by history."""
    best = played.best
    if best is None:
        raise SystemExit("Only a simulated market knows the truth.")
    slices = by_shopper(played)["history"]
    shopper = played.moments.shopper
    population = np.unique(shopper)
    draws = resamples(len(population), RESAMPLES, np.random.default_rng(0))

    def columns(run: Run) -> list[Column]:
        (one,) = (c for c in truth_columns(run, best, shopper, {}) if c.key == METRIC)
        parts = [np.ones(len(shopper), bool), *slices.values()]
        return [Column(METRIC, shopper, one.total * part, one.weight * part) for part in parts]

    sums = {run.name: summed(columns(run), population) for run in played.runs}
    found = {}
    for run in played.runs:
        less = differences(sums[run.name], sums[WHOLE], draws)
        found[run.name] = {
            "share": told(estimates(sums[run.name], draws)[0]),
            "difference": told(less[0]),
            "new": round(new_cars(played, run), 4),
            "by_history": {name: told(one) for name, one in zip(slices, less[1:], strict=True)},
        }
    return found


def new_cars(played: Played, run: Run) -> float:
    """Return the share of first ten places with a car listed within the last day."""
    listed_at = played.recording.lives.listed_at
    first = run.rows[:, :TRUTH_PLACES]
    age = played.moments.at[:, None] - listed_at[first]
    return float(((age < DAY) & (first != NONE)).sum() / (first != NONE).sum())


def told(one: Estimate) -> dict[str, float]:
    return {name: round(value, 5) for name, value in asdict(one).items()}


def pools(moments: Sequence[Found]) -> dict[str, Any]:
    """Return what the pool holds, with all channels and without each, and who found what."""
    asked = PATIENT.channels
    sets = {"all asked": asked, "every channel": tuple(CHANNELS)}
    sets |= {f"without {name}": tuple(c for c in asked if c != name) for name in asked}
    sets |= {f"with {name}": (*asked, name) for name in CHANNELS if name not in asked}
    sets |= {f"only {name}": (name,) for name in CHANNELS}
    best = sum(one.best for one in moments)
    alive = np.unique(np.concatenate([one.rows for one in moments]))
    found: dict[str, Any] = {}
    for name, channels in sets.items():
        drawn = [one.pool(channels) for one in moments]
        worth = np.array([one.worth(pool) for one, pool in zip(moments, drawn, strict=True)])
        found[name] = {
            "candidates": round(float(np.mean([len(pool) for pool in drawn])), 1),
            "perfect_share": round(float(worth[:, 0].sum() / best), 4),
            "of_the_best_ten": round(float(worth[:, 1].mean() / TRUTH_PLACES), 4),
            "ever_found": round(len(np.unique(np.concatenate(drawn))) / len(alive), 4),
        }
    alone: Counter[str] = Counter()
    for one in moments:
        for row in one.shown.tolist():
            finders = [name for name in asked if row in set(one.by[name].tolist())]
            alone[finders[0] if len(finders) == 1 else ""] += 1
    places = sum(alone.values())
    found["places only it found"] = {n: round(alone[n] / places, 4) for n in asked}
    return found


def draw(slates: Mapping[str, Any], path: Path) -> None:
    """Draw what is lost or won without each part, as the report draws differences."""
    labels = {name: one.label.removeprefix("Carousel") for name, one in VARIANTS.items()}
    rows = [
        Row(name, labels.get(name, name).strip(" ,"), Estimate(**row["difference"]))
        for name, row in slates.items()
        if name != WHOLE
    ]
    figure = plots.differences(
        sorted(rows, key=lambda row: row.estimate.mean), left="worse", right="better"
    )
    figure.savefig(path, bbox_inches="tight", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=4_000)
    parser.add_argument("--moments", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1, help="of the market")
    parser.add_argument("--parts", action="store_true", help="also rankers that know less")
    parser.add_argument("--draw", type=Path, help="where to put the picture")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = measure(options)
    if options.draw is not None:
        draw(found["slates"], options.draw)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, row in found["slates"].items():
        less = row["difference"]
        print(
            f"{name:34} {row['share']['mean']:.4f}  {less['mean']:+.4f} "
            f"({less['low']:+.4f} to {less['high']:+.4f})  "
            + "  ".join(f"{k}: {v['mean']:+.4f}" for k, v in row["by_history"].items())
        )
    for name, row in found["pools"].items():
        print(f"{name:34} {row}")


if __name__ == "__main__":
    main()
