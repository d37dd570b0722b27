"""What was sent wrong is told in words that a stranger understands."""

import json
import re

import pytest
from pydantic import TypeAdapter

from carousel.api.accounts import NewAccount
from carousel.api.like import LikeRequest
from carousel.api.problems import mistakes
from carousel.api.wording import FORMS
from carousel.domain.events import EVENT
from carousel.domain.listing import ListingFacts

LIKE, EVENTS, ANSWERS = "/api/v1/cars/like", "/api/v1/events", "/api/v1/users/me/questionnaire"
LISTINGS, USERS = "/api/v1/listings", "/api/v1/users"
CIRCLE = "must have all of near_latitude, near_longitude and radius_km or none: they go together."
EVENT_TYPES = (
    "'view', 'search', 'favourite', 'unfavourite', 'contact', 'dismiss', 'undismiss' or "
    "'impression'"
)
VIEW = {"type": "view", "listing_id": 1}
CAR = {"ref": "x", "brand": "Audi", "name": "A4", "year": 2015, "selling_price": 9000}
SENTENCES = [
    (LIKE, [], "body must be an object with named fields."),
    (LIKE, {"listings": {}}, "listings must be a list."),
    (LIKE, {"listings": [0]}, "listings[0] must be 1 or more."),
    (LIKE, {"listings": []}, "listings must have at least 1 item."),
    (LIKE, {"listings": [1] * 25}, "listings must have at most 20 items, not 25."),
    (LIKE, {"listings": ["1"]}, "listings[0] must be a whole number."),
    (LIKE, {"listings": [1], "filters": []}, "filters must be an object with named fields."),
    (LIKE, {"listings": [1], "filters": {"radius_km": 10}}, f"filters {CIRCLE}"),
    (LIKE, {"listings": [1], "filters": {"min_price": "x"}},
     "filters.min_price must be a whole number."),
    (LIKE, {"listings": [1], "include_given": "yes"}, "include_given must be true or false."),
    (LIKE, {"listings": [1], "wheels": 4}, "wheels is not a known field."),
    (EVENTS, {}, "type is missing; it says what kind of thing this is."),
    (EVENTS, [VIEW, {}], "[1].type is missing; it says what kind of thing this is."),
    (EVENTS, [7], "[0] must be an object with named fields."),
    (EVENTS, {"type": "buy"}, f"type must be {EVENT_TYPES}."),
    (EVENTS, {"type": "view"}, "listing_id is missing."),
    (EVENTS, VIEW | {"id": "a b"}, "id must be printable ASCII characters without blanks."),
    (EVENTS, VIEW | {"id": True}, "id must not be true or false."),
    (EVENTS, VIEW | {"occurred_at": "yesterday"},
     "occurred_at must be a date and time such as 2026-01-31T12:00:00Z."),
    (EVENTS, VIEW | {"occurred_at": "2026-01-31T12:00:00"},
     "occurred_at must name its time zone, as 2026-01-31T12:00:00Z does."),
    (EVENTS, {"type": "impression", "listing_id": 1, "position": 1, "propensity": 0},
     "propensity must be more than 0."),
    (ANSWERS, {"place": []}, "place must be an object of numbers."),
    (ANSWERS, {"use": []}, "body must answer at least one question."),
    (ANSWERS, {"place": {"latitude": 91, "longitude": 0}}, "place.latitude must be 90 or less."),
    (LISTINGS, [CAR | {"brand": " "}], "[0].brand must have at least 1 character."),
    (LISTINGS, [CAR | {"colour": "red\nish"}],
     "[0].colour must be one line without control characters."),
    (USERS, [{"email": "nobody"}], "[0].email must be an e-mail address."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "detail"), SENTENCES, ids=lambda v: json.dumps(v)[:60])
def test_a_body_is_refused_in_one_sentence_about_the_field(operator, path, body, detail):
    answer = operator.post(path, json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"] == detail
    assert len(answer.json()["errors"]) == 1


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("radius_km=10", f"query {CIRCLE}"),
        ("limit=ten", "limit must be a whole number."),
        ("limit=0", "limit must be 1 or more."),
        (
            "near_latitude=NaN&near_longitude=0&radius_km=1",
            "near_latitude must be a finite number.",
        ),
        (f"region={'x' * 201}", "region[0] must have at most 200 characters."),
        ("&".join(["region=x"] * 21), "region must have at most 20 items, not 21."),
    ],
)
def test_a_query_is_refused_in_one_sentence_about_the_parameter(client, query, detail):
    for path in ("search", "popular", "1/similar", "1/trade-offs"):
        answer = client.get(f"/api/v1/cars/{path}?{query}")
        assert answer.status_code == 422
        assert answer.json()["detail"] == detail


def test_every_form_that_a_text_must_have_is_told_in_words():
    schemas = [model.model_json_schema() for model in (LikeRequest, ListingFacts, NewAccount)]
    asked = re.findall(
        r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps([*schemas, EVENT.json_schema()])
    )
    assert {json.loads(pattern) for pattern in asked} == FORMS.keys()


def test_a_list_that_is_short_without_its_broken_items_is_blamed_for_the_items_alone():
    wrong = TypeAdapter(LikeRequest).validate_python
    with pytest.raises(ValueError, match="2 validation errors") as refused:
        wrong({"listings": [0]})
    assert [one.field for one in mistakes(refused.value.errors())] == ["listings[0]"]
