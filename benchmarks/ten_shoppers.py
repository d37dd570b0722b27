"""Ten shoppers' lists before and after the hybrid engine, as pictures of the real page.

Run:  .venv/bin/python -m benchmarks.ten_shoppers [--out docs/pictures/ten-shoppers]

The same demo is started twice: once with the first engine (likeness to what was looked at, popular
and new cars, no ranker, no rule of re-ranking but variety) and once as it is today, with the ranker
that comes with the program, for the demo's shoppers have seen no list to learn from. Each picture
has what the shopper did last, and both pages as a browser shows them. The demo's cars and histories
are made from a seed, so the pictures can be made again.
"""

import argparse
import html
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, sync_playwright

from carousel.domain.events import EVENT, Search, listing_of
from carousel.storage.embedded import EmbeddedServers, Server

SHOPPERS = tuple(f"john{n}@example.com" for n in range(10, 20))
LATEST = 9  # acts that are told
PORT = 18_931
READY_SECONDS, SETTLED_SECONDS = 240.0, 20.0
SIZE = {"width": 1000, "height": 1180}
BEFORE = """
serving = "first"

[configurations.first]
ranked = false
channels = ["content", "relatives", "popular", "fresh"]
slate.exploration.places = 0
slate.exposure.most = 1.0
slate.exposure.buyer = 0.0
slate.needs.least = 1.0
score.search_share = 0.0
"""
AFTER = """
serving = "today"

[configurations.today]
slate.exploration.places = 0
"""


@contextmanager
def demo(home: Path, configuration: str) -> Iterator[str]:
    """Run the demo with a configuration for everybody; give its address."""
    file = home.with_suffix(".toml")
    file.write_text(configuration)
    environment = {
        **os.environ,
        "CAROUSEL_DATA_DIRECTORY": str(home),
        "CAROUSEL_PORT": str(PORT),
        "CAROUSEL_EXPERIMENTS": str(file),
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "carousel", "demo"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{PORT}"
    try:
        _wait(program)
        time.sleep(SETTLED_SECONDS)  # the pipelines catch up with what the shoppers did
        yield address
    finally:
        program.send_signal(signal.SIGINT)
        program.wait(60)


def _wait(program: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and program.poll() is None:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(0.5)
    raise RuntimeError("the demo did not come up")


def pages(browser: Browser, address: str) -> dict[str, bytes]:
    """Return the home page of each shopper as a browser shows it."""
    found = {}
    for email in SHOPPERS:
        context = browser.new_context(base_url=address, viewport=SIZE)
        page = context.new_page()
        page.goto("/")
        page.get_by_role("link", name="Sign in").first.click()
        page.get_by_label("E-mail").fill(email)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="For you").wait_for()
        page.mouse.move(0, 0)
        page.wait_for_timeout(700)
        found[email] = page.screenshot()
        context.close()
    return found


def histories(home: Path) -> dict[str, list[str]]:
    """Return what each shopper did last, latest first, as sentences."""
    told: dict[str, list[str]] = {}
    with (
        EmbeddedServers(home, servers=[Server.DATABASE]) as servers,
        psycopg.connect(servers.database_url) as connection,
    ):
        for email in SHOPPERS:
            rows = connection.execute(
                "select e.body::text from event e join account a on a.id = e.user_id "
                "where a.email = %s and e.type <> 'impression' order by e.at desc limit %s",
                [email, LATEST],
            ).fetchall()
            told[email] = [_sentence(connection, body) for (body,) in rows]
    return told


def _sentence(connection: "psycopg.Connection[tuple[str]]", body: str) -> str:
    event = EVENT.validate_json(body)
    if isinstance(event, Search):
        asked = event.filters.model_dump(exclude_defaults=True, mode="json")
        words = ", ".join(
            f"{name.replace('_', ' ')} {', '.join(map(str, v)) if isinstance(v, list) else v}"
            for name, v in asked.items()
        )
        return f"searched: {words}"
    row = connection.execute(
        "select name, year, price, mileage_km, fuel from listing where id = %s",
        [listing_of(event)],
    ).fetchone()
    if row is None:
        return event.type
    name, year, price, mileage, fuel = row
    driven = "" if mileage is None else f", {mileage:,} km"
    return f"{event.type}: {name}, {year}, {price:,} EUR{driven}, {fuel or 'fuel not stated'}"


def together(browser: Browser, home: Path, email: str, acts: list[str]) -> bytes:
    """Return one picture: what was done, and the page before and after."""
    items = "".join(f"<li>{html.escape(act)}</li>" for act in acts)
    page = browser.new_page(viewport={"width": 1500, "height": 800})
    page.goto((home / "index.html").as_uri())
    page.set_content(
        f"<style>body{{margin:0;padding:12px 16px;font:15px/1.4 sans-serif;background:#fff}}"
        f"h1{{font-size:18px;margin:0 0 4px}}ol{{margin:0 0 12px;columns:2}}"
        f"div{{display:flex;gap:16px}}figure{{margin:0;flex:1}}img{{width:100%}}</style>"
        f"<h1>{html.escape(email)}: what they did, latest first</h1><ol>{items}</ol>"
        f"<div><figure><figcaption>before</figcaption><img src='before.png'></figure>"
        f"<figure><figcaption>after</figcaption><img src='after.png'></figure></div>"
    )
    page.wait_for_load_state("networkidle")
    picture = page.screenshot(full_page=True, type="jpeg", quality=72)
    page.close()
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/ten-shoppers"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory(prefix="carousel-", dir="/tmp") as directory,
        sync_playwright() as playwright,
    ):
        Path(directory).chmod(0o755)  # as root the servers run as another user
        home, shown = Path(directory) / "data", Path(directory) / "shown"
        shown.mkdir()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        taken = {}
        for name, configuration in (("before", BEFORE), ("after", AFTER)):
            print(name, file=sys.stderr)
            with demo(home, configuration) as address:
                taken[name] = pages(browser, address)
        acts = histories(home)
        (shown / "index.html").write_text("")
        for email in SHOPPERS:
            for name, pictures in taken.items():
                (shown / f"{name}.png").write_bytes(pictures[email])
            name = email.partition("@")[0]
            (asked.out / f"{name}.jpg").write_bytes(together(browser, shown, email, acts[email]))
        browser.close()


if __name__ == "__main__":
    main()
