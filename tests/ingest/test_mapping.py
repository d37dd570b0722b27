"""Mappings: the shipped ones, recognition, mistakes in TOML, and the page that explains them."""

import re
from pathlib import Path

import pytest

from carousel.domain.errors import ConfigurationError, UnreadableFileError
from carousel.ingest.importing import Terms, prepare, run
from carousel.ingest.mapping import (
    FIELD_NAMES,
    FieldRule,
    FileMapping,
    load,
    parse_mapping,
    recognise,
    shipped,
)
from tests.ingest.memory_catalogue import MemoryCatalogue

PAGE = (Path(__file__).parents[2] / "docs" / "import.md").read_text("utf-8")
CARDEKHO = [
    "name",
    "year",
    "selling_price",
    "km_driven",
    "fuel",
    "seller_type",
    "transmission",
    "owner",
]


def example(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def test_every_shipped_mapping_is_on_the_page():
    table = PAGE.partition("## Mappings that ship")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(shipped())


def test_every_key_and_field_of_a_mapping_is_on_the_page():
    named = set(re.findall(r"`(?:\[+)?(\w+)(?:\]+)?`", PAGE))
    assert set(FileMapping.model_fields) - named == set()
    assert set(FieldRule.model_fields) - named == set()
    assert set(FIELD_NAMES) - named == set()


def test_the_example_of_the_page_does_what_the_page_says(tmp_path):
    stock, rules = tmp_path / "stock.csv", tmp_path / "mueller.toml"
    stock.write_text(example("csv"), "utf-8")
    rules.write_text(example("toml"), "utf-8")
    catalogue = MemoryCatalogue()
    report = run(prepare(stock, Terms("EUR"), load(str(rules))), catalogue)
    assert (report.new, report.rejected) == (3, 2)
    assert [(r.number, r.column, r.reason) for r in report.first_rejected] == [
        (4, "Preis", "is not a number"),
        (6, "Typ", "is a trailer, not a car"),
    ]
    golf, audi = catalogue.listings["mueller:1001"], catalogue.listings["mueller:1004"]
    assert (golf.name, golf.price, golf.mileage_km) == ("VW Golf Highline", 15_990, 48_200)
    assert (golf.make, golf.fuel, golf.listed_at.isoformat()) == (
        "Volkswagen", "petrol", "2026-02-03T00:00:00+00:00",
    )  # fmt: skip
    assert (audi.mileage_km, audi.power_hp, audi.status) == (None, None, "sold")


def test_a_header_finds_its_mapping_whatever_the_order_and_case():
    assert recognise("f", CARDEKHO).name == "cardekho"
    assert recognise("f", [c.upper() for c in reversed(CARDEKHO)]).name == "cardekho"
    assert recognise("f", [*CARDEKHO, "mileage", "engine", "max_power"]).name == "cardekho"


def test_an_unknown_header_is_refused_with_what_is_known_and_what_was_found():
    with pytest.raises(UnreadableFileError) as refused:
        recognise("cars.csv", ["Marke", "Preis"])
    sentence = str(refused.value)
    assert "cars.csv (Marke, Preis)" in sentence
    assert all(name in sentence for name in shipped())


def test_a_header_that_fits_two_mappings_equally_well_is_refused():
    rules = {"make": "brand", "year": "year", "price": "cost"}
    twins = [FileMapping(name=name, fields=rules) for name in ("one", "two")]
    with pytest.raises(UnreadableFileError, match="one and two; choose one with --mapping"):
        recognise("cars.csv", ["brand", "year", "cost"], twins)


def test_the_more_particular_mapping_wins():
    rules = {"make": "brand", "year": "year", "price": "cost"}
    broad = FileMapping(name="broad", fields=rules)
    narrow = FileMapping(name="narrow", fields={**rules, "fuel": "fuel"})
    assert recognise("f", ["brand", "year", "cost", "fuel"], [broad, narrow]).name == "narrow"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fields = ", "is not valid TOML"),
        ("", "fields: Field required"),
        ("[fields]\nwheels = 'w'", "fields.wheels"),
        ("[fields]\nyear = { colum = 'y' }", "fields.year.colum"),
        ("[fields]\nyear = { }", "exactly one of column, join and constant"),
        ("[fields]\nyear = { column = 'y', constant = 3 }", "exactly one of column"),
        ("[fields]\nyear = { column = 'y', factor = 0 }", "fields.year.factor"),
        ("[fields]\nyear = { column = 'y', factor = nan }", "fields.year.factor"),
        ("decimal = ','\nthousands = ','\n[fields]\nyear = 'y'", "must differ"),
        ("encoding = 'klingon'\n[fields]\nyear = 'y'", "is no text encoding"),
        ("encoding = 'base64'\n[fields]\nyear = 'y'", "is no text encoding"),
        ("currency = 'euro'\n[fields]\nyear = 'y'", "currency"),
        ("fields = 3", "fields"),
    ],
)
def test_a_mistake_in_a_mapping_is_one_sentence(text, said):
    with pytest.raises(ConfigurationError) as refused:
        parse_mapping(text, "mine.toml", "mine")
    assert "mine.toml" in str(refused.value)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_mapping_without_a_price_is_refused_before_anything_is_read(tmp_path):
    path = tmp_path / "cars.csv"
    path.write_text("make,year\nFord,2000\n")
    rules = FileMapping(name="m", fields={"make": "make", "year": "year"})
    with pytest.raises(ConfigurationError, match=r"where the price stands.*--set price="):
        prepare(path, Terms("EUR"), rules)


@pytest.mark.parametrize("name", ["nothing", "absent.toml", "", "a/b"])
def test_a_mapping_that_is_not_there_is_refused(name):
    with pytest.raises(ConfigurationError):
        load(name)


def test_a_mapping_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(str(path))
