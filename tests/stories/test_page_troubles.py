"""Whatever goes wrong on the way, every page comes to an end that a person understands."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.stories.browsing import PHONE, car, ids, visit
from tests.stories.market import change, put

NARROW = {"width": 320, "height": 640}
PAGES = ("/", "/search", "/cars/1", "/saved", "/searches", "/recent", "/hidden", "/updates", "/you")
API, SEARCH = "**/api/v1/**", "**/api/v1/cars/search?**"
LOGGED = ("Failed to load resource",)
ENDED = "Your session has ended."
SAVE = re.compile("^Save")


def problem(status: int, code: str, detail: str, **headers: str) -> Callable[[Route], None]:
    """Answer everything with one problem, as the server states them."""
    body = {"type": f"/problems/{code}", "title": detail, "status": status, "detail": detail}

    def answer(route: Route) -> None:
        route.fulfill(
            status=status,
            headers={"Content-Type": "application/problem+json", **headers},
            json={**body, "code": code},
        )

    return answer


def cut(route: Route) -> None:
    route.abort("connectionrefused")


TROUBLES = {
    "down": (cut, "The server did not answer"),
    "broken": (problem(500, "internal", "It broke."), "Something went wrong on our side"),
    "no JSON": (
        lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway"),
        "Something went wrong on our side",
    ),
}


@pytest.mark.parametrize(("trouble", "sentence"), TROUBLES.values(), ids=TROUBLES)
def test_every_page_says_what_went_wrong_and_tries_again(demo, browser, trouble, sentence):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = LOGGED
        someone.log_in("john30@example.com")
        # In windows of their own, so that all of them run out of patience at the same time.
        windows = {path: someone.page.context.new_page() for path in PAGES}
        for path, page in windows.items():
            page.route(API, trouble)
            page.goto(path)
        for path, page in windows.items():
            expect(page.get_by_role("alert").first, path).to_contain_text(sentence)
            expect(page.locator("[aria-busy=true], .skeleton, .nothing"), path).to_have_count(0)
        for path, page in windows.items():
            page.unroute(API)
            page.bring_to_front()
            for button in page.get_by_role("button", name="Try again").all():
                button.click()
            expect(page.get_by_role("alert"), path).to_have_count(0)
            expect(page.locator("main h1").first, path).to_be_visible()
            page.close()


def test_a_full_server_is_asked_again_when_it_said_so(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = LOGGED
        page = someone.page
        full = problem(429, "too_many_requests", "Too many.", **{"Retry-After": "3"})
        page.route("**/api/v1/cars/**", full)
        page.goto("/search?brand=Skoda")
        alert = page.get_by_role("alert").first
        expect(alert).to_contain_text("Try again in 3 s")
        expect(alert.get_by_role("button")).to_be_disabled()
        page.unroute("**/api/v1/cars/**")
        expect(alert).to_contain_text("Try again in 1 s")
        # Nobody has to press anything.
        expect(page.locator("ul.cars > li").first).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_session_that_has_ended_leaves_a_stranger_with_cars(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = LOGGED
        page = someone.page
        someone.log_in("john31@example.com")
        ended = problem(401, "token_expired", "The session has ended.")

        def refuse(route: Route) -> None:
            if route.request.headers.get("authorization"):
                ended(route)
            else:
                route.continue_()

        page.route(API, refuse)
        page.goto("/")
        expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
        expect(page.locator("ul.cars > li").first).to_be_visible()
        for path in ("/search", "/saved", "/updates", "/you"):
            page.goto(path)
            expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
            expect(page.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)
            expect(page.get_by_role("status").filter(has_text=ENDED)).to_be_visible()
        expect(page.locator("main")).to_contain_text(ENDED)
        expect(page.get_by_text("Nothing is kept about you")).to_have_count(0)


def test_a_session_that_ends_while_the_page_is_open_says_so(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = LOGGED
        page = someone.page
        someone.log_in("john32@example.com")
        page.goto("/search?brand=Skoda")
        someone.settle()
        page.mouse.wheel(0, 1500)
        ended = problem(401, "token_expired", "The session has ended.")
        page.route(
            API,
            lambda route: (
                ended(route) if route.request.headers.get("authorization") else route.continue_()
            ),
        )
        page.locator("ul.cars > li").nth(3).get_by_role("button", name=SAVE).click()
        note = page.get_by_role("status").filter(has_text=ENDED)
        expect(note).to_be_in_viewport()
        page.unroute(API)
        note.get_by_role("link", name="Sign in").click()
        expect(page).to_have_url(re.compile(r"/login\?next=/search"))
        page.get_by_label("E-mail").fill("john32@example.com")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page).to_have_url(re.compile(r"/search\?brand=Skoda"))
        expect(page.get_by_text(ENDED)).to_have_count(0)


def test_what_was_saved_is_waited_for(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        someone.log_in("john33@example.com")
        slow = [True]
        held: list[Route] = []
        page.route(
            "**/users/me/reactions",
            lambda route: held.append(route) if slow[0] else route.continue_(),
        )
        for path in ("/saved", "/hidden"):
            slow[0] = True
            held.clear()
            page.goto(path)
            expect(page.locator(".skeleton").first).to_be_visible()
            page.wait_for_timeout(300)
            expect(page.locator(".nothing")).to_have_count(0)
            slow[0] = False
            for route in held:
                route.continue_()
            expect(page.locator("main .nothing, main .cars > li").first).to_be_visible()
            expect(page.locator(".skeleton")).to_have_count(0)


def test_a_slow_server_is_waited_for_without_a_jump(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        slow = [True]
        held: list[Route] = []
        page.route(
            "**/api/v1/cars/**",
            lambda route: held.append(route) if slow[0] else route.continue_(),
        )
        page.goto("/search?brand=Skoda")
        expect(page.locator(".skeleton").first).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_timeout(1500)
        expect(page.get_by_role("alert")).to_have_count(0)
        slow[0] = False
        for route in held:
            route.continue_()
        expect(page.locator("ul.cars > li").first).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize(("path", "there"), [("/", "ul.cars > li"), ("/cars/1", "article h1")])
def test_who_waits_long_is_told_so_and_nothing_moves(demo, browser, path, there):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        slow = [True]
        held: list[Route] = []
        page.route(
            "**/api/v1/cars/**",
            lambda route: held.append(route) if slow[0] else route.continue_(),
        )
        page.goto(path)
        place = page.locator("main .skeleton, main .waiting").first
        expect(place).to_be_visible()
        before = place.bounding_box()
        told = page.get_by_role("status").filter(has_text="This takes longer than usual")
        expect(told).to_have_count(0)
        expect(told).to_have_count(1)
        expect(told.locator("p")).to_be_in_viewport()
        assert place.bounding_box() == before
        slow[0] = False
        for route in held:
            route.continue_()
        expect(page.locator(there).first).to_be_visible()
        expect(told).to_have_count(0)


def test_a_marketplace_without_cars_says_so(demo, browser):
    lists = (
        "popular", "listings", "recommended", "similar", "refinements", "suggestions", "viewed",
        "notices", "searches", "events", "nearest", "trade_offs",
    )  # fmt: skip

    def emptied(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for name in lists:
            if isinstance(body.get(name), list):
                body[name] = []
        if "total" in body:
            body["total"] = 0
        route.fulfill(response=answer, json=body)

    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.route("**/api/v1/cars/**", emptied)
        for path in ("/saved", "/searches", "/recent", "/hidden", "/updates", "/compare"):
            page.goto(path)
            expect(page.locator("main .nothing")).to_be_visible()
            expect(page.get_by_role("link", name="Find cars")).to_be_visible()
        page.goto("/")
        expect(page.get_by_text("There are no cars to show yet.")).to_be_visible()
        page.goto("/search")
        expect(page.get_by_role("heading", name="There are no cars yet")).to_be_visible()
        page.goto("/cars/1")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("heading", name="Similar cars")).to_have_count(0)


def sideways(page: Page) -> bool:
    """Return whether the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]


HOSTILE = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>"
LONG = ("Verylongword" * 30)[:300]


def test_hostile_and_endless_names_are_only_text(demo, browser):
    """Put up by an operator as any other car, they go all the way through the real servers."""
    hostile = put(demo, brand="Tatra", model="T613", name=f"Tatra T613 {HOSTILE}", colour=HOSTILE)
    endless = put(demo, brand="Tatra", name=f"Tatra {LONG}"[:200])
    try:
        with visit(browser, demo.url, size=NARROW) as someone:
            page = someone.page
            page.goto("/search?brand=Tatra")
            expect(car(page, hostile)).to_contain_text("<script>")
            expect(car(page, endless)).to_contain_text("VerylongwordVerylongword")
            for one in (hostile, endless):
                car(page, one).get_by_role("button", name=re.compile("^Save")).click()
                car(page, one).get_by_role("button", name=re.compile("^Compare")).click()
            paths = ("/search?brand=Tatra", "/saved", "/compare", "/recent", "/you")
            for path in (f"/cars/{hostile}", f"/cars/{endless}", *paths):
                page.goto(path)
                someone.settle()
                expect(page.get_by_text("Tatra").first).to_be_visible()
                assert not sideways(page), path
                assert page.evaluate("window.hacked") is None
                assert page.locator("img[src='x']").count() == 0
            page.goto("/search?brand=Tatra")
            someone.settle()
            car(page, hostile).get_by_role("button", name=re.compile("^Not for me")).click()
            page.get_by_role("menuitem", name="Another reason").click()
            expect(page.get_by_role("button", name="Undo")).to_be_visible()
            page.goto(f"/search?brand={HOSTILE}")
            someone.settle()
            expect(page.get_by_role("heading", level=1)).to_contain_text("<img")
            assert page.evaluate("window.hacked") is None
    finally:
        for one in (hostile, endless):
            change(demo, one, status="withdrawn")


def test_names_of_three_hundred_letters_fit_a_narrow_window(demo, browser):
    def prolonged(route: Route) -> None:
        answer = route.fetch()
        longer = re.sub(r'"(name|model|colour|region)":"[^"]*"', rf'"\1":"{LONG}"', answer.text())
        route.fulfill(response=answer, body=longer)

    with visit(browser, demo.url, size=NARROW) as someone:
        page = someone.page
        page.route(re.compile("/api/v1/cars/(popular|search|detail|[0-9])"), prolonged)
        for path in ("/", "/search?brand=Skoda", "/cars/1"):
            page.goto(path)
            someone.settle()
            expect(page.get_by_text("VerylongwordVerylongword").first).to_be_visible()
            assert not sideways(page), path


def test_a_photo_that_does_not_come_leaves_a_drawing(demo, browser):
    def with_photos(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for listed in body["listings"]:
            listed["photos"] = ["/photos/missing.jpg"]
        route.fulfill(response=answer, json=body)

    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = LOGGED
        page = someone.page
        page.route("**/api/v1/cars/search?**", with_photos)
        page.goto("/search?brand=Skoda")
        someone.settle()
        first = car(page, ids(page)[0])
        expect(first.get_by_role("img", name=re.compile("^Illustration of"))).to_be_visible()
        expect(first.locator("img[src$='missing.jpg']")).to_have_count(0)


def test_an_address_that_is_nothing_leads_back(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = LOGGED
        page: Page = someone.page
        for path in ("/nowhere", "/cars/0", "/cars/abc", "/cars/99999999"):
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_contain_text("is not here")
            expect(page.locator("main a").first).to_be_visible()
        page.goto("/search?min_price=abc&limit=9999&brand=&sort=sideways&near_latitude=x")
        expect(page.locator("ul.cars > li").first).to_be_visible()


def test_where_errors_are_not_reported_nothing_is_loaded_or_sent(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = (*LOGGED, "TypeError")
        page = someone.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.route(SEARCH, lambda route: route.fulfill(json={"listings": [None], "total": 1}))
        with page.expect_event("console", lambda said: said.type == "error"):
            page.goto("/search?brand=Skoda")
        page.unroute(SEARCH)
        page.route(SEARCH, problem(500, "internal_error", "It broke."))
        page.goto("/search?brand=Audi")
        expect(page.get_by_role("alert").first).to_contain_text("Something went wrong on our side")
        page.wait_for_timeout(1_000)
        assert page.locator("meta[name=error-reports]").count() == 0
        assert not [url for url in asked if "/assets/reports-" in url]
        assert not [url for url in asked if url.endswith("/api/v1/errors")]
