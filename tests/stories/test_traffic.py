"""Simulated shoppers bring a running server to life, through its public API alone."""

import json


def for_sale(client):
    """Return the ids of all active cars, page by page."""
    ids, offset = set(), 0
    while True:
        page = client.get(
            "/api/v1/cars/search", params={"sort": "newest", "limit": 200, "offset": offset}
        ).json()
        ids |= {car["id"] for car in page["listings"]}
        offset += 200
        if offset >= page["total"]:
            return ids


def test_a_driven_market_lives(demo):
    with demo.client() as anyone:
        before = for_sale(anyone)
        done = demo.run(
            "simulate", "--drive", demo.url, "--shoppers", "300", "--days", "1", "--seed", "7",
            "--speed", "7200", "--for", "12", "--json",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        after = for_sale(anyone)
    assert told["failed"] == {}
    assert told["events"]["view"] > 0
    assert told["events"]["impression"] > told["events"]["view"]
    assert len(after - before) > 0, "new cars were advertised"
    assert len(before - after) > 0, "cars were sold or withdrawn"


def test_shoppers_leave_a_preference_behind(demo):
    with demo.client("simulated-7-0@example.com") as shopper:
        assert shopper.get("/api/v1/users/me").status_code == 200
    lists = []
    for n in range(300):
        with demo.client(f"simulated-7-{n}@example.com") as shopper:
            lists.append(shopper.get("/api/v1/cars/recommendations").json()["personal"])
        if lists[-1]:
            return
    raise AssertionError("nobody who visited has a list of their own")


def test_a_server_that_is_not_there_is_one_sentence(demo):
    done = demo.run("simulate", "--drive", "http://127.0.0.1:9", "--shoppers", "5")
    assert done.returncode == 2
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_somebody_who_is_no_operator_may_not_drive(demo):
    done = demo.run(
        "simulate", "--drive", demo.url, "--operator", "john3@example.com", "--shoppers", "5"
    )
    assert done.returncode == 2
    assert "john3@example.com" in done.stderr
