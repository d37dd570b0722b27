"""Real files, where they lie beside the checkout: what is accepted, what is rejected and why."""

from pathlib import Path

import pytest

from carousel.ingest.importing import Terms, prepare, run
from tests.ingest.memory_catalogue import MemoryCatalogue

CARS = Path(__file__).parents[3] / "shared" / "data" / "cars"

# file: mapping, rows, rejected by reason, set
FILES = {
    "cardekho/car_data.csv": ("cardekho", 4_340, {}, {}),
    "cardekho/Car details v3.csv": ("cardekho", 8_128, {}, {}),
    "autoscout24_de/autoscout24-germany-dataset.csv": (
        "autoscout24_de",
        46_405,
        {"make: does not name a make": 25, "make: is not a car": 8},
        {},
    ),
    "ebay_kleinanzeigen/autos.csv": (
        "ebay_kleinanzeigen",
        18_705,
        {
            "yearOfRegistration: is later than the year of the listing": 665,
            "price: is below 50, the least this mapping believes": 607,
            "brand: does not name a make": 219,
            "price: is above 500000, the most this mapping believes": 2,
            "yearOfRegistration: is below 1900": 1,
            "offerType: somebody looks for a car; none is for sale": 1,
        },
        {},
    ),
    "msrp_catalog/data.csv": (
        "msrp_catalog",
        11_914,
        {"MSRP: 2000 stands for a list price that is not known": 1_036},
        {},
    ),
    "uk_used/audi.csv": ("uk_used", 10_668, {}, {}),
    "uk_used/bmw.csv": ("uk_used", 10_781, {}, {}),
    "uk_used/cclass.csv": ("uk_used", 3_899, {}, {"make": "merc"}),
    "uk_used/focus.csv": ("uk_used", 5_454, {}, {"make": "Ford"}),
    "uk_used/ford.csv": ("uk_used", 17_965, {"year: is in the future": 1}, {}),
    "uk_used/hyundi.csv": ("uk_used", 4_860, {}, {}),
    "uk_used/merc.csv": ("uk_used", 13_119, {}, {}),
    "uk_used/skoda.csv": ("uk_used", 6_267, {}, {}),
    "uk_used/toyota.csv": ("uk_used", 6_738, {}, {}),
    "uk_used/vauxhall.csv": ("uk_used", 13_632, {}, {}),
    "uk_used/vw.csv": ("uk_used", 15_157, {}, {}),
}


def real(file):
    path = CARS / file
    if not path.exists():
        pytest.skip(f"{file} is not here; real files are not part of the repository")
    return path


def imported(file, catalogue, **constants):
    return run(prepare(real(file), Terms("EUR", rate=1.0), constants=constants), catalogue)


@pytest.mark.parametrize("file", FILES)
def test_a_real_file_is_recognised_and_read_to_its_last_row(file):
    mapping, rows, reasons, constants = FILES[file]
    catalogue = MemoryCatalogue()
    report = imported(file, catalogue, **constants)
    assert (report.mapping, report.read) == (mapping, rows)
    assert report.rejected_by_reason == reasons
    assert report.new == len(catalogue.listings) == rows - sum(reasons.values())
    facts = catalogue.listings.values()
    assert all(f.make[0].isupper() or f.make in {"smart", "9ff"} for f in facts)
    assert all(f.mileage_km is not None for f in facts)


@pytest.mark.parametrize("file", ["cardekho/car_data.csv", "ebay_kleinanzeigen/autos.csv"])
def test_a_real_file_a_second_time_changes_nothing(file):
    catalogue = MemoryCatalogue()
    first = imported(file, catalogue)
    second = imported(file, catalogue)
    assert (second.new, second.changed, second.unchanged) == (0, 0, first.new)


def test_german_words_units_and_names_become_ours():
    catalogue = MemoryCatalogue()
    imported("ebay_kleinanzeigen/autos.csv", catalogue)
    first = next(iter(catalogue.listings.values()))
    assert first.model_dump(exclude={"ref"}, exclude_none=True, mode="json") == {
        "make": "Peugeot",
        "name": "Peugeot 807 160 NAVTECH ON BOARD",
        "year": 2004,
        "price": 5_000,
        "mileage_km": 150_000,
        "fuel": "lpg",
        "transmission": "manual",
        "body": "mpv",
        "power_hp": 158,
        "seller_type": "individual",
        "photos": [],
        "listed_at": "2016-03-26T00:00:00Z",
        "status": "active",
    }
    assert any("TÜV" in facts.name for facts in catalogue.listings.values())


def test_british_miles_and_short_names_become_kilometres_and_makes():
    catalogue = MemoryCatalogue()
    imported("uk_used/vw.csv", catalogue)
    golfs = [f for f in catalogue.listings.values() if f.model == "Golf"]
    assert len(golfs) == 4_863
    assert {f.make for f in golfs} == {"Volkswagen"}
    path = real("uk_used/audi.csv")
    imported("uk_used/audi.csv", audis := MemoryCatalogue())
    assert "15735" in path.read_text().splitlines()[1]
    assert next(iter(audis.listings.values())).mileage_km == 25_323


def test_makes_of_two_words_are_whole_in_every_file():
    catalogue = MemoryCatalogue()
    imported("autoscout24_de/autoscout24-germany-dataset.csv", catalogue)
    names = {(f.make, f.model) for f in catalogue.listings.values()}
    assert {("Land Rover", "Discovery Sport"), ("Alfa Romeo", "Giulietta")} <= names
    assert ("Volkswagen", "Golf Variant") in names
