"""Are the reasons true? Cars are rated again as if their cause had never happened.

Run:  .venv/bin/python -m benchmarks.faithfulness MARKET [--shoppers 300] [--seed 0] [--never]
          [--json]

MARKET is a recording (carousel simulate). A ranker is trained on what was shown before the split.
At the split shoppers with at least three steps, who did something within the week, are drawn; each
gets the candidates of a request, and the first ten cars by score get their reasons.

Then events are taken out of the shopper's trail and preference, and the same candidates are rated
again. (With --never the trail is made anew, as if they had never happened: a full trail then gets
older steps back, often equal ones.) An event lowers a car, if without it

    the car's log-odds to be opened, less the mean of all candidates', fall by more than 0.1,

that is, its odds against the others by a tenth: what moves all cars alike says nothing for one. The
cause is all events that the reason names; the other is one event drawn evenly from the rest of the
trail. Popularity stays, for it is others'. Places are among the same candidates. Figures are shares
of cars with a cause; the intervals, 95 %, are by shopper.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from carousel.domain import preference, scoring
from carousel.domain.candidates import Candidates
from carousel.domain.events import interest_of
from carousel.domain.facts import facts_of
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.filters import NO_FILTERS
from carousel.domain.interpretation import Observation, interpret, learn
from carousel.domain.listing import Listing
from carousel.domain.ranker.ranking import Ranker, from_model
from carousel.domain.steps import Step, following, step_of
from carousel.domain.trail import KINDS, NO_TRAIL, REACTION, Trail, without
from carousel.evaluation.methods.indexing import space_of, vectors
from carousel.evaluation.timeline import world_at
from carousel.evaluation.world import World
from carousel.recording import files
from carousel.recording.acts import event_of, moment
from carousel.recording.tables import NONE, Recording
from carousel.serving import reasons
from carousel.serving.ask import Ask
from carousel.serving.blend_causes import Taste
from carousel.serving.causes import Past
from carousel.serving.knobs import Knobs
from carousel.serving.ranking import Rated, rate
from carousel.serving.reasons import Reason
from carousel.serving.retrieving import retrieve
from carousel.storage import MemoryStore, open_memory
from carousel.storage.ports import Interest
from carousel.storage.ports.serving import Described
from carousel.training.ranking import train_ranker

LOWERED = 0.1
PLACES, LEAST_STEPS, WEEK = 10, 3, 7 * 86_400.0
RESAMPLED = 1_000
KNOBS = Knobs(deadline=60.0)

Told: TypeAlias = tuple[Observation | None, Step]
"""What an event says of taste, and the step it leaves; either may be nothing."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The market at the split. histories: by shopper, in order of time."""

    now: datetime
    space: FeatureSpace
    reader: preference.Reader
    store: MemoryStore
    histories: dict[int, list[Told]]


def scene_at(recording: Recording, split: float, shoppers: int, rng: np.random.Generator) -> Scene:
    world = world_at(recording, split)
    space = space_of(world)
    alive = [world.listing(row) for row in world.rows().tolist()]
    store = open_memory()
    store.adopt(space, {})
    store.put(alive, vectors(alive, space))
    by_shopper: defaultdict[int, list[int]] = defaultdict(list)
    for row in range(world.past):
        by_shopper[int(recording.events.shopper[row])].append(row)
        event, about = event_of(recording, row), int(recording.events.listing[row])
        if about != NONE and (interest := interest_of(event)) > 0:
            at = moment(float(recording.events.at[row]))
            store.popularise([Interest(recording.listings[about].id, interest, at)])
    recent = [
        shopper
        for shopper, rows in sorted(by_shopper.items())
        if split - recording.events.at[rows[-1]] < WEEK and LEAST_STEPS <= len(rows) < 1_000
    ]
    drawn = rng.choice(recent, min(shoppers, len(recent)), replace=False).tolist()
    told = _Telling(world, space)
    histories = {shopper: [told(row) for row in by_shopper[shopper]] for shopper in drawn}
    enough = {s: told for s, told in histories.items() if len(trail_of(told)) >= LEAST_STEPS}
    return Scene(moment(split), space, preference.Reader(space, KNOBS.taste), store, enough)


class _Telling:
    """What events say, each car encoded once."""

    def __init__(self, world: World, space: FeatureSpace) -> None:
        self._world, self._space = world, space
        self._known: dict[int, tuple[Listing, Vector]] = {}

    def __call__(self, row: int) -> Told:
        events = self._world.recording.events
        event, at = event_of(self._world.recording, row), moment(float(events.at[row]))
        about = int(events.listing[row])
        if about == NONE:
            return interpret(event, at, None, None, self._space), step_of(event, at, None)
        if about not in self._known:
            listing = self._world.listing(about)
            self._known[about] = listing, vectors([listing], self._space)[0]
        listing, vector = self._known[about]
        said = interpret(event, at, listing, vector, self._space)
        return said, step_of(event, at, facts_of([listing]))


def trail_of(told: Sequence[Told]) -> Trail:
    return following(NO_TRAIL, [step for _, step in told if step])


def evidence_of(told: Sequence[Told]) -> preference.Evidence | None:
    evidence = None
    for said, _ in told:
        if said is not None:
            before = evidence or preference.no_evidence(len(said.item), said.at)
            evidence = learn(before, said, KNOBS.taste)
    return evidence


def name_of(step: Step) -> tuple[str, int | None, float]:
    """Return a step as reasons name it: type, listing, moment."""
    if len(step) != REACTION.itemsize:
        return "search", None, float(np.frombuffer(step[:8], "<f8")[0])
    one = np.frombuffer(step, REACTION)[0]
    return KINDS[one["kind"]], int(one["listing"]), float(one["at"])


@dataclass(frozen=True, slots=True)
class Request:
    """One shopper's candidates.

    trail, told: the shopper's. odds: of all candidates. rated: the same for another trail, and
    events that the preference is made of. explained: why some of them stand where they stand.
    """

    told: list[Told]
    trail: Trail
    odds: Vector
    rated: Callable[[Trail, Sequence[Told]], Vector]
    explained: Callable[[list[int]], list[Reason]]


async def request_of(scene: Scene, told: list[Told], ranker: Ranker | None) -> Request:
    evidence, trail = evidence_of(told), trail_of(told)
    wanted = None if evidence is None else scene.reader.preference(evidence)
    ask = Ask(wanted, scene.space, NO_FILTERS, frozenset(), KNOBS.pool, None, trail)
    candidates = await retrieve(scene.store, ask, KNOBS)
    cars = await scene.store.described(candidates.ids)
    candidates = candidates.among(cars.ids)
    if ranker is None:
        return await _blended(scene, told, cars, candidates)
    now = scene.now.timestamp()

    def again(trail: Trail, past: Sequence[Told]) -> Rated:
        taste = evidence_of(past)
        wanted = None if taste is None else scene.reader.preference(taste)
        return rate(ranker, cars, trail, wanted, now=now, params=KNOBS.features)

    rated = again(trail, told)
    past = Past(cars.facts, trail, now, KNOBS.features)
    return Request(
        told,
        trail,
        ranker.log_odds(rated.rows),
        lambda trail, told: ranker.log_odds(again(trail, told).rows),
        lambda places: reasons.of_ranker(rated, places, past),
    )


async def _blended(
    scene: Scene, told: list[Told], cars: Described, candidates: Candidates
) -> Request:
    evidence, trail, params = evidence_of(told), trail_of(told), KNOBS.score

    def again(past: Sequence[Told]) -> scoring.Scores:
        taste = evidence_of(past)
        wanted = None if taste is None else scene.reader.preference(taste)
        confidence = 0.0 if taste is None else scene.reader.confidence(taste, scene.now)
        return scoring.score(cars.vectors, wanted, confidence, candidates.support, params)

    reacted = await scene.store.described(list(dict.fromkeys(trail.reactions["listing"].tolist())))
    known = dict(zip(reacted.ids, reacted.vectors, strict=True))
    scores = again(told)
    taste = evidence and Taste(
        cars.facts, cars.vectors, evidence, trail, known, scene.reader, scene.now,
        params.slope,
    )  # fmt: skip
    return Request(
        told,
        trail,
        params.slope * scores.total,
        lambda _trail, told: params.slope * again(told).total,
        lambda places: reasons.of_blend(scores, places, taste),
    )


@dataclass(slots=True)
class Found:
    """What was seen.

    keys, seconds: of all reasons, of each explanation of ten cars. sizes: steps of each cause.
    named, others: (shopper, fall, places lost) by the cause, by the other; then its cause's fall.
    """

    cars: int = 0
    seconds: list[float] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)
    named: list[tuple[int, float, int]] = field(default_factory=list)
    others: list[tuple[int, float, int, float]] = field(default_factory=list)


def try_all(scene: Scene, ranker: Ranker | None, rng: np.random.Generator, *, never: bool) -> Found:
    found = Found()
    for shopper, told in scene.histories.items():
        request = asyncio.run(request_of(scene, told, ranker))
        places = np.argsort(-request.odds, kind="stable")[:PLACES].tolist()
        begun = time.process_time()
        said = request.explained(places)
        found.seconds.append(time.process_time() - begun)
        for place, reason in zip(places, said, strict=True):
            found.cars += 1
            found.keys[reason.key] += 1
            if reason.cause:
                _try(found, request, shopper, place, reason, rng, never=never)
    return found


def _try(  # noqa: PLR0913, PLR0917 (one trial: whose, which car, what is said of it)
    found: Found,
    request: Request,
    shopper: int,
    place: int,
    reason: Reason,
    rng: np.random.Generator,
    *,
    never: bool,
) -> None:
    cause = {(step.type, step.listing_id, step.at) for step in reason.cause}
    found.sizes.append(len(cause))
    fall, lost = _without(request, cause, place, never=never)
    found.named.append((shopper, fall, lost))
    kept = {name_of(step.tobytes()) for step in _records(request.trail)}
    rest = sorted(kept - cause, key=str)
    if rest:
        other = rest[rng.integers(len(rest))]
        other_fall, other_lost = _without(request, {other}, place, never=never)
        found.others.append((shopper, other_fall, other_lost, fall))


def _records(trail: Trail) -> list[np.void]:
    return [*trail.reactions, *trail.searches]


def _shorter(trail: Trail, names: set[tuple[str, int | None, float]]) -> Trail:
    reactions, searches = (
        [n for n, step in enumerate(steps) if name_of(step.tobytes()) in names]
        for steps in (trail.reactions, trail.searches)
    )
    return without(trail, reactions, searches)


def _without(
    request: Request, names: set[tuple[str, int | None, float]], place: int, *, never: bool
) -> tuple[float, int]:
    """Return by how much a car falls against the others without some steps, and how many places."""
    past = [one for one in request.told if not one[1] or name_of(one[1]) not in names]
    trail = trail_of(past) if never else _shorter(request.trail, names)
    after = request.rated(trail, past)
    lost = request.odds - after
    before_it = int((request.odds > request.odds[place]).sum())
    return float(lost[place] - lost.mean()), int((after > after[place]).sum()) - before_it


def share(rows: Sequence[tuple[int, bool]], rng: np.random.Generator) -> tuple[float, float]:
    """Return a share and half of its interval, drawing shoppers anew."""
    by: defaultdict[int, list[bool]] = defaultdict(list)
    for shopper, one in rows:
        by[shopper].append(one)
    sums = np.array([(sum(ones), len(ones)) for ones in by.values()], dtype=np.float64)
    drawn = sums[rng.integers(len(sums), size=(RESAMPLED, len(sums)))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    return float(sums[:, 0].sum() / sums[:, 1].sum()), float(high - low) / 2


def figures(found: Found, rng: np.random.Generator) -> dict[str, object]:
    tests = {
        "lowers": lambda row: row[1] > LOWERED,
        "loses a place": lambda row: row[2] >= 1,
        "loses three places": lambda row: row[2] >= 3,
    }
    told: dict[str, object] = {
        name: {
            "cause": share([(row[0], test(row)) for row in found.named], rng),
            "other": share([(row[0], test(row)) for row in found.others], rng),
        }
        for name, test in tests.items()
    }
    as_much = share([(row[0], row[1] >= row[3]) for row in found.others], rng)
    return told | {
        "other lowers as much as the cause": as_much,
        "cars": found.cars,
        "with a cause": len(found.named),
        "steps named, mean": float(np.mean(found.sizes)),
        "milliseconds for ten cars, median": 1e3 * float(np.median(found.seconds)),
        "reasons": dict(found.keys.most_common()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("market", type=Path)
    parser.add_argument("--shoppers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--never", action="store_true", help="a full trail gets older steps back")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    with threadpool_limits(1):
        recording = files.read(given.market)
        split = recording.begins + 0.8 * (recording.ends - recording.begins)
        ranker = from_model(train_ranker(recording, split))
        told = measured(recording, split, ranker, given)
    if given.json:
        print(json.dumps(told, indent=2))
    else:
        print_table(told)
    return 0


def measured(
    recording: Recording, split: float, ranker: Ranker, given: argparse.Namespace
) -> dict[str, dict[str, object]]:
    rng, seed = np.random.default_rng, given.seed
    scene = scene_at(recording, split, given.shoppers, rng(seed))
    rankers = {"ranker": ranker, "its linear floor": replace(ranker, trees=None), "blend": None}
    return {
        name: figures(try_all(scene, one, rng(seed), never=given.never), rng(seed))
        for name, one in rankers.items()
    }


def print_table(told: dict[str, dict[str, object]]) -> None:
    tests = ("lowers", "loses a place", "loses three places")
    heads = [f"{test}: {which}" for test in tests for which in ("cause", "other")]
    print(f"| | cars with a cause | {' | '.join(heads)} | other as much as the cause |")
    print(f"|---|{'---:|' * (len(heads) + 2)}")
    for name, row in told.items():
        cells = [row[test][which] for test in tests for which in ("cause", "other")]
        cells.append(row["other lowers as much as the cause"])
        shares = " | ".join(f"{value:.3f} ± {half:.3f}" for value, half in cells)
        print(f"| {name} | {row['with a cause']} of {row['cars']} | {shares} |")
    for name, row in told.items():
        print(f"\n{name}: {row['steps named, mean']:.1f} steps named on average, "
              f"{row['milliseconds for ten cars, median']:.1f} ms for ten cars")  # fmt: skip
        print(", ".join(f"{key} {count}" for key, count in row["reasons"].items()))


if __name__ == "__main__":
    sys.exit(main())
