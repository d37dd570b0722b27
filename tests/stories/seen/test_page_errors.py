"""What breaks in the page reaches those who can mend it, without whom it broke for."""

import json
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.observability.kent_server import Kent
from tests.stories.browsing import PHONE, soon, visit
from tests.stories.conftest import Demo

ERRORS, SEARCH = "/api/v1/errors", "**/api/v1/cars/search?**"
REQUEST = "0123456789abcdef" * 2
SHOPPER = "john3@example.com"
LOGGED = ("Failed to load resource", "TypeError")


def broken(route: Route) -> None:
    """Answer a search with a car that is none."""
    route.fulfill(json={"listings": [None], "total": 1})


def failed(route: Route) -> None:
    body = {"title": "It broke", "status": 500, "detail": "It broke.", "code": "internal_error"}
    headers = {"Content-Type": "application/problem+json", "X-Request-Id": REQUEST}
    route.fulfill(status=500, headers=headers, body=json.dumps(body))


def asked_of(page: Page) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def told_errors(demo: Demo) -> list[str]:
    """Return the lines of the API that tell of a report."""
    logs = Path(demo.environment["CAROUSEL_DATA_DIRECTORY"]) / "logs"
    lines = [one for file in logs.glob("api-*.log") for one in file.read_text().splitlines()]
    assert any('"request"' in one for one in lines)
    return [one for one in lines if f'"{ERRORS}"' in one]


def of_pages(sentry: Kent) -> list[dict]:
    return [one for one in sentry.reports() if one["tags"]["kind"] == "page"]


def test_an_error_of_the_page_is_told_with_its_place_and_nobody(traced, browser):
    demo, sentry = traced.demo, traced.sentry
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = LOGGED
        page = someone.page
        asked = asked_of(page)
        someone.log_in(SHOPPER)
        page.goto("/search?brand=Skoda&min_year=2011")
        someone.settle()
        assert not [url for url in asked if "/assets/reports-" in url], "nothing broke yet"
        page.route(SEARCH, broken)
        page.goto("/search?brand=Skoda&min_year=2011&sort=price_asc")
        soon(page, lambda: of_pages(sentry))
        soon(page, lambda: [url for url in asked if "/assets/reports-" in url])
        soon(page, lambda: told_errors(demo))
    report, text = of_pages(sentry)[0], json.dumps(of_pages(sentry))
    cause = report["exception"]["values"][0]
    assert cause["type"] == "TypeError"
    assert "null" in cause["value"]
    frames = [one for one in cause["stacktrace"]["frames"] if one["in_app"]]
    assert all(one["filename"].startswith("/assets/") for one in frames)
    assert all(one["lineno"] and one["colno"] for one in frames)
    assert report["transaction"] == "/search"
    assert report["release"].startswith("carousel@")
    assert not {"user", "request", "breadcrumbs", "extra"} & report.keys()
    for secret in (SHOPPER, "Skoda", "2011", "brand", "price_asc", "127.0.0.1", "eyJ", "Mozilla"):
        assert secret not in text, secret


def test_a_request_that_failed_is_told_by_its_id(traced, browser):
    demo, sentry = traced.demo, traced.sentry
    with visit(browser, demo.url, size=PHONE) as someone:
        someone.expected = LOGGED
        page = someone.page
        page.route(SEARCH, failed)
        page.goto("/search?brand=Audi")
        expect(page.get_by_role("alert").first).to_contain_text("Something went wrong on our side")

        def told() -> list[dict]:
            return [one for one in of_pages(sentry) if "request_id" in one["tags"]]

        soon(page, told)
    (report,) = told()
    assert report["tags"]["request_id"] == REQUEST
    assert report["exception"]["values"][0]["value"] == "500 internal_error"
