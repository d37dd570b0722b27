"""The first minute in a real browser, on the built page.

With CAROUSEL_SCREENSHOTS=DIRECTORY each step is kept as a picture: `make screenshots` fills docs/.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browsing import DESKTOP, PHONE

SHOWN = 24  # cars in the list of the start page


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page where pictures are asked for."""
    directory = os.environ.get("CAROUSEL_SCREENSHOTS")
    if directory:
        page.wait_for_timeout(300)
        page.screenshot(path=Path(directory) / f"{name}.png")


def cards(page: Page) -> list[str]:
    return page.locator("ul.cars > li h3, ul.cars > li h2").all_inner_texts()


def log_in(page: Page, email: str, device: str = "phone") -> None:
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("E-mail").fill(email)
    keep(page, f"{device}-0-sign-in")
    page.get_by_role("button", name="Sign in").click()


def search(page: Page, brand: str) -> None:
    page.get_by_role("combobox").first.fill(brand)
    page.get_by_role("button", name="Search", exact=True).click()


@pytest.mark.parametrize(
    ("size", "email"),
    [(DESKTOP, "john6@example.com"), (PHONE, "john7@example.com")],
    ids=["desktop", "phone"],
)
def test_the_page_tells_the_first_minute(demo, browser, size, email, request):
    device = request.node.callspec.id
    context = browser.new_context(base_url=demo.url, viewport=size)
    problems: list[str] = []
    outside: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: outside.append(r.url) if not r.url.startswith(demo.url) else None)

    page.goto("/")
    expect(page.get_by_role("heading", name="Popular cars")).to_be_visible()
    log_in(page, email, device)
    expect(page.get_by_role("heading", name="Popular and new")).to_be_visible()
    expect(page.locator("ul.cars > li")).to_have_count(SHOWN)
    default = cards(page)
    keep(page, f"{device}-1-default-list")

    search(page, "skoda")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"\d+ cars"))).to_be_visible()
    assert all(text.startswith("Skoda") for text in cards(page))
    keep(page, f"{device}-2-search")

    for number in (0, 1):
        octavia = page.locator("ul.cars > li", has_text="Octavia").nth(number)
        octavia.get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Octavia")
        expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
        keep(page, f"{device}-3-car-{number + 1}")
        page.go_back()
        expect(page.locator("ul.cars > li").first).to_be_visible()

    page.get_by_role("link", name="Carousel").first.click()
    expect(page.get_by_role("heading", name="For you")).to_be_visible()
    expect(page.locator("ul.cars > li", has_text="Skoda").nth(3)).to_be_visible()
    changed = cards(page)
    assert changed != default
    assert sum(text.startswith("Skoda") for text in changed[:10]) >= 4
    assert len(set(changed[:10])) > 1
    keep(page, f"{device}-4-for-you")

    search(page, "volvo")
    expect(page.locator("ul.cars > li").first).to_contain_text("Volvo")
    page.locator("ul.cars > li").first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Volvo")
    expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
    page.get_by_role("link", name="Carousel").first.click()
    expect(page.locator("ul.cars > li").first).to_be_visible()
    page.wait_for_timeout(500)  # time for a list that forgets to do so
    after = cards(page)
    assert sum(text.startswith("Skoda") for text in after[:10]) >= 4
    keep(page, f"{device}-5-after-a-volvo")

    assert problems == []
    assert outside == [], "the page asks nobody else"
    context.close()


def test_a_dismissed_car_leaves_at_once_and_is_replaced(demo, browser):
    context = browser.new_context(base_url=demo.url, viewport=PHONE)
    page = context.new_page()
    page.goto("/")
    log_in(page, "john8@example.com")
    expect(page.locator("ul.cars > li")).to_have_count(SHOWN)
    first = page.locator("ul.cars > li").first.get_by_role("link").first.get_attribute("href")
    page.get_by_role("button", name=re.compile("Not for me")).first.click()
    page.get_by_role("button", name="Too expensive").click()
    expect(page.locator(f'ul.cars a[href="{first}"]')).to_have_count(0)
    expect(page.locator("ul.cars > li")).to_have_count(SHOWN)
    page.reload()
    expect(page.locator("ul.cars > li")).to_have_count(SHOWN)
    expect(page.locator(f'ul.cars a[href="{first}"]')).to_have_count(0)
    context.close()
