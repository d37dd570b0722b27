"""Similar cars say what they have otherwise, and the same as a trade-off says of the same car."""

import pytest

NUMBERS = ("selling_price", "year", "km_driven", "power_hp")
KINDS = ("brand", "model", "body", "fuel", "transmission")


def get(client, path):
    answer = client.get(f"/api/v1/cars/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("number", [7, 12, 20])  # number 7 states no mileage
def test_differences_are_those_of_the_two_cards(api, client, number):
    car = get(client, f"detail/{api.ids[number]}")
    others = get(client, f"{api.ids[number]}/similar?limit=29")["similar"]
    assert len(others) > 10
    for other in others:
        assert other["differences"] == {
            name: other[name] - car[name]
            for name in NUMBERS
            if None not in (other[name], car[name]) and other[name] != car[name]
        }
        assert other["different"] == [name for name in KINDS if other[name] != car[name]]


def test_a_trade_off_tells_the_same_of_the_same_car(api, client):
    path = str(api.ids[20])
    found = {one["id"]: one for one in get(client, f"{path}/similar?limit=29")["similar"]}
    cheaper = get(client, f"{path}/trade-offs?toward=cheaper&limit=20")["trade_offs"]
    assert cheaper
    for one in cheaper:
        assert one["gained"] | one["given_up"] == found[one["id"]]["differences"]
        assert one["different"] == found[one["id"]]["different"]


def test_a_sold_car_is_still_compared(api, client, operator):
    sold = api.ids[3]
    operator.patch(f"/api/v1/listings/{sold}", json={"status": "sold"})
    others = get(client, f"{sold}/similar")["similar"]
    operator.patch(f"/api/v1/listings/{sold}", json={"status": "active"})
    assert others
    assert all(other["differences"] or other["different"] for other in others)
