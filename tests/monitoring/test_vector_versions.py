"""The check ``vector-versions``: whether all vectors are of the space that serves."""

import pytest

from carousel.domain.car_features import describe, fit_space
from carousel.monitoring.consistency import vector_versions as versions
from carousel.monitoring.consistency.vector_versions import vector_versions
from carousel.observability.metrics import VECTORS_WRONG_VERSION
from carousel.storage import open_catalogue, open_learning
from tests.monitoring.watched import asked, told


def of_another_space(watched, car):
    with open_learning(watched.reach.database_url) as store, store.transaction() as batch:
        listings = batch.listings(watched.market.listings)
        strange = fit_space([one for n, one in listings.items() if n % 2])
        assert strange.version != batch.space().version
        return strange.vectors([describe(listings[car])])[0]


def write_full(watched, car):
    watched.execute(
        "update listing_vector set direction = %s where listing_id = %s",
        of_another_space(watched, car).tobytes(),
        car,
    )


def write_index(watched, car):
    text = "[" + ",".join(map(str, of_another_space(watched, car))) + "]"
    watched.execute(
        "update inventory set embedding = %s::text::vector where listing_id = %s", text, car
    )


def change_a_byte(watched, car):
    watched.execute(
        "update listing_vector set direction = set_byte(direction, 46, "
        "get_byte(direction, 46) # 16) where listing_id = %s",
        car,
    )


def change_the_price_alone(watched, car):
    watched.execute("update listing set price = price * 2 where id = %s", car)


def test_the_vectors_of_a_market_hold_through_changes_and_a_reindex(watched):
    check = vector_versions(watched.reach)
    watched.happen(50)
    assert asked(check).held
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.patch(watched.market.listings[0], {"price": 12_345})
        assert asked(check).held
        catalogue.reindex()
    found = asked(check)
    assert found.held
    assert set(told(VECTORS_WRONG_VERSION).values()) == {0}


@pytest.mark.parametrize(
    ("fault", "of"),
    [
        (write_full, "listing"),
        (write_index, "inventory"),
        (change_a_byte, "listing"),
        (change_the_price_alone, "listing"),
    ],
)
def test_a_vector_of_another_space_is_found_and_a_reindex_mends_it(watched, fault, of):
    check, car = vector_versions(watched.reach), watched.market.listings[9]
    fault(watched, car)
    found = asked(check)
    assert not found.held
    assert found.evidence[f"{of}, of these"] == [str(car)]
    assert told(VECTORS_WRONG_VERSION)[of,] == 1
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.reindex()
    assert asked(check).held


def test_what_was_written_since_is_computed_before_its_turn_comes(watched, monkeypatch):
    monkeypatch.setattr(versions, "IN_A_RUN", 3)
    check, car = vector_versions(watched.reach), watched.market.listings[-1]
    assert asked(check).held
    write_full(watched, car)
    found = asked(check)
    assert found.evidence["listing, of these"] == [str(car)]
    assert asked(check).evidence["listing, of these"] == [str(car)], "and it stays known"
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.patch(car, {"price": 4_321})
    assert asked(check).held


def test_what_was_written_before_the_monitor_came_is_found_in_its_turn(watched, monkeypatch):
    monkeypatch.setattr(versions, "IN_A_RUN", 10)
    write_full(watched, watched.market.listings[-1])
    check = vector_versions(watched.reach)
    assert not all(asked(check).held for _ in range(len(watched.market.listings) // 10 + 1))


def test_latent_states_of_a_version_that_nobody_keeps_are_counted(watched):
    check = vector_versions(watched.reach)
    watched.execute("insert into latent_space (version, serves) values ('v1', true)")
    for version in ("v1", "v0"):
        watched.execute(
            "insert into listing_latent (version, listing_id, foretold, factors) "
            "values (%s, %s, '', '[1]')",
            *(version, watched.market.listings[0]),
        )
    found = asked(check)
    assert not found.held
    assert found.evidence["listing_latent, wrong"] == 1
    watched.execute(
        "delete from listing_latent where version not in (select version from latent_space)"
    )
    assert asked(check).held


def test_before_there_is_a_space_there_is_nothing_to_compare(new_database, watched):
    from dataclasses import replace  # noqa: PLC0415

    empty = replace(watched.reach, database_url=new_database())
    assert asked(vector_versions(empty)).held
