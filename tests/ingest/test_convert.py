"""Conversion: every row is a listing or a rejection with a reason, and says why."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError, UnreadableFileError
from carousel.domain.listing import Fuel, ListingFacts, Status
from carousel.ingest.convert import Accepted, content_key, convert, fit
from carousel.ingest.mapping import FileMapping, shipped
from carousel.ingest.rows import Rejection, Row

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OURS = {
    name: name
    for name in ("make", "model", "year", "price", "mileage_km", "fuel", "power_hp", "listed_at")
}
GOOD = {"make": "Ford", "model": "Focus", "year": "2018", "price": "9000", "mileage_km": "50000"}
NASTY = st.sampled_from(
    ["", " ", "NaN", "inf", "-inf", "1e999", "-1", "0", "=1+1", "\x00", "\ud800", "\ufffd", "٣",
     "9" * 400, "x" * 400, "2018-13-45", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
     "1_000", "0x10", "²", "null", "#REF!", "Ford\nFocus", "'; DROP TABLE listing; --", "\u202e"]
)  # fmt: skip
CELL = NASTY | st.text(max_size=30) | st.integers().map(str) | st.floats().map(str)


def mapping(**options):
    fields = {**OURS, **options.pop("fields", {})}
    return FileMapping(name="test", fields=fields, **options)


def plan(chosen=None, columns=tuple(OURS), **options):
    return fit(chosen or mapping(), "cars.csv", columns, NOW, **options)


def convert_one(cells, chosen=None):
    return convert(Row(7, {**GOOD, **cells}), plan(chosen))


def photos_of(text):
    fields = {"photos": {"column": "photos", "optional": True}}
    outcome = convert(
        Row(7, {**GOOD, "photos": text}), plan(mapping(fields=fields), (*OURS, "photos"))
    )
    return outcome.facts.photos if isinstance(outcome, Accepted) else outcome.reason


@pytest.mark.parametrize(
    "text",
    ["https://a.example/1.jpg|/2.jpg", " https://a.example/1.jpg | | /2.jpg|/2.jpg ",
     '["https://a.example/1.jpg", "/2.jpg"]'],
)  # fmt: skip
def test_photos_are_a_json_list_or_stand_between_bars(text):
    assert photos_of(text) == ("https://a.example/1.jpg", "/2.jpg")


def test_of_many_photos_the_first_twenty_are_kept():
    many = [f"/{number}.jpg" for number in range(30)]
    assert photos_of("|".join(many)) == tuple(many[:20])
    assert photos_of("") == photos_of("[]") == ()


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "//elsewhere.example/1.jpg", "/\\\\elsewhere.example", "1.jpg", "[1]",
     "[", "data:image/png;base64,x", "https://a.example/" + "x" * 500, "https://me@a.example/1.jpg"],
)  # fmt: skip
def test_what_is_no_address_of_a_photo_is_refused(text):
    assert photos_of(text) == "is no list of http addresses"


@pytest.mark.parametrize("name", sorted(shipped()))
@given(st.data())
def test_any_row_is_a_listing_or_a_rejection_with_a_reason(name, data):
    chosen = shipped()[name]
    columns = sorted({c for rule in chosen.fields.values() for c in rule.column or rule.join})
    likely = {"make": "vw", "brand": "vw", "year": "2010", "Year": "2010", "price": "5000"}
    cells = {
        c: data.draw(st.just(likely[c]) | CELL if c in likely else CELL, label=c) for c in columns
    }
    outcome = convert(Row(3, cells), fit(chosen, "f", columns, NOW, rate=0.01))
    assert outcome.number == 3
    if isinstance(outcome, Rejection):
        assert outcome.reason
        assert outcome.column
        assert len(outcome.value) <= 60
    else:
        assert ListingFacts.model_validate(outcome.facts.model_dump()) == outcome.facts
        assert outcome.facts.year <= outcome.facts.listed_at.year + 1
        outcome.facts.model_dump_json().encode()
        assert "\x00" not in outcome.facts.name


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5)), st.randoms())
def test_the_content_key_does_not_depend_on_the_order_of_columns_or_the_place(cells, dice):
    items = list(cells.items())
    dice.shuffle(items)
    assert content_key(Row(1, cells)) == content_key(Row(2, dict(items)))
    assert content_key(Row(1, cells)) == content_key(Row(1, {**cells, "more": " "}))
    assert content_key(Row(1, cells)) != content_key(Row(1, {**cells, "more": "x"}))


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("price", "", "is empty"),
        ("price", "NaN", "is empty"),
        ("price", "#REF!", "is empty"),
        ("price", "free", "is not a number"),
        ("price", "5,000", "is not a number"),
        ("price", "0", "is below 1"),
        ("price", "-5", "is below 1"),
        ("price", "0.4", "is below 1"),
        ("price", "1e999", "is too large"),
        ("price", "2000000000", "is above 1000000000"),
        ("price", "=A1*2", "is a spreadsheet formula, not a value"),
        ("price", "٣٠٠٠", "is not a number"),
        ("year", "2060", "is in the future"),
        ("year", "1800", "is below 1900"),
        ("year", "2018.5", "is not a whole number"),
        ("make", "  ", "is empty"),
        ("make", "\x00Ford", "has characters that cannot be read as utf-8 text"),
        ("make", "F\ufffdrd", "has characters that cannot be read as utf-8 text"),
        ("make", "\udcff", "has characters that cannot be read as utf-8 text"),
        ("make", "x" * 201, "is longer than 200 characters"),
        ("mileage_km", "-1", "is below 0"),
        ("mileage_km", "many", "is not a number"),
        ("fuel", "coal", "is no fuel that the mapping knows"),
        ("power_hp", "9000", "is above 3000"),
        ("listed_at", "yesterday", "is no ISO 8601 date"),
        ("listed_at", "2031-01-01", "is in the future"),
    ],
)
def test_a_bad_value_rejects_its_row_and_names_the_column(column, value, reason):
    outcome = convert_one({column: value})
    assert (outcome.number, outcome.column, outcome.reason) == (7, column, reason)


def test_a_year_is_held_against_the_date_of_the_listing():
    outcome = convert_one({"year": "2018", "listed_at": "2016-03-01"})
    assert outcome.reason == "is later than the year of the listing"
    assert isinstance(convert_one({"year": "2017", "listed_at": "2016-03-01"}), Accepted)


@pytest.mark.parametrize("value", ["9000", " 9000.00 ", "9e3", "+9000", "9000.4", "8999.5"])
def test_prices_are_whole_units_however_they_are_written(value):
    assert convert_one({"price": value}).facts.price == 9000


def test_units_factors_and_rates_multiply():
    rule = {"column": "mileage_km", "factor": 1.609344, "strip": ["mi"]}
    chosen = mapping(fields={"mileage_km": rule}, thousands=",")
    outcome = convert(Row(1, {**GOOD, "mileage_km": "10,000 mi"}), plan(chosen, rate=0.5))
    assert (outcome.facts.mileage_km, outcome.facts.price) == (16093, 4500)


def test_a_value_may_be_left_out_instead_of_rejecting_the_row():
    chosen = mapping(fields={"power_hp": {"column": "power_hp", "max": 900, "otherwise": "omit"}})
    outcome = convert_one({"power_hp": "14009"}, chosen)
    assert outcome.facts.power_hp is None
    assert [o.summary for o in outcome.omitted] == [
        "power_hp: is above 900, the most this mapping believes"
    ]


def test_the_domains_own_limits_leave_out_a_value_too():
    chosen = mapping(fields={"power_hp": {"column": "power_hp", "otherwise": "omit"}})
    outcome = convert_one({"power_hp": "0"}, chosen)
    assert outcome.facts.power_hp is None
    assert [o.reason for o in outcome.omitted] == ["is below 1"]


def test_what_every_listing_needs_is_never_left_out():
    chosen = mapping(fields={"price": {"column": "price", "otherwise": "omit"}})
    assert convert_one({"price": "free"}, chosen).reason == "is not a number"


def test_words_are_translated_whatever_their_case():
    rule = {"column": "fuel", "translate": {"Benzin": "petrol", "k.A.": ""}}
    chosen = mapping(fields={"fuel": rule})
    assert convert_one({"fuel": " BENZIN"}, chosen).facts.fuel is Fuel.PETROL
    assert convert_one({"fuel": "k.a."}, chosen).facts.fuel is None
    assert convert_one({"fuel": "Diesel"}, chosen).facts.fuel is Fuel.DIESEL


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("vw", "Volkswagen"),
        ("merc", "Mercedes-Benz"),
        ("MERCEDES BENZ", "Mercedes-Benz"),
        ("alfa_romeo", "Alfa Romeo"),
        ("Škoda", "Skoda"),
        ("citroën", "Citroen"),
        ("Zhidou", "Zhidou"),
    ],
)
def test_makes_are_spelled_one_way(said, meant):
    assert convert_one({"make": said}).facts.make == meant


def test_a_row_that_is_no_offer_is_refused_with_the_mappings_reason():
    refusal = {"column": "model", "values": ["Trailer"], "reason": "is not a car"}
    outcome = convert_one({"model": " trailer"}, mapping(refuse=[refusal]))
    assert (outcome.column, outcome.reason) == ("model", "is not a car")


@pytest.mark.parametrize(
    ("name", "make", "model"),
    [
        ("Maruti Wagon R LXI Minor", "Maruti", "Wagon R"),
        ("Land Rover Range Rover Evoque 2.2L", "Land Rover", "Range Rover Evoque"),
        ("Ashok Leyland Stile LE", "Ashok Leyland", "Stile"),
        ("Hyundai Verna 1.6 SX", "Hyundai", "Verna"),
        ("OpelCorsa 1.4Gsi", "Opel", "1.4Gsi"),
        ("Tata", "Tata", None),
    ],
)
def test_make_and_model_are_the_first_words_of_a_name(name, make, model):
    cells = {"name": name, "year": "2010", "selling_price": "1000", "km_driven": "1"}
    columns = ("name", "year", "selling_price", "km_driven", "fuel", "seller_type", "transmission",
               "owner")  # fmt: skip
    facts = convert(Row(1, cells), fit(shipped()["cardekho"], "f", columns, NOW)).facts
    assert (facts.make, facts.model, facts.name) == (make, model, name)


def test_a_place_needs_a_region_and_both_coordinates():
    columns = ("ref", "make", "year", "price", "region", "latitude", "longitude", "status")
    fitted = fit(shipped()["carousel"], "f", columns, NOW)
    cells = {**GOOD, "ref": "1", "region": "Kent", "latitude": "51.2", "longitude": "0.7"}
    whole = convert(Row(1, {**cells, "status": "SOLD"}), fitted).facts
    assert (whole.place.region, whole.place.latitude, whole.status) == ("Kent", 51.2, Status.SOLD)
    assert convert(Row(1, {**cells, "latitude": ""}), fitted).facts.place is None
    assert convert(Row(1, {**cells, "latitude": "512"}), fitted).reason == "is above 90.0"


def test_a_missing_column_is_refused_by_name():
    with pytest.raises(UnreadableFileError, match=r"cars.csv has no column 'price'.*--set price="):
        plan(columns=("make", "year", "model", "mileage_km", "fuel", "power_hp", "listed_at"))


def test_a_column_that_comes_twice_is_refused():
    with pytest.raises(UnreadableFileError, match="two columns called 'price'"):
        plan(columns=(*OURS, "Price"))


def test_a_constant_replaces_a_column_and_is_checked_at_once():
    fixed = mapping().with_constants({"make": "vw", "fuel": "diesel"})
    facts = convert(Row(1, GOOD), plan(fixed)).facts
    assert (facts.make, facts.fuel) == ("Volkswagen", Fuel.DIESEL)
    for field, value in [("year", "soon"), ("make", ""), ("fuel", "coal")]:
        with pytest.raises(ConfigurationError, match=f"The {field} '{value}' is"):
            plan(mapping().with_constants({field: value}))
    with pytest.raises(ConfigurationError, match="no field 'wheels'"):
        mapping().with_constants({"wheels": "4"})
