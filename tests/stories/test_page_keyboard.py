"""A shopper without a mouse: every way through the page by keys, and the focus always in sight."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browsing import DESKTOP, PHONE, car, ids, visit

NARROW = {"width": 320, "height": 640}
LONGEST = 60
"""The most presses of Tab that lead anywhere on a page."""

HIDDEN = """() => {
    const one = document.activeElement
    if (!one || one === document.body) return null
    const box = (one.labels?.[0] ?? one).getBoundingClientRect()
    const shares = [0.02, 0.25, 0.5, 0.75, 0.98]
    const seen = shares.some((x) => shares.some((y) => {
        const hit = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height)
        return hit && (one.contains(hit) || hit.contains(one) && !hit.matches('html, body, main')
            || one.labels?.[0]?.contains(hit))
    }))
    return seen ? null : one.outerHTML.slice(0, 200)
}"""
"""Says what has the focus but lies under something else or out of the window."""


def focused(page: Page) -> str:
    """Return the name of what has the focus, as it is read aloud."""
    return page.evaluate(
        "(document.activeElement.ariaLabel ?? document.activeElement.innerText ?? '').trim()"
    )


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until something of that name has the focus; nothing on the way is out of sight."""
    for _ in range(LONGEST):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        assert page.evaluate(HIDDEN) is None, "what has the focus is in sight"
        if re.search(name, focused(page)):
            return
    pytest.fail(f"no Tab leads to {name!r}")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_search_open_save_and_hide_without_a_mouse(demo, browser, size):
    with visit(browser, demo.url, size=size) as someone:
        page = someone.page
        page.goto("/")
        someone.settle()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        assert page.evaluate(HIDDEN) is None
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("combobox", name="Search for a car")).to_be_focused()

        page.keyboard.type("volvo v60")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name="Volvo V60")).to_be_visible()
        someone.settle()
        page.keyboard.press("/")
        expect(page.get_by_role("combobox", name="Search for a car")).to_be_focused()
        page.keyboard.type("volvo")
        expect(page.get_by_role("option", name=re.compile("^Volvo"))).not_to_have_count(0)
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name="Volvo")).to_be_visible()
        someone.settle()

        page.evaluate("document.querySelector('ul.cars h3 a').focus()")
        first, second = ids(page)[:2]
        tab_to(page, "^Save ")
        page.keyboard.press("Space")
        heart = car(page, first).get_by_role("button", name=re.compile("^Save"))
        expect(heart).to_have_attribute("aria-pressed", "true")

        tab_to(page, "^Not for me")
        page.keyboard.press("Enter")
        expect(page.get_by_role("menu")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("menu")).to_have_count(0)
        assert re.match("^Not for me", focused(page)), "the focus is where it was"
        page.keyboard.press("Enter")
        expect(page.get_by_role("menu")).to_be_visible()
        for reason in ("Too expensive", "Too old"):
            page.keyboard.press("ArrowDown")
            expect(page.get_by_role("menuitem", name=reason)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(f'[data-car="{first}"]')).to_have_count(0)
        link = page.locator(f'[data-car="{second}"] h3 a')
        expect(link).to_be_focused()

        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/cars/{second}$"))
        expect(page.get_by_role("heading", level=1)).to_contain_text("Volvo")
        expect(page.locator("main")).to_be_focused()
        tab_to(page, "^Contact seller")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your interest is noted.", exact=False).first).to_be_focused()


def test_the_cars_are_reached_past_all_the_filters(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        page.goto("/search")
        someone.settle()
        tab_to(page, "^Skip to the cars")
        page.keyboard.press("Enter")
        expect(page.locator("ul.cars > li h3 a").first).to_be_focused()
        assert page.evaluate(HIDDEN) is None


def trapped(page: Page) -> None:
    """Hold a dialog to keep the focus inside, whichever way it goes."""
    for key in ["Tab"] * 12 + ["Shift+Tab"] * 15:
        page.keyboard.press(key)
        assert page.evaluate("Boolean(document.activeElement.closest('[role$=dialog]'))"), key


def test_dialogs_keep_the_focus_and_give_it_back(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.goto("/search?brand=Volvo")
        someone.settle()
        for name, title in [
            ("Filters", "Filters"),
            ("Save search", "Save search"),
            ("^Like this, but", "Like the "),
        ]:
            button = page.get_by_role("button", name=re.compile(name)).first
            button.focus()
            page.keyboard.press("Enter")
            dialog = page.get_by_role("dialog", name=re.compile(f"^{title}"))
            expect(dialog).to_be_visible()
            trapped(page)
            page.keyboard.press("Escape")
            expect(dialog).to_have_count(0)
            expect(button).to_be_focused()


def test_whoever_changes_their_mind_forgets_nothing(demo, browser):
    with visit(browser, demo.url) as someone:
        page = someone.page
        someone.log_in("john45@example.com")
        page.goto("/you")
        button = page.get_by_role("button", name="Forget everything")
        button.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("alertdialog", name="Forget everything you did?")
        expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
        trapped(page)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(button).to_be_focused()
        expect(page.get_by_role("button", name=re.compile("^Forget: ")).first).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_focus_is_never_under_a_bar(demo, browser, size):
    with visit(browser, demo.url, size=size) as someone:
        page = someone.page
        someone.log_in("john45@example.com")
        for path in ("/", "/search?brand=Volvo", "/saved", "/you"):
            page.goto(path)
            someone.settle()
            for key in ["Tab"] * 30 + ["Shift+Tab"] * 25:
                page.keyboard.press(key)
                assert page.evaluate(HIDDEN) is None, f"{key} on {path}"


@pytest.mark.parametrize("size", [DESKTOP, NARROW], ids=["desktop", "narrow"])
def test_what_leads_to_the_comparison_covers_neither_the_focus_nor_the_end(demo, browser, size):
    with visit(browser, demo.url, size=size) as someone:
        page = someone.page
        page.add_init_script("sessionStorage.setItem('carousel.compare', '[1, 2]')")
        for path in ("/", "/search?brand=Volvo", "/cars/3"):
            page.goto(path)
            someone.settle()
            bar = page.get_by_role("link", name="Compare 2 cars")
            expect(bar).to_be_visible()
            for key in ["Tab"] * 45 + ["Shift+Tab"] * 30:
                page.keyboard.press(key)
                assert page.evaluate(HIDDEN) is None, f"{key} on {path}"
            page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            last = page.get_by_label("Appearance").bounding_box()
            over = bar.bounding_box()
            assert last is not None
            assert over is not None
            assert last["y"] + last["height"] <= over["y"], path
