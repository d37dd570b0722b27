"""An open page hears at once that its list changed, and an open stream holds nothing up."""

import contextlib
import threading
import time
from dataclasses import replace

import httpx2
import pytest

from carousel.api import fanout
from carousel.storage import open_event_source
from tests.api.conftest import EMAILS, running

UPDATES = "/api/v1/users/me/updates"


@pytest.fixture
def nudge(api):
    with open_event_source(api.params.log_url, shards=4) as source:
        yield source.nudge


def user_id(api, email):
    from carousel.storage import open_catalogue  # noqa: PLC0415

    with open_catalogue(api.params.database_url) as catalogue:
        return catalogue.account(email).id


def lines_until(stream, wanted):
    """Return the lines up to the first that begins as wanted."""
    seen = []
    for line in stream:
        seen.append(line)
        if line.startswith(wanted):
            return seen
    raise AssertionError(f"the stream ended after {seen}")


def test_a_change_is_told_within_a_moment_and_only_to_its_shopper(api, shopper, nudge):
    mine, other = user_id(api, EMAILS[1]), user_id(api, EMAILS[0])
    with shopper.stream("GET", UPDATES) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert lines_until(lines, "data:") == ["event: current", 'data: {"version": 0}']
        begun = time.monotonic()
        nudge({other: 99})
        nudge({mine: 7})
        heard = [line for line in lines_until(lines, "data:") if line and line[0] != ":"]
        assert heard == ["event: updated", 'data: {"version": 7}']
        assert time.monotonic() - begun < 1.0


def test_a_car_that_is_sold_is_told_to_every_open_page(shopper, operator):
    listing_id = shopper.get("/api/v1/cars/search").json()["listings"][0]["id"]
    with shopper.stream("GET", UPDATES) as answer:
        lines = answer.iter_lines()
        lines_until(lines, "data:")
        operator.patch(f"/api/v1/listings/{listing_id}", json={"status": "sold"})
        assert lines_until(lines, "data:")[-2:] == [
            "event: gone",
            f'data: {{"listings": [{listing_id}]}}',
        ]
        operator.patch(f"/api/v1/listings/{listing_id}", json={"status": "active"})


def test_a_car_with_another_price_or_for_sale_again_is_told_to_every_open_page(shopper, operator):
    listed = shopper.get("/api/v1/cars/search").json()["listings"][1]
    listing_id, price = listed["id"], listed["selling_price"]

    def changed(**stated):
        operator.patch(f"/api/v1/listings/{listing_id}", json=stated).raise_for_status()

    def told(lines):
        return lines_until(lines, "data:")[-2:]

    def priced(now):
        data = f'data: {{"listings": [{{"id": {listing_id}, "selling_price": {now}}}]}}'
        return ["event: priced", data]

    with shopper.stream("GET", UPDATES) as answer:
        lines = answer.iter_lines()
        lines_until(lines, "data:")
        changed(selling_price=price - 1)
        assert told(lines) == priced(price - 1)
        changed(status="reserved")
        assert told(lines)[0] == "event: gone"
        changed(status="active")
        assert told(lines) == priced(price - 1)
        changed(colour="Red")  # nobody is told
        changed(selling_price=price)
        assert told(lines) == priced(price)


def test_a_quiet_stream_is_kept_alive_by_comments(shopper):
    with shopper.stream("GET", UPDATES) as answer:
        assert lines_until(answer.iter_lines(), ":")[-1].startswith(": ")


def test_a_stream_is_given_up_when_the_client_leaves(api, monkeypatch):
    monkeypatch.setattr(fanout, "MOST_PER_USER", 1)
    deadline = time.monotonic() + 5
    for _ in range(3):
        while True:
            with api.client(EMAILS[0]) as client, client.stream("GET", UPDATES) as answer:
                if answer.status_code == 200:
                    break
            assert time.monotonic() < deadline, "the place was not given back"
            time.sleep(0.01)


def test_too_many_streams_of_one_user_are_refused(api, monkeypatch):
    monkeypatch.setattr(fanout, "MOST_PER_USER", 2)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(api.client(EMAILS[2])) for _ in range(3)]
        for client in clients[:2]:
            assert stack.enter_context(client.stream("GET", UPDATES)).status_code == 200
        refused = clients[2].get(UPDATES)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")


def test_the_server_stops_in_time_although_streams_are_open(params, api):
    quiet = replace(params, heartbeat=60.0)
    ended = threading.Event()

    def read(path):
        transport = httpx2.HTTPTransport(uds=path)
        token = {"Authorization": f"Bearer {api.token(EMAILS[0])}"}
        with (
            httpx2.Client(transport=transport, base_url="http://api", headers=token) as client,
            client.stream("GET", UPDATES, timeout=30) as answer,
        ):
            lines = answer.iter_lines()
            lines_until(lines, "data:")
            opened.set()
            list(lines)
            ended.set()

    opened = threading.Event()
    with running(quiet) as second:
        reader = threading.Thread(target=read, args=(str(second.path),))
        reader.start()
        assert opened.wait(5)
        begun = time.monotonic()
    assert time.monotonic() - begun < 3
    reader.join(5)
    assert ended.is_set(), "the stream did not end properly"
