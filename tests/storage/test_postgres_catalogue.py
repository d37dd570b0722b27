"""Listings in, and what every reader then sees."""

import psycopg
import pytest

from carousel.domain.car_features import describe, fit_space
from carousel.domain.errors import StoreUnavailableError
from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import SellerType, Status
from carousel.storage import open_catalogue, open_learning
from carousel.storage.ports import Interest, Sort, Standing, Upserted, User
from tests.storage.postgres_world import NOON, asked, car, disconnect_all, market


@pytest.fixture
def catalogue(database_url):
    with open_catalogue(database_url) as opened:
        yield opened


def listing(database_url, listing_id):
    return asked(database_url, lambda store: store.listing(listing_id))


def vector(database_url, listing_id):
    vectors = asked(database_url, lambda store: store.vectors([listing_id]))
    return vectors.get(listing_id)


def has_vector_index(database_url):
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select to_regclass('inventory_embedding') is not null").fetchone()
    return row[0]


def seen_by_readers(database_url, listing_id):
    """Return the names of the readers whose answers hold a listing."""

    async def look(store):
        near_to = (await store.vectors([listing_id]))[listing_id]
        everywhere = NO_FILTERS, 1_000, frozenset()
        facets = await store.facets()
        return {
            "nearest": (await store.nearest(near_to, *everywhere)).ids,
            "popular": (await store.popular(*everywhere)).ids,
            "newest": (await store.newest(*everywhere)).ids,
            "search": [
                c.id for c in (await store.search(NO_FILTERS, Sort.PRICE, 1_000, 0)).listings
            ],
            "active": [c.id for c in await store.active([listing_id])],
            "facets": [listing_id] if "Trabant" in dict(facets.values["brands"]) else [],
        }

    answers = asked(database_url, look)
    return {reader for reader, ids in answers.items() if listing_id in ids}


def test_a_listing_comes_back_as_it_was_stated(catalogue, database_url):
    full = car("1", seller_type=SellerType.DEALER, seller="D-17", owners=2,
               photos=("https://photos.example/1.jpg", "/2.jpg"),
               name="Škoda <b>Fabia</b>'; --")  # fmt: skip
    bare = car("2", model=None, mileage_km=None, fuel=None, transmission=None, body=None,
               power_hp=None, colour=None, place=None)  # fmt: skip
    ids = catalogue.upsert([full, bare]).ids
    for listing_id, facts in zip(ids, (full, bare), strict=True):
        stored = listing(database_url, listing_id)
        assert stored.model_dump(exclude={"id", "revision"}) == facts.model_dump()


def test_the_same_listings_again_change_nothing(catalogue, database_url):
    facts = market(50)
    first = catalogue.upsert(facts)
    catalogue.ensure_space()
    again = catalogue.upsert(facts)
    assert (first.new, first.changed, first.unchanged) == (50, 0, 0)
    assert again == Upserted(first.ids, new=0, changed=0, unchanged=50)
    assert {listing(database_url, i).revision for i in first.ids} == {1}


def test_of_two_facts_with_one_ref_the_later_wins(catalogue, database_url):
    done = catalogue.upsert([car("1", price=1), car("2"), car("1", price=3)])
    assert done.ids[0] == done.ids[2] != done.ids[1]
    assert done.new == 2
    assert listing(database_url, done.ids[0]).price == 3


def test_a_new_price_moves_the_vector_and_shows_in_the_revision(catalogue, database_url):
    facts = market(100)
    ids = catalogue.upsert(facts).ids
    space = catalogue.ensure_space()
    dearer = facts[0].model_copy(update={"price": facts[0].price * 3})
    assert catalogue.upsert([dearer, *facts[1:]]).changed == 1
    assert listing(database_url, ids[0]).revision == 2
    moved = vector(database_url, ids[0])
    assert moved.tolist() == space.vectors([describe(dearer)])[0].tolist()
    found = asked(database_url, lambda store: store.nearest(moved, NO_FILTERS, 1, frozenset()))
    assert found.ids == [ids[0]]


@pytest.mark.parametrize("status", [Status.SOLD, Status.RESERVED, Status.WITHDRAWN])
def test_a_listing_that_is_not_active_is_in_no_reader_s_answer(catalogue, database_url, status):
    odd_one = catalogue.upsert([*market(60), car("odd", make="Trabant")]).ids[-1]
    catalogue.ensure_space()
    with open_learning(database_url) as learning, learning.transaction() as batch:
        batch.popularise([Interest(odd_one, 1.0, NOON)])
    everyone = {"nearest", "popular", "newest", "search", "active", "facets"}
    direction = vector(database_url, odd_one)
    assert seen_by_readers(database_url, odd_one) == everyone

    assert catalogue.set_status([odd_one, 10**9, 2**70], status) == 1
    assert seen_by_readers(database_url, odd_one) == set()
    assert listing(database_url, odd_one).status is status
    assert vector(database_url, odd_one).tolist() == direction.tolist()
    assert catalogue.count(status) == 1

    catalogue.set_status([odd_one], Status.ACTIVE)
    assert seen_by_readers(database_url, odd_one) == everyone
    assert listing(database_url, odd_one).revision == 3


def test_an_upsert_may_sell_a_listing_too(catalogue, database_url):
    odd_one = catalogue.upsert([*market(60), car("odd", make="Trabant")]).ids[-1]
    catalogue.ensure_space()
    catalogue.upsert([car("odd", make="Trabant", status=Status.SOLD)])
    assert seen_by_readers(database_url, odd_one) == set()


def test_setting_the_same_status_again_is_no_change(catalogue, database_url):
    (only,) = catalogue.upsert([car()]).ids
    assert catalogue.set_status([only], Status.ACTIVE) == 1
    assert listing(database_url, only).revision == 1


def test_a_patch_changes_what_it_names_only(catalogue, database_url):
    (only,) = catalogue.upsert([car(price=7_000)]).ids
    patched = catalogue.patch(only, {"price": 6_500, "status": "reserved"})
    assert patched == listing(database_url, only)
    assert (patched.price, patched.status, patched.revision) == (6_500, Status.RESERVED, 2)
    assert patched.name == car().name


@pytest.mark.parametrize("changes", [{"ref": "2"}, {"price": -1}, {"wheels": 3}, {"id": 7}])
def test_a_patch_that_does_not_fit_is_refused_and_changes_nothing(catalogue, database_url, changes):
    (only,) = catalogue.upsert([car()]).ids
    with pytest.raises(ValueError, match=r"ref|price|wheels|id"):
        catalogue.patch(only, changes)
    assert listing(database_url, only).revision == 1


def test_there_is_nothing_to_patch_under_an_unknown_id(catalogue):
    assert catalogue.patch(17, {"price": 1}) is None
    assert catalogue.patch(2**70, {"price": 1}) is None


def test_loading_in_bulk_leaves_an_index_and_the_same_answers(catalogue, database_url):
    facts = market(400)
    catalogue.upsert(facts[:200])
    catalogue.ensure_space()
    with catalogue.bulk():
        ids = catalogue.upsert(facts[200:300]).ids + catalogue.upsert(facts[300:]).ids
        assert not has_vector_index(database_url)
        assert seen_by_readers(database_url, ids[0]) >= {"nearest", "newest", "search"}
    assert has_vector_index(database_url)
    assert seen_by_readers(database_url, ids[-1]) >= {"nearest", "newest", "search"}


def test_a_bulk_load_that_changes_nothing_keeps_the_index(catalogue, database_url):
    catalogue.upsert(market(50))
    catalogue.ensure_space()
    with catalogue.bulk():
        catalogue.upsert(market(50))
        assert has_vector_index(database_url)


def test_a_bulk_load_that_lost_its_server_is_mended_when_the_space_is_next_looked_for(
    catalogue, database_url
):
    catalogue.upsert(market(20))
    catalogue.ensure_space()

    def load_and_lose():
        with catalogue.bulk():
            catalogue.upsert(market(60))
            disconnect_all(database_url)

    with pytest.raises(StoreUnavailableError):
        load_and_lose()
    assert not has_vector_index(database_url)
    with open_catalogue(database_url) as another:
        another.ensure_space()
    assert has_vector_index(database_url)


def test_there_is_no_space_without_listings(catalogue):
    assert catalogue.ensure_space() is None
    with pytest.raises(ValueError, match="empty inventory"):
        catalogue.reindex()


def test_the_first_space_is_fitted_once(catalogue):
    facts = market(80)
    catalogue.upsert(facts)
    first = catalogue.ensure_space()
    catalogue.upsert([car("later")])
    assert catalogue.ensure_space().version == first.version == fit_space(facts).version


def test_the_standing_is_known_for_the_listings_that_exist(catalogue):
    catalogue.upsert([car("1", listed_at=NOON, status=Status.SOLD)])
    assert catalogue.standing(["1", "2"]) == {"1": Standing(NOON, Status.SOLD)}


def test_an_email_belongs_to_one_account_however_it_is_written(catalogue, database_url):
    john = User(0, "John0@example.com", "John", "Nought", "shopper")
    assert catalogue.add_users([john]) == 1
    assert catalogue.add_users([User(0, "JOHN0@example.com", "J", "N", "operator")]) == 0
    assert catalogue.add_users([]) == 0
    account = catalogue.account("john0@EXAMPLE.com")
    assert account == User(account.id, "John0@example.com", "John", "Nought", "shopper")
    assert asked(database_url, lambda store: store.user(account.id)) == account
    assert asked(database_url, lambda store: store.user_by_email("JOHN0@example.com")) == account
    assert catalogue.account("john1@example.com") is None
