"""Fixtures of the storage's tests."""

from collections.abc import Callable, Iterator

import pytest

from tests.storage.marketplaces import Marketplace, opened

ENGINES = ("postgres", "memory", "mirror")


@pytest.fixture(params=ENGINES)
def marketplace(request: pytest.FixtureRequest) -> Iterator[Marketplace]:
    """Return an empty marketplace, on each engine in turn; no server starts for the memory's."""

    def new_database() -> str:
        return request.getfixturevalue("database_url")

    place = opened(request.param, new_database)
    yield place
    place.close()


@pytest.fixture(scope="module", params=ENGINES)
def lasting_marketplace(request: pytest.FixtureRequest) -> Iterator[Marketplace]:
    """Return a marketplace that all tests of a module share, on each engine in turn."""

    def new_database() -> str:
        make: Callable[[], str] = request.getfixturevalue("new_database")
        return make()

    place = opened(request.param, new_database)
    yield place
    place.close()
