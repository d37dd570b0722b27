"""Without an account everything works the same, and nothing is lost by logging in."""

import threading
import time

import pytest

from carousel.api.tokens import SECONDS, VISITOR_SECONDS, Tokens
from carousel.domain.preference import Params
from carousel.observability.metrics import INDEX_LOOKED
from carousel.storage import open_event_source, open_learning, open_synthetic
from carousel.streaming import run
from carousel.streaming.follower import Connections
from tests.api.conftest import EMAILS, PATIENCE, SECRET, SHARDS
from tests.observability.api_process import eventually

EVENTS, SLATE, SEARCH = "/api/v1/events", "/api/v1/cars/recommendations", "/api/v1/cars/search"
VISITORS, ME = "/api/v1/visitors", "/api/v1/users/me"
MERGE, REACTIONS, PROFILE = f"{ME}/merge", f"{ME}/reactions", f"{ME}/profile"


@pytest.fixture(scope="module", autouse=True)
def pipeline(api):
    """Follow the log, as the pipeline's process does."""
    stop = threading.Event()
    with (
        open_event_source(api.params.log_url, shards=SHARDS) as log,
        open_learning(api.params.database_url) as reads,
        open_learning(api.params.database_url) as writes,
    ):
        following = threading.Thread(
            target=run, args=("plain", Connections(log, reads, writes), Params(), stop)
        )
        following.start()
        yield
        stop.set()
        following.join()


@pytest.fixture
def visitor(api):
    with api.client() as client:
        answer = client.post(VISITORS)
        assert answer.status_code == 201
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield client


@pytest.fixture
def person(api, operator):
    """Return a client of an account that nobody used before."""
    email = f"person{time.monotonic_ns()}@example.com"
    operator.post("/api/v1/users", json=[{"email": email, "first_name": "Pat"}])
    with api.client(email) as client:
        yield client


def token_of(client):
    return client.headers["Authorization"].removeprefix("Bearer ")


def merge(client, visitor):
    return client.post(MERGE, json={"visitor_token": token_of(visitor)})


def slate(client):
    return client.get(SLATE).raise_for_status().json()


def wait_for(version, client):
    deadline = time.monotonic() + PATIENCE
    while (found := slate(client))["version"] < version:
        assert time.monotonic() < deadline, "the pipeline did not get there"
        time.sleep(0.02)
    return found


def cars_are_counted():
    """Wait until lists know how often each car was opened up to now."""
    now = time.time()
    eventually(lambda: INDEX_LOOKED.collect()[0].samples[0].value, lambda looked: looked > now)


def do(client, *events):
    assert client.post(EVENTS, json=list(events)).status_code == 202


def test_a_visitor_is_nobody_in_particular(visitor):
    nobody = {"email": None, "first_name": None, "surname": None, "role": "visitor"}
    assert visitor.get(ME).json() == nobody


def test_a_visitor_s_list_follows_what_they_do(api, visitor):
    for_me = {"sort": "recommended", "record": "false"}
    before = visitor.get(SEARCH, params=for_me).json()["listings"]
    assert (slate(visitor)["version"], slate(visitor)["personal"]) == (0, False)
    do(
        visitor,
        {"type": "favourite", "listing_id": api.ids[3]},
        {"type": "dismiss", "listing_id": api.ids[4]},
    )
    found = wait_for(1, visitor)
    assert found["personal"]
    assert api.ids[4] not in {car["id"] for car in found["recommended"]}
    mine = {"favourites": [api.ids[3]], "dismissed": [api.ids[4]]}
    assert visitor.get(REACTIONS).json() == mine
    assert visitor.get(SEARCH, params=for_me).json()["listings"] != before


def test_an_undone_dismissal_brings_the_car_and_the_list_back(api, visitor):
    do(visitor, {"type": "view", "listing_id": api.ids[3]})
    eventually(lambda: visitor.get(PROFILE).json()["events"], lambda events: events == 1)
    cars_are_counted()
    before = wait_for(1, visitor)
    about = {"listing_id": api.ids[8], "reason": "too_old"}
    do(visitor, {"type": "dismiss", **about, "occurred_at": "2026-01-01T12:00:00Z"})
    wait_for(2, visitor)
    assert visitor.get(REACTIONS).json()["dismissed"] == [api.ids[8]]
    do(visitor, {"type": "undismiss", **about, "dismissed_at": "2026-01-01T12:00:00Z"})
    eventually(lambda: visitor.get(REACTIONS).json()["dismissed"], lambda ids: ids == [])
    cars_are_counted()
    after = wait_for(3, visitor)
    assert after["recommended"] == before["recommended"]


def test_what_a_visitor_did_counts_for_the_account_they_log_in_to(api, visitor, person):
    do(visitor, {"type": "favourite", "listing_id": api.ids[5]})
    wait_for(1, visitor)
    stranger = slate(person)
    answer = merge(person, visitor)
    assert (answer.status_code, answer.json()) == (200, {"events": 1, "version": 1})
    assert person.get(REACTIONS).json()["favourites"] == [api.ids[5]]
    mine = slate(person)
    assert mine["personal"]
    assert mine["recommended"] != stranger["recommended"], "no old answer is shown again"
    again = merge(person, visitor)
    assert (again.status_code, again.json()) == (200, {"events": 0, "version": 1})


def test_a_merged_visitor_s_token_is_refused(visitor, person):
    merge(person, visitor)
    for path in (ME, SLATE, SEARCH, REACTIONS):
        answer = visitor.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "visitor_merged")


def test_what_is_still_on_its_way_counts_too(api, visitor, person):
    do(visitor, *({"type": "view", "listing_id": api.ids[n]} for n in range(20)))
    merge(person, visitor)
    deadline = time.monotonic() + PATIENCE
    (user_id,) = {Tokens(SECRET).user_of(token_of(person))}
    with open_learning(api.params.database_url) as learning:
        while True:
            with learning.transaction() as batch:
                kept = batch.learned([user_id])
            if user_id in kept and kept[user_id].evidence.mass > 19.9:
                break
            assert time.monotonic() < deadline, "some of it was lost"
            time.sleep(0.02)
    assert kept[user_id].evidence.mass < 20.1


def test_a_visitor_belongs_to_one_account_only(visitor, person, shopper):
    assert merge(person, visitor).status_code == 200
    answer = merge(shopper, visitor)
    assert (answer.status_code, answer.json()["code"]) == (409, "visitor_taken")


def test_a_visitor_is_merged_into_no_visitor(api, visitor):
    with api.client() as other:
        token = other.post(VISITORS).json()["token"]
    answer = visitor.post(MERGE, json={"visitor_token": token})
    assert (answer.status_code, answer.json()["code"]) == (403, "account_needed")
    assert visitor.post("/api/v1/users", json=[]).json()["code"] == "operator_only"


def expired():
    return Tokens(SECRET, lambda: time.time() - VISITOR_SECONDS - 1).issue(1, VISITOR_SECONDS)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "must be the token of a visitor"),
        ([], "must be the token of a visitor"),
        ("x", "must be the token of a visitor"),
        ({"visitor_token": 7}, "must be the token of a visitor"),
        ({"visitor_token": None}, "must be the token of a visitor"),
        ({"visitor_token": "x" * 10_000}, "is not one of ours"),
        ({"visitor_token": Tokens(SECRET[::-1]).issue(1)}, "is not one of ours"),
        ({"visitor_token": expired()}, "has expired"),
        ({"visitor_token": Tokens(SECRET).issue(10**9)}, "belongs to nobody any more"),
    ],
)
def test_what_is_no_visitor_s_token_is_refused(shopper, body, why):
    answer = shopper.post(MERGE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_visitor_token")
    assert answer.json()["errors"] == [{"field": "visitor_token", "message": why}]


def test_an_account_is_not_merged_into_another(api, shopper):
    answer = shopper.post(MERGE, json={"visitor_token": api.token(EMAILS[0])})
    assert answer.json()["errors"][0]["message"] == "belongs to an account, not to a visitor"


def test_merging_needs_a_token(client):
    assert client.post(MERGE, json={"visitor_token": "x"}).status_code == 401


def test_a_visitor_s_token_lasts_for_a_month():
    clock = [1_800_000_000.0]
    tokens = Tokens(SECRET, lambda: clock[0])
    token = tokens.issue(7, VISITOR_SECONDS)
    clock[0] += 29 * SECONDS
    assert tokens.user_of(token) == 7


def test_a_synthetic_shopper_takes_over_nobody_s_past(api, visitor):
    with open_synthetic(api.params.database_url) as synthetic:
        synthetic.ensure_synthetic("robot@example.com")
    do(visitor, {"type": "view", "listing_id": api.ids[0]})
    with api.client("robot@example.com") as robot:
        assert robot.get(ME).json()["role"] == "synthetic"
        answer = merge(robot, visitor)
    assert (answer.status_code, answer.json()["code"]) == (403, "account_needed")
    assert visitor.get(ME).json()["role"] == "visitor"
