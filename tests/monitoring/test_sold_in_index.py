"""The check ``sold-in-index``: exactly the active listings can be found."""

from dataclasses import replace

from carousel.domain.listing import Status
from carousel.monitoring.consistency import memories
from carousel.monitoring.consistency.sold_in_index import sold_in_index
from carousel.observability.declaring import Process
from carousel.observability.exposition import told as told_at
from carousel.observability.identity import Identity
from carousel.observability.metrics import INDEX_LISTINGS, SOLD_FINDABLE
from carousel.storage import open_catalogue
from tests.monitoring.watched import asked, told

MEND = "delete from inventory where listing_id in (select id from listing where status <> 'active')"


def test_a_car_sold_the_usual_way_cannot_be_found(watched):
    car = watched.market.listings[0]
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.set_status([car], Status.SOLD)
    assert asked(sold_in_index(watched.reach)).held
    assert told(SOLD_FINDABLE)["inventory",] == 0


def test_a_car_sold_behind_the_index_is_found_out_until_it_is_taken_out(watched):
    check, car = sold_in_index(watched.reach), watched.market.listings[0]
    watched.execute("update listing set status = 'sold' where id = %s", car)
    found = asked(check)
    assert not found.held
    assert found.evidence["of these"] == [str(car)]
    assert told(SOLD_FINDABLE)["inventory",] == 1
    watched.execute(MEND)
    assert asked(check).held
    assert told(SOLD_FINDABLE)["inventory",] == 0


def test_an_active_car_that_nobody_can_find_is_told_apart(watched):
    check, car = sold_in_index(watched.reach), watched.market.listings[0]
    watched.execute("delete from inventory where listing_id = %s", car)
    found = asked(check)
    assert not found.held
    assert "1 active listings cannot be found" in found.sentence
    assert found.evidence["of those"] == [str(car)]
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.reindex()
    assert asked(check).held


def test_a_memory_that_holds_another_number_is_told_by_its_process(watched, monkeypatch):
    monkeypatch.setattr(memories, "PAUSE", 0.01)
    reach = replace(watched.reach, targets=watched.reach.targets / "of-memories")
    check, active = sold_in_index(reach), len(watched.market.listings)
    identity = Identity(Process.API, "api-1", "1", "development")
    with told_at(identity, "127.0.0.1", 0, reach.targets):
        INDEX_LISTINGS.set(active)
        assert asked(check).held
        INDEX_LISTINGS.set(active + 2)
        found = asked(check)
        assert not found.held
        assert found.sentence == "The memory of api-1 holds 2 listings too many."
        assert told(SOLD_FINDABLE)["memory",] == 2
        INDEX_LISTINGS.set(active - 1)
        assert asked(check).sentence == "The memory of api-1 holds 1 listings too few."
        INDEX_LISTINGS.set(0)  # the index is the database's own
        assert asked(check).held
