"""A batch system: a method that hears of the day only at midnight.

Owns:    a copy of the market as it stood at the last midnight, UTC, and what came since.
Imports: numpy, evaluation.

Its slates show cars that were sold since and old prices, miss what was listed since, and know
nothing of what the shopper did today. Until the first midnight it stands where it began.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from carousel.evaluation.method import Ask, Method, Ranking
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints

DAY = 86_400.0


class Nightly:
    """Another method, asked about the last midnight."""

    def __init__(self, method: Method) -> None:
        self._method = method
        self._today: list[Callable[[World], None]] = []

    @property
    def name(self) -> str:
        """Return the key of its row in tables."""
        return f"{self._method.name}-nightly"

    def begin(self, world: World) -> None:
        """Learn from the past."""
        self._world = replace(world, alive=world.alive.copy(), price=world.price.copy())
        self._method.begin(self._world)

    def observe(self, world: World, event: int) -> None:
        """Keep an event for midnight."""

        def happen(then: World) -> None:
            then.past = event + 1
            self._method.observe(then, event)

        self._later(world, happen)

    def listed(self, world: World, row: int) -> None:
        """Keep a new listing for midnight."""
        price = world.price[row]

        def happen(then: World) -> None:
            then.alive[row], then.price[row], then.published = True, price, row + 1
            self._method.listed(then, row)

        self._later(world, happen)

    def repriced(self, world: World, row: int) -> None:
        """Keep a new price for midnight."""
        price = world.price[row]

        def happen(then: World) -> None:
            then.price[row] = price
            self._method.repriced(then, row)

        self._later(world, happen)

    def left(self, world: World, row: int) -> None:
        """Keep for midnight that a listing left."""

        def happen(then: World) -> None:
            then.alive[row] = False
            self._method.left(then, row)

        self._later(world, happen)

    def _later(self, world: World, happen: Callable[[World], None]) -> None:
        self._wake(world.now)
        now = world.now

        def at_its_time(then: World) -> None:
            then.now = now
            happen(then)

        self._today.append(at_its_time)

    def _wake(self, now: float) -> None:
        """Tell the method of yesterday, if midnight has passed."""
        midnight = now // DAY * DAY
        if midnight <= self._world.now:
            return
        for happen in self._today:
            happen(self._world)
        self._today.clear()
        self._world.now = midnight

    def rank(self, world: World, ask: Ask) -> Ranking:
        """Return the slate of midnight; of the cars asked for it knows those it had heard of.

        Without filters these are all cars of midnight, some of them gone by now.
        """
        self._wake(world.now)
        return self._method.rank(self._world, self._then(ask))

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return the scores of midnight; a car that was not there then is least."""
        self._wake(world.now)
        known = self._world.alive[rows]
        scores = np.zeros(len(rows))
        if known.any():
            scores[known] = self._method.score(self._world, self._then(ask), rows[known])
            scores[~known] = scores[known].min() - 1.0
        return scores

    def _then(self, ask: Ask) -> Ask:
        rows = self._world.rows()
        if not ask.filters.empty:
            rows = rows[np.isin(rows, ask.rows, assume_unique=True)]
        return replace(ask, at=self._world.now, rows=rows)
