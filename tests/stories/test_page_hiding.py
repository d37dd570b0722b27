"""A shopper hides a car: it goes at once, another takes its place, and there is a way back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browsing import PHONE, car, ids, visit

REASONS = [
    "Too expensive", "Too old", "Driven too far", "Too far away", "Not this make",
    "Not this body type", "Another reason",
]  # fmt: skip


def hide(page: Page, car_id: int, reason: str) -> None:
    car(page, car_id).get_by_role("button", name=re.compile("^Not for me")).click()
    page.get_by_role("menuitem", name=reason).click()


def test_a_hidden_car_goes_without_waiting_and_comes_back_to_its_very_place(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/")
        someone.settle()
        before = ids(page)
        # From now on the server hears nothing: whatever happens is the page's own doing.
        page.route("**/api/v1/visitors", lambda _: None)
        page.route("**/api/v1/events", lambda _: None)

        car(page, before[2]).get_by_role("button", name=re.compile("^Not for me")).click()
        expect(page.get_by_role("menuitem")).to_have_text(REASONS)
        page.get_by_role("menuitem", name="Too old").click()
        expect(car(page, before[2])).to_have_count(0)
        after = ids(page)
        assert len(after) == len(before)
        assert after[2] not in before, "another car takes the very place"
        assert after[:2] + after[3:] == before[:2] + before[3:], "nothing else moves"

        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        assert ids(page) == before, "it is back where it was"

        hide(page, before[0], "Too expensive")
        hide(page, before[5], "Another reason")
        expect(car(page, before[5])).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        first, *rest = ids(page)
        assert first not in before, "only what was hidden last is taken back"
        assert rest == before[1:]


def test_a_hidden_car_stays_away_until_it_is_brought_back(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.goto("/search?brand=Opel")
        someone.settle()
        first, second = ids(page)[:2]
        hide(page, first, "Not this make")
        expect(car(page, first)).to_have_count(0)
        page.reload()
        someone.settle()
        assert first not in ids(page), "not even when the page comes back at once"
        hide(page, second, "Too far away")
        expect(car(page, second)).to_have_count(0)

        page.goto("/hidden")
        expect(page.get_by_role("heading", name="Hidden cars")).to_be_visible()
        expect(car(page, first)).to_contain_text("Not this make")
        expect(car(page, second)).to_contain_text("Too far away")
        car(page, first).get_by_role("button", name=re.compile("^Bring back")).click()
        expect(car(page, first)).to_have_count(0)
        page.goto("/search?brand=Opel")
        someone.settle()
        expect(car(page, first)).to_be_visible()
        expect(car(page, second)).to_have_count(0)
        page.get_by_role("link", name=re.compile("1 car you have hidden")).click()
        expect(car(page, second)).to_be_visible()


def test_the_next_car_of_a_result_follows_in_for_a_hidden_one(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/search?brand=Skoda")
        someone.settle()
        before = ids(page)
        found = int(re.sub(r"\D", "", page.get_by_text(re.compile("^[0-9,]+ cars$")).inner_text()))
        assert len(before) == 24 < found
        hide(page, before[2], "Too old")
        expect(page.get_by_text(f"{found - 1:,} cars, 1 hidden", exact=True)).to_be_visible()
        expect(page.locator("ul.cars > li")).to_have_count(24)
        after = ids(page)
        assert after[:-1] == before[:2] + before[3:], "nothing else moves"
        assert after[-1] not in before
        last = page.locator("ul.cars > li").last
        expect(last).to_have_attribute("aria-posinset", "24")
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text(f"{found:,} cars", exact=True)).to_be_visible()
        assert ids(page) == before


# What lies where an element is pressed: itself, or what is over it.
PRESSED = """(one) => {
  const { x, y, width, height } = one.getBoundingClientRect()
  return one.contains(document.elementFromPoint(x + width / 2, y + height / 2))
}"""


@pytest.mark.parametrize("at", [0.3, 0.6, 0.8])
def test_the_message_of_one_car_is_not_over_the_menu_of_the_next(demo, browser, at):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.goto("/search?brand=Opel")
        someone.settle()
        first, _, next_one = ids(page)[:3]
        hide(page, first, "Too old")
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        button = car(page, next_one).get_by_role("button", name=re.compile("^Not for me"))
        button.evaluate(
            "(one, at) => scrollBy(0, one.getBoundingClientRect().top - innerHeight * at)", at
        )
        button.evaluate("(one) => one.click()")
        expect(page.get_by_role("menuitem")).to_have_text(REASONS)
        for reason in page.get_by_role("menuitem").all():
            reason.scroll_into_view_if_needed()
            assert reason.evaluate(PRESSED), "nothing lies over a reason"
        undo = page.get_by_role("button", name="Undo")
        assert undo.evaluate(PRESSED), "nothing lies over the way back"
