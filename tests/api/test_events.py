"""Events are on disk when the answer says so, all of them or none."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from carousel.domain.events import EVENT


def said(entry):
    return json.loads(entry["event"])


def test_one_event_is_accepted_and_logged(api, shopper):
    before = api.logged()
    answer = shopper.post("/api/v1/events", json={"type": "contact", "listing_id": api.ids[0]})
    assert answer.status_code == 202
    (entry,) = api.logged_since(before, 1)
    assert answer.json() == {"accepted": 1, "ids": [entry["id"]]}
    assert said(entry) == {"type": "contact", "listing_id": api.ids[0]}
    me = shopper.get("/api/v1/users/me").json()
    assert me["email"] == "john1@example.com"
    assert entry["user"].isdecimal()


def test_every_type_is_accepted_in_one_list(api, shopper):
    before = api.logged()
    car = api.ids[1]
    events = [
        {"type": "view", "listing_id": car, "id": "mine-1"},
        {"type": "favourite", "listing_id": car},
        {"type": "unfavourite", "listing_id": car},
        {"type": "contact", "listing_id": car},
        {"type": "dismiss", "listing_id": car, "reason": "too_far"},
        {
            "type": "undismiss",
            "listing_id": car,
            "reason": "too_far",
            "dismissed_at": "2026-01-01T12:00:00Z",
        },
        {"type": "impression", "listing_id": car, "position": 3, "slate": "s", "propensity": 0.5},
        {"type": "search", "filters": {"brand": "Škoda", "fuel": ["Diesel"], "max_price": 10000}},
    ]
    assert {e["type"] for e in events} == set(EVENT.json_schema()["discriminator"]["mapping"])
    answer = shopper.post("/api/v1/events", json=events).json()
    assert answer["accepted"] == 8
    assert answer["ids"][0] == "mine-1"
    logged = {entry["id"]: said(entry) for entry in api.logged()}
    assert len(api.logged_since(before, 8)) == 8
    assert [logged[i]["type"] for i in answer["ids"]] == [e["type"] for e in events]
    filters = logged[answer["ids"][7]]["filters"]
    assert (filters.get("brand") or filters["make"], filters["fuel"]) == (["Škoda"], ["diesel"])


def test_the_time_is_the_clients_or_now(api, shopper):
    then = datetime(2025, 5, 5, 12, tzinfo=UTC)
    view = {"type": "view", "listing_id": api.ids[0]}
    events = [{**view, "occurred_at": "2025-05-05T14:00:00+02:00"}, view]
    ids = shopper.post("/api/v1/events", json=events).json()["ids"]
    at = {e["id"]: datetime.fromtimestamp(int(e["at"]) / 1e6, UTC) for e in api.logged()}
    assert at[ids[0]] == then
    assert abs(datetime.now(UTC) - at[ids[1]]) < timedelta(seconds=10)


@pytest.mark.parametrize(("minutes", "status"), [(4, 202), (6, 422)])
def test_a_clock_may_be_five_minutes_ahead(api, shopper, minutes, status):
    ahead = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    view = {"type": "view", "listing_id": api.ids[0], "occurred_at": ahead}
    assert shopper.post("/api/v1/events", json=view).status_code == status


def test_one_wrong_event_keeps_all_out_and_is_named(api, shopper):
    before = api.logged()
    good = {"type": "view", "listing_id": api.ids[0]}
    answer = shopper.post("/api/v1/events", json=[good, good, {"type": "view", "listing_id": "x"}])
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == ["[2].listing_id"]
    assert api.logged() == before


def test_an_event_about_no_car_is_named(api, shopper):
    good = {"type": "view", "listing_id": api.ids[0]}
    answer = shopper.post("/api/v1/events", json=[good, {"type": "view", "listing_id": 10**12}])
    assert answer.json()["code"] == "unknown_car"
    assert [e["field"] for e in answer.json()["errors"]] == ["[1].listing_id"]
    alone = shopper.post("/api/v1/events", json={"type": "view", "listing_id": 10**12})
    assert alone.json()["detail"] == "listing_id belongs to no car."


def test_without_a_token_nothing_is_accepted(api, client):
    answer = client.post("/api/v1/events", json={"type": "view", "listing_id": api.ids[0]})
    assert answer.json()["code"] == "token_missing"


def test_an_impression_says_whether_chance_put_it_there_and_of_which_arm_it_is(api, shopper):
    seen = {"type": "impression", "listing_id": api.ids[0], "position": 1}
    told = {"slate": "s", "random": True, "eligible": 30, "propensity": 0.5, "arm": "x/bolder"}
    assert shopper.post("/api/v1/events", json=seen | told).status_code == 202
    for field in ("position", "listing_id", "eligible"):
        answer = shopper.post("/api/v1/events", json=seen | told | {field: True})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
