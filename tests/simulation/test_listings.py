"""The generated listings: always the same, always valid, and never from the future."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.listing import ListingFacts, Status
from carousel.simulation.catalogue import generations
from carousel.simulation.listings import BATCH, EARLIEST, generate_listings
from carousel.simulation.regions import cities

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEFAULT_COUNT = 20_000
MOMENTS = st.integers(0, 35 * 365 * 86_400).map(lambda s: EARLIEST + timedelta(seconds=s))


@pytest.fixture(scope="module")
def marketplace():
    return list(generate_listings(DEFAULT_COUNT, seed=1, now=NOW))


def digest(listings):
    lines = (listing.model_dump_json().encode() for listing in listings)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_another_process(marketplace):
    program = f"""
import hashlib
from datetime import datetime, UTC
from carousel.simulation.listings import generate_listings
listings = generate_listings({DEFAULT_COUNT}, seed=1, now=datetime.fromisoformat("{NOW}"))
lines = (listing.model_dump_json().encode() for listing in listings)
print(hashlib.sha256(b"\\n".join(lines)).hexdigest())
"""
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == digest(marketplace)


def test_another_seed_gives_another_marketplace(marketplace):
    other = list(generate_listings(100, seed=2, now=NOW))
    assert digest(other) != digest(marketplace[:100])


def test_a_moment_is_the_same_in_every_time_zone():
    in_prague = NOW.astimezone(timezone(timedelta(hours=2)))
    assert digest(generate_listings(50, 1, in_prague)) == digest(generate_listings(50, 1, NOW))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, BATCH + 50), st.integers(0, 2**63), MOMENTS)
def test_any_seed_and_moment_give_valid_plausible_cars(count, seed, now):
    listings = list(generate_listings(count, seed, now))
    assert [x.ref for x in listings] == [f"demo-{n:06d}" for n in range(1, count + 1)]
    for x in listings:
        assert ListingFacts.model_validate(x.model_dump()) == x
        assert now - timedelta(days=41) < x.listed_at <= now
        assert 0 <= now.year - x.year <= 23
        assert 100 <= x.price <= 1_000_000
        assert x.mileage_km is None or 1 <= x.mileage_km <= 450_000
        assert x.power_hp is None or 5 <= x.power_hp <= 1_100
        assert x.owners is None or 1 <= x.owners <= 8
        assert x.place is not None
        assert x.status is Status.ACTIVE


def test_a_smaller_marketplace_is_the_beginning_of_a_larger_one(marketplace):
    assert list(generate_listings(777, seed=1, now=NOW)) == marketplace[:777]


def test_the_default_marketplace_is_as_large_and_as_wide_as_promised(marketplace):
    makes = {x.make for x in marketplace}
    assert len({x.ref for x in marketplace}) == DEFAULT_COUNT
    assert len(makes) >= 35
    assert sum(x.make == "Skoda" for x in marketplace) >= 1_000
    skodas = {x.model for x in marketplace if x.make == "Skoda"}
    assert skodas >= {"Fabia", "Octavia", "Superb", "Rapid", "Scala", "Kamiq", "Karoq", "Kodiaq"}
    assert skodas >= {"Yeti", "Roomster", "Citigo", "Enyaq", "Elroq"}
    assert len({x.place.region for x in marketplace}) == len(cities())


def test_every_car_is_one_that_was_built(marketplace):
    built = {}
    for g in generations():
        built.setdefault((g.make, g.model), []).append(g)
    for x in marketplace:
        assert any(
            g.first_year <= x.year <= g.last_year
            and (x.power_hp is None or g.hp_low <= x.power_hp <= g.hp_high)
            and (x.fuel is None or x.fuel in g.fuels)
            and (x.body is None or x.body in g.bodies)
            for g in built[x.make, x.model]
        ), x


def test_a_few_adverts_leave_a_field_out_and_none_leaves_all(marketplace):
    for field in ("mileage_km", "fuel", "transmission", "body", "power_hp", "colour", "owners"):
        missing = sum(getattr(x, field) is None for x in marketplace) / DEFAULT_COUNT
        assert 0.002 < missing < 0.1, field
    complete = sum(None not in dict(x).values() for x in marketplace) / DEFAULT_COUNT
    assert complete > 0.75


def test_newer_adverts_are_more_common_than_older_ones(marketplace):
    days = [(NOW - x.listed_at) / timedelta(days=1) for x in marketplace]
    weeks = [sum(7 * w <= d < 7 * (w + 1) for d in days) for w in range(5)]
    assert weeks == sorted(weeks, reverse=True)


def test_czechs_sell_more_skodas_than_germans(marketplace):
    country_of = {c.name: c.country.name for c in cities()}

    def skoda_share(country):
        here = [x.make for x in marketplace if country_of[x.place.region] == country]
        return here.count("Skoda") / len(here)

    assert skoda_share("Czechia") > 2 * skoda_share("Germany")


@pytest.mark.parametrize(
    ("count", "seed", "now"),
    [(-1, 1, NOW), (1, -1, NOW), (1, 1, NOW.replace(tzinfo=None)), (1, 1, NOW.replace(year=1999))],
)
def test_what_cannot_be_generated_is_refused_with_a_sentence(count, seed, now):
    with pytest.raises(ValueError, match="must be"):
        generate_listings(count, seed, now)
