"""What is kept of a shopper stands on one page, can be forgotten there, and can be taken away."""

import json
import re

from playwright.sync_api import Page, expect

from tests.stories.browsing import DESKTOP, PHONE, ids, soon, visit


def done(page: Page) -> list[str]:
    """Return what the page says the shopper did, the latest first."""
    events = page.get_by_role("region", name="What you did").get_by_role("listitem")
    return [text.split("\n")[0].strip() for text in events.all_inner_texts()]


def open_three(page: Page) -> list[str]:
    """Search for a make and open three of its cars: four things done."""
    page.goto("/search?brand=Mazda")
    expect(page.locator("ul.cars > li").nth(2)).to_be_visible()
    names = []
    for one in ids(page)[:3]:
        page.goto(f"/cars/{one}")
        expect(page.get_by_role("heading", name="Similar cars")).to_be_visible()
        names.append(page.get_by_role("heading", level=1).inner_text())
    return names


def shown(page: Page, count: int) -> bool:
    page.goto("/you")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(200)
    return len(done(page)) == count


def test_what_a_shopper_did_is_told_and_forgotten(demo, browser):
    with visit(browser, demo.url, size=DESKTOP) as someone:
        page = someone.page
        names = open_three(page)
        soon(page, lambda: shown(page, 4))
        opened = [f"Opened {name}" for name in reversed(names)]
        assert done(page) == [*opened, "Searched for Mazda"]
        likes = page.get_by_role("region", name="What we think you like")
        expect(likes).to_contain_text("From 4 things you did")
        expect(likes).to_contain_text("Mazda")

        page.get_by_role("button", name=f"Forget: Opened {names[1]}").first.click()
        expect(page.get_by_text(f"Forgotten: Opened {names[1]}").first).to_be_visible()
        soon(page, lambda: len(done(page)) == 3)
        expect(likes).to_contain_text("From 3 things you did")
        page.reload()
        someone.settle()
        assert len(done(page)) == 3

        likes.get_by_role("button", name="Forget all about Mazda").click()
        question = page.get_by_role("alertdialog")
        expect(question).to_contain_text(re.compile(r"[12] opened,? and 1 search"))
        question.get_by_role("button", name="Keep it").click()
        assert len(done(page)) == 3
        likes.get_by_role("button", name="Forget all about Mazda").click()
        question.get_by_role("button", name="Forget all about Mazda").click()
        expect(page.get_by_text("Nothing is kept about you yet", exact=False)).to_be_visible()


def test_everything_is_forgotten_after_one_question(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        open_three(page)
        soon(page, lambda: shown(page, 4))
        page.get_by_role("button", name="Forget everything").click()
        page.get_by_role("button", name="Keep it").click()
        assert len(done(page)) == 4
        page.get_by_role("button", name="Forget everything").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Forget everything").click()
        expect(page.get_by_text("Everything you did is forgotten.").first).to_be_visible()
        expect(page.get_by_text("Nothing is kept about you yet", exact=False)).to_be_visible()


def test_a_shopper_takes_their_data_along(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        someone.log_in("john48@example.com")
        page.goto("/you")
        someone.settle()
        with page.expect_download() as started:
            page.get_by_role("button", name="Download").click()
        file = started.value
        assert file.suggested_filename.endswith(".json")
        document = json.loads(file.path().read_text())
        assert document["account"]["email"] == "john48@example.com"
        assert len(document["events"]) >= len(done(page)) > 0
