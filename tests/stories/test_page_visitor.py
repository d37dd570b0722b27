"""The same page without an account; an account takes a visit over only when it is told to."""

import re

from playwright.sync_api import Page, expect

from tests.stories.browsing import PHONE, car, ids, soon, visit

QUESTION = "You looked at cars before you signed in"


def look_around(page: Page, brand: str) -> int:
    """Save the first car of a make and open the next two, as somebody without an account."""
    page.goto(f"/search?brand={brand}")
    expect(page.locator("ul.cars > li").nth(2)).to_be_visible()
    saved, *others = ids(page)[:3]
    heart = car(page, saved).get_by_role("button", name=re.compile("^Save"))
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    for one in others:
        page.locator(f'[data-car="{one}"] h3 a').click()
        expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
        page.go_back()
        expect(page.locator("ul.cars > li").first).to_be_visible()
    return saved


def known(page: Page) -> list[int]:
    """Return what the server says this shopper saved."""
    return page.evaluate(
        """async () => {
            const { token } = JSON.parse(localStorage.getItem('carousel.session'))
            const headers = { Authorization: `Bearer ${token}` }
            const answer = await fetch('/api/v1/users/me/reactions', { headers })
            return (await answer.json()).favourites
        }"""
    )


def sign_in(page: Page, email: str) -> None:
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_who_only_looks_leaves_nothing(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        sent: list[str] = []
        page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
        for path in ("/", "/search", "/saved", "/you"):
            page.goto(path)
            someone.settle()
        assert sent == []
        assert page.evaluate("localStorage.getItem('carousel.session')") is None
        expect(page.get_by_text("Nothing is kept about you yet", exact=False)).to_be_visible()


def test_a_visitor_has_a_list_and_brings_it_along(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.goto("/")
        expect(page.get_by_role("heading", name="Popular cars")).to_be_visible()
        saved = look_around(page, "Volvo")
        soon(page, lambda: saved in known(page))
        page.get_by_role("link", name="Carousel").first.click()
        expect(page.get_by_role("heading", name="For you")).to_be_visible()
        page.goto("/saved")
        expect(car(page, saved)).to_be_visible()

        sign_in(page, "john46@example.com")
        expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()
        assert saved not in known(page), "nothing is taken over before it is wanted"
        page.goto("/saved")
        someone.settle()
        expect(car(page, saved)).to_have_count(0)
        expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()

        page.get_by_role("button", name="Bring it along").click()
        expect(page.get_by_role("heading", name=QUESTION)).to_have_count(0)
        expect(page.get_by_text("counts for your account now", exact=False).first).to_be_visible()
        expect(car(page, saved)).to_be_visible()
        page.reload()
        expect(car(page, saved)).to_be_visible()
        expect(page.get_by_role("heading", name=QUESTION)).to_have_count(0)


def test_a_visit_left_behind_stays_behind(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        saved = look_around(page, "Kia")
        soon(page, lambda: saved in known(page))
        sign_in(page, "john47@example.com")
        page.get_by_role("button", name="Leave it behind").click()
        expect(page.get_by_role("heading", name=QUESTION)).to_have_count(0)
        page.goto("/saved")
        someone.settle()
        expect(car(page, saved)).to_have_count(0)
        expect(page.get_by_role("heading", name=QUESTION)).to_have_count(0)
        assert saved not in known(page)

        page.get_by_role("button", name="Sign out").click()
        page.goto("/saved")
        expect(page.get_by_text("No saved cars yet", exact=False)).to_be_visible()
