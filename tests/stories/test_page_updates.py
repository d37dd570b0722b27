"""What becomes of cars while their shoppers are away or looking: cheaper, sold, new and fitting."""

import re

from playwright.sync_api import Page, expect

from tests.stories.browsing import DESKTOP, PHONE, car, own, soon, visit
from tests.stories.market import change, put


def save(page: Page, car_id: int) -> None:
    """Save a car from its own page, and wait until the server knows it."""
    page.goto(f"/cars/{car_id}")
    button = own(page).and_(page.get_by_role("button", name=re.compile("^Save")))
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    soon(page, lambda: kept(page, car_id))


def kept(page: Page, car_id: int) -> bool:
    """Return whether the server says that a car is saved."""
    return car_id in page.evaluate(
        """async () => {
            const { token } = JSON.parse(localStorage.getItem('carousel.session'))
            const headers = { Authorization: `Bearer ${token}` }
            const answer = await fetch('/api/v1/users/me/reactions', { headers })
            return (await answer.json()).favourites
        }"""
    )


def unseen(page: Page) -> int:
    """Return the count beside the bell."""
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Updates")
    told = re.search(r"(\d+) new", link.inner_text())
    return int(told[1]) if told else 0


def test_a_saved_car_that_gets_cheaper_and_is_sold(demo, browser):
    wanted = put(demo, brand="Lada", model="Niva", name="Lada Niva Legend", selling_price=9900)
    with visit(browser, demo.url, size=PHONE) as someone:
        page = someone.page
        save(page, wanted)
        page.goto("/")
        someone.settle()
        assert unseen(page) == 0

        change(demo, wanted, selling_price=8400)
        soon(page, lambda: unseen(page) == 1)  # told while the page is open
        page.get_by_role("link", name="Updates").first.click()
        expect(page.get_by_role("heading", name="€1,500")).to_be_visible()
        told = page.locator("ul.notices > li").filter(has_text="Lada Niva")
        expect(told).to_contain_text("€8,400")
        expect(told).to_contain_text("€9,900")
        soon(page, lambda: unseen(page) == 0)  # whoever sees it has seen it

        # It is sold while somebody has its page open, and the shelf of saved cars says so.
        page.goto(f"/cars/{wanted}")
        expect(page.get_by_role("button", name="Contact seller")).to_be_visible()
        change(demo, wanted, status="sold")
        page.goto("/saved")
        tombstone = page.get_by_role("article", name="Lada Niva Legend: Sold")
        expect(tombstone).to_be_visible()
        expect(tombstone.get_by_role("heading", name="Closest still for sale")).to_be_visible()
        expect(tombstone.get_by_role("listitem").first).to_contain_text("€")
        soon(page, lambda: unseen(page) >= 1)
        page.goto("/updates")
        expect(page.get_by_role("article", name="Lada Niva Legend: Sold")).to_be_visible()
        expect(page.get_by_role("heading", name="€1,500")).to_have_count(0)
        closest = page.get_by_role("article").get_by_role("listitem").get_by_role("link").first
        closest.click()
        expect(page.get_by_role("button", name="Contact seller")).to_be_visible()

        page.goto(f"/cars/{wanted}")
        expect(page.get_by_text("This car is no longer for sale", exact=False)).to_be_visible()
        expect(
            page.get_by_role("heading", name="Still for sale, and closest to it")
        ).to_be_visible()
        expect(page.get_by_role("button", name="Contact seller")).to_have_count(0)


def test_a_new_car_that_fits_is_told_and_one_that_was_hidden_is_not(demo, browser):
    with visit(browser, demo.url, size=DESKTOP) as someone:
        page = someone.page
        with demo.client() as client:
            found = client.get(
                "/api/v1/cars/search",
                params={"brand": "Porsche", "sort": "-power", "limit": 4, "record": "false"},
            ).json()["listings"]
        assert len(found) == 4, "the marketplace has some"
        for one in found:
            save(page, one["id"])
        pattern = found[0]
        facts = (
            "brand", "model", "name", "year", "km_driven", "fuel", "transmission", "body",
            "power_hp", "colour", "seller_type", "owners",
        )  # fmt: skip
        twin = {name: pattern[name] for name in facts if pattern[name] is not None}
        fresh = put(demo, **twin, selling_price=pattern["selling_price"])
        soon(page, lambda: unseen(page) >= 1)
        page.get_by_role("link", name="Updates").first.click()
        told = page.locator("ul.notices > li").filter(has=page.locator(f'[data-car="{fresh}"]'))
        expect(told).to_contain_text("Close to what you look for")
        told.get_by_role("link").first.click()
        expect(page).to_have_url(re.compile(f"/cars/{fresh}$"))


def test_a_car_withdrawn_while_it_is_listed_leaves_the_open_list(demo, browser):
    with visit(browser, demo.url, size=DESKTOP) as someone:
        page = someone.page
        someone.log_in("john41@example.com")
        page.goto("/")
        someone.settle()
        with page.expect_response(re.compile("/users/me/updates")):
            page.reload()
        someone.settle()
        first = page.locator("ul.cars > li [data-car]").first.get_attribute("data-car")
        change(demo, int(first), status="withdrawn")
        expect(car(page, int(first))).to_have_count(0)


def test_open_pages_hear_that_a_car_is_repriced_and_sold(demo, browser):
    name = "Lada Samara 1300"
    wanted = put(demo, brand="Lada", model="Samara", name=name, selling_price=3900)
    other = put(demo, brand="Lada", model="Samara", name="Lada Samara 1500", selling_price=4100)
    with visit(browser, demo.url, size=PHONE) as someone:
        save(someone.page, wanted)
        paths = {"car": f"/cars/{wanted}", "list": "/search?model=Samara", "saved": "/saved"}
        windows = {path: someone.page.context.new_page() for path in paths}
        for path, page in windows.items():
            with page.expect_response(re.compile("/users/me/updates$")):
                page.goto(paths[path])
            expect(page.get_by_text("€3,900").first).to_be_visible()
        shown, listed, shelf = windows.values()
        contact = shown.get_by_role("button", name=re.compile("^Contact"))
        expect(contact.locator("visible=true").first).to_be_visible()
        expect(car(listed, other)).to_be_visible()
        before = car(listed, other).bounding_box()

        change(demo, wanted, selling_price=3500)
        for page in windows.values():
            expect(page.get_by_text("€3,500").first).to_be_visible()
        expect(shown.get_by_text("The price has changed").first).to_be_visible()

        change(demo, wanted, status="sold")
        banner = shown.get_by_text("Sold. This car is no longer for sale.")
        expect(banner.first).to_be_visible()
        expect(contact).to_have_count(0)
        expect(car(listed, wanted)).to_contain_text("Sold")
        assert car(listed, other).bounding_box() == before, "nothing moves"
        expect(shelf.get_by_role("article", name=f"{name}: Sold")).to_be_visible()
    change(demo, other, status="withdrawn")
