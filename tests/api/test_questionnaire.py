"""The questionnaire: questions a page can draw, answers that travel as searches."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carousel.api.listing_view import shown
from carousel.domain.listing import Body, Fuel, Transmission
from carousel.domain.questionnaire import Answers, Size, Use
from tests.api.test_bad_input import BODIES, DEEP, HTML, INJECTION, JSON, assert_good_manners

PATH, ASKED = "/api/v1/users/me/questionnaire", "/api/v1/questionnaire"

NASTY = {
    # body -> status
    b"": 400,
    b"null": 422,
    b"[]": 422,
    b'"city"': 422,
    b"{}": 422,
    b'{"use":[]}': 422,
    b'{"use":null,"size":"","budget":{}}': 422,
    b'{"id":"only"}': 422,
    b'{"use":"flying"}': 422,
    b'{"use":[1]}': 422,
    b'{"use":[["city"]]}': 422,
    b'{"use":{"city":true}}': 422,
    b'{"use":["city","work","fun","family"]}': 422,
    b'{"size":"tiny"}': 422,
    b'{"fuel":"steam"}': 422,
    b'{"fuel":true}': 422,
    b'{"budget":9000}': 422,
    b'{"budget":[9000]}': 422,
    b'{"budget":{"up_to":"9000"}}': 422,
    b'{"budget":{"up_to":true}}': 422,
    b'{"budget":{"up_to":0}}': 422,
    b'{"budget":{"up_to":-1}}': 422,
    b'{"budget":{"up_to":1e400}}': 422,
    b'{"budget":{"up_to":9e9}}': 422,
    b'{"budget":{"up_to":' + b"9" * 400 + b"}}": 422,
    b'{"budget":{"about":9000,"up_to":8000}}': 422,
    b'{"budget":{"at_most":9000}}': 422,
    b'{"place":"Brno"}': 422,
    b'{"place":{}}': 422,
    b'{"place":{"latitude":49}}': 422,
    b'{"place":{"latitude":91,"longitude":0}}': 422,
    b'{"place":{"latitude":true,"longitude":0}}': 422,
    b'{"place":{"latitude":1,"longitude":1,"radius_km":0}}': 422,
    b'{"place":{"latitude":1,"longitude":1,"radius_km":1e400}}': 422,
    b'{"place":{"latitude":NaN,"longitude":1}}': 400,
    b'{"use":"city","brand":"Skoda"}': 422,
    b'{"use":"city","id":""}': 202,
    b'{"use":"city","id":"a b"}': 422,
    b'{"use":"city","id":7}': 422,
    b'{"use":"city","id":"' + b"x" * 61 + b'"}': 422,
    b'{"use":"\\u0000"}': 422,
    json.dumps({"use": INJECTION, "size": HTML}).encode(): 422,
    DEEP: 400,
    b" " * 1_048_577: 413,
}


def said(entry):
    return json.loads(entry["event"])


def test_the_questions_are_those_that_can_be_answered(client):
    found = client.get(ASKED).raise_for_status().json()
    assert found["currency"] == "EUR"
    questions = {question["key"]: question for question in found["questions"]}
    assert list(questions) == list(Answers.model_fields)
    for key, kind in (("use", Use), ("size", Size)):
        assert {c["value"] for c in questions[key]["choices"]} == {one.value for one in kind}
    for key, kind in (("fuel", Fuel), ("transmission", Transmission)):
        assert [c["value"] for c in questions[key]["choices"]] == [shown(one) for one in kind]
    for key in ("budget", "place"):
        entries = {entry["name"] for entry in questions[key]["entries"]}
        schema = Answers.model_json_schema()["$defs"]
        assert entries == set(schema["Budget" if key == "budget" else "Home"]["properties"])


def test_whatever_the_questions_offer_is_accepted(shopper):
    for question in shopper.get(ASKED).json()["questions"]:
        if "choices" in question:
            answers = [choice["value"] for choice in question["choices"]]
            several = answers[: question["most"]]
            for answer in (*answers, several):
                body = {question["key"]: answer}
                assert shopper.post(PATH, json=body).status_code == 202, body
        else:
            for limit in ("least", "most"):
                body = {question["key"]: {e["name"]: e[limit] for e in question["entries"]}}
                assert shopper.post(PATH, json=body).status_code == 202, body


def test_each_use_is_a_search_in_the_log_and_the_first_the_latest(api, shopper):
    before = api.logged()
    body = {
        "budget": {"up_to": 12_000},
        "use": ["city", "work"],
        "fuel": ["Petrol", "DIESEL"],
        "transmission": "Automatic",
        "place": {"latitude": 49.2, "longitude": 16.6, "radius_km": 80},
        "id": "hello",
    }
    answer = shopper.post(PATH, json=body)
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 2, "ids": ["hello-1", "hello-2"]}
    work, city = api.logged_since(before, 2)
    assert [entry["id"] for entry in (work, city)] == ["hello-1", "hello-2"]
    assert int(work["at"]) < int(city["at"])
    for entry, bodies in ((work, ["van", "pickup"]), (city, ["hatchback"])):
        event = said(entry)
        assert event["type"] == "search"
        assert event["filters"]["max_price"] == 12_000
        assert event["filters"]["body"] == bodies
        assert event["filters"]["fuel"] == ["petrol", "diesel"]
        assert event["filters"]["transmission"] == ["automatic"]
        assert event["filters"]["radius_km"] == 80


def test_answers_with_an_id_are_the_same_events_when_sent_again(shopper):
    body = {"use": ["fun", "family", "outdoors"], "id": "again"}
    once, twice = (shopper.post(PATH, json=body).json()["ids"] for _ in range(2))
    assert once == twice == ["again-1", "again-2", "again-3"]
    unnamed = {"use": ["fun"]}
    assert shopper.post(PATH, json=unnamed).json() != shopper.post(PATH, json=unnamed).json()


def test_a_visitor_may_answer(api, client):
    token = client.post("/api/v1/visitors").json()["token"]
    before = api.logged()
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post(PATH, json={"size": "large"}, headers=headers)
    assert answer.status_code == 202
    (entry,) = api.logged_since(before, 1)
    assert [Body(body) for body in said(entry)["filters"]["body"]] == [
        Body.ESTATE, Body.SUV, Body.MPV, Body.PICKUP, Body.VAN,
    ]  # fmt: skip


def test_without_a_token_nobody_answers(client):
    assert client.post(PATH, json={"use": "city"}).json()["code"] == "token_missing"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "body must answer at least one question."),
        ({"budget": 9_000}, "budget must be an object of numbers."),
        ({"place": {"latitude": 49}}, "place.longitude is missing."),
        (
            {"budget": {"up_to": 1, "about": 2}},
            "budget must not name more in about than in up_to.",
        ),
        (
            {"use": "city", "id": "a b"},
            "id must be at most 60 printable characters without blanks.",
        ),
        ({"use": "city", "wheels": 4}, "wheels is not a known field."),
    ],
)
def test_bad_answers_are_told_in_a_sentence(shopper, body, detail):
    answer = shopper.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_answers"
    assert answer.json()["detail"] == detail


@pytest.mark.parametrize(("body", "status"), NASTY.items(), ids=lambda v: str(v)[:60])
def test_nasty_answers(api, shopper, body, status):
    before = len(api.logged())
    answer = shopper.post(PATH, content=body, headers=JSON)
    assert_good_manners(answer)
    assert answer.status_code == status, answer.text
    assert len(api.logged()) - before == (1 if status == 202 else 0)


NAMES = st.sampled_from(
    [*Answers.model_fields, "id", "up_to", "about", "latitude", "longitude", "radius_km", "colour"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([*Use, *Size, "Diesel", 9_000, 49.2, "\x00"]),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=3),
    max_leaves=8,
)  # fmt: skip
ANSWERS = st.dictionaries(NAMES, VALUES, max_size=6).map(lambda v: json.dumps(v).encode()) | BODIES


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=ANSWERS)
def test_any_answers(shopper, body):
    assert_good_manners(shopper.post(PATH, content=body, headers=JSON))
