"""A shopper searches in their own words, keeps the search, and hears of a new car it finds."""

import re

from playwright.sync_api import Page, expect

from tests.stories.browsing import PHONE, car, ids, soon, visit
from tests.stories.market import put


def say(page: Page, text: str) -> None:
    page.get_by_role("combobox", name="Search for a car").fill(text)
    page.get_by_role("button", name="Search", exact=True).click()


def filters(page: Page) -> list[str]:
    return page.get_by_role("list", name="Filters in use").locator("button.chip").all_inner_texts()


def counted(page: Page) -> int:
    """Return how many cars the list says it found."""
    status = page.get_by_role("status").filter(has_text=re.compile(r"\d cars?$"))
    return int(re.sub(r"\D", "", status.inner_text()))


def test_words_become_filters_and_a_saved_search_tells_of_a_new_car(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/")
        say(page, "scoda octavia combi tdi under 25k")
        expect(page.get_by_role("list", name="Filters in use")).to_be_visible()
        someone.settle()
        assert filters(page) == ["Skoda", "Octavia", "Up to €25,000", "Estate", "Diesel"]
        expect(page.get_by_text("Skoda for “scoda”.")).to_be_visible()
        every = page.locator("ul.cars > li")
        narrow = counted(page)
        assert narrow > 0
        expect(every.filter(has_text="Skoda Octavia")).to_have_count(every.count())

        page.get_by_role("button", name="Remove filter Diesel").click()
        expect(page.get_by_role("button", name="Remove filter Diesel")).to_have_count(0)
        someone.settle()
        assert filters(page) == ["Skoda", "Octavia", "Up to €25,000", "Estate"]
        wide = counted(page)
        assert wide > narrow

        page.get_by_role("button", name="Save search").click()
        dialog = page.get_by_role("dialog", name="Save search")
        dialog.get_by_label("Name").fill("A big boot")
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(dialog).to_have_count(0)
        page.get_by_role("button", name="Saved searches").click()
        expect(page.get_by_role("heading", name="Saved searches")).to_be_visible()
        mine = page.get_by_role("listitem").filter(has=page.get_by_text("A big boot"))
        expect(mine).to_contain_text(f"{wide} cars · no new")
        for chip in ("Skoda", "Octavia", "25,000", "Estate"):
            expect(mine).to_contain_text(chip)

        fresh = put(demo, fuel="Petrol", name="Skoda Octavia Combi 1.5 TSI")
        put(demo, selling_price=26000)  # too dear to be found by it

        def told() -> bool:
            page.reload()
            expect(mine).to_be_visible()
            return "1 new" in mine.inner_text()

        soon(page, told)
        expect(mine).to_contain_text(f"{wide + 1} cars")
        page.goto("/")
        expect(page.get_by_role("heading", name="New in your saved searches")).to_be_visible()
        page.goto("/searches")
        mine.get_by_role("link", name="Show A big boot").click()
        expect(page.get_by_role("heading", level=1, name="Skoda Octavia")).to_be_visible()
        expect(car(page, fresh)).to_be_visible()
        page.goto("/searches")
        expect(mine).to_contain_text("no new")

        mine.get_by_role("button", name="Delete A big boot").click()
        expect(page.get_by_text("No saved searches yet")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(mine).to_contain_text(f"{wide + 1} cars")


def test_one_text_after_another_never_ends_in_a_search_that_nobody_meant(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/search")
        say(page, "hydrogen 1990")
        expect(page.get_by_role("button", name="Remove filter Hydrogen")).to_be_visible()
        say(page, "opel corsa")
        expect(page.get_by_role("heading", level=1, name="Opel Corsa")).to_be_visible()
        someone.settle()
        assert filters(page) == ["Opel", "Corsa"]
        assert counted(page) > 0
        expect(
            page.get_by_text("No car is also 1990, Hydrogen: this is a new search.")
        ).to_be_visible()

        say(page, "golf")
        expect(page.get_by_role("heading", level=1, name="Volkswagen Golf")).to_be_visible()
        someone.settle()
        assert filters(page) == ["Volkswagen", "Golf"], "another car takes its place, with its make"
        expect(page.get_by_text("this is a new search")).to_have_count(0)

        say(page, "diesel")
        expect(page.get_by_text("Added to: Volkswagen, Golf.")).to_be_visible()
        someone.settle()
        assert filters(page) == ["Volkswagen", "Golf", "Diesel"]
        page.get_by_role("button", name="Search only for “diesel”").click()
        expect(page.get_by_role("button", name="Remove filter Golf")).to_have_count(0)
        assert filters(page) == ["Diesel"]
        expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_a_make_brings_as_many_cars_as_it_promises(demo, browser):
    def promised(make: str) -> int:
        choice = page.locator("label").filter(has=page.locator(f"input[name=brand][value={make}]"))
        return int(re.sub(r"\D", "", choice.locator(".count").inner_text()))

    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/search?brand=Skoda&model=Octavia&fuel=Diesel")
        expect(page.locator("input[name=brand][value=Audi]")).to_be_visible()
        both = promised("Skoda") + promised("Audi")
        page.locator("input[name=brand][value=Audi]").check()
        expect(page.get_by_role("heading", level=1, name="Skoda or Audi")).to_be_visible()
        someone.settle()
        assert filters(page) == ["Skoda", "Audi", "Diesel"]
        assert counted(page) == both


def test_a_model_under_the_wrong_make_is_found_without_it(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/search?brand=Skoda&model=Golf")
        expect(page.get_by_role("heading", name="No car matches all of this")).to_be_visible()
        expect(
            page.get_by_role("button", name=re.compile("^Without “Skoda” and “Golf”"))
        ).to_be_visible()
        way = page.get_by_role("button", name=re.compile("^Without “Skoda” *[0-9]"))
        cars = int(re.sub(r"\D", "", way.locator("strong").inner_text()))
        way.click()
        heading = page.get_by_role("heading", level=1, name="Golf", exact=True)
        expect(heading).to_be_focused()
        someone.settle()
        assert counted(page) == cars > 0


def test_a_search_that_finds_nothing_says_what_has_to_give_way(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/search?brand=Skoda&max_price=1")
        expect(page.get_by_role("heading", name="No car matches all of this")).to_be_visible()
        way = page.locator(".nothing li button").first
        promised = int(re.sub(r"\D", "", way.locator("strong").inner_text()))
        assert promised > 0
        way.click()
        someone.settle()
        expect(page.locator("ul.cars > li").first).to_be_visible()
        assert counted(page) == promised


def test_words_that_mean_nothing_are_said_to_be_lost(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/")
        say(page, "qwxz")
        expect(page.get_by_text("We did not understand “qwxz”.", exact=False)).to_be_visible()
        say(page, "volvo xylophone")
        expect(page.get_by_role("heading", level=1, name="Volvo")).to_be_visible()
        expect(page.get_by_text("Not understood: xylophone.")).to_be_visible()


def test_a_list_loaded_anew_is_as_long_as_it_was_and_where_it_was(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.goto("/search")
        someone.settle()
        for so_far in (48, 72):
            page.get_by_role("button", name=re.compile("^Load")).click()
            expect(page.locator("ul.cars > li")).to_have_count(so_far)
        before = ids(page)
        page.locator("ul.cars > li").nth(60).scroll_into_view_if_needed()
        someone.settle()
        there = page.evaluate("window.scrollY")
        assert there > 5_000

        page.reload()
        expect(page.locator("ul.cars > li")).to_have_count(72)
        soon(page, lambda: abs(page.evaluate("window.scrollY") - there) < 50)
        assert ids(page) == before

        page.goto("/search?sort=price")
        someone.settle()
        assert page.locator("ul.cars > li").count() == 24, "another list begins at its start"
        assert page.evaluate("window.scrollY") == 0
