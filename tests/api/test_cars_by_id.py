"""Cars by their ids over a real database."""

import pytest

CARS = "/api/v1/cars"


def query(ids):
    return CARS + "?" + "&".join(f"id={one}" for one in ids)


def test_cars_come_in_the_order_asked_each_once_and_unknown_ids_are_left_out(api, client):
    asked = [api.ids[7], 10**9, api.ids[0], api.ids[29], api.ids[7]]
    shown = client.get(query(asked)).json()["cars"]
    assert [car["id"] for car in shown] == [api.ids[7], api.ids[0], api.ids[29]]
    assert shown[0] == client.get(f"{CARS}/detail/{api.ids[7]}?record=false").json()


def test_nothing_asked_is_nothing_shown(client):
    for path in (CARS, f"{CARS}?id=", f"{CARS}?id=&id="):
        assert client.get(path).json() == {"cars": []}


def test_a_withdrawn_car_is_still_shown(client, operator):
    stated = {
        "ref": "leaving", "brand": "Lada", "name": "Lada Niva", "year": 2001, "selling_price": 1500,
    }  # fmt: skip
    answer = operator.post("/api/v1/listings", json=[stated])
    assert answer.status_code == 200, answer.text
    (listing_id,) = answer.json()["ids"]
    assert operator.delete(f"/api/v1/listings/{listing_id}").status_code == 200
    (shown,) = client.get(query([listing_id])).json()["cars"]
    assert (shown["brand"], shown["status"]) == ("Lada", "withdrawn")


@pytest.mark.parametrize("wrong", ["0", "-1", "x", "1.5", "9" * 30, "%00", "1%3B--"])
def test_what_is_no_id_is_refused_in_one_sentence(client, wrong):
    answer = client.get(f"{CARS}?id=1&id={wrong}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query")
    assert answer.headers["content-type"] == "application/problem+json"


def test_more_than_a_hundred_ids_are_refused(client):
    assert client.get(query(range(1, 101))).status_code == 200
    assert client.get(query(range(1, 102))).status_code == 422
