"""The first minute in a real browser, on the built page."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browsing import DESKTOP, PHONE, visit

SHOWN = 12  # cars in the list of the start page, and as many more at each wish


def cards(page: Page) -> list[str]:
    return page.locator("ul.cars > li h3, ul.cars > li h2").all_inner_texts()


def search(page: Page, brand: str) -> None:
    page.get_by_role("combobox").first.fill(brand)
    page.get_by_role("button", name="Search", exact=True).click()


@pytest.mark.parametrize(
    ("size", "email"),
    [(DESKTOP, "john6@example.com"), (PHONE, "john7@example.com")],
    ids=["desktop", "phone"],
)
def test_the_page_tells_the_first_minute(demo, browser, size, email):
    # At the end nothing has gone wrong on the page, and it asked nobody else: `visit` sees to it.
    with visit(browser, demo.url, size=size) as someone:
        page = someone.page
        page.goto("/")
        expect(page.get_by_role("heading", name="Popular cars")).to_be_visible()
        page.get_by_role("link", name="Sign in").first.click()
        page.get_by_label("E-mail").fill(email)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Popular and new")).to_be_visible()
        expect(page.locator("ul.cars > li")).to_have_count(SHOWN)
        default = cards(page)
        page.get_by_role("button", name="Show more cars").click()
        expect(page.locator("ul.cars > li")).to_have_count(2 * SHOWN)
        assert cards(page)[:SHOWN] == default, "more cars come behind those that are there"

        search(page, "skoda")
        expect(page.get_by_role("status").filter(has_text=re.compile(r"\d+ cars"))).to_be_visible()
        assert all(text.startswith("Skoda") for text in cards(page))

        for number in (0, 1):
            octavia = page.locator("ul.cars > li", has_text="Octavia").nth(number)
            octavia.get_by_role("link").first.click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("Octavia")
            expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
            page.go_back()
            expect(page.locator("ul.cars > li").first).to_be_visible()

        page.get_by_role("link", name="Carousel").first.click()
        expect(page.get_by_role("heading", name="For you")).to_be_visible()
        expect(page.locator("ul.cars > li", has_text="Skoda").nth(3)).to_be_visible()
        changed = cards(page)
        assert changed[:SHOWN] != default
        assert sum(text.startswith("Skoda") for text in changed[:10]) >= 4
        assert len(set(changed[:10])) > 1

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


def test_a_dismissed_car_leaves_at_once_and_is_replaced(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        someone.log_in("john8@example.com")
        page.goto("/")
        expect(page.locator("ul.cars > li")).to_have_count(SHOWN)
        first = page.locator("ul.cars > li").first.get_by_role("link").first.get_attribute("href")
        page.get_by_role("button", name=re.compile("Not for me")).first.click()
        page.get_by_role("menuitem", name="Too expensive").click()
        expect(page.locator(f'ul.cars a[href="{first}"]')).to_have_count(0)
        expect(page.locator("ul.cars > li")).to_have_count(SHOWN)
        page.reload()
        expect(page.locator("ul.cars > li")).to_have_count(SHOWN)
        expect(page.locator(f'ul.cars a[href="{first}"]')).to_have_count(0)
