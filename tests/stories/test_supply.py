"""What is for sale changes while shoppers look: lists follow, in every process."""

import time
from itertools import count

PATIENCE = 20.0
STEP = 0.02
_numbers = count(1)


def stated(ref: str) -> dict:
    return {
        "ref": ref, "brand": "Zastava", "model": "Koral", "name": "Zastava Koral 55", "year": 1989,
        "selling_price": 1700, "km_driven": 90000, "fuel": "Petrol", "region": "Bremen",
        "latitude": 53.08, "longitude": 8.8,
    }  # fmt: skip


def shown(client, path: str, **query) -> set[int]:
    """Return the ids in a list that was not asked for before, so that none is remembered."""
    query["limit"] = 20 + next(_numbers) % 80
    cars = next(
        iter(client.get(f"/api/v1/cars/{path}", params=query).raise_for_status().json().values())
    )
    return {car["id"] for car in cars}


def soon(holds) -> bool:
    """Return whether something comes to hold, ten times in a row: every process knows."""
    until, times = time.monotonic() + PATIENCE, 0
    while times < 10 and time.monotonic() < until:
        times = times + 1 if holds() else 0
        if not times:
            time.sleep(STEP)
    return times == 10


def test_a_new_car_is_in_the_lists_soon_and_out_of_them_when_sold(demo):
    with demo.client("john7@example.com") as john, demo.client("operator@example.com") as operator:
        first, second = operator.post(
            "/api/v1/listings", json=[stated("supply-1"), stated("supply-2")]
        ).json()["ids"]
        lists = {
            "recommended": lambda: shown(john, "recommendations", brand="Zastava"),
            "similar": lambda: shown(john, f"{first}/similar"),
            "found": lambda: shown(john, "search", brand="Zastava"),
        }
        for name, listed in lists.items():
            assert soon(lambda: second in listed()), name  # noqa: B023 (used at once)
        for _ in range(3):
            event = {"type": "favourite", "listing_id": second}
            john.post("/api/v1/events", json=event).raise_for_status()
        lists["popular"] = lambda: shown(john, "popular", brand="Zastava")
        assert soon(lambda: second in lists["popular"]())

        operator.patch(f"/api/v1/listings/{second}", json={"status": "sold"}).raise_for_status()
        for name, listed in lists.items():
            assert soon(lambda: second not in listed()), name  # noqa: B023 (see above)
