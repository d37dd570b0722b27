"""What goes out under HTTP names comes back in as the same facts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.api.listing_view import Card, card, changes, facts, meant, shown
from carousel.domain.listing import (
    Body,
    Fuel,
    Listing,
    ListingFacts,
    Place,
    SellerType,
    Status,
    Transmission,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LINES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40)


def perhaps(strategy):
    return st.none() | strategy


LISTINGS = st.builds(
    Listing,
    id=st.integers(1, 2**63 - 1),
    ref=LINES,
    make=LINES,
    model=perhaps(LINES),
    name=LINES,
    year=st.integers(1900, 2100),
    price=st.integers(1, 10**9),
    mileage_km=perhaps(st.integers(0, 5_000_000)),
    fuel=perhaps(st.sampled_from(Fuel)),
    transmission=perhaps(st.sampled_from(Transmission)),
    body=perhaps(st.sampled_from(Body)),
    power_hp=perhaps(st.integers(1, 3_000)),
    colour=perhaps(LINES),
    seller_type=perhaps(st.sampled_from(SellerType)),
    owners=perhaps(st.integers(0, 99)),
    place=perhaps(
        st.builds(Place, region=LINES, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
    ),
    photos=st.lists(
        st.sampled_from(["https://photos.example/1.jpg?w=800", "/photos/2.webp"]), max_size=20
    ).map(tuple),
    listed_at=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # timezones= makes them aware
    status=st.sampled_from(Status),
)


@given(LISTINGS)
def test_a_card_read_back_is_the_same_listing(listing):
    out = dict(card(listing, "EUR"))
    for only_shown in ("id", "currency", "owner"):
        del out[only_shown]
    read = facts({**out, "ref": listing.ref}, NOON)
    assert isinstance(read, ListingFacts)
    assert read.model_dump() == listing.model_dump(exclude={"id", "revision"})


@given(LISTINGS)
def test_a_card_has_the_declared_fields(listing):
    assert list(card(listing, "EUR")) == list(Card.__annotations__)


@pytest.mark.parametrize("choice", [*Fuel, *Transmission, *Body, *SellerType])
def test_what_is_shown_of_a_choice_is_understood_in_any_case(choice):
    field = {Fuel: "fuel", Transmission: "transmission", Body: "body", SellerType: "seller_type"}
    for text in (shown(choice), shown(choice).upper(), choice.value):
        assert meant(field[type(choice)], text) == choice.value


def test_a_change_of_one_field_is_that_field_alone():
    assert changes({"selling_price": 5}) == {"price": 5}
    assert changes({"status": "sold"}) == {"status": Status.SOLD}
    assert changes({}) == {}


def test_an_unknown_place_forgets_the_place():
    assert changes({"region": None, "latitude": None, "longitude": None}) == {"place": None}


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"selling_price": None}, "selling_price"),
        ({"status": None}, "status"),
        ({"ref": "x"}, "ref"),
        ({"make": "x"}, "make"),
        ({"place": {}}, "place"),
        ({"region": "Brno"}, "latitude"),
        ({"km_driven": -1}, "km_driven"),
        ({"photos": None}, "photos"),
        ({"photos": ["/x"] * 21}, "photos"),
        ({"photos": ["/x", "//elsewhere.example/x"]}, "photos[1]"),
    ],
)
def test_a_mistake_is_told_under_its_http_name(stated, field):
    wrong = changes(stated)
    assert isinstance(wrong, list)
    assert wrong[0].field == field
