"""The engine as a method beside the processor and the database it stands for."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from carousel.domain.events import LogEntry, Reason
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import ListingFacts, Status
from carousel.domain.preference import Params
from carousel.evaluation.methods.carousel import Carousel
from carousel.evaluation.methods.knobs import VARIANTS
from carousel.recording.acts import event_of, moment
from carousel.serving.pipeline import recommend
from carousel.storage import open_catalogue, open_learning, open_serving
from carousel.storage.ports import Archived, User
from carousel.streaming.content_based import Batch, Decoded, attach, interpret_batch, write
from tests.evaluation.methods.tiny import DAY, HOUR, a_recording, ask, cars, played

FAN, BUSY, STRANGER = 0, 1, 4
CHEAP = Filters(max_price=9_000)
NEW = 300
PRICE, GONE = (50.0, 17, 3_000), (50.5, 20)
LAST = 52.0

PLAIN = VARIANTS["carousel-unranked"].knobs
"""A ranker reads popularity itself, which engines know of different moments; a blend, shares."""


def happenings():
    """Return events before and after the split, which lies at 48 hours; the last is a view."""
    dice = np.random.default_rng(3)
    kinds = ("view", "view", "favourite", "unfavourite", "contact")
    for hour in np.linspace(1, 47, 120):
        yield (hour, int(dice.integers(1, 4)), str(dice.choice(kinds)), int(dice.integers(NEW)))
    for n, row in enumerate((3, 17, 20, 44)):
        yield (46 + n / 10, FAN, "favourite", row)
    yield (51.0, FAN, "dismiss", 17, Reason.TOO_OLD)
    yield (51.1, FAN, "dismiss", 40)
    yield (51.2, FAN, "search", None, 1)
    yield (51.3, BUSY, "contact", NEW)
    yield (LAST, BUSY, "view", 20)


@pytest.fixture(scope="module")
def told(new_database):
    """Return the world, the method, and the database that was told the same in the same order.

    The recording ends now: the database ages popularity by its own clock.
    """
    now = float(int(datetime.now(UTC).timestamp()))
    recording = a_recording(
        cars(NEW + 1),
        list(happenings()),
        born=[(49, NEW)],
        prices=[PRICE],
        left=[GONE],
        searches=[CHEAP],
        begins=now - LAST * HOUR - 1,
    )
    url = new_database()
    with open_catalogue(url) as catalogue:
        catalogue.add_users(User(0, f"{n}@example.com", "A", "B", "shopper") for n in range(5))
        users = [catalogue.account(f"{n}@example.com").id for n in range(5)]
        facts = [
            ListingFacts.model_validate(c.model_dump(exclude={"id", "revision"}))
            for c in recording.listings
        ]
        ids = list(catalogue.upsert(facts[:NEW]).ids)
        catalogue.ensure_space()
        ids += catalogue.upsert(facts[NEW:]).ids
        listings = [
            c.model_copy(update={"id": i}) for c, i in zip(recording.listings, ids, strict=True)
        ]
        recording = replace(recording, listings=tuple(listings), users=np.array(users))
        before = int(np.searchsorted(recording.events.at, recording.begins + 2 * DAY))
        process(url, recording, range(before))
        catalogue.patch(ids[PRICE[1]], {"price": PRICE[2]})
        catalogue.set_status([ids[GONE[1]]], Status.SOLD)
        process(url, recording, range(before, len(recording.events.at)))
    return played(recording, method := Carousel("carousel-unranked"), now), method, url


def process(url, recording, rows):
    """Give events to the processor, each a batch of its own."""
    with open_learning(url) as store:
        for row in rows:
            at = moment(float(recording.events.at[row]))
            user = int(recording.users[recording.events.shopper[row]])
            entry = LogEntry(f"e{row}", user, at, event_of(recording, row))
            decoded = Decoded(Batch({}, {}), [Archived(0, f"{row + 1}-0", entry)], [])
            interpreted = interpret_batch(attach(decoded, store))
            assert not interpreted.letters
            write(interpreted, store, Params())


@pytest.mark.parametrize("filters", [NO_FILTERS, CHEAP], ids=["everything", "cheap"])
@pytest.mark.parametrize("shopper", [FAN, BUSY, STRANGER], ids=["fan", "busy", "stranger"])
def test_the_slate_is_that_of_processor_and_database(told, shopper, filters):
    world, method, url = told
    rows = np.array([row for row in world.rows() if passes(world.listing(row), filters)])
    question = ask(world, shopper, filters=filters, rows=rows, limit=20)
    user_id = int(world.recording.users[shopper])

    async def in_the_database():
        async with open_serving(url) as store:
            return await recommend(store, user_id, filters, 20, now=moment(world.now), knobs=PLAIN)

    expected = asyncio.run(in_the_database())
    ranking = method.rank(world, question)
    shown = [world.recording.listings[row].id for row in ranking.rows]
    assert shown == [entry.listing.id for entry in expected.entries]
    np.testing.assert_allclose(
        ranking.scores, [entry.score for entry in expected.entries], atol=1e-4
    )
    assert expected.personal == (shopper != STRANGER)
