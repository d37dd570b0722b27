"""Nobody is shut out: axe finds nothing on any page, in light and dark, however large."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browsing import WEB, Visit, visit
from tests.stories.conftest import Demo

AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = ((320, 640), (768, 1024), (1280, 860))
# What sticks out of the window or of its button, and what can no longer be written into.
CUT = """() => [...document.querySelectorAll('button, a, select, input, h1, h2, h3, dt')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.spoken'))
  .filter((one) => {
    const { left, right } = one.getBoundingClientRect()
    let row = one.parentElement
    while (row && !/auto|scroll/.test(getComputedStyle(row).overflowX)) row = row.parentElement
    const outside = !row && (left < -1 || right > innerWidth + 1) && !one.matches('.skip')
    const texts = getComputedStyle(one).display !== 'inline' && !one.matches('input, select')
    const cut = texts && one.scrollWidth > one.clientWidth + 1 && !one.matches('.brand')
    const narrow = one.matches('input:not([type=checkbox]), select') && one.clientWidth < 120
    return outside || cut || narrow
  })
  .map((one) => one.outerHTML.slice(0, 100))"""

pytestmark = pytest.mark.skipif(
    not AXE.exists(), reason="axe is not installed: ./carousel check-page"
)


def found_by_axe(page: Page, options: dict) -> list[str]:
    """Return what axe finds wrong, one line each."""
    # Through the debugger, for the page's own policy runs no script from elsewhere.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    run = f"axe.run(document, {json.dumps(options)}).then((found) => found.violations)"
    violations = page.evaluate(run)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in violations
        for node in one["nodes"]
    ]


def furnish(demo: Demo, someone: Visit, email: str) -> list[str]:
    """Let a shopper have something on every page; return the addresses of the pages."""
    with demo.client(email) as client:
        some = client.get("/api/v1/cars/popular?limit=5").json()["popular"]
        ids = [one["id"] for one in some]
        events = [
            {"type": "favourite", "listing_id": ids[0]},
            {"type": "dismiss", "listing_id": ids[1], "reason": "too_old"},
            {"type": "view", "listing_id": ids[2]},
        ]
        client.post("/api/v1/events", json=events).raise_for_status()
        kept = {"name": "Skodas", "filters": {"brand": ["Skoda"], "max_price": 20000}}
        client.post("/api/v1/users/me/searches", json=kept).raise_for_status()
    compared = f"sessionStorage.setItem('carousel.compare', '[{ids[2]}, {ids[3]}]')"
    someone.page.evaluate(compared)
    return [
        "/", "/search", "/search?brand=Skoda&min_price=5000", "/search?max_price=1",
        f"/cars/{ids[2]}", "/saved", "/compare", "/searches", "/recent", "/hidden", "/updates",
        "/you", "/login", "/nowhere",
    ]  # fmt: skip


def look(someone: Visit, where: str, found: dict[str, list[str]], **options: object) -> None:
    """Let axe look at what is open: at everything in the light, at what colours do in the dark."""
    every = {"runOnly": {"type": "tag", "values": TAGS}, **options}
    contrast = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    for scheme, looked_for in (("light", every), ("dark", contrast)):
        someone.page.emulate_media(color_scheme=scheme)
        if wrong := found_by_axe(someone.page, looked_for):
            found[f"{where} {scheme}"] = wrong


@pytest.mark.parametrize(("width", "height"), SIZES, ids=[str(width) for width, _ in SIZES])
def test_axe_finds_nothing_on_any_page(demo, browser, width, height):
    found: dict[str, list[str]] = {}
    with visit(browser, demo.url, size={"width": width, "height": height}) as someone:
        page = someone.page
        someone.log_in("john5@example.com")
        for path in furnish(demo, someone, "john5@example.com"):
            page.goto(path)
            someone.settle()
            look(someone, path, found)
            sideways = page.evaluate("document.documentElement.scrollWidth")
            assert sideways <= width, f"{path} scrolls sideways at {width} px"
    assert found == {}


def test_axe_finds_nothing_in_what_opens_over_a_page(demo, browser):
    found: dict[str, list[str]] = {}
    # What opens hangs at the end of the page, beside its landmarks, and has a role of its own.
    beside = {"region": {"enabled": False}}
    with visit(browser, demo.url, size={"width": 390, "height": 844}) as someone:
        page = someone.page
        page.goto("/search?brand=Skoda")
        someone.settle()
        for name, kind in [
            ("Not for me", "menu"),
            ("Like ", "dialog"),
            ("Filters", "dialog"),
            ("Save search", "dialog"),
        ]:
            page.get_by_role("button", name=name).first.click()
            opened = page.get_by_role(kind).first
            expect(opened).to_be_visible()
            expect(opened.locator(".waiting")).to_have_count(0)
            look(someone, name, found, rules=beside)
            page.keyboard.press("Escape")
            expect(page.get_by_role(kind)).to_have_count(0)
        page.get_by_role("combobox", name="Search for a car").fill("octav")
        expect(page.get_by_role("option").first).to_be_visible()
        look(someone, "suggestions", found)
        page.get_by_role("combobox", name="Search for a car").fill("")
        page.get_by_role("button", name="Not for me").first.click()
        page.get_by_role("menuitem").first.click()
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        look(someone, "a message", found)
    assert found == {}


@pytest.mark.parametrize("as_set", ["in the browser", "by a style"])
@pytest.mark.parametrize("width", [320, 390])
def test_twice_as_large_letters_leave_everything_in_reach(demo, browser, width, as_set):
    wrong: dict[str, object] = {}
    with visit(browser, demo.url, size={"width": width, "height": 640}) as someone:
        page = someone.page
        someone.log_in("john12@example.com")
        page.get_by_label("Language").select_option("de")
        if as_set == "in the browser":
            sizes = {"fontSizes": {"standard": 32, "fixed": 26}}
            page.context.new_cdp_session(page).send("Page.setFontSizes", sizes)
        for path in furnish(demo, someone, "john12@example.com"):
            page.goto(path)
            if as_set == "by a style":
                page.evaluate("document.documentElement.style.fontSize = '200%'")
            someone.settle()
            assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
            sideways = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            if sideways > 0 or (cut := page.evaluate(CUT)):
                wrong[path] = sideways or cut
            # What has no room for a word keeps its name.
            for name in ("Start", "Suche", "Gemerkt", "Neues", "Du"):
                expect(
                    page.get_by_role("link", name=name, exact=name == "Du").first
                ).to_be_visible()
            expect(page.get_by_role("button", name="Abmelden")).to_be_in_viewport(ratio=1)
    assert wrong == {}
