"""What the monitor shows over HTTP: checks as pages and as JSON, refusals, and the live figures."""

import asyncio
import json
import re
import socket
import threading
import time
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
import uvicorn
from starlette.testclient import TestClient

from carousel.monitoring.app import Shown, create_app
from carousel.monitoring.check import Check, Family, Finding
from carousel.monitoring.figures import Figures
from carousel.monitoring.growth import Growth, Heard
from carousel.monitoring.operating import MOST_FOLLOWERS, Live, operator_routes
from carousel.monitoring.running import Background, Server
from carousel.monitoring.schedule import Clock, Schedule
from carousel.monitoring.scraping import GROWING, KEPT

HOSTILE = '<script>alert(1)</script> & "quoted"'


def check(name, finding, family=Family.COMPUTE):
    async def ask():
        if isinstance(finding, Exception):
            raise finding
        return finding

    return Check(name, family, f"The promise of {name} is kept.", 15, 20, ask)


CHECKS = [
    check("holds", Finding(held=True, sentence="All 3 run.", evidence={"running": 3}),
          Family.END_TO_END),
    check("breaks", Finding(held=False, sentence=HOSTILE, evidence={
        "ids": [4, 5], "none": [], "unknown": None, "large": 1234567, "yes": True,
        HOSTILE: HOSTILE,
    })),
    check("fails", ConnectionError("postgresql://app:hunter2@db refused")),
    check("waits", Finding(held=True, sentence="never asked"), Family.CONSISTENCY),
]  # fmt: skip


def live(schedule, read_events=list) -> Live:
    return Live(schedule, Growth(GROWING, KEPT), read_events)


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "breaks.md").write_text("# breaks\n\nLook <here>.\n")
    schedule = Schedule(CHECKS, draw=lambda: 0.0, clock=Clock(now=lambda: 1_800_000_000.0))
    for one in CHECKS[:3]:
        asyncio.run(schedule.ask(one))
    app = create_app(Shown(schedule, tmp_path, lambda: True), operator_routes(live(schedule)))
    return TestClient(app, headers={"accept": "text/html"})


def test_json_says_all_of_every_check(pages):
    answer = pages.get("/checks", headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == pages.get("/checks.json").json()
    said = answer.json()
    assert said["held"] is False
    assert said["as_of"] == "2027-01-15T08:00:00Z"
    assert {one["name"]: one["state"] for one in said["checks"]} == {
        "holds": "held", "breaks": "broken", "fails": "failed", "waits": "unknown",
    }  # fmt: skip
    holds = said["checks"][0]
    assert holds["evidence"] == {"running": 3}
    assert holds["at"] == holds["held_at"] == "2027-01-15T08:00:00Z"
    assert (holds["interval_seconds"], holds["timeout_seconds"]) == (15, 20)
    assert holds["runbook"] == "docs/runbooks/holds.md"
    waits = said["checks"][3]
    assert [waits[key] for key in ("at", "age_seconds", "seconds", "sentence")] == [None] * 4


def test_one_check_has_a_page_and_json_of_its_own(pages):
    assert pages.get("/checks/holds.json").json()["sentence"] == "All 3 run."
    page = pages.get("/checks/holds").text
    assert "<h1>holds</h1>" in page
    assert "All 3 run." in page


def test_a_state_is_said_in_words_and_in_a_sign(pages):
    page = pages.get("/checks").text
    for state, words in (
        ("held", "Holds"), ("broken", "Broken"), ("failed", "Could not be checked"),
        ("unknown", "Not asked yet"),
    ):  # fmt: skip
        assert f'class="icon {state}"' in page
        assert words in page
    assert "2 of 4 do not hold" in page
    assert len(set(re.findall(r'class="icon (\w+)".*?<path d="([^"]+)"', page))) == 4


def test_what_checks_say_is_only_ever_text(pages):
    for path in ("/checks", "/checks/breaks", "/operator", "/runbooks/breaks"):
        assert "<script>alert" not in pages.get(path).text
    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot;"
        in pages.get("/checks").text
    )
    assert "Look &lt;here&gt;." in pages.get("/runbooks/breaks").text


def test_no_secret_is_shown(pages):
    assert "hunter2" not in pages.get("/checks").text
    assert "hunter2" not in pages.get("/checks.json").text


def test_a_runbook_is_linked_where_it_can_be_read(pages):
    page = pages.get("/checks").text
    assert '<a href="/runbooks/breaks">' in page
    assert "<code>docs/runbooks/holds.md</code>" in page
    assert '<a href="/runbooks/holds">' not in page


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/checks/nothing", "No check is called nothing."),
        ("/checks/..%2f..%2fsettings", None),
        ("/runbooks/..%2fbreaks", None),
        ("/runbooks/holds", "No runbook here is called holds."),
        ("/assets/nothing.js", "There is no such file."),
        ("/assets/..%2fapp.py", None),
        ("/nowhere", "There is nothing at /nowhere."),
        ("/" + "x" * 5_000, "There is nothing at /" + "x" * 79 + "."),
    ],
)
def test_what_is_not_here_is_told_in_one_sentence(pages, path, said):
    page = pages.get(path)
    told = pages.get(path, headers={"accept": "application/json"})
    assert (page.status_code, told.status_code) == (404, 404)
    assert told.json()["title"] == "Not found"
    if said:
        assert told.json()["detail"] == said
        assert said in page.text


def test_nothing_can_be_changed(pages):
    for method in ("post", "put", "delete", "patch"):
        for path in ("/checks", "/checks/holds", "/operator/figures"):
            answer = getattr(pages, method)(path)
            assert answer.status_code == 405
            assert "GET" in answer.headers["allow"]
            assert f"{path} only answers GET." in answer.text


def test_every_answer_is_guarded(pages):
    for path in ("/checks", "/operator", "/checks.json", "/assets/operator.js", "/nowhere"):
        headers = pages.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_pages_ask_nobody_else_and_have_no_script_or_style_inside(pages):
    for path in ("/checks", "/operator", "/checks/breaks", "/nowhere"):
        page = pages.get(path).text
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
        assert not re.search(r"<script(?! src=\"/assets/)|<style|\sstyle=|\son\w+=", page)


def test_health_follows_what_runs_in_the_background():
    schedule = Schedule(CHECKS, draw=lambda: 0.0)
    app = create_app(Shown(schedule, None, lambda: False), [])
    client = TestClient(app)
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_figures_are_told_at_once_even_if_nothing_is_known(pages):
    said: Figures = pages.get("/operator/figures").json()
    assert said["requests"]["rate"] is None
    assert said["latest"] == []
    assert [one["state"] for one in said["checks"]] == ["held", "broken", "failed", "unknown"]


def test_a_log_that_is_away_leaves_the_place_of_its_events_empty():
    def away():
        raise ConnectionError("refused")

    schedule = Schedule(CHECKS, draw=lambda: 0.0)
    app = create_app(Shown(schedule, None, lambda: True), operator_routes(live(schedule, away)))
    assert TestClient(app).get("/operator/figures").json()["latest"] is None


def test_all_who_ask_at_once_see_the_latest_events_and_the_log_is_asked_once():
    asked = []

    def read():
        asked.append(1)
        time.sleep(0.1)
        return [{"type": "view"}]

    async def story():
        shown = live(Schedule(CHECKS, draw=lambda: 0.0), read)
        return await asyncio.gather(*(shown.document() for _ in range(5)))

    assert [one["latest"] for one in asyncio.run(story())] == [[{"type": "view"}]] * 5
    assert len(asked) == 1


def test_a_log_that_hangs_is_asked_once_and_holds_nobody_up():
    forever, asked = threading.Event(), []

    def hang():
        asked.append(1)
        forever.wait(30)

    async def story():
        shown = live(Schedule(CHECKS, draw=lambda: 0.0), hang)
        found = [(await shown.document())["latest"] for _ in range(2)]
        forever.set()
        return found

    assert asyncio.run(story()) == [None, None]
    assert len(asked) == 1


@contextmanager
def running(shown: Live):
    """Serve the live figures as the monitor does, on a free port."""
    background = Background({"live figures": shown.run})
    app = create_app(Shown(shown.schedule, None, background.alive), operator_routes(shown))
    app.router.lifespan_context = background.running
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
    server = background.server = Server(config, shown.closing)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
        assert not thread.is_alive(), "open streams hold up the end"


def told(lines):
    """Yield the figures of a stream."""
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_the_stream_tells_now_and_at_every_look():
    moments = iter(range(1_000, 2_000, 2))
    schedule = Schedule(CHECKS, draw=lambda: 0.0, clock=Clock(now=lambda: float(next(moments))))
    shown = live(schedule)
    with running(shown) as url, httpx2.stream("GET", f"{url}/operator/live", timeout=5) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        figures = told(stream.iter_lines())
        assert next(figures)["processes"] == []
        shown.growth.take(1_500.0, [Heard("api-1", "api", {})])
        shown.tick()
        assert [one["name"] for one in next(figures)["processes"]] == ["api-1"]


def test_more_followers_than_there_is_room_for_are_refused():
    shown = live(Schedule(CHECKS, draw=lambda: 0.0))
    app = create_app(Shown(shown.schedule, None, lambda: True), operator_routes(shown))
    with ExitStack() as stack:
        for _ in range(MOST_FOLLOWERS):
            stack.enter_context(shown.following())
        assert TestClient(app).get("/operator/live").status_code == 503


def test_a_part_that_ends_ends_the_process():
    async def end():
        raise RuntimeError("a mistake of ours")

    background = Background({"ends": end})
    app = create_app(Shown(Schedule([], draw=lambda: 0.0), None, background.alive), [])
    app.router.lifespan_context = background.running
    server = background.server = Server(uvicorn.Config(app, log_config=None), asyncio.Event())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        thread.join(10)
    assert not thread.is_alive()
    assert background.failed
