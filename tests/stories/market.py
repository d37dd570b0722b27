"""What an operator does while shoppers look: puts cars up for sale, changes them, sells them."""

from uuid import uuid4

from tests.stories.conftest import Demo


def put(demo: Demo, **stated: object) -> int:
    """Put a car up for sale and return its id; what is not stated is a modest Octavia's."""
    listing = {
        "ref": f"story-{uuid4()}", "brand": "Skoda", "model": "Octavia",
        "name": "Skoda Octavia Combi 2.0 TDI", "year": 2020, "selling_price": 17900,
        "km_driven": 84000, "fuel": "Diesel", "transmission": "Manual", "body": "Estate",
        "power_hp": 150, "colour": "Grey", "region": "Bremen", "latitude": 53.08,
        "longitude": 8.8, **stated,
    }  # fmt: skip
    with demo.client("operator@example.com") as operator:
        answer = operator.post("/api/v1/listings", json=[listing]).raise_for_status()
    return answer.json()["ids"][0]


def change(demo: Demo, car_id: int, **stated: object) -> None:
    """Change what is stated of a car, as its price or its status."""
    with demo.client("operator@example.com") as operator:
        operator.patch(f"/api/v1/listings/{car_id}", json=stated).raise_for_status()
