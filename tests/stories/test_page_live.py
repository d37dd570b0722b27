"""The list follows what a shopper does elsewhere, and never moves under their eyes."""

import re

from playwright.sync_api import Page, expect

from tests.stories.browsing import PHONE, car, ids, own, soon, visit

PILL = re.compile("^Updated for you")


def token(page: Page) -> str:
    return page.evaluate("JSON.parse(localStorage.getItem('carousel.session')).token")


def test_another_window_changes_the_list_only_when_asked(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        someone.log_in("john42@example.com")
        with page.expect_response(re.compile("/users/me/updates$")):
            page.goto("/")
        someone.settle()
        before = ids(page)
        page.locator("ul.cars > li").nth(6).scroll_into_view_if_needed()
        scrolled = page.evaluate("scrollY")

        other = page.context.new_page()
        with demo.client() as client:
            vans = client.get(
                "/api/v1/cars/search", params={"body": "Van", "limit": 4, "record": "false"}
            ).json()["listings"]
        for van in vans:
            other.goto(f"/cars/{van['id']}")
            expect(other.get_by_role("heading", level=1)).to_be_visible()
            expect(other.get_by_role("heading", name="Similar cars")).to_be_visible()
        other.close()

        pill = page.get_by_role("button", name=PILL)
        expect(pill).to_be_visible()
        assert ids(page) == before, "the list does not move by itself"
        assert page.evaluate("scrollY") == scrolled
        pill.click()
        expect(page.get_by_role("button", name=PILL)).to_have_count(0)
        assert ids(page) != before
        expect(page.get_by_role("heading", name="For you")).to_be_focused()


def test_the_list_has_changed_when_the_shopper_comes_back_from_a_car(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.goto("/")
        someone.settle()
        expect(page.get_by_role("heading", name="Popular cars")).to_be_visible()
        before = ids(page)
        page.locator("ul.cars > li").nth(3).get_by_role("link").first.click()
        expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
        soon(page, lambda: page.evaluate("localStorage.getItem('carousel.session')"))
        with demo.client() as client:
            client.headers["Authorization"] = f"Bearer {token(page)}"

            def known() -> bool:
                return client.get("/api/v1/cars/recommendations").json()["personal"]

            soon(page, known)
        page.wait_for_timeout(500)  # the page hears of it
        page.go_back()
        expect(page.get_by_role("heading", name="For you")).to_be_visible()
        expect(page.get_by_role("button", name=PILL)).to_have_count(0)
        assert ids(page) != before
        expect(page.get_by_role("region", name="Continue where you left off")).to_be_visible()


def test_two_windows_are_one_shopper(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.goto("/search?brand=Ford&sort=newest")
        someone.settle()
        other = page.context.new_page()
        other.goto("/login")
        other.get_by_label("E-mail").fill("john45@example.com")
        other.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_text("in another window")).to_be_visible()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

        wanted = ids(page)[0]
        other.goto(f"/cars/{wanted}")
        own(other).and_(other.get_by_role("button", name=re.compile("^Save"))).first.click()
        heart = car(page, wanted).get_by_role("button", name=re.compile("^Save"))
        expect(heart).to_have_attribute("aria-pressed", "true")

        other.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You signed out in another window.")).to_be_visible()
        expect(heart).to_have_attribute("aria-pressed", "false")
