"""A market that is watched, fresh for each test."""

import pytest

from tests.monitoring.watched import watch


@pytest.fixture
def watched(database_url, log_url, cache_url, tmp_path):
    return watch(database_url, log_url, cache_url, tmp_path / "targets")
