"""What is kept of a shopper is told to them in words, forgotten at their word, and taken away."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import numpy as np
import pytest

from carousel.api.forgetting import Forgetter
from carousel.domain.preference import Params
from carousel.storage import open_event_source, open_forgetting, open_learning
from carousel.streaming import run
from carousel.streaming.follower import Connections
from tests.api.conftest import EMAILS, PATIENCE, SHARDS

EVENTS, SLATE, ME = "/api/v1/events", "/api/v1/cars/recommendations", "/api/v1/users/me"
SEARCHES, VIEWS, DONE = f"{ME}/searches", f"{ME}/views", f"{ME}/events"
PROFILE, EXPORT = f"{ME}/profile", f"{ME}/export"
ESTATES = {"name": "Estates", "filters": {"body": "estate", "max_price": 9000}}


class Pipeline:
    """Follows the log as the pipeline's process does, whenever it is running."""

    def __init__(self, params):
        self._params = params
        self._thread = None

    def start(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def pause(self):
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _follow(self):
        with (
            open_event_source(self._params.log_url, shards=SHARDS) as log,
            open_learning(self._params.database_url) as reads,
            open_learning(self._params.database_url) as writes,
        ):
            run("plain", Connections(log, reads, writes), Params(), self._stop)


@pytest.fixture(scope="module", autouse=True)
def pipeline(api):
    pipeline = Pipeline(api.params)
    pipeline.start()
    yield pipeline
    pipeline.pause()


@pytest.fixture
def person(api, operator):
    """Return a client of an account that nobody used before."""
    with api.client(new_email(operator)) as client:
        yield client


def new_email(operator):
    email = f"person{time.monotonic_ns()}@example.com"
    operator.post("/api/v1/users", json=[{"email": email, "first_name": "Pat"}])
    return email


def do(client, *events):
    assert client.post(EVENTS, json=list(events)).status_code == 202


def view(car, **more):
    return {"type": "view", "listing_id": car, **more}


def done(client, **query):
    answer = client.get(DONE, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_for(client, events):
    deadline = time.monotonic() + PATIENCE
    while client.get(PROFILE).json()["events"] < events:
        assert time.monotonic() < deadline, "the pipeline did not get there"
        time.sleep(0.02)


def test_a_search_is_saved_counted_seen_and_deleted(person, operator):
    saved = person.post(SEARCHES, json=ESTATES)
    assert saved.status_code == 201
    search = saved.json()
    assert search["filters"] == {"body": ["Estate"], "max_price": 9000}
    assert search["new"] == 0
    found = person.get("/api/v1/cars/search", params=search["filters"] | {"record": "false"})
    assert search["total"] == found.json()["total"] > 0
    assert person.get(SEARCHES).json() == {"searches": [search]}

    new = {"ref": f"new-{time.monotonic_ns()}", "brand": "Audi", "name": "A4", "year": 2016}
    new |= {"selling_price": 8000, "body": "Estate"}
    answer = operator.post("/api/v1/listings", json=[new])
    assert answer.status_code == 200, answer.text
    deadline = time.monotonic() + PATIENCE
    while (search := person.get(SEARCHES).json()["searches"][0])["new"] == 0:
        assert time.monotonic() < deadline, "the new car was not counted"
        time.sleep(0.02)
    assert search["new"] == 1
    assert person.post(f"{SEARCHES}/{search['id']}/seen").status_code == 204
    assert person.get(SEARCHES).json()["searches"][0]["new"] == 0
    assert person.delete(f"{SEARCHES}/{search['id']}").status_code == 204
    assert person.get(SEARCHES).json() == {"searches": []}
    assert person.delete(f"{SEARCHES}/{search['id']}").json()["code"] == "unknown_search"
    wait_for(person, 1)
    assert done(person)["events"][0]["type"] == "search", "saving says something about taste"


def test_what_is_new_to_a_search_goes_by_the_listing_date_not_by_the_arrival(person, operator):
    search = person.post(SEARCHES, json={"name": "Tatras", "filters": {"brand": "Tatra"}}).json()
    new = {"brand": "Tatra", "name": "613", "year": 1990, "selling_price": 20_000}
    operator.post(
        "/api/v1/listings",
        json=[
            new | {"ref": "tatra-long-listed", "listed_at": "2020-01-01T00:00:00Z"},
            new | {"ref": "tatra-just-listed"},
        ],
    ).raise_for_status()
    deadline = time.monotonic() + PATIENCE
    while search["total"] < 2:
        assert time.monotonic() < deadline, "the new cars were not counted"
        time.sleep(0.02)
        search = person.get(SEARCHES).json()["searches"][0]
    assert (search["total"], search["new"]) == (2, 1)


def test_nobody_reaches_the_searches_of_others(person, shopper):
    search = person.post(SEARCHES, json=ESTATES).json()["id"]
    for answer in (
        shopper.delete(f"{SEARCHES}/{search}"),
        shopper.post(f"{SEARCHES}/{search}/seen"),
    ):
        assert answer.status_code == 404
    assert len(person.get(SEARCHES).json()["searches"]) == 1


def test_there_are_fifty_searches_at_most(person):
    for _ in range(50):
        assert person.post(SEARCHES, json=ESTATES).status_code == 201
    refused = person.post(SEARCHES, json=ESTATES)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_searches")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "name"),
        ({"name": "", "filters": {"brand": "Audi"}}, "name"),
        ({"name": "a\nb", "filters": {"brand": "Audi"}}, "name"),
        ({"name": "x" * 101, "filters": {"brand": "Audi"}}, "name"),
        ({"name": 7, "filters": {"brand": "Audi"}}, "name"),
        ({"name": "x", "filters": {}}, "filters"),
        ({"name": "x", "filters": []}, "filters"),
        ({"name": "x", "filters": {"wheels": 4}}, "filters.wheels"),
        ({"name": "x", "filters": {"min_year": "new"}}, "filters.min_year"),
        ({"name": "x", "filters": {"near_latitude": 50}}, "filters"),
        ({"name": "x", "filters": {"brand": "Audi"}, "sort": "price"}, "sort"),
    ],
)
def test_a_search_that_cannot_be_saved_is_refused_with_its_reason(person, body, field):
    refused = person.post(SEARCHES, json=body)
    assert refused.status_code == 422
    assert field in {error["field"] for error in refused.json()["errors"]}


def test_viewed_cars_come_once_latest_first_and_sold_ones_stay(api, person, operator):
    first, second = api.ids[20:22]
    do(person, view(first, occurred_at="2026-11-01T10:00:00Z"))
    do(person, view(second, occurred_at="2026-11-01T11:00:00Z"))
    do(person, view(first, occurred_at="2026-11-01T12:00:00Z"))
    wait_for(person, 3)
    operator.patch(f"/api/v1/listings/{first}", json={"status": "sold"}).raise_for_status()
    viewed = person.get(VIEWS).json()["viewed"]
    assert [(one["car"]["id"], one["at"]) for one in viewed] == [
        (first, "2026-11-01T12:00:00Z"),
        (second, "2026-11-01T11:00:00Z"),
    ]
    assert viewed[0]["car"]["status"] == "sold"
    assert len(person.get(VIEWS, params={"limit": 1}).json()["viewed"]) == 1


def test_the_history_is_told_page_by_page_without_impressions(api, person):
    car = api.ids[1]
    do(
        person,
        view(car, id="a", occurred_at="2026-11-01T10:00:00Z"),
        {"type": "search", "id": "b", "filters": {"fuel": "Diesel"},
         "occurred_at": "2026-11-01T10:00:00Z"},
        {"type": "dismiss", "id": "c", "listing_id": car, "reason": "too_old"},
        {"type": "impression", "id": "d", "listing_id": car, "position": 1},
    )  # fmt: skip
    wait_for(person, 3)
    found, cursor = [], None
    while True:
        page = done(person, limit=1, **({"before": cursor} if cursor else {}))
        found += page["events"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [event["id"] for event in found] == ["c", "b", "a"]
    assert found[0]["reason"] == "too_old"
    assert found[1]["filters"] == {"fuel": ["Diesel"]}
    assert "car" not in found[1]
    assert found[2]["car"].keys() == {"id", "brand", "name", "status"}


@pytest.mark.parametrize("before", ["x", "1-", "-1", "9" * 30 + "-1", "1-" + "9" * 19])
def test_a_cursor_of_ones_own_making_is_refused(person, before):
    assert person.get(DONE, params={"before": before}).status_code == 422


def test_a_forgotten_event_is_gone_from_list_history_and_profile(api, person):
    liked, other = api.ids[0], api.ids[2]
    stranger = person.get(PROFILE).json()
    assert (stranger["personal"], stranger["since"], stranger["events"]) == (False, None, 0)
    do(person, view(liked, id="keep"), {"type": "dismiss", "id": "drop", "listing_id": other})
    wait_for(person, 2)
    before = person.get(SLATE, params={"limit": 100}).json()
    assert other not in {car["id"] for car in before["recommended"]}
    assert person.delete(f"{DONE}/drop").status_code == 204
    after = person.get(SLATE, params={"limit": 100}).json()
    assert after["version"] > before["version"]
    assert other in {car["id"] for car in after["recommended"]}
    assert [event["id"] for event in done(person)["events"]] == ["keep"]
    assert person.get(f"{ME}/reactions").json()["dismissed"] == []
    assert person.delete(f"{DONE}/drop").status_code == 204, "may be repeated"
    assert person.delete(f"{DONE}/never").json()["code"] == "unknown_event"


@pytest.mark.parametrize("event_id", ["a/b", "/", "a%2Fb?#", ".."])
def test_an_event_is_forgotten_whatever_its_client_called_it(api, person, event_id):
    do(person, view(api.ids[0], id=event_id))
    wait_for(person, 1)
    path = f"{DONE}/{quote(event_id, safe='').replace('.', '%2E')}"
    assert person.delete(f"{DONE}/").status_code == 422, "nothing is named"
    assert len(done(person)["events"]) == 1
    assert person.delete(path).status_code == 204
    assert done(person)["events"] == []


def test_what_is_on_its_way_is_forgotten_and_does_not_come_back(api, person, pipeline):
    do(person, view(api.ids[3], id="first"))
    wait_for(person, 1)
    pipeline.pause()
    try:
        do(person, view(api.ids[4], id="waits"), view(api.ids[5], id="stays"))
        assert person.delete(f"{DONE}/waits").status_code == 204
    finally:
        pipeline.start()
    do(person, view(api.ids[4], id="waits"), view(api.ids[6], id="last"))
    wait_for(person, 3)
    assert {event["id"] for event in done(person)["events"]} == {"first", "stays", "last"}


def test_forgetting_while_events_flow_forgets_exactly_what_was_named(api, person, operator):
    dice = np.random.default_rng(1)
    said = [
        {
            "type": str(dice.choice(["view", "favourite", "unfavourite", "dismiss", "contact"])),
            "listing_id": api.ids[int(dice.integers(len(api.ids)))],
            "id": f"flow{number}",
            "occurred_at": f"2026-11-01T10:{number // 60:02}:{number % 60:02}Z",
        }
        for number in range(200)
    ]
    gone = set(range(2, 200, 5))

    def tell():
        for start in range(0, len(said), 4):
            do(person, *said[start : start + 4])

    def forget(number):
        with api.client() as other:
            other.headers["Authorization"] = person.headers["Authorization"]
            deadline = time.monotonic() + PATIENCE
            while other.delete(f"{DONE}/flow{number}").status_code == 404:
                assert time.monotonic() < deadline, "it was never there"

    with ThreadPoolExecutor(3) as pool:
        for waiting in [pool.submit(tell), *(pool.submit(forget, n) for n in sorted(gone))]:
            waiting.result()
    left = [event for number, event in enumerate(said) if number not in gone]
    wait_for(person, len(left))
    with api.client(new_email(operator)) as twin:
        do(twin, *left)
        wait_for(twin, len(left))
        expected, found = twin.get(EXPORT).json(), person.get(EXPORT).json()
        for name in ("events", "reactions"):
            assert sorted(found[name], key=str) == sorted(expected[name], key=str)
        (learned,), (other,) = found["learned"], expected["learned"]
        np.testing.assert_allclose(learned["evidence"], other["evidence"], atol=1e-9)
        assert (learned["mass"], learned["as_of"]) == (pytest.approx(other["mass"]), other["as_of"])
        for name in ("likes", "ranges", "events"):
            assert found["profile"][name] == expected["profile"][name]


def test_everything_is_forgotten_also_what_is_on_its_way(api, person, pipeline):
    do(person, view(api.ids[3]), {"type": "favourite", "listing_id": api.ids[3]})
    wait_for(person, 2)
    person.post(SEARCHES, json=ESTATES)
    wait_for(person, 3)
    pipeline.pause()
    try:
        do(person, view(api.ids[4]))
        version = person.get(SLATE).json()["version"]
        assert person.delete(DONE).status_code == 204
    finally:
        pipeline.start()
    do(person, view(api.ids[6], id="after"))
    wait_for(person, 1)
    assert [event["id"] for event in done(person)["events"]] == ["after"]
    assert person.get(f"{ME}/reactions").json() == {"favourites": [], "dismissed": []}
    assert person.get(SLATE).json()["version"] > version
    assert len(person.get(SEARCHES).json()["searches"]) == 1, "what was saved stays"


def test_a_brand_is_forgotten_with_the_searches_for_it(api, person):
    skoda, audi = api.ids[0], api.ids[2]
    do(
        person,
        view(skoda, id="s1"),
        view(audi, id="a1"),
        {"type": "search", "id": "s2", "filters": {"brand": ["SKODA", "BMW"]}},
        {"type": "search", "id": "d1", "filters": {"fuel": "Diesel"}},
    )
    wait_for(person, 4)
    assert person.delete(DONE, params={"brand": "skoda"}).status_code == 204
    assert {event["id"] for event in done(person)["events"]} == {"a1", "d1"}
    assert person.delete(DONE, params={"fuel": "diesel"}).status_code == 204
    assert {event["id"] for event in done(person)["events"]} == {"a1"}
    assert person.delete(DONE, params={"body": "Estate"}).status_code == 204
    assert done(person)["events"] == []


def test_how_much_would_go_is_told_before_and_gone_after(api, person):
    skoda, other, audi = api.ids[0], api.ids[1], api.ids[2]
    do(
        person,
        view(skoda),
        view(skoda),
        view(audi),
        {"type": "favourite", "listing_id": skoda},
        {"type": "favourite", "listing_id": audi},
        {"type": "favourite", "listing_id": other},
        {"type": "unfavourite", "listing_id": other},
        {"type": "contact", "listing_id": skoda},
        {"type": "dismiss", "listing_id": audi, "reason": "other"},
        {"type": "search", "filters": {"brand": ["Skoda", "BMW"]}},
        {"type": "search", "filters": {"transmission": "Manual"}},
    )
    wait_for(person, 11)
    everything = person.get(f"{DONE}/count").json()
    assert everything == {
        "events": 11,
        "saved": 2,
        "hidden": 1,
        "viewed": 2,
        "contacted": 1,
        "searched": 2,
    }
    of_skodas = person.get(f"{DONE}/count", params={"brand": "skoda"}).json()
    assert (of_skodas["saved"], of_skodas["viewed"], of_skodas["searched"]) == (1, 1, 1)
    person.delete(DONE, params={"brand": "skoda"})
    left = person.get(f"{DONE}/count").json()
    assert left == {name: everything[name] - of_skodas[name] for name in everything}
    assert person.get(f"{DONE}/count", params={"brand": "skoda"}).json()["events"] == 0


def test_a_gearbox_is_forgotten_with_the_searches_for_it(api, person):
    do(
        person,
        view(api.ids[0], id="manual"),
        {"type": "search", "id": "s1", "filters": {"transmission": "Manual"}},
        {"type": "search", "id": "s2", "filters": {"transmission": "Automatic"}},
    )
    wait_for(person, 3)
    assert person.get(f"{DONE}/count", params={"transmission": "Manual"}).json()["events"] == 2
    assert person.delete(DONE, params={"transmission": "Manual"}).status_code == 204
    assert {event["id"] for event in done(person)["events"]} == {"s2"}


def test_a_brand_is_forgotten_in_whatever_spelling_a_seller_gave_it(person, operator):
    spelt = "Alfa\N{NO-BREAK SPACE}Romeo\N{SOFT HYPHEN}"
    car = {"ref": f"alfa-{time.monotonic_ns()}", "brand": spelt, "name": "147", "year": 2006}
    answer = operator.post("/api/v1/listings", json=[car | {"selling_price": 900}])
    do(person, view(answer.json()["ids"][0]))
    wait_for(person, 1)
    assert person.delete(DONE, params={"brand": spelt}).status_code == 204
    assert done(person)["events"] == []


@pytest.mark.parametrize(
    "query", ["brand=", "make=Skoda", "brand=Skoda&fuel=Diesel", "fuel=steam", "brand=%00", "x"]
)
def test_a_slip_of_the_pen_forgets_nothing(api, person, query):
    do(person, view(api.ids[0]))
    wait_for(person, 1)
    assert person.delete(f"{DONE}?{query}").status_code == 422
    assert len(done(person)["events"]) == 1


def test_open_pages_are_told_that_something_was_forgotten(api, person):
    do(person, view(api.ids[0], id="once"))
    wait_for(person, 1)
    with person.stream("GET", f"{ME}/updates") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: current"
        before = next(lines)
        assert person.delete(f"{DONE}/once").status_code == 204
        while (line := next(lines)) != "event: updated":
            assert line.startswith((":", "")), line
        assert next(lines) != before


def test_the_profile_says_what_was_liked(api, person):
    liked = [api.ids[n] for n in (0, 5, 10)]  # Octavias: an SUV and two estates
    do(person, *(view(car) for car in liked), view(api.ids[2]))
    wait_for(person, 4)
    told = person.get(PROFILE).json()
    assert told["personal"]
    assert told["likes"]["brands"] == [
        {"name": "Škoda", "share": 0.75},
        {"name": "Audi", "share": 0.25},
    ]
    assert told["ranges"]["selling_price"] == {"low": 1000, "typical": 2000, "high": 6000}
    assert told["ranges"]["year"]["typical"] == 2002
    for shares in told["likes"].values():
        assert sum(one["share"] for one in shares) <= 1.001


def test_the_export_holds_all_that_is_kept(api, person):
    car = api.ids[0]
    do(
        person,
        {"type": "favourite", "id": "f", "listing_id": car},
        {"type": "impression", "id": "i", "listing_id": car, "position": 1},
        view(car, id="gone"),
    )
    wait_for(person, 2)
    person.delete(f"{DONE}/gone")
    person.post(SEARCHES, json=ESTATES)
    wait_for(person, 2)
    answer = person.get(EXPORT)
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    kept = answer.json()
    assert kept["account"]["first_name"] == "Pat"
    assert {one["id"] for one in kept["events"]} > {"f", "i"}
    assert kept["events"][0]["event"]["listing_id"] == car
    assert kept["reactions"][0]["listing_id"] == car
    assert kept["saved_searches"][0]["filters"] == {"body": ["estate"], "max_price": 9000}
    assert len(kept["learned"][0]["evidence"]) == 64
    assert kept["profile"] == person.get(PROFILE).json()
    assert len(kept["forgotten"]) == 1
    assert "gone" not in answer.text


def test_a_fingerprint_goes_after_sixty_days_but_not_while_the_log_is_unread(api, person, pipeline):
    do(person, view(api.ids[0], id="archived"))
    wait_for(person, 1)
    person.delete(f"{DONE}/archived")
    pipeline.pause()
    do(person, view(api.ids[1], id="waiting"))
    assert person.delete(DONE).status_code == 204
    now = datetime.now(UTC)
    with (
        open_forgetting(api.params.database_url, Params()) as forgetting,
        open_event_source(api.params.log_url, shards=SHARDS) as log,
    ):
        forgetter = Forgetter(forgetting, log)
        forgetter.prune(now + timedelta(days=59))
        assert len(person.get(EXPORT).json()["forgotten"]) == 2
        forgetter.prune(now + timedelta(days=61))
        kept = person.get(EXPORT).json()["forgotten"]
        assert len(kept) == 2, "what waits in the log may still be archived"
        pipeline.start()
        do(person, view(api.ids[2], id="later"))
        wait_for(person, 1)
        assert [event["id"] for event in done(person)["events"]] == ["later"]
        pipeline.pause()
        forgetter.prune(now + timedelta(days=61))
        assert person.get(EXPORT).json()["forgotten"] == []
    pipeline.start()


def test_the_export_of_a_stranger_is_a_document_too(person):
    kept = person.get(EXPORT).json()
    assert kept["events"] == kept["reactions"] == kept["learned"] == []


def test_a_visitor_has_all_of_this_and_takes_it_along(api, client, person):
    token = client.post("/api/v1/visitors").json()["token"]
    with api.client() as visitor:
        visitor.headers["Authorization"] = f"Bearer {token}"
        visitor.post(SEARCHES, json=ESTATES).raise_for_status()
        person.post(SEARCHES, json=ESTATES | {"name": "The same"})
        visitor.post(SEARCHES, json=ESTATES | {"filters": {"brand": "Audi"}})
        do(visitor, view(api.ids[0], id="gone"))
        wait_for(visitor, 3)
        assert visitor.delete(f"{DONE}/gone").status_code == 204
        person.post(f"{ME}/merge", json={"visitor_token": token}).raise_for_status()
        assert visitor.delete(DONE).json()["code"] == "visitor_merged"
    names = [search["name"] for search in person.get(SEARCHES).json()["searches"]]
    assert sorted(names) == ["Estates", "The same"], "what both asked for is there once"
    do(person, view(api.ids[0], id="gone"), view(api.ids[1], id="new"))
    wait_for(person, 4)
    ids = {event["id"] for event in done(person)["events"]}
    assert "new" in ids
    assert "gone" not in ids


@pytest.mark.parametrize("path", [SEARCHES, VIEWS, DONE, PROFILE, EXPORT])
def test_a_stranger_without_a_token_is_told_to_log_in(client, path):
    assert client.get(path).status_code == 401


def test_nobody_forgets_for_somebody_else(api, person):
    do(person, view(api.ids[0], id="mine"))
    wait_for(person, 1)
    with api.client(EMAILS[0]) as other:
        assert other.delete(f"{DONE}/mine").status_code == 404
    assert len(done(person)["events"]) == 1


def test_a_reason_is_gone_when_all_searches_that_count_as_one_are_forgotten(person):
    asked = {"type": "search", "filters": {"body": ["estate"], "max_price": 9000}}
    do(person, asked, asked, asked)
    wait_for(person, 3)

    def searched():
        shown = person.get(SLATE).json()["recommended"]
        return [car["why"]["cause"] for car in shown if car["why"]["part"] == "searches"]

    causes = searched()
    assert causes
    assert all([step["unit"] for step in cause] == [0, 0, 0] for cause in causes)
    ids = [event["id"] for event in done(person)["events"]]
    for one in ids[:2]:
        assert person.delete(f"{DONE}/{one}").status_code == 204
    assert all(len(cause) == 1 for cause in searched())
    assert searched(), "one of them stands for all"
    assert person.delete(f"{DONE}/{ids[2]}").status_code == 204
    assert not searched()


def test_a_dismissal_that_was_undone_is_in_no_reason(person, api):
    turned = {"type": "dismiss", "listing_id": api.ids[3], "reason": "too_expensive"}
    back = {"type": "undismiss", "listing_id": api.ids[3]}
    do(person, view(api.ids[8]), view(api.ids[13]), turned)
    wait_for(person, 3)
    do(person, back)
    deadline = time.monotonic() + PATIENCE
    while len(done(person)["events"]) < 4:
        assert time.monotonic() < deadline, "the pipeline did not get there"
        time.sleep(0.02)
    shown = person.get(SLATE, params={"limit": 30}).json()["recommended"]
    types = {step["type"] for car in shown for step in car["why"]["cause"]}
    assert types <= {"view"}
