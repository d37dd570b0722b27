"""What a car should cost is told with the cars that say so, or not told."""

import numpy as np
import pytest

MODEL = {"brand": "Seat", "model": "Leon", "fuel": "Diesel", "transmission": "Manual"}


def leon(number, dice):
    year, km = int(dice.integers(2014, 2022)), int(dice.integers(20, 180)) * 1_000
    fair = 12_000 * 1.09 ** (year - 2018) * (km / 90_000) ** -0.25
    price = round(fair * float(np.exp(0.06 * dice.standard_normal())))
    return MODEL | {
        "ref": f"leon-{number}", "name": f"Seat Leon {number}", "year": year, "km_driven": km,
        "power_hp": 115, "body": "Hatchback", "selling_price": price,
    }  # fmt: skip


@pytest.fixture(scope="module")
def leons(api):
    """Return the ids of forty cars of one model; the first asks far too little."""
    dice = np.random.default_rng(1)
    cars = [leon(number, dice) for number in range(40)]
    cars[0] |= {"year": 2018, "km_driven": 90_000, "selling_price": 8_000}
    with api.client("operator@example.com") as operator:
        answer = operator.post("/api/v1/listings", json=cars)
        assert answer.status_code == 200, answer.text
        return answer.json()["ids"]


def price_of(client, car_id):
    answer = client.get(f"/api/v1/cars/{car_id}/price")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_bargain_is_told_from_the_cars_of_its_model(client, leons):
    said = price_of(client, leons[0])
    assert (said["verdict"], said["why_not"], said["selling_price"]) == ("great", None, 8_000)
    assert 10_800 <= said["fair"] <= 13_200
    assert said["low"] < said["fair"] < said["high"]
    assert 20 <= said["comparables"] <= len(said["others"]) == 39
    others = {other["id"] for other in said["others"]}
    assert others == {*leons[1:]}
    assert {"id", "selling_price", "km_driven", "year"} == said["others"][0].keys()


def test_what_sets_a_car_apart_is_said_in_percent(client, leons):
    fields = {
        driver["field"]: driver["percent"]
        for car in leons
        for driver in price_of(client, car)["drivers"]
    }
    assert {*fields} <= {"year", "km_driven", "power_hp", "fuel", "transmission", "body"}
    assert {"year", "km_driven"} <= {*fields}


def test_without_enough_comparables_it_says_why_there_is_no_verdict(api, client):
    said = price_of(client, api.ids[0])
    assert said["verdict"] is None
    assert said["fair"] is None
    assert said["drivers"] == []
    assert said["why_not"].startswith("Only 5 other cars of this model")
    assert len(said["others"]) == 5


def test_a_car_there_is_not_is_no_car(client):
    assert client.get("/api/v1/cars/999999999/price").json()["code"] == "unknown_car"
    assert client.get("/api/v1/cars/x/price").status_code == 422
