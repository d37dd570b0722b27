"""Search, popular, similar and facets over a real database."""

import pytest

SEARCH = "/api/v1/cars/search"


def found(client, query):
    answer = client.get(f"{SEARCH}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("sort", "field", "falling"),
    [
        ("newest", "listed_at", True),
        ("price", "selling_price", False),
        ("-price", "selling_price", True),
        ("mileage", "km_driven", False),
        ("year", "year", False),
        ("-year", "year", True),
        ("-power", "power_hp", True),
    ],
)
def test_cars_come_in_the_order_asked(client, sort, field, falling):
    values = [shown[field] for shown in found(client, f"sort={sort}")["listings"]]
    stated = [value for value in values if value is not None]
    assert stated == sorted(stated, reverse=falling)
    assert len(stated) >= 29


def test_the_nearest_come_first_and_the_far_are_left_out(client):
    near = "near_latitude=49.2&near_longitude=16.6&radius_km=50&sort=distance"
    assert {shown["region"] for shown in found(client, near)["listings"]} == {"Brno"}


def test_pages_put_together_are_the_whole(client):
    whole = [shown["id"] for shown in found(client, "sort=price")["listings"]]
    pages = [found(client, f"sort=price&limit=7&offset={n}") for n in range(0, 35, 7)]
    assert [shown["id"] for page in pages for shown in page["listings"]] == whole
    assert {page["total"] for page in pages} == {30}


def test_a_name_is_found_however_it_is_spelt(client):
    totals = {found(client, f"brand={name}")["total"] for name in ("Škoda", "skoda", " SKODA ")}
    assert totals == {12}


def test_the_shoppers_own_order_holds_every_car_once(shopper):
    first = found(shopper, "sort=recommended&record=false")
    ids = [shown["id"] for shown in first["listings"]]
    assert len(set(ids)) == len(ids) == first["total"] == 30
    rest = found(shopper, "sort=recommended&limit=10&offset=20&record=false")["listings"]
    assert [shown["id"] for shown in rest] == ids[20:]


def test_the_shoppers_own_order_needs_a_shopper(client):
    assert client.get(f"{SEARCH}?sort=recommended").json()["code"] == "token_missing"


def test_recommendations_obey_filters(shopper):
    path = "/api/v1/cars/recommendations?brand=audi&limit=3"
    slate = shopper.get(path).json()["recommended"]
    assert [shown["brand"] for shown in slate] == ["Audi"] * 3
    assert shopper.get(path).json()["recommended"] == slate


def test_similar_cars_are_others(api, client):
    answer = client.get(f"/api/v1/cars/{api.ids[5]}/similar?limit=4").json()["similar"]
    assert len(answer) == 4
    assert api.ids[5] not in [shown["id"] for shown in answer]


def test_popular_is_never_empty_while_there_are_cars(client):
    assert len(client.get("/api/v1/cars/popular?fuel=diesel&limit=5").json()["popular"]) == 5


def test_facets_count_active_cars_under_the_names_that_search_takes(client):
    facets = client.get("/api/v1/cars/facets").json()
    assert facets["total"] == 30
    assert facets["brands"][0] == {"name": "Škoda", "count": 12}
    assert {f["name"] for f in facets["fuels"]} == {"Diesel", "Plugin Hybrid"}
    for many, one in (("brands", "brand"), ("fuels", "fuel"), ("bodies", "body"),
                      ("transmissions", "transmission"), ("regions", "region")):  # fmt: skip
        for facet in facets[many]:
            assert found(client, f"{one}={facet['name']}")["total"] == facet["count"]


def test_reactions_of_a_stranger_are_empty(shopper):
    assert shopper.get("/api/v1/users/me/reactions").json() == {"favourites": [], "dismissed": []}
