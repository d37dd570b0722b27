import json
import os
import subprocess
import sys
from datetime import UTC, datetime

from carousel.simulation.listings import generate_listings
from carousel.storage import open_catalogue


def reindex(database_url, open_directory):
    environment = {
        **os.environ,
        "CAROUSEL_DATABASE_URL": database_url,
        "CAROUSEL_LOG_URL": "unix:///nowhere",
        "CAROUSEL_CACHE_URL": "unix:///nowhere",
        "CAROUSEL_DATA_DIRECTORY": str(open_directory / "reindex"),
    }
    command = [sys.executable, "-m", "carousel", "reindex", "--json"]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_new_cars_give_a_new_feature_space(database_url, open_directory):
    cars = list(generate_listings(600, 1, datetime(2026, 6, 1, tzinfo=UTC)))
    with open_catalogue(database_url) as catalogue:
        catalogue.upsert(cars[:300])
        first = catalogue.ensure_space()
        catalogue.upsert(cars[300:])
    done = reindex(database_url, open_directory)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["cars"] == 600
    assert result["version"] != first.version
    with open_catalogue(database_url) as catalogue:
        assert catalogue.ensure_space().version == result["version"]


def test_an_empty_marketplace_is_refused_in_one_sentence(database_url, open_directory):
    done = reindex(database_url, open_directory)
    assert done.returncode == 2
    assert done.stderr.startswith("carousel: There are no active cars")
    assert "Traceback" not in done.stderr
