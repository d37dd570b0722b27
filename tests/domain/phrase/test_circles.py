"""A distance beside a place is how far away a car may stand; on a used car it is never driven."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.phrase.reading import read
from tests.domain.phrase.names_for_sale import NOW, dictionary
from tests.domain.phrase.test_reading import told

KNOWN = dictionary()
BRNO, PRAGUE = (
    "near_latitude=49.1950 near_longitude=16.6070",
    "near_latitude=50.0880 near_longitude=14.4210",
)
MUNICH = "near_latitude=48.1370 near_longitude=11.5750"

PHRASES = {
    "v Praze do 20 km": f"{PRAGUE} radius_km=20",
    "Praha do 20 km": f"{PRAGUE} radius_km=20",
    "do 20 km od Prahy": f"{PRAGUE} radius_km=20",
    "do 20 km v Praze": f"{PRAGUE} radius_km=20",
    "Praha +20 km": f"{PRAGUE} radius_km=20",
    "praha+50km": f"{PRAGUE} radius_km=50",
    "Praha a okolí": f"{PRAGUE} radius_km=50",
    "Praha a okolí 30 km": f"{PRAGUE} radius_km=30",
    "u Brna do 20 km": f"{BRNO} radius_km=20",
    "v okruhu 30 km kolem Brna": f"{BRNO} radius_km=30",
    "20 km around Brno": f"{BRNO} radius_km=20",
    "within 10 km Brno": f"{BRNO} radius_km=10",
    "50 miles from Brno": f"{BRNO} radius_km=80",
    "near Munich max 20 km": f"{MUNICH} radius_km=20",
    "im Umkreis von 30 km um München": f"{MUNICH} radius_km=30",
    "München Umkreis 30 km": f"{MUNICH} radius_km=30",
    "Umkreis 30 München": f"{MUNICH} radius_km=30",
    "Raum München": f"{MUNICH} radius_km=50",
    "München und Umgebung": f"{MUNICH} radius_km=50",
    "golf münchen 50km": f"model=Golf {MUNICH} radius_km=50",
    # the only place of the phrase, wherever it stands
    "Praha octavia do 20 km": f"{PRAGUE} radius_km=20 model=Octavia",
    "do 20 km diesel Praha": f"fuel=diesel {PRAGUE} radius_km=20",
    # as many kilometres as a used car has driven
    "Praha do 100 000 km": "region=Prague max_mileage=100000",
    "near Munich under 90k km": f"{MUNICH} radius_km=50 max_mileage=90000",
    "octavia praha 20 km do 150000 km": (f"model=Octavia {PRAGUE} radius_km=20 max_mileage=150000"),
    # of nowhere
    "octavia do 20 km": "model=Octavia -do 20 km",
    "500 km": "-500 km",
    "under 100 miles": "-under 100 miles",
    "near Brno or Prague": f"{BRNO} radius_km=50 -Prague",
    "Praha, Brno do 20 km": f"{BRNO} radius_km=20 -Praha",
    "ne Praha 20 km": "-ne Praha -20 km",
}


@pytest.mark.parametrize(("text", "meant"), PHRASES.items())
def test_a_distance_belongs_to_the_place_beside_it(text, meant):
    assert told(text) == meant


PLACES = st.sampled_from(["Brno", "Praha", "München", "Berlin", "Budějovice"])
FORMS = st.sampled_from([
    "{place} {km} km", "{km}km {place}", "v {place} do {km} km", "{km} km od {place}",
    "bei {place} bis {km} km", "octavia {place} diesel {km} km", "within {km} km of {place}",
])  # fmt: skip


@given(PLACES, st.integers(1, 999), FORMS)
@settings(deadline=None)
def test_fewer_than_a_thousand_kilometres_with_a_place_are_a_radius(place, km, form):
    chips = read(form.format(place=place, km=km), KNOWN, NOW).chips
    assert [one.value for one in chips if one.name == "radius_km"] == [str(km)]
    assert not [one for one in chips if one.name.endswith("_mileage") or one.name == "region"]


@given(PLACES, st.integers(1_000, 999_999), FORMS)
@settings(deadline=None)
def test_more_kilometres_are_always_those_that_a_car_has_driven(place, km, form):
    chips = read(form.format(place=place, km=km), KNOWN, NOW).chips
    assert [one.value for one in chips if one.name.endswith("_mileage")] == [str(km)]
    assert str(km) not in [one.value for one in chips if one.name == "radius_km"]


def test_a_place_and_its_distance_are_one_chip_that_can_be_taken_away_whole():
    chips = read("octavia v Praze do 20 km", KNOWN, NOW).chips
    assert {one.text for one in chips} == {"octavia", "Praze do 20 km"}
