"""The line is gone for a while: the page says so, and what is pressed meanwhile is not lost."""

import re

from playwright.sync_api import Page, expect

from tests.stories.browsing import PHONE, car, ids, soon, visit

CUT = ("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "ERR_FAILED")
NOT_COMING = ("Failed to fetch dynamically imported module", "Unable to preload CSS")
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


def rested(page: Page, path: str) -> None:
    """Open a page and wait until it has loaded ahead what may be pressed next."""
    with page.expect_response(re.compile(r"/assets/YouPage-.*\.js"), timeout=30_000):
        page.goto(path)
    page.wait_for_timeout(500)  # what belongs to the last of it comes beside it


def test_what_is_pressed_offline_is_sent_when_the_line_is_back(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = CUT
        page = someone.page
        someone.log_in("john43@example.com")
        rested(page, "/search?brand=Ford")
        someone.settle()
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
        rested(page, "/search?brand=Ford")
        someone.settle()
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


def test_the_first_press_of_a_stranger_is_kept_until_there_is_a_line(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = CUT
        page = someone.page
        rested(page, "/search")  # to search for something would be an act
        someone.settle()
        page.context.set_offline(offline=True)
        saved, hidden = ids(page)[:2]
        press(page, saved, hidden)
        page.get_by_role("link", name="You", exact=True).click()
        expect(page.get_by_text("has not reached us yet")).to_be_visible()
        expect(page.get_by_text("Nothing is kept about you")).to_have_count(0)
        context = page.context
        page.close()
        context.set_offline(offline=False)
        later = context.new_page()
        later.goto("/")
        soon(later, lambda: later.evaluate("localStorage.getItem('carousel.session')"))
        soon(later, lambda: saved in reactions(later)["favourites"])
        soon(later, lambda: hidden in reactions(later)["dismissed"])


def test_a_page_that_is_opened_offline_says_so_and_recovers(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = (*CUT, "Failed to fetch dynamically imported module")
        page = someone.page
        rested(page, "/search?brand=Ford")
        someone.settle()
        page.context.set_offline(offline=True)
        page.locator("ul.cars > li").nth(1).get_by_role("link").first.click()
        expect(page.get_by_role("alert")).to_contain_text("The server did not answer")
        page.context.set_offline(offline=False)
        # Nobody has to press anything.
        expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_part_that_does_not_come_says_so_and_comes_when_it_is_tried_again(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = (*CUT, "Failed to load resource", *NOT_COMING)
        page = someone.page
        late = re.compile(r"/assets/(HideMenu|TradeOffSheet|UpdatesPage)-.*\.js")
        page.route(late, lambda route: route.abort())
        page.goto("/")
        someone.settle()
        told = page.locator(".toast").filter(has_text="This part could not be loaded.")
        first = page.locator("ul.cars > li").first
        hide = first.get_by_role("button", name=re.compile("^Not for me"))
        but = first.get_by_role("button", name=re.compile("^Like"))
        updates = page.get_by_role("navigation", name="Main").get_by_role("link", name="Updates")
        page.context.set_offline(offline=True)
        updates.click()
        expect(told).to_be_visible()
        expect(page).to_have_url(re.compile("/$"))
        for button in (hide, but, hide):
            button.click()
            expect(told).to_be_visible()
        page.unroute(late)
        page.context.set_offline(offline=False)
        told.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("menuitem", name="Too old")).to_be_visible()


def test_after_another_release_an_old_page_goes_on_in_the_new_one(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = ("Failed to load resource",)
        page = someone.page
        page.goto("/")
        someone.settle()
        old = [True]
        page.on("request", lambda r: old.clear() if r.is_navigation_request() else None)
        page.route(
            re.compile(r"/assets/SearchesPage-.*\.js"),
            lambda route: route.fulfill(status=404) if old else route.continue_(),
        )
        page.evaluate("window.old = true")
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Saved").click()
        page.locator("main").get_by_role("link", name="Searches").click()
        expect(page.get_by_role("heading", level=1, name="Saved searches")).to_be_visible()
        expect(page).to_have_url(re.compile("/searches$"))
        assert page.evaluate("window.old") is None, "it was loaded anew"
