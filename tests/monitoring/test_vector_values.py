"""The check ``vector-values``: whether every vector is one."""

import struct

import numpy as np
import pytest

from carousel.monitoring.consistency import vector_values as values
from carousel.monitoring.consistency.vector_values import vector_values
from carousel.observability.metrics import VECTORS_BROKEN
from carousel.storage import open_catalogue
from tests.monitoring.watched import asked, told

NAN, INFINITE, ZERO = (struct.pack("<d", x) * 64 for x in (float("nan"), float("inf"), 0.0))
ONE_BYTE = bytes(7) + b"\x7f" + bytes(7 * 8) + bytes(64 * 7)


@pytest.fixture
def visited(watched):
    watched.happen(200)
    return watched


def reindex(watched):
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.reindex()


def test_the_vectors_of_a_market_where_things_happen_hold(visited):
    found = asked(vector_values(visited.reach))
    assert found.held, found.sentence
    assert found.evidence["listing, read"] == len(visited.market.listings)
    assert found.evidence["shopper, read"] > 10
    assert set(told(VECTORS_BROKEN).values()) == {0}


@pytest.mark.parametrize("direction", [NAN, INFINITE, ZERO, b"", NAN[:100], ZERO[:511] + b"\x40"])
def test_a_listing_with_a_broken_vector_is_found_and_a_reindex_mends_it(visited, direction):
    check, car = vector_values(visited.reach), visited.market.listings[7]
    visited.execute(
        "update listing_vector set direction = %s where listing_id = %s", direction, car
    )
    found = asked(check)
    assert not found.held
    assert found.evidence["listing, of these"] == [str(car)]
    assert told(VECTORS_BROKEN)["listing",] == 1
    reindex(visited)
    assert asked(check).held


def test_a_vector_of_the_index_that_is_zero_or_too_long_is_found(visited):
    check, (car, other) = vector_values(visited.reach), visited.market.listings[:2]
    visited.execute(
        "update inventory set embedding = array_fill(0, array[64])::vector where listing_id = %s",
        car,
    )
    visited.execute(
        "update inventory set embedding = array_fill(1, array[64])::vector where listing_id = %s",
        other,
    )
    found = asked(check)
    assert set(found.evidence["inventory, of these"]) == {str(car), str(other)}
    reindex(visited)
    assert asked(check).held


@pytest.mark.parametrize("evidence", [NAN, INFINITE, b"", ZERO[:8]])
def test_a_shopper_with_broken_evidence_is_found_under_a_pseudonym(visited, evidence):
    check = vector_values(visited.reach)
    ((user,),) = visited.market.query("select min(user_id) from shopper")
    visited.execute("update shopper set evidence = %s where user_id = %s", evidence, user)
    found = asked(check)
    assert not found.held
    assert told(VECTORS_BROKEN)["shopper",] == 1
    assert str(user) not in found.evidence["shopper, of these"]
    reindex(visited)
    assert asked(check).held


def test_evidence_that_says_nothing_is_zero_and_holds(visited):
    visited.execute("update shopper set evidence = %s, mass = 0", ZERO)
    assert asked(vector_values(visited.reach)).held
    visited.execute("update shopper set mass = 'NaN'")
    assert not asked(vector_values(visited.reach)).held


def test_latent_states_are_looked_at_in_the_version_that_serves(visited):
    good = np.ones(4).tobytes()
    visited.execute("insert into latent_space (version, serves) values ('v1', true)")
    for version in ("v1", "v0"):
        for car in visited.market.listings[:5]:
            visited.execute(
                "insert into listing_latent (version, listing_id, foretold, factors) "
                "values (%s, %s, %s, '[1,1,1,1]')",
                *(version, car, good),
            )
    check = vector_values(visited.reach)
    assert asked(check).held
    update = "update listing_latent set {} where version = %s and listing_id = %s"
    car = visited.market.listings[3]
    for fault in ("foretold = ''", "mass = 'Infinity'", "direction = '\\x00'", "factors = '[1]'"):
        visited.execute(update.format(fault), "v0", car)
        assert asked(check).held
        visited.execute(update.format(fault), "v1", car)
        assert asked(check).evidence["listing_latent, of these"] == [str(car)]
        visited.execute(
            "update listing_latent set foretold = %s, mass = 0, direction = null, "
            "factors = '[1,1,1,1]'",
            good,
        )
        assert asked(check).held


def test_a_table_too_long_for_a_run_is_gone_through_in_turns(visited, monkeypatch):
    monkeypatch.setattr(values, "AT_ONCE", 10)
    monkeypatch.setattr(values, "MOST", 20)
    check, cars = vector_values(visited.reach), visited.market.listings
    for car in (cars[0], cars[-1]):
        visited.execute("update listing_vector set direction = '' where listing_id = %s", car)
    runs = len(cars) // 20 + 1
    for _ in range(runs):
        found = asked(check)
    assert found.evidence["listing, broken"] == 2, "the first is known still"
    reindex(visited)
    for _ in range(runs + 1):
        found = asked(check)
    assert found.held
