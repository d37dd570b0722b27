"""A client written for the prototype keeps working: its routes, names and types, to the letter."""

import json

import pytest

CARD = {
    "id": int, "brand": str, "model": str | None, "name": str, "year": int, "selling_price": int,
    "currency": str, "km_driven": int | None, "fuel": str | None, "transmission": str | None,
    "body": str | None, "power_hp": int | None, "colour": str | None, "seller_type": str | None,
    "owner": str | None, "owners": int | None, "region": str | None, "latitude": float | None,
    "longitude": float | None, "photos": list, "listed_at": str, "status": str,
}  # fmt: skip


def assert_shape(shown, shape):
    assert set(shown) == set(shape)
    wrong = {name: shown[name] for name, kind in shape.items() if not isinstance(shown[name], kind)}
    assert wrong == {}


def test_the_development_login_gives_a_token(client):
    answer = client.post("/api/v1/token/fake-token", json={"email": "JOHN1@example.com"})
    assert answer.status_code == 200
    assert_shape(answer.json(), {"token": str})


def test_an_unknown_user_gets_no_token(client):
    answer = client.post("/api/v1/token/fake-token", json={"email": "nobody@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_user")


def test_me_is_who_logged_in(shopper):
    me = shopper.get("/api/v1/users/me").json()
    assert_shape(me, {"email": str, "first_name": str, "surname": str, "role": str})
    assert me["email"] == "john1@example.com"


def test_search_answers_all_listings_up_to_two_hundred(shopper):
    found = shopper.get("/api/v1/cars/search").json()
    assert_shape(found, {"listings": list, "total": int, "limit": int, "offset": int})
    assert len(found["listings"]) == found["total"] == 30
    assert found["limit"] == 200
    for shown in found["listings"]:
        assert_shape(shown, CARD)


def test_search_takes_the_prototypes_parameters_and_ignores_empty_ones(shopper):
    query = "brand=Skoda&min_year=&max_year=2020&min_price=0&max_price=9000&fuel=Diesel&page=7"
    found = shopper.get(f"/api/v1/cars/search?{query}").json()["listings"]
    assert found
    for shown in found:
        assert (shown["brand"], shown["fuel"]) == ("Škoda", "Diesel")
        assert shown["year"] <= 2020
        assert shown["selling_price"] <= 9000


def test_detail_shows_the_car(api, shopper):
    shown = shopper.get(f"/api/v1/cars/detail/{api.ids[6]}").json()
    assert_shape(shown, CARD)
    assert shown == {
        "id": api.ids[6], "brand": "Škoda", "model": "Fabia", "name": "Škoda Fabia 6",
        "year": 2006, "selling_price": 4000, "currency": "EUR", "km_driven": 60000,
        "fuel": "Plugin Hybrid", "transmission": "Manual", "body": "SUV", "power_hp": 90,
        "colour": "Silver", "seller_type": "Dealer", "owner": "First Owner", "owners": 1,
        "region": "Brno", "latitude": 49.195, "longitude": 16.607, "photos": [],
        "listed_at": "2026-01-07T00:00:00Z", "status": "active",
    }  # fmt: skip


def test_recommendations_are_twenty(shopper):
    slate = shopper.get("/api/v1/cars/recommendations").json()
    shape = {"recommended": list, "slate": str, "version": int, "personal": bool}
    assert_shape(slate, shape)
    assert len(slate["recommended"]) == 20
    for shown in slate["recommended"]:
        assert_shape(
            shown,
            {
                **CARD,
                "reason": str,
                "why": dict,
                "propensity": float,
                "random": bool,
                "eligible": int,
            },
        )


@pytest.mark.parametrize("path", ["users/me", "cars/recommendations", "users/me/updates"])
def test_without_a_token_what_is_personal_is_refused(client, path):
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_search_and_a_look_count_as_events_once_each(api, shopper):
    before = api.logged()
    shopper.get("/api/v1/cars/search?brand=Audi&max_price=20000")
    shopper.get(f"/api/v1/cars/detail/{api.ids[3]}")
    search, view = (json.loads(e["event"]) for e in api.logged_since(before, 2))
    assert search["type"] == "search"
    assert search["filters"]["max_price"] == 20000
    assert (view["type"], view["listing_id"]) == ("view", api.ids[3])


@pytest.mark.parametrize(
    "query", ["search?record=false", "search?offset=20&limit=5", "detail/{id}?record=false"]
)
def test_what_should_not_count_does_not(api, shopper, query):
    before = api.logged()
    assert shopper.get(f"/api/v1/cars/{query.format(id=api.ids[0])}").status_code == 200
    shopper.get("/api/v1/cars/search")  # counts; appended after the one that must not
    assert len(api.logged_since(before, 1)) == 1


def test_a_stranger_leaves_no_trace(api, client, shopper):
    before = api.logged()
    assert client.get("/api/v1/cars/search?brand=Audi").status_code == 200
    assert client.get(f"/api/v1/cars/detail/{api.ids[0]}").status_code == 200
    shopper.get("/api/v1/cars/search")
    assert len(api.logged_since(before, 1)) == 1
