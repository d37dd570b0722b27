"""The page in German and Czech: no English left, numbers as people there write them, and miles."""

import json
import re
from functools import cache

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browsing import DESKTOP, PHONE, WEB, ids, visit
from tests.stories.conftest import Demo

NOUNS = """() => [...document.querySelectorAll(
    'nav a, h1, h2, h4, button, label, legend, summary, dt, main p.note, footer p, select option'
)].filter((one) => !one.closest('[data-car] h3, [lang]:not(html)') && one.checkVisibility())
  .flatMap((one) => [one.innerText, one.ariaLabel, one.title])
  .filter(Boolean).map((text) => text.trim().split('\\n')[0])
  .filter((text) => /[a-z]{3}/i.test(text))"""
"""Returns what a page says in its ways, headings, buttons and labels."""


@cache
def same(language: str) -> frozenset[str]:
    """Return the texts that are written alike in English and another language."""
    alike = set()
    for english in WEB.glob("src/**/words/en.json"):
        other = english.with_name(f"{language}.json")
        alike |= _same(json.loads(english.read_text()), json.loads(other.read_text()))
    return frozenset(alike)


def _same(english: object, other: object) -> set[str]:
    if isinstance(english, dict) and isinstance(other, dict):
        return set().union(*(_same(text, other[name]) for name, text in english.items()))
    return {str(english)} if english == other else set()


def said(page: Page) -> set[str]:
    return set(page.evaluate(NOUNS))


def paths(page: Page) -> list[str]:
    page.goto("/search?brand=Skoda&fuel=Diesel")
    expect(page.locator("ul.cars > li").first).to_be_visible()
    return [
        "/", "/search?brand=Skoda&fuel=Diesel", f"/cars/{ids(page)[0]}", "/saved", "/compare",
        "/searches", "/recent", "/hidden", "/updates", "/you", "/login", "/nowhere",
        "/search?max_price=1",
    ]  # fmt: skip


def named(demo: Demo) -> set[str]:
    """Return the names that nobody translates: makes, models and places."""
    with demo.client() as client:
        facets = client.get("/api/v1/cars/facets").json()
        asked = [{"brand": make["name"]} for make in facets["brands"]]
        of_makes = [client.get("/api/v1/cars/facets", params=one).json() for one in asked]
    models = [model for one in of_makes for model in one["models"]]
    return {one["name"] for one in (*facets["brands"], *models, *facets["regions"])}


def test_no_english_is_left(demo, browser):
    names = named(demo)
    with visit(browser, demo.url, language="en-GB") as someone:
        someone.log_in("john49@example.com")
        english = {}
        for path in paths(someone.page):
            someone.page.goto(path)
            someone.settle()
            english[path] = said(someone.page)
            assert len(english[path]) > 10, "there is something to translate"
        session = someone.page.evaluate("localStorage.getItem('carousel.session')")
    left = {}
    for language, locale in (("de", "de-DE"), ("cs", "cs-CZ")):
        with visit(browser, demo.url, language=locale) as someone:
            page = someone.page
            page.goto("/login")
            page.evaluate("session => localStorage.setItem('carousel.session', session)", session)
            for path, there in english.items():
                page.goto(path)
                someone.settle()
                left[language, path] = [
                    text
                    for text in said(page) & there - same(language)
                    if "@" not in text and not any(name in text for name in names)
                ]
            expect(page.locator("html")).to_have_attribute("lang", language)
    assert {where: texts for where, texts in left.items() if texts} == {}


@pytest.mark.parametrize(
    ("language", "price", "distance"),
    [
        ("en-GB", r"^€\d{1,3}(,\d{3})*$", r"\d{1,3}(,\d{3})*\skm"),
        ("de-DE", r"^\d{1,3}(\.\d{3})*\s€$", r"\d{1,3}(\.\d{3})*\skm"),
        ("cs-CZ", r"^\d{1,3}(\s\d{3})*\s€$", r"\d{1,3}(\s\d{3})*\skm"),
    ],
)
def test_prices_and_distances_are_written_as_people_there_do(
    demo, browser, language, price, distance
):
    with visit(browser, demo.url, size=PHONE, language=language) as someone:
        page = someone.page
        page.goto("/search?brand=Skoda&min_price=10000")
        someone.settle()
        prices = page.locator("ul.cars .price").all_inner_texts()
        assert prices
        assert all(re.match(price, text) for text in prices), prices
        facts = page.locator("ul.cars .facts").all_inner_texts()
        stated = [text for text in facts if "km" in text]
        assert stated
        assert all(re.search(distance, text) for text in stated), stated


def test_who_reads_miles_gets_miles_and_keeps_them(demo, browser):
    with visit(browser, demo.url, size=DESKTOP) as someone:
        page = someone.page
        page.goto("/search?brand=Skoda")
        someone.settle()
        first = ids(page)[0]
        with demo.client() as client:
            km = client.get("/api/v1/cars", params={"id": first}).json()["cars"][0]["km_driven"]
        page.goto(f"/cars/{first}")
        mileage = page.locator("dl > div").filter(has=page.get_by_text("Mileage", exact=True))
        expect(mileage).to_contain_text(f"{km:,} km")
        page.get_by_label("Distances").select_option("mi")
        expect(mileage).to_contain_text(f"{round(km / 1.609344):,} mi")
        page.reload()
        expect(mileage).to_contain_text(f"{round(km / 1.609344):,} mi")
        page.goto("/search?brand=Skoda")
        someone.settle()
        assert not re.search(r"\d km\b", page.locator("main").inner_text())


def test_the_language_changes_at_once_and_stays(demo, browser):
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        page.goto("/")
        someone.settle()
        before = ids(page)
        page.get_by_label("Language").select_option("cs")
        expect(page.get_by_role("navigation", name="Hlavní nabídka")).to_be_visible()
        assert ids(page) == before, "the cars stay where they are"
        page.reload()
        expect(page.get_by_role("navigation", name="Hlavní nabídka")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "cs")
