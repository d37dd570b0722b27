"""Channel: a few cars drawn by chance from all that pass, those hardly shown before sooner.

Owns:    candidates that nothing speaks for, so that a random place can go to any car.
Imports: domain, storage.ports.
"""

import math

from carousel.domain.candidates import Found
from carousel.serving.ask import Ask
from carousel.storage.ports import ServingStore

NAME = "exploring"


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return listings in the order drawn. Scores fall evenly with the place in that order."""
    limit = math.ceil(ask.params.shares.exploring * ask.pool)
    drawn = await store.sample(ask.filters, limit, ask.without, ask.seed)
    scores = [1 - n / limit for n in range(len(drawn.ids))]
    return Found(NAME, drawn.ids, scores)
