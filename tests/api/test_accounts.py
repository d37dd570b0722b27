"""The marketplace makes its shoppers known."""

import pytest

USERS = "/api/v1/users"


def test_a_shopper_made_known_can_log_in_at_once(operator, client):
    answer = operator.post(USERS, json=[{"email": "ann@example.com", "first_name": "Ann"}])
    assert (answer.status_code, answer.json()) == (200, {"new": 1, "known": 0})
    token = client.post("/api/v1/token/fake-token", json={"email": "ANN@example.com"}).json()
    me = client.get(f"{USERS}/me", headers={"Authorization": f"Bearer {token['token']}"}).json()
    assert (me["first_name"], me["role"]) == ("Ann", "shopper")


def test_known_ones_stay_as_they_are(operator):
    operator.post(USERS, json=[{"email": "eve@example.com", "first_name": "Eve"}])
    again = operator.post(
        USERS, json=[{"email": "EVE@example.com", "first_name": "X"}, {"email": "f@example.com"}]
    )
    assert again.json() == {"new": 1, "known": 1}


def test_an_operator_is_never_made_or_changed_this_way(operator):
    assert operator.post(USERS, json=[{"email": "g@example.com", "role": "operator"}]).json()[
        "code"
    ] == ("invalid_account")
    operator.post(USERS, json=[{"email": "operator@example.com", "first_name": "Mallory"}])
    assert operator.get(f"{USERS}/me").json()["first_name"] != "Mallory"


def test_shoppers_may_not(shopper):
    assert shopper.post(USERS, json=[{"email": "h@example.com"}]).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {}, "ann@example.com", [1], [{}], [{"email": "no address"}], [{"email": "a@b@c"}],
        [{"email": "a@b.c", "first_name": ""}], [{"email": "a" * 300 + "@b.c"}],
        [{"email": "a@b.c", "surname": None}], [{"email": f"{n}@b.c"} for n in range(1_001)],
    ],
)  # fmt: skip
def test_what_is_no_list_of_accounts_is_refused_whole(operator, wrong):
    answer = operator.post(USERS, json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_account")
