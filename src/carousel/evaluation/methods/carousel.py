"""The engine itself as a method: the functions that serve requests, on the store in memory.

Owns:    telling the store what the processor and the catalogue would have told it.
Imports: numpy, domain, serving, storage, evaluation.

Events before the split are folded at the split, with each listing's vector of that moment: what
the engine holds after a re-index there. From then on events are folded one by one as they come, a
listing has the vector of its price at the time, and the feature space stays.
"""

import math
from collections import defaultdict
from dataclasses import replace
from datetime import datetime

import numpy as np

from carousel.domain import preference, scoring
from carousel.domain.events import COLLECTIONS, Event, listing_of
from carousel.domain.facts import facts_of
from carousel.domain.features import Vector
from carousel.domain.interpretation import interpret, learn
from carousel.domain.listing import ListingId, Status, UserId
from carousel.domain.matching.searches import suiting
from carousel.domain.ranker.ranking import Ranker
from carousel.domain.steps import Step, following, step_of
from carousel.domain.trail import NO_TRAIL, Trail
from carousel.evaluation.method import Ask, Ranking
from carousel.evaluation.methods.car_vectors import CarVectors
from carousel.evaluation.methods.collaborating import Collaborating
from carousel.evaluation.methods.hearing import hear
from carousel.evaluation.methods.indexing import published_vectors, ranker_of, space_of, vectors
from carousel.evaluation.methods.knobs import VARIANTS
from carousel.evaluation.methods.simple import Newest, Popular
from carousel.evaluation.methods.waiting import Waiting
from carousel.evaluation.world import World
from carousel.recording.acts import event_of, moment
from carousel.recording.tables import NONE, Floats, Ints
from carousel.serving.judging import ranker_for
from carousel.serving.pipeline import recommend
from carousel.serving.ranking import rate
from carousel.storage import open_memory
from carousel.storage.ports import Interest, Learned, Reaction

NEVER = -2.0
"""The score of a dismissed car: below every other, for those are chances."""


class Carousel:
    """The engine; ``name`` is one of ``knobs.VARIANTS``."""

    def __init__(self, name: str = "carousel") -> None:
        self._name = name
        self._knobs = VARIANTS[name].knobs
        self._trains = self._knobs.ranked and VARIANTS[name].trains
        self._waiting = Waiting()
        self._popular = Popular()
        self._store = open_memory()
        self._evidence: dict[UserId, preference.Evidence] = {}
        self._trails: dict[UserId, Trail] = {}
        self._steps: defaultdict[UserId, list[Step]] = defaultdict(list)
        self._row: dict[ListingId, int] = {}
        self._together = Collaborating(self._store)
        self._heard_to = -math.inf

    @property
    def name(self) -> str:
        """Return the key of its row in tables."""
        return self._name

    def begin(self, world: World) -> None:
        """Fit the space to the cars alive, index them, and fold all past events."""
        alive = world.rows()
        self._space = space = space_of(world)
        self._reader = preference.Reader(self._space, self._knobs.taste)
        self._cars = CarVectors(
            world,
            published_vectors(world, space),
            lambda listings: vectors(listings, space),
            single=False,
        )
        self._row.update((world.recording.listings[n].id, n) for n in range(world.published))
        self._store.adopt(self._space, {})
        self._store.put(
            [world.listing(row) for row in alive.tolist()],
            np.asarray(self._cars.of(alive), np.float64),
        )
        if self._trains and (ranker := ranker_of(world)) is not None:
            self._store.publish(ranker)
        self._popular.begin(world)
        for event in range(world.past):
            self._fold(world, event)
        self._save(set(self._evidence))
        self._together.begin(world)

    def observe(self, world: World, event: int) -> None:
        """Fold an event as the processor does."""
        self._popular.observe(world, event)
        self._together.observe(world, event)
        self._save(self._fold(world, event))

    def _fold(self, world: World, row: int) -> set[UserId]:
        """Fold an event, but for saving what follows from it; return whose state it changed."""
        recording = world.recording
        about = int(recording.events.listing[row])
        user_id = int(recording.users[recording.events.shopper[row]])
        event, at = event_of(recording, row), moment(float(recording.events.at[row]))
        vector = None if about == NONE else self._cars.one(about)
        listing = None if about == NONE else world.listing(about)
        self._react(event, user_id, at)
        said = interpret(event, at, listing, vector, self._space)
        step = step_of(event, at, None if listing is None else facts_of([listing]))
        if said is None and not step:
            return set()
        before = self._evidence.get(user_id)
        if before is None:
            before = preference.no_evidence(self._space.dim, at)
        if said is not None:
            before = learn(before, said, self._knobs.taste)
        self._evidence[user_id] = before
        self._steps[user_id].append(step)
        return {user_id}

    def _react(self, event: Event, user_id: UserId, at: datetime) -> None:
        listing_id = listing_of(event)
        if listing_id is None:
            return
        if event.type in COLLECTIONS:
            kind, holds = COLLECTIONS[event.type]
            self._store.react([Reaction(user_id, listing_id, kind, holds, at)])
        if event.strength > 0:
            self._store.popularise([Interest(listing_id, event.strength, at)])

    def _save(self, touched: set[UserId]) -> None:
        for user_id in touched:
            before = self._trails.get(user_id, NO_TRAIL)
            self._trails[user_id] = following(before, self._steps.pop(user_id, ()))
        self._store.save(
            Learned(user_id, self._evidence[user_id], self._trails[user_id]) for user_id in touched
        )

    def listed(self, world: World, row: int) -> None:
        """Encode and index the new listing."""
        self._row[world.recording.listings[row].id] = row
        self.repriced(world, row)

    def repriced(self, world: World, row: int) -> None:
        """Encode and index the listing with its new price."""
        self._cars.renew(world, row)
        self._store.put([world.listing(row)], self._cars.one(row)[None])
        self._together.repriced(world, row)

    def left(self, world: World, row: int) -> None:
        """Take the listing out of the index."""
        sold = world.recording.lives.sold[row]
        listing_id = world.recording.listings[row].id
        self._store.set_status([listing_id], Status.SOLD if sold else Status.WITHDRAWN)

    def rank(self, world: World, ask: Ask) -> Ranking:
        """Return the slate that the request path makes."""
        self._heard_to = hear(self._store, world, self._heard_to)
        user_id = int(world.recording.users[ask.shopper])
        slate = self._waiting.result(
            recommend(
                self._store, user_id, ask.filters, ask.limit, now=moment(ask.at), knobs=self._knobs
            )
        )
        return Ranking(
            np.array([self._row[entry.listing.id] for entry in slate.entries], dtype=np.int64),
            np.array([entry.score for entry in slate.entries]),
        )

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return the scores that the request path would give, before it re-ranks.

        As if its channels had found these cars, with one thing more: the pipeline counts the
        popularity of those cars only that its popular channel found, this that of all.
        """
        user_id = int(world.recording.users[ask.shopper])
        state = self._waiting.result(self._store.shopper(user_id))
        wanted, confidence = None, 0.0
        if state.evidence is not None:
            wanted = self._reader.preference(state.evidence)
            confidence = self._reader.confidence(state.evidence, moment(ask.at))
        dismissed = [self._row[i] for i in state.dismissed if i in self._row]
        ranker = self._waiting.result(ranker_for(self._store, self._knobs))
        if ranker is not None:
            return self._rated(ranker, world, ask, rows, wanted, dismissed)
        others = np.setdiff1d(ask.rows, dismissed, assume_unique=True)
        support = {
            "popular": self._popularity(world, ask, others, rows),
            "fresh": self._freshness(world, ask, others, rows),
            "searches": suiting(
                facts_of([world.listing(row) for row in rows.tolist()]),
                state.trail.searches,
                ask.at,
            ),
        }
        items = np.asarray(self._cars.of(rows), np.float64)
        scores = scoring.score(items, wanted, confidence, support, self._knobs.score).total
        chances = scoring.chance(scores, self._knobs.score)
        return np.where(np.isin(rows, dismissed), NEVER, chances)

    def _rated(  # noqa: PLR0913, PLR0917 (what the request path hands to the ranker)
        self,
        ranker: Ranker,
        world: World,
        ask: Ask,
        rows: Ints,
        wanted: Vector | None,
        dismissed: list[int],
    ) -> Floats:
        """Return the ranker's chances; of a car that is gone or was dismissed NEVER."""
        user_id = int(world.recording.users[ask.shopper])
        state = self._waiting.result(self._store.shopper(user_id))
        ids = [world.recording.listings[row].id for row in rows.tolist()]
        cars = self._waiting.result(self._store.described(ids))
        rated = rate(ranker, cars, state.trail, wanted, now=ask.at, params=self._knobs.features)
        found = dict(zip(cars.ids, rated.chance.tolist(), strict=True))
        scores = np.array([found.get(listing_id, NEVER) for listing_id in ids])
        return np.where(np.isin(rows, dismissed), NEVER, scores)

    def _popularity(self, world: World, ask: Ask, others: Ints, rows: Ints) -> Floats:
        """Return the popular channel's score of each, as a share of its best."""
        best = np.log1p(self._popular.score(world, ask, others)).max(initial=0.0)
        found = np.log1p(self._popular.score(world, ask, rows))
        return np.minimum(found / best, 1.0) if best > 0 else np.zeros(len(rows))

    def _freshness(self, world: World, ask: Ask, others: Ints, rows: Ints) -> Floats:
        """Return the fresh channel's score of each: 0 for those it does not find."""
        share = self._knobs.retrieval.shares.fresh
        limit = math.ceil(share * max(self._knobs.pool, 3 * ask.limit))
        newest = Newest().rank(world, replace(ask, rows=others, limit=limit)).rows
        score_of = {row: 1 - place / limit for place, row in enumerate(newest.tolist())}
        return np.array([score_of.get(row, 0.0) for row in rows.tolist()])
