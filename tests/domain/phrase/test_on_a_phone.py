"""What shoppers type in a hurry: nicknames, no gaps, no units, what no filter knows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.phrase.amounts import Terms
from carousel.domain.phrase.dictionary import dictionary_of
from carousel.domain.phrase.names import Model, Names
from carousel.domain.phrase.nicknames import MODELS, NICKNAMES
from carousel.domain.phrase.reading import read
from carousel.domain.phrase.words import forms
from tests.domain.phrase.names_for_sale import NOW, dictionary
from tests.domain.phrase.test_reading import told

KNOWN = dictionary()

PHRASES = {
    # how far a car goes is no filter, and nothing that it has driven
    "400 km Reichweite": "-400 km Reichweite",
    "elektro mit 400km reichweite": "fuel=electric -400km reichweite",
    "range 400 km": "-range 400 km",
    "electric range over 250 miles": "fuel=electric -range over 250 miles",
    "dojezd alespoň 400 km": "-dojezd alespoň 400 km",
    "elektro praha dojezd 300 km": "fuel=electric region=Prague -dojezd 300 km",
    "golf berlin 400 km Reichweite": "model=Golf region=Berlin -400 km Reichweite",
    "range rover sport 50 000 km": "model=Range Rover Sport max_mileage=50000",
    "price range 5000 - 8000": "min_price=5000 max_price=8000",
    "mileage range 50000-100000": "min_mileage=50000 max_mileage=100000",
    # nor are the dates of an inspection and of a warranty
    "golf TÜV 08/2027": "model=Golf -TÜV 08/2027",
    "tüv bis 2027 ab 2015": "min_year=2015 -tüv bis 2027",
    "STK do 2027": "-STK do 2027",
    "TÜV neu 150000 km": "max_mileage=150000 -TÜV",
    "warranty until 2028": "-warranty until 2028",
    "diesel Euro 6 8000 Euro": "fuel=diesel max_price=8000 -Euro 6",
    # electric
    "vollelektrisch": "fuel=electric",
    "vollelektrischer SUV": "fuel=electric body=suv",
    "rein elektrisch": "fuel=electric",
    "fully electric": "fuel=electric",
    "plně elektrické": "fuel=electric",
    "čistě na elektřinu": "fuel=electric",
    "BEV": "fuel=electric",
    "petrol hybrid": "fuel=hybrid",
    "hybrid/petrol": "fuel=hybrid fuel=petrol",
    # gearboxes
    "ručni": "transmission=manual",
    "ruční převodovka": "transmission=manual",
    "golf Schalter": "model=Golf transmission=manual",
    "Handschaltung": "transmission=manual",
    "handgeschaltet": "transmission=manual",
    "auto gearbox": "transmission=automatic",
    "golf auto": "model=Golf transmission=automatic",
    "auto or manual": "transmission=automatic transmission=manual",
    "7 seater auto diesel": "transmission=automatic fuel=diesel -7 seater",
    "petrol auto": "fuel=petrol transmission=automatic",
    "auto do 5000": "max_price=5000",
    "rotes Auto": "colour=Red",
    "škoda auto": "brand=Škoda",
    "fabia auto do města": "model=Fabia",
    # colloquial
    "Škodofka": "brand=Škoda",
    "oktávka kombík": "model=Octavia body=estate",
    "golfík": "model=Golf",
    "fabka": "model=Fabia",
    "passát": "model=Passat",
    "superbík": "model=Superb",
    "Beemer": "brand=BMW",
    "merc c220d": "brand=Mercedes-Benz model=C-Class",
    "Benz": "brand=Mercedes-Benz",
    "320d touring": "model=3 Series body=estate",
    "a 200 hp golf": "min_power=200 model=Golf",
    "hatch back": "body=hatchback",
    "Sportwagen": "-Sportwagen",
    "v Budějovicích": "region=České Budějovice",
    # without gaps
    "2.0tdi 150ps": "fuel=diesel min_power=150 -2.0",
    "15tis": "max_price=15000",
    "bj2018": "min_year=2018 max_year=2018",
    "mazda3": "brand=Mazda model=3",
    "cx5 do15000": "model=CX-5 max_price=15000",
    "golf ab2018 unter15k": "model=Golf min_year=2018 max_price=15000",
    # years
    "bj 18": "min_year=2018 max_year=2018",
    "bj 98": "min_year=1998 max_year=1998",
    "EZ 03/19": "min_year=2019 max_year=2019",
    "r.v. 2017": "min_year=2017 max_year=2017",
    "rv 15-18": "min_year=2015 max_year=2018",
    "od r. 2017": "min_year=2017",
    "2017 a výš": "min_year=2017",
    "rv 2017 do 200tis km": "min_year=2017 max_year=2017 max_mileage=200000",
    "3 yrs old max": "min_year=2023",
    "zwei Jahre alt": "min_year=2024",
    # amounts in words, and without a unit
    "do dvaceti tisíc": "max_price=20000",
    "bis zehntausend Euro": "max_price=10000",
    "under ten thousand": "max_price=10000",
    "najeto do 100": "max_mileage=100000",
    "mileage under 60": "max_mileage=60000",
    "do 400 tisíc": "max_mileage=400000",
    "do 400 tisíc km": "max_mileage=400000",
    "under 250k": "max_mileage=250000",
    "do 100000 km do 300 tis": "max_mileage=100000 max_price=300000",
    "porsche 911 up to 200000": "brand=Porsche model=911 max_price=200000",
    "over 200 000": "min_price=200000",
    "under 900000": "max_price=900000",
    "do 400 tisíc €": "max_price=400000",
    # owners and others
    "1 previous owner": "max_owners=1",
    "po 1. majiteli": "max_owners=1",
    "2nd hand golf": "model=Golf",
    "less then 8000": "max_price=8000",
    "anything but diesel": "-anything but diesel",
}


@pytest.mark.parametrize(("text", "meant"), PHRASES.items())
def test_what_is_typed_in_a_hurry_is_read_as_a_person_would(text, meant):
    assert told(text) == meant


@given(st.integers(50, 1_500), st.sampled_from(["Reichweite", "range", "dojezd", "WLTP"]),
       st.sampled_from(["{reach} {km} km", "{km} km {reach}", "{reach} {km}", "{km}km {reach}"]),
       st.sampled_from(["", "golf ", "Praha ", "elektro "]))  # fmt: skip
@settings(deadline=None)
def test_a_range_never_becomes_a_mileage_or_a_radius(km, reach, form, before):
    chips = read(before + form.format(reach=reach, km=km), KNOWN, NOW).chips
    assert {one.name for one in chips} <= {"model", "region", "fuel"}


@given(st.integers(150, 499))
def test_more_than_cars_cost_is_kilometres_unless_the_money_is_worth_little(thousands):
    text = f"do {thousands} tisíc"
    assert told(text) == f"max_mileage={thousands}000"
    assert told(text, terms=Terms(2026, "CZK")) == f"max_price={thousands}000"


@pytest.mark.parametrize("make", NICKNAMES)
def test_every_nickname_of_a_make_is_that_make(make):
    known = dictionary_of(Names(makes=((make, 5),)))
    for form in forms(NICKNAMES[make]):
        assert told(form, known) == f"brand={make}", form


@pytest.mark.parametrize(("make", "model"), MODELS)
def test_every_nickname_of_a_model_is_that_model(make, model):
    known = dictionary_of(Names(makes=((make, 5),), models=(Model(make, model, 4),)))
    for form in forms(MODELS[make, model]):
        assert ("model", model) in [
            (one.name, one.value) for one in read(form, known, NOW).chips
        ], form


def test_a_nickname_of_what_nobody_sells_is_not_understood():
    assert told("käfer") == "-käfer"


@given(st.sampled_from(["bj", "ez", "rv", "ab", "od", "bis", "do"]), st.integers(2001, 2026))
def test_a_word_and_its_number_are_read_alike_with_and_without_a_gap(word, year):
    said = [(one.name, one.value) for one in read(f"{word} {year}", KNOWN, NOW).chips]
    assert [(one.name, one.value) for one in read(f"{word}{year}", KNOWN, NOW).chips] == said
    assert said
