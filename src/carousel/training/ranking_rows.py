"""Feature rows of slates that were shown, as serving would have reckoned them at that moment.

Owns:    the replay of shoppers' states up to each slate, the rows, outcomes and places.
Imports: numpy, domain, recording.

A slate is reckoned from what had happened before it was shown, with the prices of that moment. Car
statistics of the market are the one exception: they are learned once, from slates that are not
among these.

Few cars are opened: of those that were not, some of each slate stand for all.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from carousel.domain import preference
from carousel.domain.car_features import describe
from carousel.domain.events import Event
from carousel.domain.facts import Facts, facts_of
from carousel.domain.features import FeatureSpace, Matrix, Vector
from carousel.domain.interpretation import Observation, interpret, learn
from carousel.domain.market import Market
from carousel.domain.matching import features as matching
from carousel.domain.popularity import HALF_LIFE
from carousel.domain.steps import Step, following, step_of
from carousel.domain.trail import NO_TRAIL, Trail
from carousel.recording.acts import event_of, moment
from carousel.recording.tables import NONE, Flags, Ints, Recording

ENCODED_AT_ONCE = 5_000
UNOPENED, STRANGERS = 6, 4
"""Cars a slate that were shown and not opened, and cars drawn from all alive."""

MONTH = 28 * 86_400.0
"""A search's direction changes with the age that its model years mean: hardly within a month."""


@dataclass(frozen=True, slots=True)
class Slates:
    """The slates of a recording: impressions ``starts[n]`` up to ``ends[n]``, by time."""

    starts: Ints
    ends: Ints

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.starts)

    def of(self, chosen: Ints) -> "Slates":
        """Return some of them."""
        return Slates(self.starts[chosen], self.ends[chosen])


def slates_of(recording: Recording) -> Slates:
    """Return all slates of a recording, in order of time."""
    shown = recording.impressions
    if not len(shown.at):
        return Slates(np.empty(0, np.int64), np.empty(0, np.int64))
    starts = np.flatnonzero(np.r_[True, np.diff(shown.slate) != 0])
    ends = np.r_[starts[1:], len(shown.at)]
    order = np.argsort(shown.at[starts], kind="stable")
    return Slates(starts[order], ends[order])


@dataclass(frozen=True, slots=True)
class Rows:
    """Feature rows, one a car of a slate; then those of strangers to any slate.

    features: shape (n, f), float32. outcome: as of impressions. place: 1 is the top; 0 for a
    stranger. slate: number of the slate. listing: row of the recording. times: of how many cars of
    its slate it is one that was drawn; 1 for a stranger.
    """

    features: npt.NDArray[np.float32]
    outcome: Ints
    place: Ints
    slate: Ints
    listing: Ints
    times: Vector

    @property
    def opened(self) -> Vector:
        """Return 1 where the car was opened, else 0."""
        return (self.outcome > 0).astype(np.float64)

    def of(self, used: Flags) -> "Rows":
        """Return some of them."""
        return Rows(*(getattr(self, name)[used] for name in self.__dataclass_fields__))


@dataclass(slots=True)
class _State:
    """What serving would know of a shopper."""

    evidence: preference.Evidence | None = None
    trail: Trail = NO_TRAIL
    pending: list[Step] = field(default_factory=list)


@dataclass(slots=True)
class _Shop:
    """The market as it stands while it is replayed."""

    recording: Recording
    vectors: Matrix
    facts: Facts
    alive: Flags
    popular: Vector
    shoppers: defaultdict[int, _State]


def rows_of(  # noqa: PLR0913 (what is replayed, through which models; all named)
    recording: Recording,
    slates: Slates,
    *,
    space: FeatureSpace,
    market: Market,
    taste: preference.Params,
    params: matching.Params,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Rows:
    """Return the rows of some slates, which stand in order of time.

    Args:
        recording: what happened.
        slates: to be reckoned.
        space: the feature space of the content vectors.
        market: statistics by kind.
        taste: how evidence is folded and read.
        params: of the features.
        seed: of the dice that draw cars.
        progress: is told how many slates are done, of how many.
    """
    shop = _opened(recording, space)
    reader = preference.Reader(space, taste)
    shown = recording.impressions
    told: list[Rows] = []
    facts: list[Facts] = []
    replay = _Replay(shop, space, taste)
    for n, (start, end) in enumerate(
        zip(slates.starts.tolist(), slates.ends.tolist(), strict=True)
    ):
        at = float(shown.at[start])
        replay.until(at)
        # Each slate has dice of its own: what is drawn of it does not depend on the others.
        drawn, times = _drawn(shown.outcome[start:end], rng := np.random.default_rng([seed, start]))
        rows = drawn + start
        alive = np.flatnonzero(shop.alive)
        others = rng.choice(alive, STRANGERS) if len(alive) else alive
        cars = np.concatenate([shown.listing[rows], others])
        state = _caught_up(shop.shoppers[int(shown.shopper[start])])
        now = shop.facts[cars]
        found = matching.features(
            now, _shared(shop, cars, state, reader, at), state.trail, now=at, params=params
        )
        nothing = np.zeros(len(others), np.int64)
        told.append(
            Rows(
                found.astype(np.float32),
                np.r_[shown.outcome[rows], nothing],
                np.r_[shown.position[rows], nothing],
                np.full(len(cars), n),
                cars,
                np.r_[times, np.ones(len(others))],
            )
        )
        facts.append(now)
        if progress is not None and n % 500 == 0:
            progress(n, len(slates))
    if not told:
        none = np.empty(0, np.int64)
        empty = np.empty((0, len(matching.FEATURES)), np.float32)
        return Rows(empty, none, none, none, none, np.empty(0))
    every = Rows(
        *(
            np.concatenate([getattr(one, name) for one in told])
            for name in Rows.__dataclass_fields__
        )
    )
    _tell_of_kinds(every, np.concatenate(facts), market)
    return every


def _drawn(outcomes: Ints, rng: np.random.Generator) -> tuple[Ints, Vector]:
    """Return which cars of a slate are learned from, in order, and how many each stands for."""
    opened, others = np.flatnonzero(outcomes > 0), np.flatnonzero(outcomes == 0)
    kept = others
    if len(others) > UNOPENED:
        kept = rng.choice(others, UNOPENED, replace=False)
    rows = np.sort(np.concatenate([opened, kept]))
    return rows, np.where(outcomes[rows] > 0, 1.0, len(others) / max(1, len(kept)))


def _tell_of_kinds(rows: Rows, facts: Facts, market: Market) -> None:
    """Write what the market thinks of each car's kind into its row."""
    segment, model = market.opened(facts)
    for name, values in (("segment", segment), ("model", model), ("deal", market.deal(facts))):
        rows.features[:, matching.COLUMN[name]] = values


def _opened(recording: Recording, space: FeatureSpace) -> _Shop:
    listings = recording.listings
    vectors = np.concatenate([
        space.vectors([describe(car) for car in listings[n : n + ENCODED_AT_ONCE]])
        for n in range(0, len(listings), ENCODED_AT_ONCE)
    ])  # fmt: skip
    count = len(listings)
    return _Shop(
        recording,
        vectors,
        facts_of(listings),
        np.zeros(count, np.bool_),
        np.zeros(count),
        defaultdict(_State),
    )


class _Replay:
    """Moves a shop forward in time."""

    def __init__(self, shop: _Shop, space: FeatureSpace, taste: preference.Params) -> None:
        self._shop, self._space, self._taste = shop, space, taste
        self._event = self._listed = self._left = self._priced = 0
        self._leaving = np.argsort(shop.recording.lives.left_at, kind="stable")
        self._searched: dict[tuple[int, int], Observation | None] = {}

    def until(self, at: float) -> None:
        """Let everything happen that lies before a moment, and be heard what was done at it.

        A list that a search made has the search's own moment. Whoever has not heard of the search
        believes that a stranger opens what only those saw who had asked for it.
        """
        shop = self._shop
        recording = shop.recording
        lives, prices, events = recording.lives, recording.prices, recording.events
        while self._priced < len(prices.at) and prices.at[self._priced] < at:
            shop.facts["price"][prices.listing[self._priced]] = prices.price[self._priced]
            self._priced += 1
        while self._listed < len(lives.listed_at) and lives.listed_at[self._listed] < at:
            shop.alive[self._listed] = True
            self._listed += 1
        leaving = self._leaving
        while self._left < len(leaving) and lives.left_at[leaving[self._left]] < at:
            shop.alive[leaving[self._left]] = False
            self._left += 1
        while self._event < len(events.at) and events.at[self._event] <= at:
            self._hear(self._event)
            self._event += 1

    def _hear(self, row: int) -> None:
        shop = self._shop
        recording = shop.recording
        at, about = float(recording.events.at[row]), int(recording.events.listing[row])
        state = shop.shoppers[int(recording.events.shopper[row])]
        event, when = event_of(recording, row), moment(at)
        if about == NONE:
            said = self._said(event, int(recording.events.search[row]), at)
            step = step_of(event, when, None)
        else:
            listing = recording.listings[about]
            said = interpret(event, when, listing, shop.vectors[about], self._space)
            step = step_of(event, when, shop.facts[about : about + 1])
            if event.strength > 0:
                shop.popular[about] += event.strength * np.exp2(_ages(at, recording.begins))
        if said is not None:
            before = state.evidence or preference.no_evidence(self._space.dim, when)
            state.evidence = learn(before, said, self._taste)
        if step:
            state.pending.append(step)

    def _said(self, event: Event, search: int, at: float) -> Observation | None:
        """Return what a search says, as it was said first that month."""
        key = search, int(at // MONTH)
        if key not in self._searched:
            self._searched[key] = interpret(event, moment(at), None, None, self._space)
        said = self._searched[key]
        return said and replace(said, at=moment(at))


def _ages(at: float, begins: float) -> float:
    return (at - begins) / HALF_LIFE.total_seconds()


def _caught_up(state: _State) -> _State:
    if state.pending:
        state.trail, state.pending = following(state.trail, state.pending), []
    return state


def _shared(
    shop: _Shop,
    cars: Ints,
    state: _State,
    reader: preference.Reader,
    at: float,
) -> matching.Shared:
    """Return what is known of cars apart from the trail, but for their kinds."""
    unknown = np.full(len(cars), np.nan)
    wanted = None if state.evidence is None else reader.preference(state.evidence)
    popular = shop.popular[cars] * np.exp2(-_ages(at, shop.recording.begins))
    return matching.Shared(
        content=unknown if wanted is None else shop.vectors[cars] @ wanted,
        latent=unknown,
        popular=np.log1p(popular),
        segment=unknown,
        model=unknown,
        deal=unknown,
    )


def alive_at(recording: Recording, at: float) -> Ints:
    """Return the rows of the listings for sale at a moment, epoch seconds."""
    lives = recording.lives
    return np.flatnonzero((lives.listed_at <= at) & (lives.left_at > at))
