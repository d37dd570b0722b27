"""What is said over HTTP of a car being shown, opened and asked about, on its way to serving."""

import asyncio
import threading
import time

import pytest

from carousel.domain.preference import Params
from carousel.storage import open_event_source, open_learning, open_mirror
from carousel.streaming import run
from carousel.streaming.follower import Connections
from tests.api.conftest import PATIENCE, SHARDS


@pytest.fixture
def pipeline(api):
    """Follow the log, as the pipeline's process does."""
    stop = threading.Event()
    with (
        open_event_source(api.params.log_url, shards=SHARDS) as log,
        open_learning(api.params.database_url) as reads,
        open_learning(api.params.database_url) as writes,
    ):
        following = threading.Thread(
            target=run, args=("plain", Connections(log, reads, writes), Params(), stop)
        )
        following.start()
        yield
        stop.set()
        following.join()


@pytest.mark.usefixtures("pipeline")
def test_an_impression_and_a_contact_are_soon_known_of_the_car(api, shopper):
    car, other = api.ids[3:5]
    said = [
        {"type": "impression", "listing_id": car, "position": 1, "id": "shown"},
        {"type": "contact", "listing_id": car, "id": "called"},
        {"type": "impression", "listing_id": other, "position": 2, "id": "shown-too"},
    ]

    async def until(expected):
        deadline = time.monotonic() + PATIENCE
        async with open_mirror(api.params.database_url) as store:
            while True:
                had = (await store.described([car, other])).had
                counts = [had.impressions.round(2), had.views.round(2), had.contacts.round(2)]
                found = [column.tolist() for column in counts]
                if found == expected or time.monotonic() > deadline:
                    return found
                await asyncio.sleep(0.02)

    # The second time as a client does that did not hear the answer, and with something new.
    for again, views in (([], 0.0), ([{"type": "view", "listing_id": other}], 1.0)):
        for event in said + again:
            shopper.post("/api/v1/events", json=event).raise_for_status()
        expected = [[1.0, 1.0], [0.0, views], [1.0, 0.0]]
        assert asyncio.run(until(expected)) == expected
