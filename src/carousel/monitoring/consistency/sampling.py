"""Whose state is computed again in the next run.

Owns:    the order in which shoppers come.
Imports: storage.ports, domain.

First those who are known to be wrong, to see whether they were mended; then some who were not
active lately, in turns; then those who were, of whom first come all whose row was written since
they were looked at last, then whoever never was, and then those of whom it is longest ago.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from carousel.domain.listing import UserId
from carousel.storage.ports.watching import WatchingShoppers

IN_A_RUN = 100
RECENT_ACTS = 100  # of each shard, whose shoppers were active lately
OTHERS = 20  # who were not
REMEMBERED = 50_000


@dataclass(slots=True)
class Sampling:
    """Who comes next.

    dice:  for those among whom nothing decides.
    wrong: whose state is known to be another than it should be.
    """

    dice: random.Random
    wrong: set[UserId] = field(default_factory=set)
    _looked: dict[UserId, tuple[str, int]] = field(default_factory=dict, init=False)
    _after: UserId = field(default=0, init=False)
    _runs: int = field(default=0, init=False)

    def sample(self, look: WatchingShoppers) -> dict[UserId, str]:
        """Return whom to look at, and what changes when their row is written; empty without one."""
        others = look.some(self._after, OTHERS)
        self._after = others[-1] if len(others) == OTHERS else 0
        recent = sorted(look.recent(RECENT_ACTS))
        marks = look.marks({*recent, *others, *self.wrong})
        self.dice.shuffle(recent)
        recent.sort(key=lambda one: self._turn(one, marks))
        wrong = sorted(self.wrong)[: IN_A_RUN // 2]
        chosen = list(dict.fromkeys([*wrong, *others, *recent]))[:IN_A_RUN]
        return {one: marks.get(one, "") for one in chosen}

    def looked(self, marks: Mapping[UserId, str], wrong: set[UserId]) -> None:
        """Remember who was looked at, and whose state was wrong."""
        self.wrong = (self.wrong - marks.keys()) | wrong
        self._runs += 1
        for user_id, mark in marks.items():
            self._looked.pop(user_id, None)
            self._looked[user_id] = (mark, self._runs)
        while len(self._looked) > REMEMBERED:
            del self._looked[next(iter(self._looked))]

    def _turn(self, user_id: UserId, marks: Mapping[UserId, str]) -> tuple[bool, bool, int]:
        mark, run = self._looked.get(user_id, (None, 0))
        return mark == marks.get(user_id, ""), mark is None, run
