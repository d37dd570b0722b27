"""What every policy would have shown instead: its ten best cars of the same pool, then and there.

Owns:    rebuilding the pool a list was made from, asking the methods, what the truth says of it.
Imports: numpy, evaluation.{asking,method,passing,timeline,timing,world},
         evaluation.counterfactual.{decisions,histories,judge,reward_model}, recording.

A list is made of the cars for sale that pass its filters, without those the shopper dismissed and
those on earlier pages of the same list. Which pages are of the same list is not recorded, but the
size of the pool is: it must come out right with the cars of the last 0, 1, 2, ... pages taken away.
Where none does, the decision is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from carousel.evaluation.asking import checked
from carousel.evaluation.counterfactual.decisions import PLACES, Decisions
from carousel.evaluation.counterfactual.histories import Histories
from carousel.evaluation.counterfactual.judge import Judge
from carousel.evaluation.counterfactual.reward_model import (
    FEATURES,
    Cars,
    Moment,
    cars_of,
    features,
)
from carousel.evaluation.method import Ask
from carousel.evaluation.passing import Columns, columns, passing
from carousel.evaluation.timeline import walk
from carousel.evaluation.timing import Timed
from carousel.evaluation.world import World
from carousel.recording.tables import NONE, Flags, Floats, Impressions, Ints, Recording

MOST_PAGES = 12
"""A list is followed back over so many pages."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was shown and would have been; n decisions, m methods.

    rebuilt:     whether the pool came out right, shape (n,); all else is empty where not.
    seen:        features of the car chance put there, shape (n, FEATURES).
    tops:        rows of each policy's first places, NONE where shorter, shape (m, n, PLACES).
    seen_tops:   their features, shape (m, n, PLACES, FEATURES).
    open, contact: their true chances, NaN without a truth, shape (m, n, PLACES).
    shown_open, shown_contact: of the first places as recorded, means, shape (n,).
    starts, ends: where the list that was shown begins and ends among the impressions, shape (n,).
    """

    rebuilt: Flags
    seen: Floats
    tops: Ints
    seen_tops: Floats
    open: Floats
    contact: Floats
    shown_open: Floats
    shown_contact: Floats
    starts: Ints
    ends: Ints

    def only_rebuilt(self) -> "Answers":
        """Return the decisions whose pools came out right."""
        kept = self.rebuilt
        return Answers(
            kept[kept],
            self.seen[kept],
            self.tops[:, kept],
            self.seen_tops[:, kept],
            self.open[:, kept],
            self.contact[:, kept],
            self.shown_open[kept],
            self.shown_contact[kept],
            self.starts[kept],
            self.ends[kept],
        )


def ask_all(  # noqa: PLR0913 (what is asked, whom, what is known)
    recording: Recording,
    decisions: Decisions,
    methods: Sequence[Timed],
    *,
    split: float,
    histories: Histories,
    judge: Judge | None,
    advance: Callable[[int, int], None],
) -> Answers:
    """Play the recording from the split and ask every method at every decision.

    Raises:
        MisbehavingMethodError: a method's answer is no slate.
    """
    n, m = len(decisions), len(methods)
    answers = Answers(
        rebuilt=np.zeros(n, dtype=bool),
        seen=np.zeros((n, FEATURES)),
        tops=np.full((m, n, PLACES), NONE, dtype=np.int64),
        seen_tops=np.zeros((m, n, PLACES, FEATURES), dtype=np.float64),
        open=np.full((m, n, PLACES), np.nan),
        contact=np.full((m, n, PLACES), np.nan),
        shown_open=np.full(n, np.nan),
        shown_contact=np.full(n, np.nan),
        starts=np.zeros(n, dtype=np.int64),
        ends=np.zeros(n, dtype=np.int64),
    )
    desk = _Desk(
        decisions,
        recording.impressions,
        columns(recording.listings),
        cars_of(recording.listings, recording.lives.listed_at),
        _pages(recording.impressions),
        histories,
        judge,
        methods,
        answers,
    )
    for done, (stop, world) in enumerate(walk(recording, split, decisions.at, methods), start=1):
        desk.ask(stop, world)
        advance(done, n)
    return answers


@dataclass(frozen=True, slots=True)
class _Pages:
    """Slates: where each starts among the impressions, with the end last; which came before.

    previous: the same shopper's slate before, NONE for the first.
    number:   of each impression's slate.
    """

    starts: Ints
    previous: Ints
    number: Ints


def _pages(shown: Impressions) -> _Pages:
    fresh = np.ones(len(shown.slate), dtype=bool)
    fresh[1:] = np.diff(shown.slate) != 0
    starts = np.flatnonzero(fresh)
    shopper = shown.shopper[starts]
    order = np.lexsort((np.arange(len(starts)), shown.at[starts], shopper))
    previous = np.full(len(starts), NONE)
    same = shopper[order][1:] == shopper[order][:-1]
    previous[order[1:][same]] = order[:-1][same]
    return _Pages(np.append(starts, len(shown.slate)), previous, np.cumsum(fresh) - 1)


@dataclass(frozen=True, slots=True)
class _Desk:
    decisions: Decisions
    shown: Impressions
    held: Columns
    cars: Cars
    pages: _Pages
    histories: Histories
    judge: Judge | None
    methods: Sequence[Timed]
    answers: Answers

    def ask(self, number: int, world: World) -> None:
        """Ask all methods at one decision, if its pool can be rebuilt."""
        shopper, at = int(self.decisions.shopper[number]), float(self.decisions.at[number])
        row = int(self.decisions.impression[number])
        filters = world.recording.searches[int(self.shown.search[row])]
        alive = world.rows()
        rows = alive[passing(self.held, filters, alive, world.price[alive])]
        gone = self._gone(rows, row, shopper, at)
        if gone is None:
            return
        pool = np.setdiff1d(rows, gone, assume_unique=False)
        ask = Ask(shopper, at, filters, rows, PLACES + len(rows) - len(pool))
        tops = []
        for method in self.methods:
            ranked = checked(method, world, ask).rows
            tops.append(ranked[np.isin(ranked, pool)][:PLACES])
        self._keep(number, tops, world)

    def _gone(self, rows: Ints, row: int, shopper: int, at: float) -> Ints | None:
        """Return what was not to be shown again, None where the pool does not come out right."""
        gone = np.intersect1d(self.histories.dismissed(shopper, at), rows)
        eligible = int(self.shown.eligible[row])
        page = int(self.pages.number[row])
        for _ in range(MOST_PAGES):
            if len(rows) - len(gone) == eligible:
                return gone
            page = int(self.pages.previous[page])
            if page == NONE or self.shown.search[self.pages.starts[page]] != self.shown.search[row]:
                return None
            where = slice(int(self.pages.starts[page]), int(self.pages.starts[page + 1]))
            gone = np.union1d(gone, np.intersect1d(self.shown.listing[where], rows))
        return None

    def _keep(self, number: int, tops: Sequence[Ints], world: World) -> None:
        answers, decisions = self.answers, self.decisions
        shopper, at = int(decisions.shopper[number]), float(decisions.at[number])
        page = int(self.pages.number[decisions.impression[number]])
        start, end = int(self.pages.starts[page]), int(self.pages.starts[page + 1])
        shown = self.shown.listing[start : min(end, start + PLACES)]
        logged = decisions.listing[number : number + 1]
        every = np.unique(np.concatenate([logged, shown, *tops]))
        moment = Moment(shopper, at, int(decisions.eligible[number]))
        seen = features(self.cars, self.histories, moment, every, world.price)
        answers.rebuilt[number] = True
        answers.starts[number], answers.ends[number] = start, end
        answers.seen[number] = seen[np.searchsorted(every, logged[0])]
        places = [np.searchsorted(every, top) for top in tops]
        for method, (top, place) in enumerate(zip(tops, places, strict=True)):
            answers.tops[method, number, : len(top)] = top
            answers.seen_tops[method, number, : len(top)] = seen[place]
        if self.judge is None:
            return
        truth = self.judge.chances(shopper, every, at, world.price[every])
        for method, (top, place) in enumerate(zip(tops, places, strict=True)):
            answers.open[method, number, : len(top)] = truth.open[place]
            answers.contact[method, number, : len(top)] = truth.contact[place]
        place = np.searchsorted(every, shown)
        answers.shown_open[number] = truth.open[place].mean()
        answers.shown_contact[number] = truth.contact[place].mean()
