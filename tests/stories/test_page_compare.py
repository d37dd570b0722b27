"""A shopper lays cars side by side, on the narrowest phone as on a desk."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browsing import DESKTOP, car, ids, soon, visit
from tests.stories.market import put

NARROW = {"width": 320, "height": 640}


def rows(page: Page) -> dict[str, list[str]]:
    """Return what the table says, row by row, as read aloud."""
    return dict(
        page.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [row.querySelector('th').innerText.trim(),"
            " [...row.querySelectorAll('td')].map(cell => cell.innerText.trim())])"
        )
    )


def take(page: Page, car_id: int) -> None:
    button = car(page, car_id).get_by_role("button", name=re.compile("^Compare"))
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def test_two_to_four_cars_side_by_side_with_what_differs(demo, browser):
    with visit(browser, demo.url, size=NARROW) as someone:
        page = someone.page
        page.goto("/compare")
        expect(page.get_by_text("Nothing to compare yet")).to_be_visible()
        page.goto("/search?brand=Skoda&fuel=Diesel")
        someone.settle()
        chosen = ids(page)[:5]
        for one in chosen[:4]:
            take(page, one)
        fifth = car(page, chosen[4]).get_by_role("button", name=re.compile("^Compare"))
        fifth.click()
        expect(page.get_by_text("Four cars fit side by side", exact=False).first).to_be_visible()
        expect(fifth).to_have_attribute("aria-pressed", "false")

        page.goto("/compare")
        expect(page.get_by_role("columnheader")).to_have_count(4)
        said = rows(page)
        assert len(set(said["Fuel"])) == 1, "all were asked to be diesels"
        differs = {name for name, cells in said.items() if "differs" in name}
        assert any(name.startswith("Price") for name in differs)
        assert all(len(set(said[name])) > 1 for name in differs)
        assert all(len(set(cells)) == 1 for name, cells in said.items() if name not in differs)
        prices = [
            int(re.sub(r"\D", "", cell.split("✓")[0]))
            for name, cells in said.items()
            if name.startswith("Price (")
            for cell in cells
        ]
        best = [
            "best" in cell
            for name, cells in said.items()
            if name.startswith("Price (")
            for cell in cells
        ]
        assert best == [price == min(prices) for price in prices]

        page.get_by_label("Only what differs").check()
        assert set(rows(page)) == differs
        page.get_by_label("Only what differs").uncheck()
        assert rows(page) == said

        # The table is wider than the window: it moves sideways by itself, the page does not.
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        table = page.get_by_role("region", name="Comparison")
        table.focus()
        page.keyboard.press("ArrowRight")
        soon(page, lambda: table.evaluate("table => table.scrollLeft") > 0)

        for left in (3, 2):
            page.get_by_role("button", name=re.compile("^Remove")).first.click()
            expect(page.get_by_role("columnheader")).to_have_count(left)
        page.reload()
        expect(page.get_by_role("columnheader")).to_have_count(2)
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_text("Nothing to compare yet")).to_be_visible()


def test_saved_cars_are_offered_to_compare(demo, browser):
    with visit(browser, demo.url, size=DESKTOP) as someone:
        page = someone.page
        page.goto("/search?brand=Toyota")
        someone.settle()
        for one in ids(page)[:2]:
            car(page, one).get_by_role("button", name=re.compile("^Save")).click()
        page.goto("/compare")
        for _ in range(2):
            page.get_by_role("button", name=re.compile("^Add Toyota")).first.click()
        expect(page.get_by_role("columnheader")).to_have_count(2)
        expect(page.get_by_role("button", name=re.compile("^Add "))).to_have_count(0)


def test_a_car_of_a_long_name_is_offered_within_the_window(demo, browser):
    long = put(demo, name="Skoda " + "Octavia" * 20 + " with everything")
    with visit(browser, demo.url, size=NARROW) as someone:
        page = someone.page
        page.goto(f"/cars/{long}")
        someone.settle()
        page.get_by_role("button", name=re.compile("^Save")).first.click()
        page.goto("/compare")
        expect(page.get_by_role("button", name=re.compile("^Add Skoda"))).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_one_bar_below_a_car_has_all_that_can_be_done(demo, browser, width):
    with visit(browser, demo.url, size={"width": width, "height": 700}) as someone:
        page = someone.page
        page.add_init_script("sessionStorage.setItem('carousel.compare', '[1, 2]')")
        page.goto("/cars/3")
        someone.settle()
        way = page.get_by_role("link", name="Compare 2 cars")
        bar = page.get_by_role("group", name="Save, compare or ask")
        expect(way).to_have_count(1)
        expect(bar.get_by_role("link")).to_have_accessible_name("Compare 2 cars")
        expect(bar.get_by_role("button", name="Contact seller")).to_be_in_viewport(ratio=1)
        bar.get_by_role("button", name=re.compile("^Compare ")).click()
        expect(bar.get_by_role("link")).to_have_accessible_name("Compare 3 cars")
        assert bar.evaluate("(bar) => bar.scrollWidth <= bar.clientWidth")
        # They stand in one row, and lower ones are the tabs alone.
        tops = bar.locator("a, button").evaluate_all("all => all.map((one) => one.offsetTop)")
        assert len(set(tops)) == 1
        tabs = page.get_by_role("navigation", name="Main").bounding_box()
        box = bar.bounding_box()
        assert tabs is not None
        assert box is not None
        assert abs(box["y"] + box["height"] - tabs["y"]) <= 1

        bar.get_by_role("link").click()
        expect(page.get_by_role("columnheader")).to_have_count(3)
        page.goto("/login")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(way).to_have_count(0)
