import asyncio

import numpy as np
import pytest

from carousel.domain.audience import fold, heard
from carousel.evaluation.methods.hearing import hear
from carousel.evaluation.timeline import world_at
from carousel.recording.acts import moment
from carousel.storage import open_memory
from carousel.storage.ports import HALF_LIVES
from tests.evaluation.worlds import DAY, HOUR, car, fans, market

SOON = 2 * HOUR


def had(store, ids):
    told = asyncio.run(store.described(ids)).had
    return np.column_stack([told.impressions, told.views, told.contacts])


def small_market():
    """Return two cars: the first shown twice, opened and asked about, the second shown once."""
    return market(
        [car(0), car(1)],
        events=[
            (HOUR, 0, "view", 0),
            (HOUR, 0, "favourite", 0),
            (HOUR, 0, "search", -1),
            (SOON, 1, "contact", 0),
        ],
        shown=[
            (HOUR, 0, 1, 1, 0, "view"),
            (HOUR, 0, 1, 2, 1, "nothing"),
            (SOON, 1, 2, 1, 0, "contact"),
        ],
    )


def test_what_was_shown_and_done_until_now_is_told_and_what_happens_now_is_not():
    recording, store = small_market(), open_memory()
    store.put(recording.listings)
    told = hear(store, world_at(recording, SOON), -np.inf)
    assert told == SOON
    assert had(store, [1, 2]) == pytest.approx(np.array([[1, 1, 0], [1, 0, 0]]))
    told = hear(store, world_at(recording, SOON), told)
    assert had(store, [1, 2]) == pytest.approx(np.array([[1, 1, 0], [1, 0, 0]]))
    hear(store, world_at(recording, DAY), told)
    first = [heard("impression", moment(HOUR)), heard("view", moment(HOUR))]
    then = [heard("impression", moment(SOON)), heard("contact", moment(SOON))]
    kept = fold(first + then, HALF_LIVES)
    assert had(store, [1])[0] == pytest.approx([kept.impressions, kept.views, kept.contacts])


def test_looking_often_tells_the_same_as_looking_once():
    recording = fans(days=4)
    ids = [one.id for one in recording.listings]
    often, once, heard_to = open_memory(), open_memory(), -np.inf
    for store in (often, once):
        store.put(recording.listings)
    for now in np.arange(0.0, 4 * DAY, 5 * HOUR):
        heard_to = hear(often, world_at(recording, now), heard_to)
    hear(often, world_at(recording, 4 * DAY), heard_to)
    hear(once, world_at(recording, 4 * DAY), -np.inf)
    assert had(once, ids) == pytest.approx(had(often, ids))
    assert had(once, ids).sum() > 0
