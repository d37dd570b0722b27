"""Somebody looks around without an account, logs in, and goes on where they were.

HTTP → event log → Bytewax → PostgreSQL → the merge → the account's next list.
"""

import time

from tests.stories.test_cold_start import fifty
from tests.stories.test_first_minute import changed, look_at, recommended, settled


def test_a_visitor_logs_in_and_keeps_their_list(demo):
    # No other story is told of this account: it has nothing of its own before the merge.
    with demo.client() as visitor, demo.client("john9@example.com") as john:
        token = visitor.post("/api/v1/visitors").raise_for_status().json()["token"]
        visitor.headers["Authorization"] = f"Bearer {token}"
        assert visitor.get("/api/v1/users/me").json()["role"] == "visitor"

        default = recommended(visitor)
        cars = visitor.get("/api/v1/cars/search", params={"brand": "Mazda"}).json()["listings"]
        look_at(visitor, cars[0])
        changed(visitor, default)
        event = {"type": "favourite", "listing_id": cars[1]["id"]}
        assert visitor.post("/api/v1/events", json=event).status_code == 202
        mine = settled(visitor)
        assert sum(c["brand"] == "Mazda" for c in mine[:10]) >= 3

        mine_of_fifty = {c["id"] for c in fifty(visitor)}
        strangers = recommended(john)
        body = {"visitor_token": token}
        answer = john.post("/api/v1/users/me/merge", json=body).raise_for_status().json()
        assert answer["events"] >= 2
        # Not the very same list: the end of it is what is popular, and that moves meanwhile.
        johns = recommended(john)
        assert sum(c["brand"] == "Mazda" for c in johns[:10]) >= 3
        first = {c["id"] for c in mine[:10]}
        assert len(first & {c["id"] for c in johns}) > len(first & {c["id"] for c in strangers})
        # Which new cars come first is left to chance; most of fifty stay the same.
        kept = mine_of_fifty & {c["id"] for c in fifty(john)}
        assert len(kept) >= 25
        assert [c["id"] for c in strangers] != [c["id"] for c in mine]
        favourites = john.get("/api/v1/users/me/reactions").json()["favourites"]
        assert favourites == [cars[1]["id"]]

        # Another process of the API may remember the visitor for half a minute.
        until = time.monotonic() + 40
        while (status := visitor.get("/api/v1/users/me").status_code) != 401:
            assert status == 200
            assert time.monotonic() < until
            time.sleep(0.5)
        once = john.get("/api/v1/cars/recommendations").json()
        assert john.post("/api/v1/users/me/merge", json=body).json()["events"] == 0
        assert john.get("/api/v1/cars/recommendations").json() == once
