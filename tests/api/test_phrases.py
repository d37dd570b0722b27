"""The search box over a real database: phrases, suggestions, and what is no phrase."""

import pytest

from carousel.domain.filters import Filters

PHRASE, SUGGESTIONS = "/api/v1/cars/phrase", "/api/v1/cars/suggestions"


def read(client, text):
    answer = client.get(PHRASE, params={"text": text})
    assert answer.status_code == 200, answer.text
    return answer.json()


def suggested(client, text, **options):
    answer = client.get(SUGGESTIONS, params={"text": text, **options})
    assert answer.status_code == 200, answer.text
    return answer.json()["suggestions"]


def parameters(chips):
    return [(one["name"], one["value"]) for one in chips]


def test_a_mistyped_phrase_is_a_search(client):
    found = read(client, "scoda octavia plug-in hybrid under 20k with leather")
    assert parameters(found["chips"]) == [
        ("brand", "Škoda"),
        ("model", "Octavia"),
        ("fuel", "Plugin Hybrid"),
        ("max_price", "20000"),
    ]
    assert [one["corrected"] for one in found["chips"]] == [True, False, False, False]
    assert found["ignored"] == ["leather"]
    assert found["sort"] is None
    cars = client.get("/api/v1/cars/search", params=parameters(found["chips"])).json()
    assert cars["total"] == found["total"] > 0


def test_a_model_said_alone_brings_its_make(client):
    found = read(client, "octavai under 20k")
    assert parameters(found["chips"]) == [
        ("model", "Octavia"),
        ("brand", "Škoda"),
        ("max_price", "20000"),
    ]
    model, make, _ = found["chips"]
    assert (model["start"], model["end"]) == (make["start"], make["end"]), "they go together"
    said = read(client, "škoda octavia under 20k")
    assert sorted(parameters(said["chips"])) == sorted(parameters(found["chips"]))
    assert said["total"] == found["total"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "bmw 320",
        "škoda kombi",
        "octavia",
        "SUV near Brno",
        "silber, 1. Hand",
        "fiat 500 under 9000",
        "Dealer",
    ],
)
def test_what_a_phrase_counts_is_what_the_search_finds(client, text):
    found = read(client, text)
    assert found["chips"]
    assert found["ignored"] == []
    assert {one["name"] for one in found["chips"]} <= {
        info.alias or name for name, info in Filters.model_fields.items()
    }
    cars = client.get("/api/v1/cars/search", params=parameters(found["chips"])).json()
    assert cars["total"] == found["total"]


def test_nothing_said_asks_for_nothing(client):
    nothing = {"chips": [], "ignored": [], "sort": None, "total": 30}
    assert read(client, "") == read(client, "  \t\n") == client.get(PHRASE).json() == nothing


def test_every_order_that_a_phrase_can_ask_for_is_one_of_the_search(client):
    for text in ("cheapest", "newest", "low mileage", "most powerful", "best deal"):
        sort = read(client, text)["sort"]
        assert client.get("/api/v1/cars/search", params={"sort": sort}).status_code == 200
    found = read(client, "nearest, within 50 km of Brno")
    query = [*parameters(found["chips"]), ("sort", found["sort"])]
    assert found["sort"] == "distance"
    assert client.get("/api/v1/cars/search", params=query).json()["total"] == found["total"] > 0


def test_a_make_that_is_begun_is_suggested_with_its_count(client):
    first = suggested(client, "sko")[0]
    assert (first["text"], first["kind"], first["count"]) == ("Škoda", "make", 12)
    assert parameters(first["chips"]) == [("brand", "Škoda")]


def test_after_a_make_come_its_models(client):
    for text in ("skoda", "Škoda ", "scoda"):
        assert [(one["text"], one["kind"], one["count"]) for one in suggested(client, text)] == [
            ("Škoda", "make", 12),
            ("Škoda Fabia", "model", 6),
            ("Škoda Octavia", "model", 6),
        ]
    assert suggested(client, "skoda o")[0]["text"] == "Škoda Octavia"
    assert suggested(client, "oct")[0]["text"] == "Škoda Octavia"


def test_a_phrase_goes_on_from_what_was_said(client):
    found = suggested(client, "škoda fabia under 20000 est")
    assert found[0]["kind"] == "phrase"
    assert found[0]["text"] == "Škoda Fabia under 20000 estate"
    assert ("max_price", "20000") in parameters(found[0]["chips"])
    assert found[0]["count"] == read(client, found[0]["text"])["total"]


def test_what_finds_no_car_is_not_suggested(client):
    assert suggested(client, "skoda hydrogen") == []
    assert all(one["count"] > 0 for one in suggested(client, "skoda e"))


def test_before_anything_is_typed_the_most_frequent_makes_are_suggested(client):
    assert [one["text"] for one in suggested(client, "", limit=2)] == ["Škoda", "Audi"]


@pytest.mark.parametrize("path", [PHRASE, SUGGESTIONS])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"text": "x" * 301}, "text"),
        ({"text": "skoda " * 1_666 + "okay"}, "text"),
        ({"text": "sko\x00da"}, "text"),
        ({"text": "\x1b[31m"}, "text"),
    ],
)
def test_what_is_no_phrase_is_refused_in_one_sentence(client, path, query, field):
    answer = client.get(path, params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("limit", ["0", "21", "many", "-1"])
def test_a_limit_that_is_none_is_refused(client, limit):
    answer = client.get(SUGGESTIONS, params={"text": "s", "limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'; drop table listing; --",
        "🚗🚙 👨‍👩‍👧‍👦",
        "\u202e\u0633\u0643\u0648\u062f\u0627",
        "½ ㎞ ﷺ",
        "x" * 300,
        "9" * 300,
        "%00",
    ],
)
def test_hostile_text_is_only_text(client, text):
    found = read(client, text)
    assert found["chips"] == []
    assert found["total"] == 30
    suggested(client, text)
