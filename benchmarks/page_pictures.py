"""Pictures of the page as people see it, for docs/page.md and README.md.

    ./carousel build-page
    python -m benchmarks.page_pictures DIRECTORY [URL]

Without a URL a fresh demo of 20,000 cars is started. One shopper's visit is told from search to
updates; an operator sells and reduces two of the cars on the way, and looks at the operator's page
in the end. `make screenshots` runs it; `--operator` takes that last picture alone, of a demo that
has been visited for a while (`carousel demo --traffic 60`).
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.page_speed import running

SHOPPER, OPERATOR = "john3@example.com", "operator@example.com"
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@dataclass
class Photographer:
    """Takes pictures of a demo with one shopper signed in."""

    browser: Browser
    url: str
    directory: Path

    @contextmanager
    def window(
        self, size: dict[str, int], *, dark: bool = False, language: str = "en-GB"
    ) -> Iterator[Page]:
        """Open a window of the shopper."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport=size,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale=language,
            device_scale_factor=1.25 if size is DESKTOP else 1.5,
        )
        page = context.new_page()
        page.goto("/login")
        page.locator("#email").fill(SHOPPER)
        page.keyboard.press("Enter")
        page.wait_for_url("**/")
        yield page
        context.close()

    def take(self, page: Page, name: str) -> None:
        """Take a picture of what the window shows, once it stands still."""
        expect(page.locator("main h1, main h2").first).to_be_visible()
        expect(page.locator("[aria-busy=true], .skeleton")).to_have_count(0)
        page.mouse.move(2, 2)
        page.wait_for_timeout(900)
        page.screenshot(path=self.directory / f"{name}.jpg", type="jpeg", quality=78)
        sys.stderr.write(f"{name}\n")


@contextmanager
def client(url: str, email: str) -> Iterator[httpx2.Client]:
    """Open a client of the API, logged in."""
    with httpx2.Client(base_url=f"{url}/api/v1", timeout=30) as http:
        token = http.post("/token/fake-token", json={"email": email}).raise_for_status().json()
        http.headers["Authorization"] = f"Bearer {token['token']}"
        yield http


def found(http: httpx2.Client, **query: str | int) -> list[dict[str, Any]]:
    cars: list[dict[str, Any]] = http.get("/cars/search", params=query).json()["listings"]
    return cars


def prepare(url: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Let the shopper look around and an operator change things; return a car, and those saved."""
    with client(url, SHOPPER) as shopper, client(url, OPERATOR) as operator:
        estates = found(
            shopper, brand="Skoda", model="Octavia", body="Estate", max_price=16000, limit=40
        )
        saved = [*estates[3:6], *found(shopper, brand="Volkswagen", body="Estate", limit=2)]
        happenings: list[dict[str, Any]] = [
            {"type": "search", "filters": {"brand": ["Skoda"], "max_price": 16000}},
            *({"type": "view", "listing_id": car["id"]} for car in estates[:3]),
            *({"type": "favourite", "listing_id": car["id"]} for car in saved),
            {"type": "view", "listing_id": found(shopper, body="SUV", limit=1)[0]["id"]},
        ]
        shopper.post("/events", json=happenings).raise_for_status()
        filters = {"brand": ["Skoda"], "body": ["Estate"], "max_price": 16000}
        body = {"name": "Skoda estates up to €16,000", "filters": filters}
        shopper.post("/users/me/searches", json=body).raise_for_status()
        time.sleep(5)
        reduced, sold = saved[0], saved[1]
        cheaper = {"selling_price": int(reduced["selling_price"] * 0.9)}
        operator.patch(f"/listings/{reduced['id']}", json=cheaper).raise_for_status()
        operator.patch(f"/listings/{sold['id']}", json={"status": "sold"}).raise_for_status()
        fresh = {**{k: estates[7][k] for k in ("brand", "model", "name", "fuel", "body")}}
        fresh |= {k: estates[7][k] for k in ("year", "km_driven", "power_hp", "transmission")}
        fresh |= {"ref": f"picture-{time.time()}", "selling_price": 11900, "colour": "Blue"}
        operator.post("/listings", json=[fresh]).raise_for_status()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            told = shopper.get("/users/me/notices").json()["notices"]
            if len({one["kind"] for one in told}) > 2:  # cheaper, sold, new
                break
            time.sleep(0.5)
    return estates[2], saved


def at_a_desk(camera: Photographer, car: dict[str, Any], saved: list[dict[str, Any]]) -> None:
    """Take the pictures of a large window."""
    with camera.window(DESKTOP) as page:
        camera.take(page, "01-for-you")
        page.locator("main .why button").first.click()
        camera.take(page, "02-why-this-car")
        page.keyboard.press("Escape")
        page.get_by_role("combobox").first.fill("scoda oct")
        page.get_by_role("option").first.wait_for()
        camera.take(page, "03-suggestions-as-you-type")
        page.get_by_role("combobox").first.fill("scoda octavia combi tdi 2016 under 15k")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search**")
        camera.take(page, "04-a-phrase-becomes-filters")
        page.goto("/search?brand=Skoda")
        camera.take(page, "05-list-with-facets")
        page.goto("/search?brand=Porsche&max_price=3000&transmission=Automatic")
        camera.take(page, "06-nothing-fits-what-comes-nearest")
        page.goto(f"/cars/{car['id']}")
        camera.take(page, "07-a-car")
        page.locator("#compares").scroll_into_view_if_needed()
        page.locator(".plot canvas").wait_for()
        page.evaluate("document.querySelector('#compares').scrollIntoView()")
        camera.take(page, "08-how-the-price-compares")
        page.goto("/saved")
        camera.take(page, "09-saved-and-one-sold")
        page.evaluate(
            "ids => sessionStorage.setItem('carousel.compare', JSON.stringify(ids))",
            [one["id"] for one in saved[2:5]] + [car["id"]],
        )
        page.goto("/compare")
        camera.take(page, "10-compare")
        page.evaluate("sessionStorage.removeItem('carousel.compare')")
        page.goto("/updates")
        camera.take(page, "11-updates")
        page.goto("/searches")
        camera.take(page, "12-saved-searches")
        page.goto("/you")
        camera.take(page, "13-your-data")
    with camera.window(DESKTOP, dark=True) as page:
        camera.take(page, "14-for-you-in-the-dark")
        page.goto("/search?body=Convertible&body=Coupe&sort=price")
        camera.take(page, "15-list-in-the-dark")


def in_the_hand(camera: Photographer, car: dict[str, Any]) -> None:
    """Take the pictures of a phone."""
    with camera.window(PHONE) as page:
        camera.take(page, "16-phone-for-you")
        page.get_by_role("button", name="Not for me").first.click()
        page.get_by_role("menuitem", name="Too expensive").click()
        camera.take(page, "17-phone-hidden-with-a-way-back")
        page.goto("/search")
        page.get_by_role("button", name="Filters").click()
        page.get_by_role("dialog").wait_for()
        camera.take(page, "18-phone-filters")
    with camera.window(PHONE, dark=True) as page:
        page.goto(f"/cars/{car['id']}")
        camera.take(page, "19-phone-a-car-in-the-dark")
    with camera.window(PHONE, language="de-DE") as page:
        page.goto("/search?brand=Volkswagen&fuel=Diesel")
        camera.take(page, "20-phone-in-german")
    with camera.window(PHONE, language="cs-CZ") as page:
        page.goto("/saved")
        camera.take(page, "21-phone-in-czech")


def at_the_operators(camera: Photographer) -> None:
    """Take the picture of the operator's page, to which the demo leads."""
    context = camera.browser.new_context(
        viewport=DESKTOP,  # type: ignore[arg-type]
        color_scheme="light",
        locale="en-GB",
    )
    page = context.new_page()
    page.goto(f"{camera.url}/operator")
    page.get_by_text("Live", exact=True).wait_for()
    page.locator("#lag tbody th").first.wait_for()
    expect(page.locator("[data-state=unknown]")).to_have_count(0, timeout=120_000)
    page.wait_for_timeout(900)
    place = camera.directory / "22-operator.jpg"
    page.screenshot(path=place, type="jpeg", quality=78, full_page=True)
    sys.stderr.write("22-operator\n")
    context.close()


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of the page.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("url", nargs="?", help="of a running demo; a fresh one without it")
    parser.add_argument("--operator", action="store_true", help="the operator's page alone")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with running(arguments.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        camera = Photographer(browser, url, arguments.directory)
        if not arguments.operator:
            car, saved = prepare(url)
            at_a_desk(camera, car, saved)
            in_the_hand(camera, car)
        at_the_operators(camera)
        browser.close()


if __name__ == "__main__":
    main()
