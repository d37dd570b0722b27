"""What shoppers type in three languages, and the filters it becomes."""

import pytest

from carousel.domain.phrase.amounts import Terms
from carousel.domain.phrase.dictionary import dictionary_of
from carousel.domain.phrase.names import Names, Region, names_of
from carousel.domain.phrase.reading import read
from carousel.domain.phrase.settling import filters_of
from tests.domain.phrase.names_for_sale import NOW, dictionary

KNOWN = dictionary()

PHRASES = {
    # makes and models, well and badly spelled
    "skoda": "brand=Škoda",
    "Škoda": "brand=Škoda",
    "ŠKODA OCTAVIA": "brand=Škoda model=Octavia",
    "scoda octavia combi tdi 2019 under 15k": (
        "brand=Škoda* model=Octavia body=estate fuel=diesel min_year=2019 max_year=2019 "
        "max_price=15000"
    ),
    "škodovka kombi": "brand=Škoda body=estate",
    "vw golf": "brand=Volkswagen model=Golf",
    "volkswagon pasat": "brand=Volkswagen* model=Passat*",
    "golf plus": "model=Golf Plus",
    "mercedez bens e klasse": "brand=Mercedes-Benz* model=E-Class",
    "alfa romoe giulia": "brand=Alfa Romeo* model=Giulia",
    "hyundia i30": "brand=Hyundai* model=i30",
    "porche 911": "brand=Porsche* model=911",
    "octavai": "model=Octavia*",
    "range rover sport": "model=Range Rover Sport",
    "land rover discovery": "brand=Land Rover model=Discovery",
    "citroen c3": "brand=Citroën model=C3",
    "t roc": "model=T-Roc",
    "vw id3": "brand=Volkswagen model=ID.3",
    # names that are numbers, and numbers that are none
    "bmw 320": "brand=BMW model=3 Series",
    "bmw 320d touring": "brand=BMW model=3 Series body=estate",
    "3er bmw": "model=3 Series brand=BMW",
    "řada 3": "model=3 Series",
    "audi a4": "brand=Audi model=A4",
    "audi 80": "brand=Audi model=80",
    "audi 80 000 km": "brand=Audi max_mileage=80000",
    "peugeot 208": "brand=Peugeot model=208",
    "peugeot 2008": "brand=Peugeot model=2008",
    "peugeot 308 2008": "brand=Peugeot model=308 min_year=2008 max_year=2008",
    "peugeot 208 or 308": "brand=Peugeot model=208 model=308",
    "mazda 3": "brand=Mazda model=3",
    "mazda 3 150 ps": "brand=Mazda model=3 min_power=150",
    "mazda cx-5 2.2": "brand=Mazda model=CX-5 -2.2",
    "fiat 500 under 5000": "brand=Fiat model=500 max_price=5000",
    "fiat under 500": "brand=Fiat max_price=500",
    "500": "-500",
    "mercedes c class": "brand=Mercedes-Benz model=C-Class",
    "c-klasse": "model=C-Class",
    "mercedes c 220 cdi": "brand=Mercedes-Benz model=C-Class fuel=diesel",
    "tesla model 3 2021": "brand=Tesla model=Model 3 min_year=2021 max_year=2021",
    "vw up!": "brand=Volkswagen model=up!",
    "golf up to 9000": "model=Golf max_price=9000",
    "ford ka": "brand=Ford model=Ka",
    "golf 7 150 ps 100 000 km": "model=Golf min_power=150 max_mileage=100000 -7",
    # prices
    "Škoda do 15 tisíc": "brand=Škoda max_price=15000",
    "15k": "max_price=15000",
    "15 000": "max_price=15000",
    "15.000 €": "max_price=15000",
    "€15,000": "max_price=15000",
    "14.990,00 EUR": "max_price=14990",
    "bis 10 tausend euro": "max_price=10000",
    "1.5 million": "max_price=1500000",
    "between 5000 and 10000 €": "min_price=5000 max_price=10000",
    "10 - 15 tisíc": "min_price=10000 max_price=15000",
    "10000 bis 15000": "min_price=10000 max_price=15000",
    "levnější než 8000": "max_price=8000",
    "mindestens 5000 Euro": "min_price=5000",
    "15 000 Kč": "-15 000 Kč",
    "under 2000": "max_price=2000",
    # years and age
    "2019": "min_year=2019 max_year=2019",
    "from 2015": "min_year=2015",
    "ab 2018": "min_year=2018",
    "ab Baujahr 2018": "min_year=2018",
    "od roku 2015": "min_year=2015",
    "do 2010": "max_year=2010",
    "bis 2010": "max_year=2010",
    "2015-2018": "min_year=2015 max_year=2018",
    "od 2015 do 2018": "min_year=2015 max_year=2018",
    "2018+": "min_year=2018",
    "2018 a novější": "min_year=2018",
    "EZ 06/2018": "min_year=2018 max_year=2018",
    "2018 or 2019": "min_year=2018 max_year=2019",
    "not older than 5 years": "min_year=2021",
    "nicht älter als 2015": "min_year=2015",
    "starší než 10 let": "max_year=2016",
    "5 Jahre Garantie": "-5 Jahre -Garantie",
    "2031": "max_price=2031",
    # kilometres and power
    "estate less than 100 000 km": "body=estate max_mileage=100000",
    "do 100 tis. km": "max_mileage=100000",
    "100tkm": "max_mileage=100000",
    "under 60k miles": "max_mileage=96561",
    "najeto do 120 000": "max_mileage=120000",
    "150 hp": "min_power=150",
    "110 kW": "min_power=149",
    "unter 150 PS": "max_power=150",
    "100-150 koní": "min_power=100 max_power=150",
    # words
    "automatic petrol suv": "transmission=automatic fuel=petrol body=suv",
    "bmw automatik diesel unter 20.000 € ab 2018": (
        "brand=BMW transmission=automatic fuel=diesel max_price=20000 min_year=2018"
    ),
    "plug-in hybrid": "fuel=plugin_hybrid",
    "diesel or petrol": "fuel=diesel fuel=petrol",
    "deisel autmoatic": "fuel=diesel* transmission=automatic*",
    "udner 10000": "max_price=10000*",
    "red": "colour=Red",
    "rotes cabrio": "colour=Red body=convertible",
    "červené kombi": "colour=Red body=estate",
    "dunkelblau oder schwarz": "colour=Blue colour=Black",
    "pink": "-pink",
    "1. Hand": "max_owners=1",
    "second hand golf": "model=Golf",
    "von privat": "seller_type=individual",
    "autobazar": "seller_type=dealer",
    "no diesel": "-no diesel",
    "nicht rot": "-nicht rot",
    "bez automatu": "-bez automatu",
    "Navi Leder AHK": "-Navi -Leder -AHK",
    "7 seats": "-7 seats",
    # places
    "Brno": "region=Brno",
    "aus München": "region=Munich",
    "budějovice": "region=České Budějovice",
    "near Brno": "near_latitude=49.1950 near_longitude=16.6070 radius_km=50",
    "30 km od Brna": "near_latitude=49.1950 near_longitude=16.6070 radius_km=30",
    "im Umkreis von 100 km um Berlin": (
        "near_latitude=52.5200 near_longitude=13.4050 radius_km=100"
    ),
    # whole sentences
    "VW Passat Variant 2.0 TDI 2017 Automatik Navi": (
        "brand=Volkswagen model=Passat body=estate fuel=diesel min_year=2017 max_year=2017 "
        "transmission=automatic -2.0 -Navi"
    ),
    "Kombi Diesel Automatik ab 2019 unter 150 PS bis 100.000 km": (
        "body=estate fuel=diesel transmission=automatic min_year=2019 max_power=150 "
        "max_mileage=100000"
    ),
    "hledám rodinné auto automat benzín od 2016 najeto do 120 000": (
        "body=mpv transmission=automatic fuel=petrol min_year=2016 max_mileage=120000"
    ),
    "koupím škodovku v dobrém stavu do 100 tis": "brand=Škoda max_price=100000 -stavu",
    "I am looking for a red estate for the family": "colour=Red body=estate -family",
    # nothing at all
    "": "",
    "the a of und nebo": "",
    "qwertz": "-qwertz",
    "<script>alert(1)</script>": "-script -alert -1 -script",
    "'; drop table cars; --": "-drop -table",
    "🚗 bmw 🚙": "brand=BMW",
}


def told(text, known=KNOWN, terms=NOW):
    """Return a reading on one line: chips, a star where mistyped, and what was ignored."""
    found = read(text, known, terms)
    chips = [f"{one.name}={one.value}{'*' * one.corrected}" for one in found.chips]
    return " ".join([*chips, *(f"-{said}" for said in found.ignored)])


@pytest.mark.parametrize(("text", "meant"), PHRASES.items())
def test_a_phrase_is_read_as_a_person_would(text, meant):
    assert told(text) == meant


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("cheapest octavia", "price"),
        ("günstiger Golf", "price"),
        ("nejlevnější fabia", "price"),
        ("neueste", "newest"),
        ("low mileage", "mileage"),
        ("málo najeto", "mileage"),
        ("most powerful audi", "-power"),
        ("best deals", "verdict"),
        ("nearest to Brno", None),  # nearest of everywhere is no circle
        ("nearest, within 20 km of Brno", "distance"),
        ("not cheap", None),
        ("skoda", None),
    ],
)
def test_a_phrase_may_ask_for_an_order(text, sort):
    assert read(text, KNOWN, NOW).sort == sort


def test_a_chip_holds_the_shoppers_own_words():
    text = "Rote Škoda  unter 20.000 €!"
    chips = read(text, KNOWN, NOW).chips
    assert [one.text for one in chips] == ["Rote", "Škoda", "unter 20.000 €"]
    assert [text[one.start : one.end] for one in chips] == [one.text for one in chips]


def test_of_two_prices_the_last_one_counts_and_the_first_is_told():
    found = read("under 15000 under 12000", KNOWN, NOW)
    assert [(one.name, one.value) for one in found.chips] == [("max_price", "12000")]
    assert found.ignored == ("under 15000",)


def test_a_price_in_another_currency_is_not_taken_for_ours():
    assert told("200 000 Kč", terms=Terms(2026, "CZK")) == "max_price=200000"
    assert told("$9,000") == "-$9,000"


def test_prices_of_a_cheap_and_of_a_dear_marketplace_are_read_alike():
    assert told("under 5 lakh", terms=Terms(2026, "INR")) == "max_price=500000"


def test_a_series_is_all_its_models_where_cars_are_named_by_their_engines():
    cars = [("BMW", "318", 3), ("BMW", "320", 9), ("BMW", "520", 5)]
    cars += [("Mercedes-Benz", "C 180", 4), ("Mercedes-Benz", "C 220", 6)]
    known = dictionary_of(names_of(cars, [], []))
    assert told("3er bmw", known) == "model=320 model=318 brand=BMW"
    assert told("c klasse", known) == "model=C 220 model=C 180"
    assert told("bmw 320d", known) == "brand=BMW model=320"
    assert told("mercedes c220d", known) == "brand=Mercedes-Benz model=C 220"


def test_a_colour_is_found_in_the_language_of_the_marketplace():
    known = dictionary_of(Names(colours=(("rot", 9), ("Rot metallic", 2), ("modrá", 4))))
    assert told("red or blue", known) == "colour=rot colour=modrá"


def test_nothing_for_sale_leaves_the_words_that_need_no_names():
    assert told("skoda diesel", dictionary_of(Names())) == "fuel=diesel -skoda"


def test_a_place_that_is_called_like_a_model_is_known_by_what_stands_before_it():
    known = dictionary_of(Names(regions=(Region("Ibiza", 3, 38.9, 1.4),), makes=(("SEAT", 5),)))
    assert told("near Ibiza", known).startswith("near_latitude=38.9000")


def test_filters_of_every_phrase_of_the_table_are_valid():
    for text in PHRASES:
        filters_of(read(text, KNOWN, NOW).chips)
