"""What a latent space is worth on the last part of a recording, against the simplest rivals.

Owns:    the days that are held out, the three ways of ranking, their figures.
Imports: numpy, domain, recording, training.{reactions, worth}.

Every midnight each shopper who reacts to a car on the day that begins is asked about, if anything
is known of them: all cars alive at that moment, but for those they know, are ranked, and the ones
they react to that day must be found. States know all that had happened by midnight.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from carousel.domain.car_features import describe, fit_space
from carousel.domain.factors import Ints
from carousel.domain.features import Description, Matrix, Vector
from carousel.domain.latent import Latent, unit_rows
from carousel.recording.tables import Recording
from carousel.training.reactions import DAY_SECONDS, Reactions, reactions_until
from carousel.training.worth import as_figures, of_mean

PLACES, LONG = 10, 20
MOST_A_DAY = 50
"""Whoever reacts to more cars in a day is no shopper, and is not asked about."""

MOST_ASKED = 2_000
"""Shoppers asked about in one day; of more, so many, drawn evenly, are plenty."""

AT_ONCE = 8_192
CELLS = 8_000_000
"""Pairs of shopper and listing scored at once: 64 MB, a few times over."""

POPULAR_DAYS = 7.0


class Ranking(Protocol):
    """A way of ranking, told of each day when it is over."""

    def hear(self, day: Reactions, now: float) -> None:
        """Take in the reactions of a day that ends now, epoch seconds."""
        ...

    def scores(self, shoppers: Ints, rows: Ints) -> Matrix:
        """Return how well listings suit shoppers, shape (shoppers, rows)."""
        ...


class Fading:
    """Decayed sums of rows of numbers, by owner; see ``domain.preference``."""

    def __init__(self, owners: int, width: int, half_life_days: float) -> None:
        self.sums = np.zeros((owners, width))
        self._half_life = half_life_days * DAY_SECONDS

    def add(self, owners: Ints, rows: Matrix, at: Vector, now: float) -> None:
        """Age all sums by one day, which ends now, and add rows of that day."""
        self.sums *= np.exp2(-DAY_SECONDS / self._half_life)
        aged = np.exp2((at - now) / self._half_life)
        np.add.at(self.sums, owners, aged[:, None] * rows)


class ByLatent:
    """The latent space: foretold factors, moved by reactors, against the shopper's taste."""

    def __init__(self, recording: Recording, latent: Latent) -> None:
        self._latent = latent
        half_life = latent.settings.half_life.total_seconds() / DAY_SECONDS
        self._raw = _in_parts(recording, latent.foretold, latent.dim)
        self._foretold = latent.known(self._raw)
        self._shoppers = Fading(len(recording.users), latent.dim + 1, half_life)
        self._pulled = np.zeros_like(self._raw)
        self._masses = np.zeros(len(self._raw))
        self._alive: tuple[Ints, Matrix] | None = None

    def hear(self, day: Reactions, now: float) -> None:
        """Take in a day: listings first, by what their reactors liked before it."""
        self._alive = None
        tastes, sure = self._tastes(day.shopper)
        weight = day.strength * sure
        np.add.at(self._pulled, day.listing, weight[:, None] * tastes)
        np.add.at(self._masses, day.listing, np.abs(weight))
        said = day.strength[:, None] * self._foretold[day.listing]
        rows = np.concatenate([said, np.abs(day.strength)[:, None]], axis=1)
        self._shoppers.add(day.shopper, rows, day.at, now)

    def _tastes(self, shoppers: Ints) -> tuple[Matrix, Vector]:
        sums = self._shoppers.sums[shoppers]
        mass = sums[:, -1]
        sure: Vector = mass / (mass + self._latent.settings.prior_mass)
        return self._latent.tastes(sums[:, :-1], mass), sure

    def scores(self, shoppers: Ints, rows: Ints) -> Matrix:
        """Return inner products."""
        if self._alive is None or self._alive[0] is not rows:
            parts = (self._raw[rows], self._pulled[rows], self._masses[rows])
            self._alive = (rows, self._latent.moved(*parts))
        return self._tastes(shoppers)[0] @ self._alive[1].T


class ByContent:
    """The mean of the content vectors of the cars reacted to, by cosine."""

    def __init__(self, recording: Recording, since: float) -> None:
        lives = recording.lives
        alive = np.flatnonzero((lives.listed_at <= since) & (lives.left_at > since))
        space = fit_space([recording.listings[row] for row in alive])
        self._vectors = _in_parts(recording, space.vectors, space.dim)
        self._sums = np.zeros((len(recording.users), space.dim))
        self._alive: tuple[Ints, Matrix] | None = None

    def hear(self, day: Reactions, now: float) -> None:
        """Add the cars of a day."""
        del now
        np.add.at(self._sums, day.shopper, day.strength[:, None] * self._vectors[day.listing])

    def scores(self, shoppers: Ints, rows: Ints) -> Matrix:
        """Return cosines."""
        if self._alive is None or self._alive[0] is not rows:
            self._alive = (rows, self._vectors[rows])
        return unit_rows(self._sums[shoppers]) @ self._alive[1].T


class ByPopularity:
    """What shoppers reacted to lately; the same for everybody."""

    def __init__(self, recording: Recording) -> None:
        self._listings = Fading(len(recording.listings), 1, POPULAR_DAYS)

    def hear(self, day: Reactions, now: float) -> None:
        """Count a day."""
        self._listings.add(day.listing, np.maximum(day.strength, 0.0)[:, None], day.at, now)

    def scores(self, shoppers: Ints, rows: Ints) -> Matrix:
        """Return one row of sums for all."""
        return np.broadcast_to(self._listings.sums[rows, 0], (len(shoppers), len(rows)))


def figures(recording: Recording, latent: Latent, since: float, until: float) -> dict[str, float]:
    """Return what a latent space trained on what lay before ``since`` is worth until ``until``.

    ``value`` is its NDCG@10, ``low`` and ``high`` the 95 % interval by shopper's day, ``floor``
    what popularity reaches, ``cases`` the number of shoppers' days. The others tell NDCG@10 and
    recall@20 of the latent space, of the mean of content vectors and of popularity.
    """
    worth = measured(
        recording,
        {
            "latent": ByLatent(recording, latent),
            "content mean": ByContent(recording, since),
            "popularity": ByPopularity(recording),
        },
        since,
        until,
    )
    means = {
        f"{metric}, {name}": float(column.mean()) if len(column) else 0.0
        for name, values in worth.items()
        for metric, column in zip((f"NDCG@{PLACES}", f"recall@{LONG}"), values.T, strict=True)
    }
    floor = means[f"NDCG@{PLACES}, popularity"]
    return as_figures(of_mean(worth["latent"][:, 0], floor)) | means


def measured(
    recording: Recording, rankings: Mapping[str, Ranking], since: float, until: float
) -> dict[str, Matrix]:
    """Return NDCG@10 and recall@20 of several ways of ranking, shape (shoppers' days, 2)."""
    known: defaultdict[int, list[int]] = defaultdict(list)
    worth: dict[str, list[Matrix]] = {name: [np.zeros((0, 2))] for name in rankings}
    for begins, day in days(reactions_until(recording, until)):
        occasion = occasion_of(recording, known, day, begins) if begins >= since else None
        for block in occasion.blocks() if occasion else ():
            for name, ranking in rankings.items():
                scores = np.array(ranking.scores(block.shoppers, block.rows))
                worth[name].append(_worth(scores, block))
        for ranking in rankings.values():
            ranking.hear(day, begins + DAY_SECONDS)
        for shopper, listing in zip(day.shopper.tolist(), day.listing.tolist(), strict=True):
            known[shopper].append(listing)
    return {name: np.concatenate(parts) for name, parts in worth.items()}


def days(seen: Reactions) -> Iterator[tuple[float, Reactions]]:
    """Yield each day, UTC, on which anything happened: when it begins, and its reactions."""
    day = (seen.at // DAY_SECONDS).astype(np.int64)
    for start, end in pairwise([*np.flatnonzero(np.diff(day, prepend=-1)).tolist(), len(day)]):
        some = slice(start, end)
        yield (
            float(day[start] * DAY_SECONDS),
            Reactions(seen.at[some], seen.shopper[some], seen.listing[some], seen.strength[some]),
        )


@dataclass(frozen=True, slots=True)
class Occasion:
    """Shoppers who are asked about at one moment.

    shoppers: shape (n,). rows: the listings alive, shape (m,).
    known, liked: of each shopper, the places in ``rows`` of the listings they know and those they
    are going to react to; none is in both.
    """

    shoppers: Ints
    rows: Ints
    known: Sequence[Ints]
    liked: Sequence[Ints]

    def blocks(self, cells: int = CELLS) -> Iterator["Occasion"]:
        """Yield the shoppers some at a time: at least one, at most so many pairs."""
        step = max(1, cells // max(1, len(self.rows)))
        for start in range(0, len(self.shoppers), step):
            some = slice(start, start + step)
            yield Occasion(self.shoppers[some], self.rows, self.known[some], self.liked[some])


def occasion_of(
    recording: Recording, known: Mapping[int, Sequence[int]], day: Reactions, at: float
) -> Occasion | None:
    """Return who is to be asked about a day that begins at a moment; None if nobody is."""
    lives = recording.lives
    alive = np.flatnonzero((lives.listed_at <= at) & (lives.left_at > at))
    place = np.full(len(recording.listings), -1)
    place[alive] = np.arange(len(alive))
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for shopper, listing, strength in zip(
        day.shopper.tolist(), day.listing.tolist(), day.strength.tolist(), strict=True
    ):
        if strength > 0 and place[listing] >= 0 and known.get(shopper):
            wanted[shopper].add(listing)
    for shopper, cars in wanted.items():
        cars.difference_update(known[shopper])
    asked = [one for one, cars in wanted.items() if 0 < len(cars) <= MOST_A_DAY]
    if not asked:
        return None
    if len(asked) > MOST_ASKED:
        asked = [asked[n] for n in np.linspace(0, len(asked) - 1, MOST_ASKED).astype(int).tolist()]
    seen = (np.unique(place[known[shopper]]) for shopper in asked)
    return Occasion(
        np.array(asked),
        alive,
        [places[places >= 0] for places in seen],
        [place[list(wanted[shopper])] for shopper in asked],
    )


def _worth(scores: Matrix, occasion: Occasion) -> Matrix:
    """Return NDCG at PLACES and recall at LONG of each shopper, shape (n, 2).

    What shoppers know is taken out of ``scores``, which is changed.
    """
    scores[_flat(occasion.known)] = -np.inf
    liked = np.zeros(scores.shape, np.bool_)
    liked[_flat(occasion.liked)] = True
    hits = np.zeros((len(scores), LONG), np.bool_)
    best = best_places(scores, LONG)
    hits[:, : best.shape[1]] = np.take_along_axis(liked, best, axis=1)
    count = np.array([len(places) for places in occasion.liked])
    discount = 1.0 / np.log2(np.arange(2, PLACES + 2))
    ideal = np.cumsum(discount)[np.minimum(count, PLACES) - 1]
    return np.stack([hits[:, :PLACES] @ discount / ideal, hits.sum(axis=1) / count], axis=1)


def best_places(scores: Matrix, most: int) -> Ints:
    """Return the places of the highest scores, best first, shape (rows, most or all there are).

    Of equal scores the first comes first: the start of a stable sort, without sorting the rest.

    >>> best_places(np.array([[1.0, 3.0, 3.0, 2.0, 2.0]]), 4).tolist()
    [[1, 2, 3, 4]]
    """
    rows, columns = scores.shape
    if columns > most:
        last = np.partition(scores, columns - most, axis=1)[:, columns - most, None]
        above, level = scores > last, scores == last
        room = most - above.sum(axis=1, dtype=np.int32, keepdims=True)
        above |= level & (np.cumsum(level, axis=1, dtype=np.int32) <= room)
        chosen = np.nonzero(above)[1].reshape(rows, most)
    else:
        chosen = np.broadcast_to(np.arange(columns), (rows, columns))
    order = np.argsort(-np.take_along_axis(scores, chosen, axis=1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(chosen, order, axis=1), np.int64)


def _flat(places: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return the row and column of every place."""
    lengths = [len(some) for some in places]
    return np.repeat(np.arange(len(places)), lengths), np.concatenate(places)


def _in_parts(
    recording: Recording, encode: Callable[[Sequence[Description]], Matrix], width: int
) -> Matrix:
    found = np.zeros((len(recording.listings), width))
    for start in range(0, len(found), AT_ONCE):
        part = recording.listings[start : start + AT_ONCE]
        found[start : start + len(part)] = encode([describe(listing) for listing in part])
    return found
