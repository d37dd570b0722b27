"""The dictionary follows the cars for sale, and goes on while the store is away."""

import asyncio

import pytest

from carousel.domain.errors import StoreUnavailableError
from carousel.domain.listing import Body
from carousel.domain.phrase.amounts import Terms
from carousel.serving.understanding import FRESH_SECONDS, Vocabulary, suggest, understand
from carousel.storage.engines.memory import MemoryStore
from tests.storage.marketplaces import opened
from tests.storage.postgres_world import car, market

NOW = Terms(2026, "EUR")


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class StoreThatGoesAway(MemoryStore):
    """The store in memory, out of reach while it is away; it counts how often it was asked."""

    def __init__(self):
        super().__init__()
        self.away = False
        self.asked = 0

    async def names(self):
        self.asked += 1
        await asyncio.sleep(0.001)
        if self.away:
            raise StoreUnavailableError("PostgreSQL did not answer; try again in a moment.")
        return await super().names()


def test_a_make_that_comes_for_sale_is_understood_half_a_minute_later():
    place = opened("memory", lambda: "")
    place.upsert([car("1")])
    clock = Clock()

    async def story(store):
        vocabulary = Vocabulary(store, clock)

        async def chips():
            found = await understand(store, vocabulary, "trabant", NOW)
            return [(one.name, one.value) for one in found.reading.chips]

        assert await chips() == []
        place.upsert([car("2", make="Trabant", model="601")])
        clock.seconds = FRESH_SECONDS
        assert await chips() == []
        clock.seconds += 1
        await chips()  # this one does not wait
        await vocabulary.settled()
        assert await chips() == [("brand", "Trabant")]

    place.asked(story)


def test_many_at_once_ask_the_store_once():
    store = StoreThatGoesAway()

    async def story():
        vocabulary = Vocabulary(store, Clock())
        await asyncio.gather(*(understand(store, vocabulary, "x", NOW) for _ in range(20)))

    asyncio.run(story())
    assert store.asked == 1


def test_what_was_known_is_known_while_the_store_is_away(caplog):
    store, clock = StoreThatGoesAway(), Clock()

    async def story():
        vocabulary = Vocabulary(store, clock)
        known = await vocabulary.dictionary()
        store.away = True
        for _ in range(3):
            clock.seconds += FRESH_SECONDS + 1
            assert await vocabulary.dictionary() is known
            await vocabulary.settled()
        store.away = False
        clock.seconds += FRESH_SECONDS + 1
        await vocabulary.dictionary()
        await vocabulary.settled()
        assert await vocabulary.dictionary() is not known

    asyncio.run(story())
    assert store.asked == 5
    assert "stay as they are" in caplog.text


def test_without_a_dictionary_a_store_that_is_away_is_told_and_asked_again():
    store = StoreThatGoesAway()

    async def story():
        vocabulary = Vocabulary(store, Clock())
        store.away = True
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                await vocabulary.dictionary()
        store.away = False
        assert (await vocabulary.dictionary()).meanings == {}

    asyncio.run(story())
    assert store.asked == 3


def test_suggestions_that_find_nothing_are_left_out():
    place = opened("memory", lambda: "")
    place.upsert([car("1"), car("2", model="Octavia", price=20_000)])

    async def story(store):
        vocabulary = Vocabulary(store)
        found = await suggest(store, vocabulary, "under 10000 skoda", NOW, 8)
        return [(one.proposal.text, one.count) for one in found]

    assert place.asked(story) == [
        ("under 10000 Škoda", 1),
        ("under 10000 Škoda Fabia", 1),
    ]


def test_a_suggestion_counts_the_cars_that_pass_all_it_says_and_rare_ones_are_found():
    place = opened("memory", lambda: "")
    place.upsert(market(300))
    place.upsert([car("last", make="Škoda", model="Octavia", body=Body.ESTATE, colour="Beige")])

    async def story(store):
        vocabulary = Vocabulary(store)
        for typed, earlier in [
            ("skoda k", "skoda"),
            ("octavia b", "octavia"),
            ("diesel s", "nafta"),
        ]:
            before = (await understand(store, vocabulary, earlier, NOW)).total
            found = await suggest(store, vocabulary, typed, NOW, 20)
            for one in found:
                chips = one.proposal.reading.chips
                again = await understand(store, vocabulary, one.proposal.text, NOW)
                assert (again.reading.chips, again.total) == (chips, one.count)
                assert 0 < one.count <= before
        # Other words begin so too, but no Octavia has what they ask for.
        found = await suggest(store, vocabulary, "octavia be", NOW, 1)
        return [(one.proposal.text, one.count) for one in found]

    assert place.asked(story) == [("Octavia Beige", 1)]
