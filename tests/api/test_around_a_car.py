"""Around one car or a few, over real servers: cars like several, trade-offs, whom a car fits."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from carousel.domain.preference import Evidence
from carousel.domain.trade_offs import AXES
from carousel.domain.trail import NO_TRAIL
from carousel.storage import open_learning
from carousel.storage.ports import Learned, Reaction
from tests.api.conftest import EMAILS

LIKE = "/api/v1/cars/like"
NOW = datetime.now(UTC)

NASTY_LIKES = {
    # body -> status
    b"{": 400,
    b"null": 422,
    b"[]": 422,
    b"{}": 422,
    b'{"listings":[]}': 422,
    b'{"listings":[' + b",".join([b"1"] * 21) + b"]}": 422,
    b'{"listings":[0]}': 422,
    b'{"listings":[true]}': 422,
    b'{"listings":["1"]}': 422,
    b'{"listings":[1.5]}': 422,
    b'{"listings":1}': 422,
    b'{"listings":[9223372036854775808]}': 422,
    b'{"listings":[9223372036854775807]}': 422,
    b'{"listings":[1],"limit":0}': 422,
    b'{"listings":[1],"limit":101}': 422,
    b'{"listings":[1],"limit":"5"}': 422,
    b'{"listings":[1],"include_given":"yes"}': 422,
    b'{"listings":[1],"surprise":1}': 422,
    b'{"listings":[1],"exclude":1}': 422,
    b'{"listings":[1],"exclude":["1"]}': 422,
    b'{"listings":[1],"exclude":[' + b",".join([b"1"] * 201) + b"]}": 422,
    b'{"listings":[1],"filters":7}': 422,
    b'{"listings":[1],"filters":{"wheels":4}}': 422,
    b'{"listings":[1],"filters":{"brand":[[1]]}}': 422,
    b'{"listings":[1],"filters":{"near_latitude":1}}': 422,
}


def path(api, number, rest):
    return f"/api/v1/cars/{api.ids[number]}/{rest}"


def get(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_cars_like_several_keep_to_filters_and_leave_out_those_named(api, client):
    named = [api.ids[0], api.ids[12], api.ids[12]]
    body = {"listings": named, "filters": {"fuel": "Diesel", "max_price": 12_000}, "limit": 5}
    found = client.post(LIKE, json=body).json()
    assert len(found["cars"]) == 5
    assert sorted(i for wish in found["wishes"] for i in wish) == sorted(set(named))
    for shown in found["cars"]:
        assert shown["fuel"] == "Diesel"
        assert shown["selling_price"] <= 12_000
        assert shown["id"] not in named
        assert shown["like"] in named
    everyone = client.post(LIKE, json={"listings": named, "limit": 100, "include_given": True})
    assert set(named) <= {shown["id"] for shown in everyone.json()["cars"]}


def test_similar_cars_keep_to_filters_that_the_car_itself_need_not_pass(api, client):
    assert get(client, f"/api/v1/cars/detail/{api.ids[9]}")["fuel"] == "Diesel"
    asked = "similar?fuel=plugin+hybrid&max_price=9000&min_year=2004&limit=20"
    found = get(client, path(api, 9, asked))["similar"]
    assert {shown["id"] for shown in found} == {api.ids[n] for n in range(4, 17, 2)}
    assert get(client, path(api, 9, "similar?max_price=1"))["similar"] == []


@pytest.mark.parametrize("rest", ["similar", "trade-offs"])
def test_excluded_cars_do_not_come_back(api, client, rest):
    name = rest.replace("-", "_")
    first = get(client, path(api, 16, f"{rest}?limit=3"))[name]
    shown = [one["id"] for one in first]
    without = "&".join(f"exclude={one}" for one in shown[:2])
    others = get(client, path(api, 16, f"{rest}?limit=3&{without}"))[name]
    assert len(others) == 3
    assert not {one["id"] for one in others} & {*shown[:2]}
    assert shown[2] in {one["id"] for one in others}


def test_cars_like_several_leave_out_those_excluded(api, client):
    body = {"listings": [api.ids[0], api.ids[12]], "limit": 100, "include_given": True}
    every = {shown["id"] for shown in client.post(LIKE, json=body).json()["cars"]}
    without = [api.ids[0], api.ids[5], 10**9]
    rest = client.post(LIKE, json=body | {"exclude": without}).json()["cars"]
    assert {shown["id"] for shown in rest} == every - {*without}
    assert api.ids[12] in every - {*without}


@pytest.mark.parametrize(
    "rest", ["similar?max_price=much", "similar?body=boat", "trade-offs?exclude=x"]
)
def test_what_cannot_be_filtered_is_refused(api, client, rest):
    answer = client.get(path(api, 5, rest))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query")


def test_an_unknown_car_is_named_with_its_place(api, client):
    answer = client.post(LIKE, json={"listings": [api.ids[0], 10**9]})
    assert answer.status_code == 422
    assert answer.json()["code"] == "unknown_car"
    assert answer.json()["detail"] == "listings[1] belongs to no car."


@pytest.mark.parametrize(("body", "status"), NASTY_LIKES.items(), ids=lambda v: str(v)[:60])
def test_a_nasty_question_is_refused_in_one_sentence(client, body, status):
    answer = client.post(LIKE, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    ("toward", "field", "sign"),
    [
        ("cheaper", "selling_price", -1),
        ("newer", "year", 1),
        ("fewer_km", "km_driven", -1),
        ("more_powerful", "power_hp", 1),
        ("closer", "distance_km", -1),
    ],
)
def test_a_trade_off_gains_what_was_asked_and_tells_the_differences(
    api, client, toward, field, sign
):
    here = "near_latitude=49.2&near_longitude=16.6"
    car = get(client, f"/api/v1/cars/detail/{api.ids[16]}")  # in Paris, of the middle
    found = get(client, path(api, 16, f"trade-offs?toward={toward}&{here}&limit=3"))
    assert found["toward"] == toward
    assert len(found["trade_offs"]) == 3
    for shown in found["trade_offs"]:
        assert shown["gained"][field] * sign > 0
        for name, difference in {**shown["gained"], **shown["given_up"]}.items():
            if name != "distance_km":
                assert difference == shown[name] - car[name]
        assert not shown["gained"].keys() & shown["given_up"].keys()
        assert (shown["distance_km"] < 10) == (shown["region"] == "Brno")
        assert set(shown["different"]) == {
            name
            for name in ("brand", "model", "body", "fuel", "transmission")
            if shown[name] != car[name]
        }


def test_distances_are_told_on_every_axis_when_a_circle_is_given(api, client):
    circle = "near_latitude=49.2&near_longitude=16.6&radius_km=50&toward=newer"
    for shown in get(client, path(api, 5, f"trade-offs?{circle}"))["trade_offs"]:
        assert shown["region"] == "Brno"
        assert 0 < shown["distance_km"] < 50


@pytest.mark.parametrize(
    ("number", "query", "detail"),
    [
        (7, "toward=fewer_km", "does not state its mileage, so no car can be compared with it"),
        (5, "toward=closer", "toward needs near_latitude and near_longitude"),
        (5, "toward=closer&near_latitude=49", "go together"),
        (5, "toward=closer&near_latitude=x&near_longitude=1", "near_latitude"),
        (5, "toward=redder", "toward must be 'cheaper', 'newer'"),
        (5, "limit=0", "limit must be 1 or more"),
        (5, "max_price=much", "max_price"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(api, client, number, query, detail):
    answer = client.get(path(api, number, f"trade-offs?{query}"))
    assert answer.status_code == 422
    assert answer.json()["code"] == ("not_stated" if number == 7 else "invalid_query")
    assert detail in answer.json()["detail"]
    assert answer.json()["detail"].endswith(".")


def test_an_unknown_car_has_no_trade_offs_and_no_shoppers(client, operator):
    for who, address in (
        (client, "/api/v1/cars/999999/trade-offs"),
        (operator, "/api/v1/listings/999999/shoppers"),
    ):
        answer = who.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_car")


def test_a_sold_car_is_no_answer_anywhere_but_may_be_asked_about(api, client, operator):
    sold = [api.ids[18], api.ids[3]]
    operator.patch(f"/api/v1/listings/{sold[0]}", json={"status": "sold"})
    operator.patch(f"/api/v1/listings/{sold[1]}", json={"status": "sold"})
    try:
        body = {"listings": [sold[0]], "limit": 100, "include_given": True}
        lists = [
            client.post(LIKE, json=body).json()["cars"],
            get(client, path(api, 18, "trade-offs?limit=100"))["trade_offs"],
            get(client, path(api, 18, "similar?limit=100"))["similar"],
        ]
        for found in lists:
            assert found
            assert not {shown["id"] for shown in found} & {*sold}
            assert {shown["status"] for shown in found} == {"active"}
    finally:
        for one in sold:
            operator.patch(f"/api/v1/listings/{one}", json={"status": "active"})


@pytest.fixture(scope="module")
def taught(api):
    """Return the ids of two shoppers: one who wants car 10, one who wants anything but."""
    with api.client() as client:
        client.get(f"/api/v1/cars/detail/{api.ids[0]}")
    with open_learning(api.params.database_url) as learning, learning.transaction() as batch:
        users = sorted(batch.known_users(range(1, 10)))[:2]
        wanted = batch.described([api.ids[10]])[api.ids[10]].vector
        batch.save(
            [
                Learned(users[0], Evidence(2 * np.asarray(wanted), 2.0, NOW), NO_TRAIL),
                Learned(users[1], Evidence(-2 * np.asarray(wanted), 2.0, NOW), NO_TRAIL),
            ]
        )
    return users


def test_an_operator_sees_whom_a_car_fits_and_nobody_whom_it_does_not(api, operator, taught):
    found = get(operator, f"/api/v1/listings/{api.ids[10]}/shoppers")
    assert found["considered"] == 2
    (only,) = found["shoppers"]
    assert only["id"] == taught[0]
    assert 0 < only["score"] <= only["likeness"] <= 1
    assert only["score"] == pytest.approx(only["likeness"] * only["confidence"], abs=1e-3)


def test_who_dismissed_the_car_is_not_told_about_it(api, operator, taught):
    with open_learning(api.params.database_url) as learning, learning.transaction() as batch:
        batch.react([Reaction(taught[0], api.ids[10], "dismissed", holds=True, at=NOW)])
    found = get(operator, f"/api/v1/listings/{api.ids[10]}/shoppers?limit=5")
    assert found == {"shoppers": [], "considered": 1}


def test_shoppers_are_the_operators_business(api, client, shopper):
    address = f"/api/v1/listings/{api.ids[10]}/shoppers"
    assert client.get(address).json()["code"] == "token_missing"
    assert shopper.get(address).json()["code"] == "operator_only"
    with api.client(EMAILS[2]) as boss:
        assert boss.get(f"{address}?limit=1001").status_code == 422


def test_the_examples_of_the_page_are_answered(api, client, operator):
    page = (Path(__file__).parents[2] / "docs" / "around-a-car.md").read_text()
    examples = re.findall(r"^curl -s '\S+?(/api/\S+)'(?:.* -d '(.*)')?", page, re.MULTILINE)
    assert len(examples) == 4
    for address, body in examples:
        known = re.sub(r"\b4[23]\b", str(api.ids[5]), address)
        if body:
            stated = json.loads(body) | {"listings": list(api.ids[5:7])}
            answer = client.post(known, json=stated)
        else:
            answer = (operator if "/listings/" in known else client).get(known)
        assert answer.status_code == 200, answer.text
        assert isinstance(next(iter(answer.json().values())), list | str)


def test_the_page_tells_every_direction_and_its_step():
    page = (Path(__file__).parents[2] / "docs" / "around-a-car.md").read_text()
    for toward, axis in AXES.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{toward}`"))
        if axis.share:
            assert f"{axis.share:.0%}".replace("%", " %") in row
        if axis.least > 1 or not axis.share:
            assert f"{axis.least:,.0f} " in row
