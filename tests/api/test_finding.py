"""What narrows a search down, over a real database: facets and suggested filters."""

import asyncio
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL
from carousel.storage import open_learning, open_mirror
from carousel.storage.ports import Learned
from tests.api.conftest import EMAILS

FACETS = {
    "brands": "brand",
    "models": "model",
    "fuels": "fuel",
    "bodies": "body",
    "transmissions": "transmission",
    "colours": "colour",
    "seller_types": "seller_type",
    "regions": "region",
}
SEARCHES = (
    "",
    "fuel=diesel",
    "brand=audi&model=a4",
    "model=octavia",
    "max_price=9000&body=estate&region=brno",
)


def facets(client, query=""):
    answer = client.get(f"/api/v1/cars/facets?{query}")
    assert answer.status_code == 200
    return answer.json()


def total(client, query):
    return client.get(f"/api/v1/cars/search?record=false&limit=1&{query}").json()["total"]


def suggested(client, query=""):
    answer = client.get(f"/api/v1/cars/refinements?{query}")
    assert answer.status_code == 200
    return answer.json()["refinements"]


def without(query, *names):
    return "&".join(part for part in query.split("&") if part.partition("=")[0] not in names)


@pytest.mark.parametrize("query", SEARCHES)
def test_a_facet_counts_what_a_search_for_its_value_instead_finds(client, query):
    counted = facets(client, query)
    assert counted["total"] == total(client, query)
    for many, one in FACETS.items():
        own = ("brand", "model") if one == "brand" else (one,)
        assert bool(counted[many]) == (many != "models" or "brand=" in query or "model=" in query)
        for value in counted[many]:
            instead = f"{without(query, *own)}&{one}={value['name']}"
            assert total(client, instead) == value["count"], instead


def test_models_are_those_of_the_makes_asked_for_or_the_ones_asked_for(client):
    def named(query):
        return {one["name"] for one in facets(client, query)["models"]}

    assert named("") == named("fuel=diesel") == set()
    assert named("brand=skoda") == named("brand=skoda&model=OCTAVIA") == {"Octavia", "Fabia"}
    assert named("model=OCTAVIA") == {"Octavia"}
    assert named("model=Octavia&model=A4") == {"Octavia", "A4"}
    assert named("brand=skoda&brand=audi") == {"Octavia", "Fabia", "A4"}


def test_a_region_says_where_it_is(client):
    assert facets(client)["regions"] == [
        {"name": "Brno", "count": 22, "latitude": 49.195, "longitude": 16.607},
        {"name": "Paris", "count": 8, "latitude": 48.857, "longitude": 2.352},
    ]


def test_bins_leave_out_their_own_bounds_only(client):
    everything, cheap = facets(client), facets(client, "max_price=5000&min_year=2005")
    for name, low, high in (
        ("selling_price", "min_price", "max_price"),
        ("year", "min_year", "max_year"),
        ("km_driven", "min_mileage", "max_mileage"),
        ("power_hp", "min_power", "max_power"),
    ):
        bins = everything["ranges"][name]
        assert sum(bins["counts"]) == (29 if name == "km_driven" else 30)
        for (start, end), count in zip(pairwise(bins["edges"]), bins["counts"], strict=True):
            assert total(client, f"{low}={start}&{high}={end - 1}") == count
    assert cheap["ranges"]["selling_price"] == facets(client, "min_year=2005")["ranges"][
        "selling_price"
    ]  # fmt: skip
    assert sum(cheap["ranges"]["power_hp"]["counts"]) == cheap["total"]
    none = facets(client, "brand=lada&max_price=1")
    assert none["ranges"]["year"] == {"edges": [], "counts": []}
    assert none["total"] == 0


@pytest.mark.parametrize("query", SEARCHES)
def test_every_suggestion_takes_some_cars_away_and_leaves_what_it_says(client, query):
    found = suggested(client, query)
    assert 0 < len(found) <= 6
    assert not any(one["personal"] for one in found)
    for one in found:
        name, value = one["name"], one["value"]
        assert 0 < one["count"] < total(client, query)
        assert total(client, f"{query}&{name}={value}") == one["count"]
    names = [one["name"] for one in found]
    assert all(names.count(name) <= 2 for name in names)


def test_a_single_car_cannot_be_narrowed_down(client):
    assert total(client, "max_price=1000") == 1
    assert suggested(client, "max_price=1000") == []


@pytest.fixture
def shopper_of_audis(api):
    """Return a client of a shopper who reacted to every Audi."""

    async def known():
        async with open_mirror(api.params.database_url) as store:
            user = await store.user_by_email(EMAILS[0])
            return user.id, await store.vectors(api.ids[2::5])

    user_id, vectors = asyncio.run(known())
    liked = np.sum(list(vectors.values()), axis=0)
    with open_learning(api.params.database_url) as learning, learning.transaction() as batch:
        batch.save([Learned(user_id, Evidence(liked, 6.0, datetime.now(UTC)), NO_TRAIL)])
    with api.client(EMAILS[0]) as client:
        yield client


def test_a_shopper_is_offered_what_they_like_before_what_splits_well(shopper_of_audis):
    found = suggested(shopper_of_audis, "limit=10")
    personal = [one["personal"] for one in found]
    assert found[0] == {"name": "brand", "value": "Audi", "count": 6, "personal": True}
    assert personal == sorted(personal, reverse=True)
    assert [one["name"] for one in suggested(shopper_of_audis, "limit=10&brand=audi")].count(
        "brand"
    ) == 0  # fmt: skip


@pytest.mark.parametrize("path", ["facets", "refinements"])
@pytest.mark.parametrize("query", ["min_year=soon", "fuel=steam", "near_latitude=50", "brand=%00"])
def test_what_cannot_be_understood_is_refused_in_words(client, path, query):
    answer = client.get(f"/api/v1/cars/{path}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("limit", ["0", "21", "many"])
def test_a_handful_has_a_size(client, limit):
    answer = client.get(f"/api/v1/cars/refinements?limit={limit}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "limit"


def test_a_bad_token_is_refused_even_where_none_is_needed(api):
    with api.client() as client:
        client.headers["Authorization"] = "Bearer nonsense"
        assert client.get("/api/v1/cars/refinements").status_code == 401


def test_the_examples_of_the_page_are_answered(shopper):
    page = (Path(__file__).parents[2] / "docs" / "finding.md").read_text()
    examples = re.findall(r"^curl -s '\S+?(/api/\S+)'", page, re.MULTILINE)
    assert len(examples) == 2
    for address in examples:
        assert shopper.get(address).status_code == 200
