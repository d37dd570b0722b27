"""A shopper who asks for the impossible gets a full list, and is told what was widened."""

import pytest

SLATE = "/api/v1/cars/recommendations"
IMPOSSIBLE = "brand=Nonesuch&max_price=500"


def slate(client, query):
    answer = client.get(f"{SLATE}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(cards):
    return [shown["id"] for shown in cards]


def test_the_impossible_fills_the_list_and_every_car_says_what_it_is_not(shopper):
    answer = slate(shopper, f"{IMPOSSIBLE}&limit=10")
    assert len(set(ids(answer["recommended"]))) == 10
    steps = {step["field"]: step for step in answer["relaxed"]}
    assert steps["brand"]["from"] == ["Nonesuch"]
    assert steps["brand"]["to"] is None
    assert steps["max_price"]["from"] == 500
    assert answer["relaxed"][-1]["matches"] >= 10
    for shown in answer["recommended"]:
        assert "Any make, not only Nonesuch." in shown["relaxed"]
        over = shown["selling_price"] > 500
        assert (steps["max_price"]["sentence"] in shown["relaxed"]) == over


def test_what_matches_comes_first_and_says_nothing(shopper):
    cards = slate(shopper, "brand=audi&max_price=5000&limit=12")["recommended"]
    strict = [c["brand"] == "Audi" and c["selling_price"] <= 5000 for c in cards]
    assert strict == sorted(strict, reverse=True)
    assert [("relaxed" in shown) for shown in cards] == [not fits for fits in strict]
    assert 0 < sum(strict) < 12


def test_asking_again_with_what_was_given_up_finds_as_many_as_was_said(shopper):
    steps = slate(shopper, "brand=audi&fuel=diesel&max_price=5000&limit=12")["relaxed"]
    asked = {"brand": ["Audi"], "fuel": ["Diesel"], "max_price": 5000}
    for step in steps:
        asked[step["field"]] = step["to"]
        query = {name: value for name, value in asked.items() if value is not None}
        found = shopper.get("/api/v1/cars/search?record=false", params=query).json()
        assert found["total"] == step["matches"]


def test_a_list_that_is_full_says_nothing_of_relaxing(shopper):
    assert "relaxed" not in slate(shopper, "brand=audi&limit=3")


def test_the_market_may_be_smaller_than_the_list(shopper):
    assert len(slate(shopper, "brand=audi&limit=100")["recommended"]) == 30


def test_excluded_cars_do_not_come_back_and_their_places_are_filled(shopper):
    first = ids(slate(shopper, "limit=10")["recommended"])
    again = "&".join(f"exclude={n}" for n in first)
    second = slate(shopper, f"limit=10&{again}")
    assert len(set(ids(second["recommended"]))) == 10
    assert not set(first) & set(ids(second["recommended"]))
    assert ids(slate(shopper, "limit=10")["recommended"]) == first
    assert second["slate"] != slate(shopper, "limit=10")["slate"]


def test_no_filter_brings_an_excluded_car_back(shopper):
    first = ids(slate(shopper, f"{IMPOSSIBLE}&limit=20")["recommended"])
    again = "&".join(f"exclude={n}" for n in first)
    rest = ids(slate(shopper, f"{IMPOSSIBLE}&limit=20&{again}")["recommended"])
    assert len(set(rest)) == 10
    assert not set(first) & set(rest)


@pytest.mark.parametrize(
    ("path", "key"), [("/api/v1/cars/popular", "popular"), ("/api/v1/cars/{}/similar", "similar")]
)
def test_shared_lists_leave_out_what_is_excluded(api, client, path, key):
    path = path.format(api.ids[0])
    first = ids(client.get(path, params={"limit": 5}).json()[key])
    second = ids(client.get(path, params={"limit": 5, "exclude": first}).json()[key])
    assert len(first) == len(second) == 5
    assert not set(first) & set(second)


def test_a_search_that_finds_nothing_names_the_least_that_must_give_way(client):
    found = client.get("/api/v1/cars/search?brand=Nonesuch&fuel=diesel&max_price=9000").json()
    assert (found["listings"], found["total"]) == ([], 0)
    (step,) = found["nearest"]
    assert {**step, "matches": 0} == {
        "field": "brand", "from": ["Nonesuch"], "to": None, "matches": 0,
        "sentence": "Any make, not only Nonesuch.",
    }  # fmt: skip
    there = client.get("/api/v1/cars/search?fuel=diesel&max_price=9000").json()["total"]
    assert step["matches"] == there > 0


def test_a_search_just_out_of_reach_needs_only_a_little(client):
    cheapest = client.get("/api/v1/cars/search?brand=BMW&sort=price&limit=1").json()
    price = cheapest["listings"][0]["selling_price"]
    (step,) = client.get(f"/api/v1/cars/search?brand=BMW&max_price={price - 1}").json()["nearest"]
    assert (step["field"], step["from"]) == ("max_price", price - 1)
    assert price <= step["to"] < 1.13 * price


def test_a_search_that_finds_something_says_nothing_of_it(client):
    assert "nearest" not in client.get("/api/v1/cars/search?brand=BMW&offset=100").json()


@pytest.mark.parametrize("path", [SLATE, "/api/v1/cars/popular", "/api/v1/cars/1/similar"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("exclude=five", "exclude[0]"),
        ("exclude=1&exclude=-3", "exclude[1]"),
        ("exclude=0", "exclude[0]"),
        ("exclude=1.5", "exclude[0]"),
        ("exclude=1,2", "exclude[0]"),
        (f"exclude={'9' * 5000}", "exclude[0]"),
        (f"exclude={2**63}", "exclude[0]"),
        ("&".join(f"exclude={n}" for n in range(1, 202)), "exclude"),
        ("&".join(["exclude=1"] * 500), "query"),
    ],
    ids=lambda v: v[:20],
)
def test_what_cannot_be_excluded_is_a_mistake_that_is_named(shopper, path, query, field):
    answer = shopper.get(f"{path}?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "query",
    [
        "exclude=", "exclude=&exclude=7",
        f"exclude={2**63 - 1}&limit=5", "exclude=7&exclude=7", "max_price=0", "min_year=2100",
        "max_price=1000000000&min_price=1000000000", "min_price=5000&max_price=10", "max_owners=0",
        "near_latitude=0&near_longitude=0&radius_km=0.001", "model=%F0%9F%9A%97&region=_",
        "&".join(f"brand={'x' * 150}{n}" for n in range(20)),
    ],
    ids=lambda v: v[:30],
)  # fmt: skip
def test_any_good_question_fills_the_list(shopper, query):
    assert len(slate(shopper, f"{query}&limit=10")["recommended"]) == 10


def test_when_every_car_is_excluded_the_list_is_empty(api, shopper):
    everything = "&".join(f"exclude={n}" for n in (*api.ids, *range(10**6, 10**6 + 170)))
    for query in (everything, f"{IMPOSSIBLE}&{everything}"):
        answer = slate(shopper, query)
        assert answer["recommended"] == []
        assert "relaxed" not in answer
