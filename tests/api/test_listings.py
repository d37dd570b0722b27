"""What an operator changes is obeyed by the very next request."""

from datetime import UTC, datetime, timedelta

import pytest

LISTINGS = "/api/v1/listings"


def stated(ref, **more):
    return {
        "ref": ref, "brand": "Peugeot", "model": "208", "name": "Peugeot 208 1.2", "year": 2020,
        "selling_price": 11000, "km_driven": 30000, "fuel": "Petrol", "region": "Lyon",
        "latitude": 45.764, "longitude": 4.836, **more,
    }  # fmt: skip


@pytest.fixture
def new_id(operator, request):
    """Return a car of a make of its own: no remembered answer can know of it."""
    name = request.node.name
    return operator.post(LISTINGS, json=[stated(name, brand=name)]).json()["ids"][0]


def found(client, car_id):
    """Return whether search and recommendations show a car."""
    make = {"brand": client.get(f"/api/v1/cars/detail/{car_id}?record=false").json()["brand"]}
    listings = client.get("/api/v1/cars/search", params=make).json()["listings"]
    slate = client.get("/api/v1/cars/recommendations", params=make).json()["recommended"]
    return [car_id in {shown["id"] for shown in cars} for cars in (listings, slate)]


def test_the_same_ref_is_the_same_listing(operator):
    first = operator.post(LISTINGS, json=[stated("a"), stated("b")]).json()
    assert (first["new"], first["changed"], first["unchanged"]) == (2, 0, 0)
    again = operator.post(LISTINGS, json=[stated("b"), stated("a", selling_price=1)]).json()
    assert again == {"ids": first["ids"][::-1], "new": 0, "changed": 1, "unchanged": 1}


def test_a_new_listing_is_published_now_and_keeps_its_time(operator):
    (car_id,) = operator.post(LISTINGS, json=[stated("timed")]).json()["ids"]
    listed_at = operator.get(f"/api/v1/cars/detail/{car_id}").json()["listed_at"]
    assert datetime.now(UTC) - datetime.fromisoformat(listed_at) < timedelta(seconds=30)
    operator.post(LISTINGS, json=[stated("timed", selling_price=5)])
    now = operator.get(f"/api/v1/cars/detail/{car_id}").json()
    assert (now["selling_price"], now["listed_at"]) == (5, listed_at)


def test_stating_a_sold_car_again_does_not_bring_it_back_unless_it_says_so(operator):
    (car_id,) = operator.post(LISTINGS, json=[stated("gone", status="sold")]).json()["ids"]
    operator.post(LISTINGS, json=[stated("gone", selling_price=5)])
    assert operator.get(f"/api/v1/cars/detail/{car_id}").json()["status"] == "sold"
    operator.post(LISTINGS, json=[stated("gone", status="active")])
    assert operator.get(f"/api/v1/cars/detail/{car_id}").json()["status"] == "active"


def test_a_new_listing_is_found_at_once(shopper, new_id):
    assert found(shopper, new_id) == [True, True]


@pytest.mark.parametrize("status", ["sold", "reserved", "withdrawn"])
def test_a_car_no_longer_for_sale_is_gone_at_once_but_stays_readable(
    operator, shopper, new_id, status
):
    assert found(shopper, new_id) == [True, True]
    answer = operator.patch(f"{LISTINGS}/{new_id}", json={"status": status})
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert found(shopper, new_id) == [False, False]
    assert shopper.get(f"/api/v1/cars/detail/{new_id}").json()["status"] == status


def test_a_new_price_is_shown_at_once(operator, shopper, new_id):
    assert found(shopper, new_id) == [True, True]
    answer = operator.patch(f"{LISTINGS}/{new_id}", json={"selling_price": 12345, "colour": "Red"})
    assert answer.json()["selling_price"] == 12345
    make = {"brand": answer.json()["brand"]}
    slate = shopper.get("/api/v1/cars/recommendations", params=make).json()["recommended"]
    shown = {c["id"]: c for c in slate}[new_id]
    assert (shown["selling_price"], shown["colour"], shown["region"]) == (12345, "Red", "Lyon")


def test_a_deleted_listing_is_withdrawn(operator, shopper, new_id):
    assert operator.delete(f"{LISTINGS}/{new_id}").json()["status"] == "withdrawn"
    assert found(shopper, new_id) == [False, False]
    assert operator.delete(f"{LISTINGS}/{new_id}").status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_listing_that_does_not_exist_is_not_found(operator, method):
    answer = operator.request(method, f"{LISTINGS}/{10**12}", json={"status": "sold"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_car")


def test_every_wrong_listing_is_named_and_none_is_stored(operator, client):
    batch = [stated("ok", brand="Lada"), stated("bad", year=1), stated("worse", fuel="steam")]
    answer = operator.post(LISTINGS, json=batch)
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == ["[1].year", "[2].fuel"]
    assert client.get("/api/v1/cars/search?brand=Lada").json()["total"] == 0
