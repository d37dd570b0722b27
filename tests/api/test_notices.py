"""A shopper reads what they should hear, says that it is seen, and hears of more at once."""

from datetime import UTC, datetime

import psycopg
import pytest

from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL
from carousel.storage import open_catalogue, open_learning, open_noticing, open_nudges
from carousel.storage.ports import Learned, Reaction
from carousel.streaming.occasions import Rules, deal
from tests.api.conftest import EMAILS, car

NOTICES = "/api/v1/users/me/notices"
UPDATES = "/api/v1/users/me/updates"


@pytest.fixture
def me(api):
    with open_catalogue(api.params.database_url) as catalogue:
        return catalogue.account(EMAILS[1]).id


@pytest.fixture(autouse=True)
def _nothing_happened_before(api, shopper):
    dealt(api)
    shopper.post(f"{NOTICES}/seen")


def react(api, user, listing, kind="favourite", *, holds=True):
    with open_learning(api.params.database_url) as store, store.transaction() as batch:
        batch.react([Reaction(user, listing, kind, holds, datetime.now(UTC))])


def dealt(api):
    """Write all notices that are due; return who has how many unseen, of those with a new one."""
    unseen, rules = {}, Rules()
    with open_noticing(api.params.database_url) as store:
        while store.waiting():
            unseen |= deal(store, datetime.now(UTC), rules)
    return unseen


def changed(operator, listing, **changes):
    answer = operator.patch(f"/api/v1/listings/{listing}", json=changes)
    assert answer.status_code == 200, answer.text


def read(client, query=""):
    answer = client.get(f"{NOTICES}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def about(found, listing):
    return [one for one in found["notices"] if one["car"]["id"] == listing]


def test_a_price_drop_is_read_with_both_prices_and_seen_once(api, shopper, operator, me):
    listing = api.ids[20]
    react(api, me, listing)
    changed(operator, listing, selling_price=9_000)
    dealt(api)
    found = read(shopper)
    (told,) = about(found, listing)
    assert {**told, "at": None, "car": None} == {
        "kind": "price_drop", "at": None, "seen": False, "car": None,
        "before": 11_000, "after": 9_000, "search": None, "closest": [],
    }  # fmt: skip
    assert told["car"] == shopper.get(f"/api/v1/cars/detail/{listing}?record=false").json()
    assert told["at"].endswith("Z")
    assert found["unseen"] == 1
    assert shopper.post(f"{NOTICES}/seen").status_code == 204
    again = read(shopper)
    assert (about(again, listing)[0]["seen"], again["unseen"]) == (True, 0)


def test_a_sold_car_comes_with_the_closest_that_are_for_sale(api, shopper, operator, me):
    listing = api.ids[12]
    react(api, me, listing)
    before = shopper.get(f"/api/v1/cars/{listing}/similar?limit=5").json()["similar"]
    react(api, me, before[0]["id"], "dismissed")
    changed(operator, listing, status="sold")
    assert dealt(api) == {me: 1}
    (told,) = about(read(shopper), listing)
    assert (told["kind"], told["car"]["status"]) == ("sold", "sold")
    assert 1 <= len(told["closest"]) <= 5
    assert before[0]["id"] not in {one["id"] for one in told["closest"]}
    assert all(one["differences"] or one["different"] for one in told["closest"])
    assert {one["status"] for one in told["closest"]} == {"active"}
    changed(operator, listing, status="active")
    dealt(api)
    assert about(read(shopper), listing) == []


def test_a_new_car_close_to_the_shoppers_taste_is_read(api, shopper, me):
    with open_learning(api.params.database_url) as store, store.transaction() as batch:
        vector = batch.described([api.ids[9]])[api.ids[9]].vector
        batch.save([Learned(me, Evidence(5.0 * vector, 5.0, datetime.now(UTC)), NO_TRAIL)])
    with open_catalogue(api.params.database_url) as catalogue:
        (new,) = catalogue.upsert([car(9).model_copy(update={"ref": "new-9"})]).ids
    assert me in dealt(api)
    (told,) = about(read(shopper), new)
    assert (told["kind"], told["before"], told["search"]) == ("fits", None, None)
    react(api, me, new, "dismissed")
    assert about(read(shopper), new) == []


def test_what_a_shopper_does_not_save_any_more_is_not_told(api, shopper, operator, me):
    listing = api.ids[21]
    react(api, me, listing)
    changed(operator, listing, selling_price=900)
    dealt(api)
    assert about(read(shopper), listing)
    react(api, me, listing, holds=False)
    found = read(shopper)
    assert (about(found, listing), found["unseen"]) == ([], 0)


def test_the_latest_come_first_and_all_unseen_are_counted(api, shopper, operator, me):
    for number in (22, 23, 24):
        react(api, me, api.ids[number])
        changed(operator, api.ids[number], selling_price=1_000 - number)
        dealt(api)
    found = read(shopper, "?limit=2")
    assert [one["car"]["id"] for one in found["notices"]] == [api.ids[24], api.ids[23]]
    assert found["unseen"] == 3


def test_what_comes_between_reading_and_seeing_stays_unseen(api, shopper, operator, me):
    first, second, third = api.ids[27], api.ids[28], api.ids[29]
    for listing in (first, second, third):
        react(api, me, listing)
    for listing in (first, second):
        changed(operator, listing, selling_price=9_900)
    dealt(api)
    until = read(shopper, "?limit=1")["until"]
    changed(operator, third, selling_price=9_900)
    changed(operator, second, selling_price=9_800)  # joins the drop that was read: news again
    dealt(api)
    assert shopper.post(f"{NOTICES}/seen?until={until}").status_code == 204
    found = read(shopper)
    assert [about(found, one)[0]["seen"] for one in (first, second, third)] == [True, False, False]
    assert found["unseen"] == 2
    assert found["until"] > until
    assert shopper.post(f"{NOTICES}/seen?until={until}").status_code == 204
    assert read(shopper)["unseen"] == 2
    assert shopper.post(f"{NOTICES}/seen?until={found['until']}").status_code == 204
    assert read(shopper)["unseen"] == 0


def test_of_what_a_merged_visitor_brings_only_what_was_read_is_seen(api, client, shopper, me):
    visitor = client.post("/api/v1/visitors").json()["token"]
    listing = api.ids[10]
    with psycopg.connect(api.params.database_url) as database:
        (theirs,) = database.execute("select max(id) from visitor").fetchone()
        database.execute(
            "insert into notice (user_id, listing_id, kind) values (%s, %s, 'search')",
            [theirs, listing],
        )
        database.execute(
            "insert into notice (user_id, listing_id, kind) values (%s, %s, 'search')",
            [me, api.ids[11]],
        )
    until = read(shopper)["until"]
    answer = shopper.post("/api/v1/users/me/merge", json={"visitor_token": visitor})
    assert answer.status_code == 200, answer.text
    assert shopper.post(f"{NOTICES}/seen?until={until}").status_code == 204
    found = read(shopper)
    assert about(found, listing)[0]["seen"] is False
    assert about(found, api.ids[11])[0]["seen"] is True


@pytest.mark.parametrize("until", ["-1", "9223372036854775808", "soon"])
def test_a_place_that_none_can_be_is_refused(shopper, until):
    answer = shopper.post(f"{NOTICES}/seen?until={until}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query")


def test_seeing_waits_for_nobody_who_is_writing(api, shopper, operator, me):
    for number in (25, 26):
        react(api, me, api.ids[number])
        changed(operator, api.ids[number], selling_price=800 + number)
    dealt(api)
    with psycopg.connect(api.params.database_url) as writer:
        writer.execute("update notice set after = 1 where listing_id = %s", [api.ids[25]])
        assert shopper.post(f"{NOTICES}/seen", timeout=5).status_code == 204
    seen = {one["car"]["id"]: one["seen"] for one in read(shopper)["notices"]}
    assert (seen[api.ids[25]], seen[api.ids[26]]) == (False, True)


def test_an_open_page_hears_of_a_new_notice(api, shopper, me):
    with shopper.stream("GET", UPDATES) as answer, open_nudges(api.params.log_url) as nudges:
        lines = answer.iter_lines()
        heard = []
        for line in lines:
            if line.startswith(("data:", ":")):
                nudges.tell_notices({me + 1: 9, me: 4})  # until the process listens
            heard.append(line)
            if line == "event: notices":
                break
        assert next(lines) == 'data: {"unseen": 4}'
        assert "event: current" in heard


@pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?limit=many"])
def test_bad_input_is_refused(shopper, query):
    answer = shopper.get(NOTICES + query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query")


@pytest.mark.parametrize(("method", "path"), [("GET", NOTICES), ("POST", f"{NOTICES}/seen")])
def test_a_stranger_has_no_notices(client, method, path):
    assert client.request(method, path).status_code == 401


def test_a_visitor_has_notices_too(client):
    token = client.post("/api/v1/visitors").json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(NOTICES, headers=headers).json() == {
        "notices": [], "unseen": 0, "until": 0,
    }  # fmt: skip
    assert client.post(f"{NOTICES}/seen", headers=headers).status_code == 204
