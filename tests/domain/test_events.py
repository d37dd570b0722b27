import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from carousel.domain.events import EVENT, Dismiss, Reason, Search, View
from carousel.domain.filters import Filters


@given(st.integers(1, 2**63 - 1), st.sampled_from(list(Reason)))
def test_an_event_survives_the_log(listing_id, reason):
    event = Dismiss(listing_id=listing_id, reason=reason, id="a-1")
    assert EVENT.validate_json(event.model_dump_json()) == event


def test_a_search_survives_the_log_with_its_filters():
    event = Search(filters=Filters(make=("Škoda",), max_price=9_000))
    assert EVENT.validate_json(event.model_dump_json(by_alias=True)) == event


@pytest.mark.parametrize(
    "body",
    [
        {"type": "steal", "listing_id": 1},
        {"type": "view"},
        {"type": "view", "listing_id": 0},
        {"type": "view", "listing_id": 2**63},
        {"type": "view", "listing_id": 1.5},
        {"type": "view", "listing_id": 1, "id": ""},
        {"type": "view", "listing_id": 1, "id": "x" * 65},
        {"type": "view", "listing_id": 1, "id": "a b"},
        {"type": "view", "listing_id": 1, "occurred_at": "2026-01-01T00:00:00"},
        {"type": "view", "listing_id": 1, "strength": 99},
        {"type": "dismiss", "listing_id": 1, "reason": "ugly"},
        {"type": "impression", "listing_id": 1, "position": 0},
        {"type": "impression", "listing_id": 1, "position": 1, "propensity": 1.5},
        {"type": "search", "filters": {"min_price": -1}},
        {"type": "search", "filters": {"near_latitude": 50.0}},
    ],
)
def test_nonsense_is_refused(body):
    with pytest.raises(ValidationError):
        EVENT.validate_json(json.dumps(body))


def test_a_client_cannot_choose_an_events_strength():
    assert View(listing_id=1).strength == 1.0
    assert "strength" not in View.model_fields
