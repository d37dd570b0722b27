"""The life of a model in the database: published, switched, rolled back, retired, broken."""

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carousel.domain.errors import ModelError, StoreUnavailableError
from carousel.storage import open_models, open_serving
from carousel.storage.engines.model_bytes import keep
from carousel.storage.engines.postgres_model_reading import ModelsInUse
from tests.storage.models import model
from tests.storage.postgres_world import disconnect_all

ONE, TWO, THREE = (model(number) for number in (1.0, 2.0, 3.0))


@pytest.fixture
def store(database_url):
    with open_models(database_url) as models:
        yield models


def roles(store, kind="factors"):
    """Return the versions of the active model and of the shadow."""
    by_role = {one.role: one.version for one in store.models(kind)}
    return by_role.get("active"), by_role.get("shadow")


def test_a_published_model_is_read_back_and_listed(store):
    store.publish(ONE, activate=False)
    assert roles(store) == (None, None)
    assert store.active("factors") is None
    store.publish(ONE, activate=True)
    back = store.read("factors", ONE.version)
    assert (back.version, back.figures) == (ONE.version, ONE.figures)
    assert store.active("factors").version == ONE.version
    (listed,) = store.models()
    assert (listed.kind, listed.version, listed.role) == ("factors", ONE.version, "active")
    assert listed.document == ONE.document
    assert listed.trained_at.tzinfo is not None
    assert listed.size > 24


def test_the_same_contents_published_again_are_one_model_with_the_newer_figures(store):
    store.publish(ONE, activate=True)
    store.publish(model(1.0, figures={"value": 0.7}), activate=True)
    (listed,) = store.models()
    assert listed.figures == {"value": 0.7}
    with pytest.raises(ModelError, match="the first"):
        store.roll_back("factors")


def test_rolling_back_goes_one_further_each_time_and_never_to_what_was_rolled_back(store):
    for one in (ONE, TWO, THREE):
        store.publish(one, activate=True)
    assert store.roll_back("factors") == TWO.version
    assert store.roll_back("factors") == ONE.version
    with pytest.raises(ModelError, match="the first"):
        store.roll_back("factors")
    assert roles(store) == (ONE.version, None)
    store.activate("factors", THREE.version)
    assert store.roll_back("factors") == ONE.version


def test_what_is_stopped_serves_no_more_and_the_next_one_is_the_first(store):
    first, second = model(1.0, kind="ranker"), model(2.0, kind="ranker")
    store.publish(first, activate=True)
    store.publish(second, activate=True)
    assert store.stop("ranker") == second.version
    assert store.active("ranker") is None
    with pytest.raises(ModelError, match="none to stop"):
        store.stop("ranker")
    store.activate("ranker", second.version)
    assert store.active("ranker").version == second.version
    with pytest.raises(ModelError, match="the first"):
        store.roll_back("ranker")


def test_factors_cannot_be_stopped(store):
    store.publish(ONE, activate=True)
    with pytest.raises(ModelError, match="the space it made serves"):
        store.stop("factors")
    assert store.active("factors").version == ONE.version


def test_the_kinds_know_nothing_of_each_other(store):
    store.publish(ONE, activate=True)
    store.publish(model(2.0, kind="graph"), activate=True)
    with pytest.raises(ModelError, match="roll back"):
        store.roll_back("graph")
    with pytest.raises(ModelError, match="none was ever active"):
        store.roll_back("ranker")
    with pytest.raises(ModelError, match="no kind"):
        store.roll_back("horoscope")
    assert [one.kind for one in store.models()] == ["factors", "graph"]


def test_a_shadow_is_another_one_and_stops_being_one_when_it_serves(store):
    store.publish(ONE, activate=True)
    store.publish(TWO, activate=False)
    store.shadow("factors", TWO.version)
    assert roles(store) == (ONE.version, TWO.version)
    with pytest.raises(ModelError, match="active one"):
        store.shadow("factors", ONE.version)
    store.activate("factors", TWO.version)
    assert roles(store) == (TWO.version, None)
    with pytest.raises(ModelError, match="There is no model"):
        store.shadow("factors", "0" * 16)
    with pytest.raises(ModelError, match="There is no model"):
        store.activate("factors", "0" * 16)


def test_old_models_go_but_never_one_that_is_needed(store):
    several = [model(float(number)) for number in range(8)]
    for one in several[:3]:
        store.publish(one, activate=True)
    for one in several[3:]:
        store.publish(one, activate=False)
    store.shadow("factors", several[0].version)
    assert set(store.retire("factors", 2)) == {several[n].version for n in (3, 4, 5)}
    left = {one.version for one in store.models("factors")}
    assert left == {several[n].version for n in (0, 1, 2, 6, 7)}
    assert store.roll_back("factors") == several[1].version
    assert store.retire("factors", 99) == []


class Ledger:
    """What a list makes of a story: activations in order, taken back from the end."""

    def __init__(self):
        self.served, self.shadowed, self.kept = [], None, []

    @property
    def active(self):
        return self.served[-1] if self.served else None

    @property
    def shadow_now(self):
        return None if self.shadowed == self.active else self.shadowed

    def keep(self, version):
        self.kept = [version, *(one for one in self.kept if one != version)]

    def publish(self, version):
        self.keep(version)
        self.activate(version)

    def activate(self, version):
        if version in self.kept and version != self.active:
            self.served.append(version)
            self.shadowed = self.shadow_now

    def back(self, _):
        active = self.active
        if any(one != active for one in self.served):
            while self.active == active:
                self.served.pop()
            self.shadowed = self.shadow_now

    def shadow(self, version):
        if version in self.kept and version != self.active:
            self.shadowed = version

    def retire(self, count):
        before = next((one for one in reversed(self.served) if one != self.active), None)
        stay = {self.active, self.shadowed, before, *self.kept[:count]}
        self.kept = [one for one in self.kept if one in stay]
        self.served = [one for one in self.served if one in stay]


STEPS = {
    "publish": lambda store, number: store.publish(model(number), activate=True),
    "keep": lambda store, number: store.publish(model(number), activate=False),
    "activate": lambda store, number: store.activate("factors", model(number).version),
    "back": lambda store, _: store.roll_back("factors"),
    "shadow": lambda store, number: store.shadow("factors", model(number).version),
    "retire": lambda store, number: store.retire("factors", number),
}


@given(steps=st.lists(st.tuples(st.sampled_from(list(STEPS)), st.integers(0, 4)), max_size=25))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_story_one_model_serves_and_it_is_the_one_a_list_says(store, steps):
    for listed in store.models():
        store._connection.execute("update model_in_use set active = null, shadow = null")
        store._connection.execute("delete from model where version = %s", [listed.version])
    ledger = Ledger()
    for what, number in steps:
        with contextlib.suppress(ModelError):
            STEPS[what](store, number)
        getattr(ledger, what)(number if what == "retire" else model(number).version)
        assert roles(store) == (ledger.active, ledger.shadow_now)
        assert [one.version for one in store.models()] == ledger.kept


def test_publishing_from_several_sides_leaves_one_active(database_url):
    def publish(number):
        with open_models(database_url) as models:
            models.publish(model(float(number)), activate=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish, range(8)))
    with open_models(database_url) as models:
        assert sorted(one.role for one in models.models()) == [""] * 7 + ["active"]
        for _ in range(7):
            models.roll_back("factors")
        with pytest.raises(ModelError):
            models.roll_back("factors")


def spoil(database_url, one):
    """Flip one bit in the middle of a stored model's arrays."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "update model set arrays = set_byte(arrays, length(arrays) / 2, "
            "get_byte(arrays, length(arrays) / 2) # 1) where version = %s",
            [one.version],
        )


def test_a_damaged_model_is_neither_read_nor_switched_to(store, database_url):
    store.publish(ONE, activate=True)
    store.publish(TWO, activate=True)
    store.publish(THREE, activate=False)
    spoil(database_url, ONE)
    spoil(database_url, THREE)
    for forbidden in (
        lambda: store.read("factors", THREE.version),
        lambda: store.activate("factors", THREE.version),
        lambda: store.shadow("factors", THREE.version),
        lambda: store.roll_back("factors"),
    ):
        with pytest.raises(ModelError, match="damaged"):
            forbidden()
    assert roles(store) == (TWO.version, None)
    store.publish(THREE, activate=True)
    assert store.active("factors").version == THREE.version


def test_a_document_under_another_models_name_is_damage_too(store, database_url):
    store.publish(ONE, activate=True)
    other = keep(TWO)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "update model set document = %s, arrays = %b, sha256 = %b",
            [other.document, other.arrays, other.sha256],
        )
    with pytest.raises(ModelError, match="damaged"):
        store.active("factors")


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def watched(database_url, story):
    """Play a story with what a process of the API knows; return the statements it sent."""
    asked = []

    async def play():
        async with open_serving(database_url, connections=2) as serving:

            async def fetch(query, *arguments):
                asked.append(" ".join(query.split()))
                return await serving._rows(query, *arguments)

            clock = Clock()
            known = ModelsInUse(fetch, clock)
            await story(known, clock)
            await known.close()

    asyncio.run(play())
    return asked


async def settled(known, kind="factors", role="active"):
    """Return what is served once everything that is being read has been."""
    await known.get(kind, role)
    await known.close()
    return await known.get(kind, role)


def test_a_thousand_requests_a_second_cost_one_question(store, database_url):
    store.publish(ONE, activate=True)

    async def story(known, clock):
        for second in range(3):
            clock.now = float(second)
            found = await asyncio.gather(
                *(known.get("factors", role) for role in ("active", "shadow") * 500)
            )
            assert {one and one.version for one in found} == {ONE.version, None}
            assert found[0] is found[2]

    asked = watched(database_url, story)
    assert [one.split()[1] for one in asked] == ["kind,", "document::text,", "kind,", "kind,"]


def test_requests_go_on_with_the_old_one_while_the_new_one_is_read(store, database_url):
    store.publish(ONE, activate=True)

    async def story(known, clock):
        assert (await known.get("factors", "active")).version == ONE.version
        store.publish(TWO, activate=True)
        assert (await known.get("factors", "active")).version == ONE.version
        clock.now = 1.0
        assert (await known.get("factors", "active")).version == ONE.version
        await known.close()
        assert (await known.get("factors", "active")).version == TWO.version
        store.roll_back("factors")
        clock.now = 2.0
        assert (await settled(known)).version == ONE.version

    watched(database_url, story)


def test_a_damaged_model_never_serves_and_the_last_good_one_stays(store, database_url, caplog):
    store.publish(ONE, activate=True)

    async def story(known, clock):
        assert (await settled(known)).version == ONE.version
        store.publish(TWO, activate=True)
        spoil(database_url, TWO)
        for second in (1.0, 2.0, 3.0):
            clock.now = second
            assert (await settled(known)).version == ONE.version
        store.publish(TWO, activate=True)  # whole again, under the same name
        store.publish(THREE, activate=True)
        clock.now = 4.0
        assert (await settled(known)).version == THREE.version

    with caplog.at_level(logging.WARNING):
        watched(database_url, story)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert f"factors {TWO.version} is damaged" in told[0]
    assert f"{ONE.version} stays the active one" in told[1]


def test_a_process_that_starts_with_a_damaged_model_serves_the_one_before(
    store, database_url, caplog
):
    for one in (ONE, TWO, THREE):
        store.publish(one, activate=True)
    spoil(database_url, THREE)
    spoil(database_url, TWO)

    async def story(known, _):
        assert (await settled(known)).version == ONE.version

    with caplog.at_level(logging.WARNING):
        watched(database_url, story)
    assert f"{ONE.version}, active before it, serves instead" in caplog.text


def test_a_damaged_shadow_is_no_shadow(store, database_url, caplog):
    store.publish(ONE, activate=True)
    store.publish(TWO, activate=False)
    store.shadow("factors", TWO.version)
    spoil(database_url, TWO)

    async def story(known, _):
        assert await settled(known, role="shadow") is None
        assert (await settled(known)).version == ONE.version

    with caplog.at_level(logging.ERROR):
        watched(database_url, story)
    assert "damaged" in caplog.text


def test_while_the_database_is_away_the_known_model_serves(store, database_url):
    store.publish(ONE, activate=True)

    async def play():
        answers = []

        async def fetch(query, *arguments):
            if away:
                raise StoreUnavailableError("It is away.")
            return await serving._rows(query, *arguments)

        async with open_serving(database_url, connections=1) as serving:
            clock, away = Clock(), True
            known = ModelsInUse(fetch, clock)
            with pytest.raises(StoreUnavailableError):
                await known.get("factors", "active")
            for second, now_away in enumerate([False, True, False]):
                clock.now, away = float(second), now_away
                answers.append((await settled(known)).version)
        return answers

    assert asyncio.run(play()) == [ONE.version] * 3


def test_a_lost_connection_is_called_by_its_name_and_opened_again(store, database_url):
    store.publish(ONE, activate=True)
    disconnect_all(database_url)
    with pytest.raises(StoreUnavailableError):
        store.models()
    assert roles(store) == (ONE.version, None)
