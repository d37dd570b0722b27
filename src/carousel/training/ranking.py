"""The ranker from logged slates: which of the cars that shoppers saw did they open?

Owns:    what is learned from, how the place on the page is taken out, the figures.
Imports: numpy, domain, recording, training.

A place far down a page is examined less: the chance of an opening is the car's own chance times
k ** -decay at place k. The decay is read from places that chance filled, where the place says
nothing of the car. It enters as an offset that serving leaves out. Cars drawn from all for sale
stand beside the shown ones as not opened, with little weight: shown cars had passed somebody's
filters, and a ranker that never saw the others would not know why.

Most slates have nothing opened, and of the others most cars were not. Slates and cars that were
opened are learned from first; of the rest some are drawn, each with the weight of all it stands
for, so that chances stay what they are.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from carousel.domain import market as market_of
from carousel.domain import preference
from carousel.domain.car_features import fit_space
from carousel.domain.errors import ModelError
from carousel.domain.facts import facts_of
from carousel.domain.features import Vector
from carousel.domain.market import Market
from carousel.domain.matching import features as matching
from carousel.domain.model import Model
from carousel.domain.ranker import linear
from carousel.domain.ranker.ranking import Ranker, as_strangers, to_model
from carousel.domain.ranker.trees import Trees
from carousel.recording.tables import Flags, Recording
from carousel.training.contacts import contacts_of
from carousel.training.growing import Growing, grow, grow_order, possible, together
from carousel.training.ranking_rows import (
    STRANGERS,
    Rows,
    Slates,
    alive_at,
    rows_of,
    slates_of,
)
from carousel.training.ranking_worth import EVEN, ahead_of, cases_of
from carousel.training.worth import as_figures, of_mean

DAY = 86_400.0
USUAL_DECAY, MOST_DECAY = 0.35, 1.5
LEAST_QUIET = 500
"""Slates with nothing opened that are learned from in any case, where there are as many."""

ENOUGH_CHANCE = 200
"""Openings at places filled by chance from which the decay is read; with fewer it is the usual."""


@dataclass(frozen=True, slots=True)
class RankerTraining:
    """What an experiment may change.

    slates:    of those with something opened at most so many are learned from, drawn evenly.
    quiet:     of the others, as a share of those.
    days:      none is older than so many days.
    kinds:     share of the slates that tell how often kinds of cars are opened, and nothing else.
    held_out:  share of the slates, the newest, on which the model is measured.
    strangers: weight of all cars beside a slate that were not shown.
    ridge:     of the linear floor.
    firm:      of the linear parts that have less to learn from: strangers, contacts.
    trees:     how trees are grown; None trains the floor alone.
    most_opened_a_day: whoever reacts more often is no shopper, and is not learned from.
    """

    slates: int = 12_000
    quiet: float = 0.5
    days: float = 28.0
    kinds: float = 0.4
    held_out: float = 0.15
    strangers: float = 3.0
    ridge: float = 3.0
    firm: float = 100.0
    trees: Growing | None = field(default_factory=Growing)
    most_opened_a_day: float = 40.0
    seed: int = 0


DEFAULTS = RankerTraining()


def train_ranker(
    recording: Recording,
    until: float,
    training: RankerTraining = DEFAULTS,
    progress: Callable[[int, int], None] | None = None,
    rival: Ranker | None = None,
) -> Model:
    """Return the ranker of what was shown before a moment, with its figures.

    With a rival they also tell how far the new one is ahead of it on the held-out slates.

    Trees are part of it unless they order the held-out slates surely worse than the floor: on what
    was logged the two are alike, and for cars that nobody was shown trees are better (docs/lab.md).

    Raises:
        ModelError: too little was shown, or nothing opened.
    """
    taught, market, count = taught_by(recording, until, training, progress)
    rows = taught.rows
    late = rows.slate >= count * (1.0 - training.held_out)
    floor, grown = fitted(taught.of(~late), training)
    tested, line = rows.of(late & (rows.place > 0)), None
    cases, usual = cases_of(tested, floor.log_odds(tested.features.astype(np.float64)))
    if grown is not None:
        line = _line(grown, taught.of(late), training)
        by_trees, _ = cases_of(
            tested, grown.together(line).log_odds(tested.features.astype(np.float64))
        )
        if of_mean((1.0 + by_trees - cases) / 2, EVEN).high < EVEN:
            training = replace(training, trees=None)
        else:
            cases = by_trees
    worth = of_mean(cases, float(usual.mean()) if len(usual) else 0.0)
    ahead: dict[str, float] = {}
    if rival is not None:
        ahead = ahead_of(cases, _by_rival(rival, recording, until, training))
    floor, grown = fitted(taught, training, floor)
    called, figures = contacts_of(rows, 10 * training.firm)
    trees = None if grown is None else grown.together(line)
    ranker = Ranker(floor, trees, market, for_strangers(taught, training), called)
    figures |= {"decay": taught.decay, "slates": float(count)} | ahead
    return to_model(ranker, as_figures(worth) | figures)


def taught_by(
    recording: Recording,
    until: float,
    training: RankerTraining = DEFAULTS,
    progress: Callable[[int, int], None] | None = None,
) -> tuple["Taught", Market, int]:
    """Return what a recording teaches before a moment, its market, and from how many slates.

    Raises:
        ModelError: too little was shown, or nothing opened.
    """
    chosen = _chosen(recording, until, training)
    count = len(chosen.slates)
    if count < 100:  # noqa: PLR2004 (fewer teach nothing)
        raise ModelError(
            f"Only {count} lists were shown, and a ranker needs 100; wait for impressions."
        )
    market = _market(recording, chosen.others, until)
    rows = _rows(recording, chosen, market, until, training, progress)
    if not rows.opened.any():
        raise ModelError("Of all cars that were shown none was opened; there is nothing to learn.")
    decay = examination_decay(recording, until)
    return Taught(rows, chosen.weights[rows.slate], decay), market, count


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Slates to learn from, in order of time, and what each weighs; others to count kinds on."""

    slates: Slates
    weights: Vector
    others: Slates


def _chosen(recording: Recording, until: float, training: RankerTraining) -> _Chosen:
    """Return what is learned from: the two parts are drawn apart from what came of a slate."""
    rng = np.random.default_rng(training.seed)
    everything, shown = slates_of(recording), recording.impressions
    # Dice must not tell how much comes later.
    everything = everything.of(np.flatnonzero(shown.at[everything.starts] < until))
    at, shopper = shown.at[everything.starts], shown.shopper[everything.starts]
    usable = ~_tireless(recording, until, training)[shopper]
    counted = rng.random(len(everything)) < training.kinds
    recent = at >= until - training.days * DAY
    opened = np.concatenate([[0], np.cumsum(shown.outcome > 0)])
    rich = opened[everything.ends] > opened[everything.starts]
    some = np.flatnonzero(usable & recent & ~counted & rich)
    quiet = np.flatnonzero(usable & recent & ~counted & ~rich)
    weights = np.zeros(len(everything))
    for found, most in (
        (some, training.slates),
        (quiet, max(LEAST_QUIET, int(training.quiet * min(len(some), training.slates)))),
    ):
        drawn = rng.choice(found, min(most, len(found)), replace=False)
        weights[drawn] = len(found) / max(1, len(drawn))
    taken = np.flatnonzero(weights > 0)
    others = np.flatnonzero(usable & (counted | ~recent))
    weights *= min(1.0, training.slates / max(1, len(some)))
    return _Chosen(everything.of(taken), weights[taken], everything.of(others))


def _rows(  # noqa: PLR0913, PLR0917 (what is replayed, how; each is one thing)
    recording: Recording,
    chosen: _Chosen,
    market: Market,
    until: float,
    training: RankerTraining,
    progress: Callable[[int, int], None] | None = None,
) -> Rows:
    return rows_of(
        recording,
        chosen.slates,
        space=fit_space([recording.listings[row] for row in alive_at(recording, until).tolist()]),
        market=market,
        taste=preference.Params(),
        params=matching.Params(),
        seed=training.seed,
        progress=progress,
    )


def _tireless(recording: Recording, until: float, training: RankerTraining) -> Flags:
    """Return which accounts react to more cars in a day than people do, shape (shoppers,)."""
    events = recording.events
    past = events.at < until
    day = ((events.at[past] - recording.begins) // DAY).astype(np.int64)
    keys, counts = np.unique(np.stack([events.shopper[past], day]), axis=1, return_counts=True)
    tireless = np.zeros(len(recording.users), np.bool_)
    tireless[keys[0][counts > training.most_opened_a_day]] = True
    return tireless


def _market(recording: Recording, slates: Slates, until: float) -> Market:
    shown = recording.impressions
    inside = np.concatenate([
        np.arange(start, end)
        for start, end in zip(slates.starts.tolist(), slates.ends.tolist(), strict=True)
    ])  # fmt: skip
    published = recording.lives.listed_at < until
    facts = facts_of(recording.listings)
    return market_of.learn(
        facts[published],
        facts[shown.listing[inside]],
        shown.position[inside].astype(np.float64) ** -USUAL_DECAY,
        (shown.outcome[inside] > 0).astype(np.float64),
    )


def examination_decay(recording: Recording, until: float) -> float:
    """Return how fast examination falls with the place, from places filled by chance.

    The likelihood of which of these places were opened, given how many were, is largest at it.
    """
    shown = recording.impressions
    drawn = shown.random & (shown.at < until)
    opened = drawn & (shown.outcome > 0)
    if opened.sum() < ENOUGH_CHANCE:
        return USUAL_DECAY
    decays = np.arange(0.0, MOST_DECAY, 0.01)
    places, counts = np.unique(shown.position[drawn], return_counts=True)
    logs = np.log(places.astype(np.float64))
    normal = np.log(np.exp(-decays[:, None] * logs) @ counts)
    said = -decays * np.log(shown.position[opened].astype(np.float64)).sum()
    return float(decays[np.argmax(said - opened.sum() * normal)])


@dataclass(frozen=True, slots=True)
class Taught:
    """Rows to learn from. weights: of each one's slate, shape (n,). decay: of examination."""

    rows: Rows
    weights: Vector
    decay: float

    def of(self, used: Flags) -> "Taught":
        """Return some of them."""
        return Taught(self.rows.of(used), self.weights[used], self.decay)


@dataclass(frozen=True, slots=True)
class Grown:
    """Trees that tell chances, and trees that tell an order; each knows what the other misses."""

    chances: Trees
    orders: Trees

    def together(self, line: tuple[float, float] | None) -> Trees:
        """Return both as one; without a line that makes chances of the order, the first alone."""
        return self.chances if line is None else together(self.chances, self.orders, line)


def fitted(
    taught: Taught, training: RankerTraining, start: linear.Linear | None = None
) -> tuple[linear.Linear, Grown | None]:
    """Return the floor, and trees where they are asked for and can be grown.

    Args:
        taught: what is learned from.
        training: ridge and trees.
        start: a floor fitted to some of it, from where the fit may start.
    """
    rows, offsets, weights = taught.rows, _offsets(taught), _weights(taught, training)
    floor = linear.fit(rows.features, rows.opened, weights, offsets, training.ridge, start)
    if training.trees is None or not possible():
        return floor, None
    params, seed = training.trees, training.seed
    return floor, Grown(
        grow(rows.features, rows.opened, weights, offsets, params=params, seed=seed),
        grow_order(rows.features, rows.opened, offsets, rows.slate, params=params, seed=seed),
    )


def _line(grown: Grown, held: Taught, training: RankerTraining) -> tuple[float, float] | None:
    """Return what makes chances of the order, on rows not learned from; None if it cannot tell."""
    rows = held.rows
    if not rows.opened.any():
        return None
    order = grown.orders.log_odds(rows.features.astype(np.float64))
    return linear.calibration(order, rows.opened, _weights(held, training), _offsets(held))


def _weights(taught: Taught, training: RankerTraining) -> Vector:
    rows = taught.rows
    each = np.where(rows.place == 0, training.strangers / STRANGERS, rows.times)
    return np.asarray(taught.weights * each)


def _offsets(taught: Taught) -> Vector:
    """Return what the place took from each car's log-odds; one not shown had the middle place."""
    place = taught.rows.place
    middle = float(np.median(place[place > 0]))
    offsets: Vector = -taught.decay * np.log(np.where(place == 0, middle, np.maximum(place, 1)))
    return offsets


def for_strangers(taught: Taught, training: RankerTraining) -> linear.Linear:
    """Return what tells opened cars from all cars, by the market and the car alone.

    Cars that were shown and not opened say nothing here: what they were shown for is what a
    stranger has not told. Those drawn from all weigh as much as they did, so chances stay right.
    """
    rows = taught.rows
    drawn, opened = rows.place == 0, rows.opened > 0
    shown = float((taught.weights * rows.times)[~drawn].sum())
    each = shown / max(float(taught.weights[drawn].sum()), 1e-9)
    used = drawn | opened
    return linear.fit(
        as_strangers(rows.features[used]),
        rows.opened[used],
        (taught.weights * np.where(drawn, each, 1.0))[used],
        _offsets(taught)[used],
        training.firm,
    )


def _by_rival(
    rival: Ranker, recording: Recording, until: float, training: RankerTraining
) -> Vector:
    """Return the cases of the slates that ``train_ranker`` holds out, by another ranker."""
    chosen = _chosen(recording, until, training)
    held = np.arange(math.ceil(len(chosen.slates) * (1.0 - training.held_out)), len(chosen.slates))
    kept = replace(chosen, slates=chosen.slates.of(held))
    rows = _rows(recording, kept, rival.market, until, training)
    shown = rows.of(rows.place > 0)
    return cases_of(shown, rival.log_odds(shown.features.astype(np.float64)))[0]
