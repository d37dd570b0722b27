"""The line is gone for a while: the page says so, and what is pressed meanwhile is not lost."""

import re

from playwright.sync_api import Page, expect

from tests.stories.browsing import PHONE, car, ids, soon, visit

CUT = ("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "ERR_FAILED")
BANNER = "You are offline"


def reactions(page: Page) -> dict[str, list[int]]:
    """Return what the server knows the shopper saved and hid."""
    return page.evaluate(
        """async () => {
            const { token } = JSON.parse(localStorage.getItem('carousel.session'))
            const headers = { Authorization: `Bearer ${token}` }
            return (await fetch('/api/v1/users/me/reactions', { headers })).json()
        }"""
    )


def press(page: Page, saved: int, hidden: int) -> None:
    heart = car(page, saved).get_by_role("button", name=re.compile("^Save"))
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    car(page, hidden).get_by_role("button", name=re.compile("^Not for me")).click()
    page.get_by_role("menuitem", name="Too old").click()
    expect(car(page, hidden)).to_have_count(0)


def warm_up(page: Page) -> None:
    """Open a hide menu once: its program is there from then on."""
    button = page.get_by_role("button", name=re.compile("^Not for me")).first
    button.click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menuitem")).to_have_count(0)


def test_what_is_pressed_offline_is_sent_when_the_line_is_back(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = CUT
        page = someone.page
        someone.log_in("john43@example.com")
        page.goto("/search?brand=Ford")
        someone.settle()
        warm_up(page)
        page.context.set_offline(offline=True)
        expect(page.get_by_text(BANNER)).to_be_visible()
        saved, hidden = ids(page)[:2]
        press(page, saved, hidden)
        page.context.set_offline(offline=False)
        expect(page.get_by_text(BANNER)).to_have_count(0)
        soon(page, lambda: saved in reactions(page)["favourites"])
        soon(page, lambda: hidden in reactions(page)["dismissed"])


def test_what_is_pressed_offline_outlives_the_window(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = CUT
        page = someone.page
        someone.log_in("john44@example.com")
        page.goto("/search?brand=Ford")
        someone.settle()
        warm_up(page)
        page.context.set_offline(offline=True)
        saved, hidden = ids(page)[:2]
        press(page, saved, hidden)
        context = page.context
        page.close()
        context.set_offline(offline=False)
        later = context.new_page()
        later.goto("/")
        soon(later, lambda: saved in reactions(later)["favourites"])
        soon(later, lambda: hidden in reactions(later)["dismissed"])


def test_a_page_that_is_opened_offline_says_so_and_recovers(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = (*CUT, "Failed to fetch dynamically imported module")
        page = someone.page
        page.goto("/search?brand=Ford")
        someone.settle()
        page.locator("ul.cars > li").first.get_by_role("link").first.click()
        expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
        page.go_back()
        page.context.set_offline(offline=True)
        page.locator("ul.cars > li").nth(1).get_by_role("link").first.click()
        expect(page.get_by_role("alert")).to_contain_text("The server did not answer")
        page.context.set_offline(offline=False)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
