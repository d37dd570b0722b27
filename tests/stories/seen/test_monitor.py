"""The monitor beside a real demo: it sees what shoppers see, and names what is broken."""

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser

from carousel.api.tokens import Tokens
from carousel.monitoring.journey import Journey, unchanged
from carousel.monitoring.shopping import development_login
from carousel.monitoring.synthetic import SyntheticShopper
from carousel.monitoring.threads import InThread
from carousel.observability.declaring import Process
from tests.observability.scraping import compare, scrape
from tests.stories.browsing import CHROMIUM, chromium, visit
from tests.stories.conftest import Demo, free_port, start, stop
from tests.stories.test_accessible import AXE, look

EMAIL = "journeys@carousel.invalid"


@dataclass(frozen=True)
class Watched:
    """A demo with its monitor, and the servers behind both."""

    demo: Demo
    monitor: str
    database_url: str

    def get(self, path: str) -> dict:
        return httpx2.get(self.monitor + path, timeout=10).raise_for_status().json()

    def pid(self, name: str) -> int:
        """Return the process of the demo that goes by a name."""
        parent = self.demo.process.pid
        said = f"CAROUSEL_PROCESS_NAME={name}"
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if said in Path(f"/proc/{child}/environ").read_text().split("\0"):
                return int(child)
        pytest.fail(f"no process of the demo is called {name}")

    def journey(self, *, email: str = EMAIL, url: str | None = None) -> Journey:
        """Return a journey of our own, made as the monitor makes its."""
        shopper = SyntheticShopper(self.database_url, EMAIL)
        shopper.known()

        async def log_in(client: httpx2.AsyncClient) -> str:
            return await development_login(client, email)

        return Journey(url or self.demo.url, log_in, InThread(shopper.forget))


@pytest.fixture(scope="module")
def watched(open_directory: Path) -> Iterator[Watched]:
    """Return a demo of its own, because parts of it are stopped."""
    port, monitor = free_port(), free_port()
    data = open_directory / "monitored"
    environment = {
        **os.environ,
        "CAROUSEL_PORT": str(port),
        "CAROUSEL_MONITOR_PORT": str(monitor),
        "CAROUSEL_DATA_DIRECTORY": str(data),
        "CAROUSEL_LISTINGS": "2000",
        "CAROUSEL_SHARED_BUFFERS_MB": "64",
        "CAROUSEL_API_WORKERS": "1",
    }
    process = start(environment, open_directory / "monitored.txt")
    demo = Demo(f"http://127.0.0.1:{port}", process, environment)
    here = Watched(demo, f"http://127.0.0.1:{monitor}", database_of(data))
    comes_to(lambda: httpx2.get(f"{here.monitor}/readyz", timeout=5).status_code == 200)
    yield here
    assert stop(process) == 0


@pytest.fixture
def window() -> Iterator[Browser]:
    """Return a Chromium for one story: while it runs no other event loop may."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with chromium() as running:
        yield running


def database_of(data: Path) -> str:
    """Return where the embedded database of a demo is."""
    from carousel.storage.embedded import EmbeddedServers  # noqa: PLC0415  # of this story alone

    return EmbeddedServers(data).database_url


def comes_to(holds: Callable[[], object], patience: float = 60.0) -> None:
    """Wait until something holds."""
    until = time.monotonic() + patience
    while True:
        try:
            if holds():
                return
        except (httpx2.TransportError, KeyError, AssertionError, StopIteration):
            pass
        assert time.monotonic() < until, f"it did not come to hold within {patience:.0f} s"
        time.sleep(0.2)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Have a process stand still, alive, for the length of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def checks(watched: Watched) -> dict[str, dict]:
    return {one["name"]: one for one in watched.get("/checks.json")["checks"]}


def test_the_journey_holds_and_its_list_is_fresh(watched):
    comes_to(lambda: checks(watched)["journey"]["state"] == "held")
    found = checks(watched)["journey"]
    assert found["evidence"]["freshness in seconds"] < 5
    assert found["evidence"]["cars because of it"] > 0
    assert found["evidence"]["version after"] > found["evidence"]["version before"]


def test_journeys_are_alike_however_many_there_were(watched):
    journey = watched.journey()
    findings = [asyncio.run(journey.make()) for _ in range(6)]
    assert [one.sentence for one in findings if not one.held] == []
    assert len({one.evidence["opened"].split()[0] for one in findings}) > 3, "makes take turns"


def test_a_pipeline_that_stands_still_is_named(watched):
    journey = watched.journey()
    with stopped(watched.pid("stream-1")):
        finding = asyncio.run(journey.make())
    assert not finding.held
    assert finding.evidence["step"] == "change"
    assert "waiting for the list to change" in finding.sentence
    comes_to(lambda: asyncio.run(journey.make()).held)


def test_an_api_that_is_down_is_named(watched):
    finding = asyncio.run(watched.journey(url="http://127.0.0.1:1").make())
    assert not finding.held
    assert finding.evidence["step"] == "login"
    assert finding.sentence == (
        "The journey ended while logging in: the API did not answer (ConnectError)."
    )


def test_a_login_that_is_refused_is_named(watched):
    finding = asyncio.run(watched.journey(email="nobody@example.com").make())
    assert not finding.held
    assert finding.evidence["step"] == "login"
    assert "the API answered 404 unknown_user" in finding.sentence
    assert "nobody@example.com" not in finding.sentence


def test_the_monitor_itself_says_that_the_pipeline_stands_still_and_that_it_goes_again(watched):
    comes_to(lambda: checks(watched)["journey"]["state"] == "held")
    with stopped(watched.pid("stream-1")):
        comes_to(lambda: checks(watched)["journey"]["state"] == "broken")
        said = checks(watched)["journey"]
        assert said["evidence"]["step"] == "change"
        assert said["held_at"] is not None
        told = httpx2.get(metrics_of(watched), timeout=5).text
        assert re.search(r'carousel_check_ok\{check="journey"\} 0\.0', told)
        assert re.search(r'carousel_journeys_total\{ended="change"\} [1-9]', told)
    comes_to(lambda: checks(watched)["journey"]["state"] == "held")


def metrics_of(watched: Watched) -> str:
    targets = Path(watched.demo.environment["CAROUSEL_DATA_DIRECTORY"]) / "targets"
    (said,) = json.loads((targets / "monitor.json").read_text())
    return f"http://{said['targets'][0]}/metrics"


def test_the_monitor_tells_what_the_table_of_metrics_says(watched):
    comes_to(lambda: all(one["state"] != "unknown" for one in checks(watched).values()))
    assert compare(scrape(metrics_of(watched)), Process.MONITOR) == []


def test_without_the_development_login_a_token_of_our_own_does(watched):
    secret = Path(watched.demo.environment["CAROUSEL_DATA_DIRECTORY"]) / "secret"
    shopper = SyntheticShopper(watched.database_url, EMAIL)
    token = Tokens(secret.read_text()).issue(shopper.known(), 300)

    async def log_in(_: httpx2.AsyncClient) -> str:
        return token

    finding = asyncio.run(Journey(watched.demo.url, log_in, InThread(shopper.forget)).make())
    assert finding.held, finding.sentence


def test_a_token_that_is_not_good_is_named(watched):
    shopper = SyntheticShopper(watched.database_url, EMAIL)

    async def log_in(_: httpx2.AsyncClient) -> str:
        return Tokens("another secret, thirty-two characters").issue(shopper.known(), 300)

    finding = asyncio.run(Journey(watched.demo.url, log_in, InThread(shopper.forget)).make())
    assert not finding.held
    assert finding.evidence["step"] == "list"
    assert "the API answered 401 token_invalid" in finding.sentence


def test_the_figures_are_those_of_the_demo(watched):
    with watched.demo.client("john2@example.com") as client:
        for _ in range(20):
            client.get("/api/v1/cars/recommendations?limit=10").raise_for_status()
        car = client.get("/api/v1/cars/popular?limit=1").json()["popular"][0]
        event = {"type": "view", "listing_id": car["id"]}
        client.post("/api/v1/events", json=event).raise_for_status()
    comes_to(lambda: watched.get("/operator/figures")["events"]["rate"])
    figures = watched.get("/operator/figures")
    assert {one["name"] for one in figures["processes"] if one["up"]} >= {
        "api-1", "stream-1", "collaborative-1", "appraisals", "notices", "monitor",
    }  # fmt: skip
    assert figures["requests"]["rate"] > 0
    assert 0 < figures["lists"]["p50"] <= figures["lists"]["p95"] <= figures["lists"]["p99"]
    assert figures["index"] == 2_000
    assert {one["name"] for one in figures["goals"] if one["value"] is not None} == {
        "availability", "lists", "effect-2s", "effect-5s",
    }  # fmt: skip
    assert figures["models"]
    latest = figures["latest"]
    shopper = next(one for one in latest if not one["synthetic"])
    assert shopper["type"] == "view"
    assert shopper["about"] == f"{car['brand']} {car['model']}"
    assert re.fullmatch(r"[0-9a-f]{12}", shopper["who"])
    assert any(one["synthetic"] for one in latest)
    assert "@" not in str(latest)


def test_the_api_leads_to_the_operator_page(watched):
    answer = httpx2.get(f"{watched.demo.url}/operator", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{watched.monitor}/operator"


def test_nothing_else_counts_as_a_list_that_followed():
    def listed(version, *cars, caused=()):
        return {
            "version": version,
            "recommended": [
                {"id": n, "brand": brand, "body": None,
                 "why": {"cause": [{"listing_id": 9}] if n in caused else []}}
                for n, brand in cars
            ],
        }  # fmt: skip

    opened = {"id": 9, "brand": "Kia", "body": None}
    before = listed(4, (1, "Audi"), (2, "Kia"), (3, "Audi"))
    assert "still that of version 4" in unchanged(before, before, opened)
    same = listed(5, (2, "Kia"), (1, "Audi"), (3, "Audi"), caused=(2,))
    assert "the same cars" in unchanged(before, same, opened)
    unlike = listed(5, (4, "Kia"), (5, "Opel"), (6, "Opel"))
    assert "no car because of the one opened, nor more like it" in unchanged(before, unlike, opened)
    because = listed(5, (4, "Kia"), (5, "Opel"), (6, "Opel"), caused=(4,))
    assert unchanged(before, because, opened) == ""
    more = listed(5, (4, "Kia"), (5, "Kia"), (6, "Opel"))
    assert unchanged(before, more, opened) == ""


@pytest.mark.skipif(not AXE.exists(), reason="axe is not installed: ./carousel check-page")
@pytest.mark.parametrize("width", [320, 1280])
def test_everybody_can_read_the_pages(watched, window, width):
    found: dict[str, list[str]] = {}
    with visit(window, watched.monitor, size={"width": width, "height": 860}) as someone:
        for path in ("/operator", "/checks", "/checks/journey", "/nowhere"):
            if path == "/nowhere":
                someone.expected = ("404",)
            someone.page.goto(path)
            if path == "/operator":
                someone.page.get_by_text("Live", exact=True).wait_for()
                someone.page.locator("#process-list th", has_text="api-1").wait_for()
            look(someone, path, found)
            sideways = someone.page.evaluate("document.documentElement.scrollWidth")
            assert sideways <= width, f"{path} scrolls sideways at {width} px"
    assert found == {}


def test_the_page_says_that_the_monitor_is_away_and_finds_it_again(watched, window):
    with visit(window, watched.monitor) as someone:
        someone.expected = (r"ERR_", r"net::")
        someone.page.goto("/operator")
        line = someone.page.locator("#line")
        someone.page.get_by_text("Live", exact=True).wait_for()
        with stopped(watched.pid("monitor")):
            someone.page.get_by_text("The monitor does not answer").wait_for(timeout=20_000)
            assert "figures are of" in line.inner_text()
        someone.page.get_by_text("Live", exact=True).wait_for(timeout=20_000)
        os.kill(watched.pid("monitor"), signal.SIGKILL)
        someone.page.get_by_text("The monitor does not answer").wait_for(timeout=20_000)
        someone.page.get_by_text("Live", exact=True).wait_for(timeout=40_000)
