"""A real Chromium for stories: people with a page of their own."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WEB = Path(__file__).parents[2] / "web"
BUILT = WEB / "dist" / "index.html"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 20.0
"""Seconds to wait for what has to come; how soon it does is measured in ``benchmarks``."""

PHONE, TABLET, DESKTOP = (
    {"width": 390, "height": 844},
    {"width": 768, "height": 1024},
    {"width": 1280, "height": 860},
)


@dataclass
class Visit:
    """A person at their own browser, and what went wrong on their pages.

    expected: what a console may complain of because the story brings it about.
    """

    page: Page
    url: str
    expected: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note errors, and requests to anybody else."""
        page = self.page
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if self.own(r.url) else self.outside.append(r.url))

    def own(self, url: str) -> bool:
        return url.startswith((self.url, "data:", "blob:"))

    def log_in(self, email: str) -> None:
        self.page.goto("/login")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def settle(self) -> None:
        """Wait until nothing is on its way but the line that tells of updates."""
        expect(self.page.locator("main h1, main h2").first).to_be_visible()
        expect(self.page.locator("[aria-busy=true], .skeleton")).to_have_count(0)


@contextmanager
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=1_000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser,
    url: str,
    *,
    size: dict[str, int] = DESKTOP,
    dark: bool = False,
    language: str = "en-GB",
) -> Iterator[Visit]:
    """Open a browser window; what went wrong in it fails the story at the end."""
    context = browser.new_context(
        base_url=url,
        viewport=size,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale=language,
    )
    someone = Visit(context.new_page(), url)
    someone.watch()
    try:
        yield someone
        wrong = [p for p in someone.problems if not any(re.search(e, p) for e in someone.expected)]
        assert wrong == [], "the console has nothing to complain of"
        assert someone.outside == [], "the page asks nobody else"
    finally:
        context.close()


def ids(page: Page) -> list[int]:
    """Return the ids of the cars in the list of a page, top first."""
    listed = page.locator("ul.cars > li [data-car]")
    return [int(one) for one in listed.evaluate_all("cars => cars.map((one) => one.dataset.car)")]


def car(page: Page, car_id: int) -> Locator:
    """Return a car in the list of a page, with its buttons."""
    return page.locator("ul.cars > li").filter(has=page.locator(f'[data-car="{car_id}"]'))


def own(page: Page) -> Locator:
    """Return the buttons of the car that a page is about, without those of other cars on it."""
    return page.locator("main button:not(li button)")


def soon(page: Page, holds: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until something holds while the page goes on; fail where it does not come to."""
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, f"it did not come to hold within {patience:.0f} s"
        page.wait_for_timeout(50)
