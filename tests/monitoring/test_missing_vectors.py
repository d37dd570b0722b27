"""The check ``missing-vectors``: whether every active listing has a vector."""

from datetime import UTC, datetime

import pytest

from carousel.domain.audience import heard
from carousel.domain.listing import Status
from carousel.monitoring.consistency.missing_vectors import missing_vectors
from carousel.observability.metrics import COVERAGE, LISTINGS, LISTINGS_WITHOUT_VECTOR
from carousel.storage import open_catalogue, open_learning
from tests.monitoring.watched import asked, told


def test_listings_are_told_by_status_and_by_whether_they_were_shown(watched):
    cars = watched.market.listings
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.set_status(cars[:2], Status.SOLD)
    now = datetime.now(UTC)
    with open_learning(watched.reach.database_url) as store, store.transaction() as batch:
        batch.hear({car: heard("impression", now) for car in (cars[0], cars[2], cars[3])})
        batch.hear({cars[4]: heard("impression", datetime(2020, 1, 1, tzinfo=UTC))})
    found = asked(missing_vectors(watched.reach))
    assert found.held
    assert told(LISTINGS) == {
        ("active",): len(cars) - 2,
        ("reserved",): 0,
        ("sold",): 2,
        ("withdrawn",): 0,
    }
    assert told(COVERAGE)[()] == pytest.approx(2 / (len(cars) - 2))


@pytest.mark.parametrize(
    "fault",
    [
        "delete from listing_vector where listing_id = %s",
        "update inventory set embedding = null where listing_id = %s",
    ],
)
def test_a_listing_without_a_vector_is_found_and_a_reindex_mends_it(watched, fault):
    check, car = missing_vectors(watched.reach), watched.market.listings[5]
    watched.execute(fault, car)
    found = asked(check)
    assert not found.held
    assert found.evidence["of these"] == [str(car)]
    assert told(LISTINGS_WITHOUT_VECTOR)[()] == 1
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.reindex()
    assert asked(check).held
    assert told(LISTINGS_WITHOUT_VECTOR)[()] == 0
