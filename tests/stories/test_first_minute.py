"""What a new user does in the first minute, over HTTP, on the real servers.

HTTP → event log → Bytewax → PostgreSQL → the next list.
"""

import time
from collections import Counter

PATIENCE = 5.0


def recommended(client):
    return client.get("/api/v1/cars/recommendations").raise_for_status().json()["recommended"]


def changed(client, before):
    """Return the list as soon as it differs from ``before``."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        now = recommended(client)
        if [c["id"] for c in now] != [c["id"] for c in before]:
            return now
        time.sleep(0.02)
    raise AssertionError(f"the list did not change within {PATIENCE} s")


def settled(client):
    """Return the list once it stays the same: every event so far has been applied."""
    now, quiet = recommended(client), 0
    while quiet < 10:
        time.sleep(0.05)
        before, now = now, recommended(client)
        quiet = quiet + 1 if [c["id"] for c in before] == [c["id"] for c in now] else 0
    return now


def look_at(client, car):
    answer = client.get(f"/api/v1/cars/detail/{car['id']}").raise_for_status().json()
    assert answer["id"] == car["id"]
    return answer


def test_the_list_follows_what_a_shopper_does(demo):
    with demo.client("john1@example.com") as john:
        assert john.get("/api/v1/users/me").json()["email"] == "john1@example.com"

        default = recommended(john)
        assert len(default) == 20
        assert len({c["brand"] for c in default}) >= 5, "a stranger sees some of everything"

        found = john.get("/api/v1/cars/search", params={"brand": "Skoda"}).json()["listings"]
        assert len(found) >= 20
        assert {c["brand"] for c in found} == {"Skoda"}

        octavias = [c for c in found if c["model"] == "Octavia"]
        look_at(john, octavias[0])
        changed(john, default)
        look_at(john, octavias[1])

        top = settled(john)[:10]
        assert sum(c["brand"] == "Skoda" for c in top) >= 4
        assert max(Counter(c["model"] for c in top).values()) < 10, "not all ten one model"

        others = john.get(
            "/api/v1/cars/search", params={"brand": "Volvo", "record": "false"}
        ).json()["listings"]
        before = recommended(john)
        look_at(john, others[0])
        changed(john, before)
        after = settled(john)[:10]
        assert sum(c["brand"] == "Skoda" for c in after) >= 4, "one look does not erase the rest"


def test_a_shopper_with_a_history_has_a_list_of_their_own(demo):
    with demo.client("john12@example.com") as one, demo.client("john20@example.com") as other:
        mine = one.get("/api/v1/cars/recommendations").json()
        theirs = other.get("/api/v1/cars/recommendations").json()
    assert mine["personal"]
    assert theirs["personal"]
    shared = {c["id"] for c in mine["recommended"]} & {c["id"] for c in theirs["recommended"]}
    assert len(shared) < 10


def test_a_sold_car_is_gone_at_once_but_not_forgotten(demo):
    with demo.client("john2@example.com") as john, demo.client("operator@example.com") as operator:
        car = john.get("/api/v1/cars/search", params={"brand": "Mazda"}).json()["listings"][0]
        look_at(john, car)
        mine = settled(john)
        shown = next(c for c in mine if c["brand"] == "Mazda" and c["id"] != car["id"])
        gone = {car["id"], shown["id"]}
        for one in gone:
            sold = operator.patch(f"/api/v1/listings/{one}", json={"status": "sold"})
            assert sold.status_code == 200

        now = recommended(john)
        assert not gone & {c["id"] for c in now}
        for path in ("search?brand=Mazda", f"{mine[-1]['id']}/similar", "popular"):
            listed = next(iter(john.get(f"/api/v1/cars/{path}").json().values()))
            assert not gone & {c["id"] for c in listed}
        assert look_at(john, car)["status"] == "sold"
        assert sum(c["brand"] == "Mazda" for c in now[:10]) >= 3, "what was learned stays learned"


def test_a_dismissed_car_does_not_come_back(demo):
    with demo.client("john3@example.com") as john:
        first = recommended(john)[0]
        event = {"type": "dismiss", "listing_id": first["id"], "reason": "too_expensive"}
        assert john.post("/api/v1/events", json=event).status_code == 202
        assert first["id"] not in {c["id"] for c in settled(john)}


def test_the_same_event_id_counts_once(demo):
    with demo.client("john4@example.com") as john:
        car = john.get("/api/v1/cars/search", params={"brand": "Fiat", "record": "false"}).json()[
            "listings"
        ][0]
        event = {"type": "view", "listing_id": car["id"], "id": "story-once"}
        for _ in range(5):
            assert john.post("/api/v1/events", json=event).json()["ids"] == ["story-once"]
        settled(john)
        version = john.get("/api/v1/cars/recommendations").json()["version"]
        john.post("/api/v1/events", json=[event] * 50).raise_for_status()
        settled(john)
        assert john.get("/api/v1/cars/recommendations").json()["version"] == version


def test_the_page_is_told_when_the_list_changed(demo):
    with (
        demo.client("john5@example.com") as john,
        john.stream("GET", "/api/v1/users/me/updates") as updates,
    ):
        lines = updates.iter_lines()
        car = recommended(john)[0]
        john.post("/api/v1/events", json={"type": "favourite", "listing_id": car["id"]})
        assert "event: updated" in (line for line in lines)
