"""The import as a whole: what it writes and reports; a second time changes nothing."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError, UnreadableFileError
from carousel.domain.listing import ListingFacts, Place
from carousel.ingest.importing import Terms, prepare, run
from carousel.ingest.mapping import FileMapping, shipped
from carousel.ingest.report import rejections_file
from tests.ingest.memory_catalogue import MemoryCatalogue

EURO = Terms("EUR")
BY_CONTENT = FileMapping(
    name="plain", fields={"make": "make", "year": "year", "price": "price", "model": "model"}
)
BY_REF = FileMapping(name="keyed", fields={**BY_CONTENT.fields, "ref": {"column": "id"}})
ROW = st.tuples(
    st.sampled_from(["Ford", "Audi", ""]),
    st.sampled_from(["2010", "2011", "2060"]),
    st.sampled_from(["5000", "6000", "free"]),
    st.sampled_from(["A", "B"]),
)


def write(path, rows, header=("make", "year", "price", "model")):
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, *rows])
    return path


def imported(path, catalogue, mapping=BY_CONTENT, terms=EURO, **options):
    return run(prepare(path, terms, mapping, **options), catalogue)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("import")


@given(st.lists(ROW, max_size=30), st.randoms(use_true_random=False))
def test_importing_a_file_again_even_shuffled_changes_nothing(directory, rows, dice):
    catalogue = MemoryCatalogue()
    first = imported(write(directory / "a.csv", rows), catalogue)
    before = dict(catalogue.listings)
    dice.shuffle(rows)
    second = imported(write(directory / "b.csv", rows), catalogue)
    assert (second.new, second.changed, second.unchanged) == (0, 0, first.new)
    assert catalogue.listings == before
    good = [r for r in rows if r[0] and r[1] != "2060" and r[2] != "free"]
    assert first.new == len(good)
    assert first.rejected == len(rows) - len(good) == sum(first.rejected_by_reason.values())


@given(st.lists(st.tuples(st.sampled_from("123"), ROW), max_size=30))
def test_the_last_good_row_of_a_ref_wins_and_a_second_import_changes_nothing(directory, keyed):
    rows = [(key, *row) for key, row in keyed]
    path = write(directory / "c.csv", rows, ("id", "make", "year", "price", "model"))
    catalogue = MemoryCatalogue()
    first = imported(path, catalogue, BY_REF)
    good = [r for r in rows if r[1] and r[2] != "2060" and r[3] != "free"]
    expected = {f"keyed:{r[0]}": int(r[3]) for r in good}
    assert {ref: facts.price for ref, facts in catalogue.listings.items()} == expected
    assert (first.new, first.replaced) == (len(expected), len(good) - len(expected))
    again = imported(path, catalogue, BY_REF)
    assert (again.new, again.changed, again.unchanged) == (0, 0, len(expected))


def test_a_replaced_row_is_reported_with_the_line_that_replaced_it(tmp_path):
    path = write(
        tmp_path / "f.csv",
        [("1", "Ford", "2010", "5000"), ("1", "Ford", "2010", "4000")],
        ("id", "make", "year", "price"),
    )
    remarks = []
    rules = FileMapping(
        name="k", fields={f: f for f in ("make", "year", "price")} | {"ref": "id"}, source=""
    )
    run(prepare(path, EURO, rules), None, remark=lambda *remark: remarks.append(remark))
    ((outcome, remark),) = remarks
    assert (outcome, remark.number, remark.value) == ("replaced", 2, "1")
    assert remark.reason == "line 3 gives the same listing again"


def test_a_listing_keeps_the_date_the_catalogue_has(tmp_path):
    path = write(tmp_path / "f.csv", [("Ford", "2010", "5000", "Ka")])
    catalogue = MemoryCatalogue()
    begun = datetime.now(UTC)
    imported(path, catalogue)
    (ref,) = catalogue.listings
    assert begun <= catalogue.listings[ref].listed_at <= datetime.now(UTC)
    earlier = begun - timedelta(days=30)
    catalogue.listings[ref] = catalogue.listings[ref].model_copy(update={"listed_at": earlier})
    assert imported(path, catalogue).unchanged == 1
    assert catalogue.listings[ref].listed_at == earlier


def test_a_date_of_the_operators_holds_for_rows_without_one(tmp_path):
    path = write(tmp_path / "f.csv", [("Ford", "2010", "5000", "Ka")])
    catalogue = MemoryCatalogue()
    day = datetime(2025, 5, 1, tzinfo=UTC)
    imported(path, catalogue, terms=Terms("EUR", listed_at=day))
    assert [f.listed_at for f in catalogue.listings.values()] == [day]


def test_a_changed_price_changes_the_listing_that_has_its_ref(tmp_path):
    header = ("id", "make", "year", "price", "model")
    catalogue = MemoryCatalogue()
    imported(write(tmp_path / "a.csv", [("7", "Ford", "2010", "5000", "Ka")], header), catalogue,
             BY_REF)  # fmt: skip
    cheaper = write(tmp_path / "b.csv", [("7", "Ford", "2010", "4500", "Ka")], header)
    report = imported(cheaper, catalogue, BY_REF)
    assert (report.new, report.changed) == (0, 1)
    assert catalogue.listings["keyed:7"].price == 4500


def test_two_sources_with_the_same_numbers_do_not_meet(tmp_path):
    path = write(
        tmp_path / "a.csv",
        [("7", "Ford", "2010", "5000", "Ka")],
        ("id", "make", "year", "price", "model"),
    )
    catalogue = MemoryCatalogue()
    imported(path, catalogue, BY_REF)
    imported(path, catalogue, BY_REF, source="other")
    assert set(catalogue.listings) == {"keyed:7", "other:7"}
    with pytest.raises(ConfigurationError, match="longer than 60 characters"):
        imported(path, catalogue, BY_REF, source="x" * 61)


def test_prices_in_another_currency_need_a_rate(tmp_path):
    path = write(tmp_path / "a.csv", [("Ford", "2010", "500000", "Ka")])
    rupees = BY_CONTENT.model_copy(update={"currency": "INR"})
    catalogue = MemoryCatalogue()
    with pytest.raises(ConfigurationError) as refused:
        imported(path, catalogue, rupees)
    assert "--rate" in str(refused.value)
    assert "CAROUSEL_CURRENCY=INR" in str(refused.value)
    assert not catalogue.listings
    imported(path, catalogue, rupees, Terms("EUR", rate=0.011))
    assert [f.price for f in catalogue.listings.values()] == [5500]
    imported(path, MemoryCatalogue(), rupees, Terms("INR"))


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(tmp_path, rate):
    path = write(tmp_path / "a.csv", [("Ford", "2010", "5000", "Ka")])
    with pytest.raises(ConfigurationError, match="no exchange rate"):
        prepare(path, Terms("EUR", rate=rate), BY_CONTENT)


def test_a_dry_run_reports_and_touches_nothing(tmp_path):
    path = write(tmp_path / "a.csv", [("Ford", "2010", "5000", "Ka"), ("", "2010", "1", "x")])
    report = run(prepare(path, EURO, BY_CONTENT), None)
    assert (report.dry_run, report.read, report.accepted, report.rejected) == (True, 2, 1, 1)


def test_a_header_alone_imports_nothing_and_is_no_failure(tmp_path):
    catalogue = MemoryCatalogue()
    report = imported(write(tmp_path / "a.csv", []), catalogue)
    assert (report.read, report.accepted, catalogue.spaces_asked_for) == (0, 0, 0)


def test_a_space_is_there_after_the_first_import(tmp_path):
    catalogue = MemoryCatalogue()
    imported(write(tmp_path / "a.csv", [("Ford", "2010", "5000", "Ka")]), catalogue)
    assert catalogue.spaces_asked_for == 1


def test_csv_json_lines_and_parquet_of_the_same_rows_are_the_same_listings(tmp_path):
    rows = [
        {"make": "Ford", "year": 2010, "price": 5000.0, "model": "Ka"},
        {"make": "Škoda", "year": 2012, "price": 7000.0, "model": None},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "cars.bin")
    lines = "".join(json.dumps(r) + "\n" for r in rows)
    (tmp_path / "cars.txt").write_text(lines, "utf-8")
    write(tmp_path / "cars.dat", [("Ford", "2010", "5000", "Ka"), ("Škoda", "2012", "7000", "")])
    catalogue = MemoryCatalogue()
    kinds = [imported(tmp_path / f"cars.{end}", catalogue) for end in ("bin", "txt", "dat")]
    assert [(r.kind, r.new, r.unchanged) for r in kinds] == [
        ("Parquet", 2, 0), ("JSON lines", 0, 2), ("CSV", 0, 2),
    ]  # fmt: skip


def test_our_own_records_come_back_as_they_were(tmp_path):
    facts = ListingFacts(
        ref="x-1", make="Skoda", model="Fabia", name="Skoda Fabia Combi", year=2016, price=7900,
        mileage_km=81_000, fuel="petrol", transmission="manual", body="estate", power_hp=90,
        colour="green", seller_type="dealer", seller="D-17", owners=2, status="reserved",
        place=Place(region="Brno", latitude=49.2, longitude=16.6),
        photos=("https://photos.example/1.jpg?a=1,2", "/photos/2.webp"),
        listed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )  # fmt: skip
    path = tmp_path / "ours.jsonl"
    path.write_text(facts.model_dump_json() + "\n", "utf-8")
    catalogue = MemoryCatalogue()
    run(prepare(path, EURO), catalogue)
    assert catalogue.listings == {"x-1": facts}
    flat = facts.model_dump(mode="json", exclude={"place"}) | facts.place.model_dump()
    flat["photos"] = " | ".join(facts.photos)
    write(tmp_path / "ours.csv", [flat.values()], flat.keys())
    assert run(prepare(tmp_path / "ours.csv", EURO), catalogue).unchanged == 1


def test_keys_that_appear_late_in_a_json_file_are_read(tmp_path):
    plain = {"ref": "1", "make": "Ford", "year": 2010, "price": 5000}
    late = {**plain, "ref": "last", "fuel": "diesel"}
    path = tmp_path / "cars.jsonl"
    records = [{**plain, "ref": str(n)} for n in range(500)] + [late]
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    catalogue = MemoryCatalogue()
    run(prepare(path, EURO, shipped()["carousel"]), catalogue)
    assert catalogue.listings["last"].fuel == "diesel"


PEAK_OF_A_DRY_RUN = """
import resource, sys
from pathlib import Path
from carousel.ingest.importing import Terms, prepare, run
report = run(prepare(Path(sys.argv[1]), Terms("EUR")), None)
print(report.accepted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak_megabytes(count):
        path = tmp_path / f"{count}.csv"
        rows = (("Ford", "2010", str(500 + n), f"Ka {n}", "x" * 700) for n in range(count))
        write(path, rows, ("make", "year", "price", "ref", "description"))
        out = subprocess.check_output([sys.executable, "-c", PEAK_OF_A_DRY_RUN, path], text=True)
        accepted, peak = map(int, out.split())
        assert accepted == count
        return peak

    # The file is 29 MB; its rows as dictionaries would be twice that.
    assert peak_megabytes(40_000) - peak_megabytes(10) < 25


def test_no_batch_is_larger_than_a_thousand(tmp_path):
    path = write(tmp_path / "a.csv", [("Ford", "2010", str(n + 1), "Ka") for n in range(2_500)])
    catalogue = MemoryCatalogue()
    imported(path, catalogue)
    assert (len(catalogue.listings), catalogue.largest_batch) == (2_500, 1_000)


def test_progress_never_goes_back_and_ends_at_the_end(tmp_path):
    path = write(tmp_path / "a.csv", [("Ford", "2010", str(n + 1), "Ka") for n in range(5_000)])
    job = prepare(path, EURO, BY_CONTENT)
    seen = []
    run(job, None, advance=seen.append)
    assert seen == sorted(seen)
    assert len(seen) == 6
    assert seen[-1] == job.table.size == path.stat().st_size


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_the_file_of_rejected_rows_has_all_of_them_and_no_formulas(tmp_path, suffix):
    rows = [("Ford", "2010", "=cmd()", "Ka")] * 15 + [("F\udc80rd".encode("utf-8", "replace"),) * 4]
    path = write(tmp_path / "a.csv", rows)
    target = tmp_path / f"bad.{suffix}"
    with rejections_file(target, path) as remark:
        report = run(prepare(path, EURO, BY_CONTENT), None, remark=remark)
    text = target.read_text("utf-8")
    if suffix == "csv":
        told = list(csv.DictReader(text.splitlines()))
        assert told[0]["value"] == "'=cmd()"
    else:
        told = [json.loads(line) for line in text.splitlines()]
        assert told[0]["value"] == "=cmd()"
    assert len(told) == report.rejected == 16
    assert (int(told[0]["line"]), told[0]["column"], told[0]["outcome"]) == (2, "price", "rejected")
    assert len(report.first_rejected) == 10


def test_values_that_no_terminal_can_show_are_reported_escaped(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"make": "\ud800\u001b[31m", "year": 2010, "price": 1, "model": ""}' + "\n")
    report = run(prepare(path, EURO, BY_CONTENT), None)
    assert [r.value for r in report.first_rejected] == [r"\ud800\x1b[31m"]
    report.to_json().encode("utf-8")
    assert json.loads(report.to_json())["first_rejected"][0]["line"] == 1


def test_the_report_never_overwrites_the_file_that_is_imported(tmp_path):
    path = write(tmp_path / "a.csv", [])
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="overwrite"), rejections_file(path, path):
        pass
    assert path.read_bytes() == before
    absent = tmp_path / "no" / "r.csv"
    with (
        pytest.raises(ConfigurationError, match="cannot be written"),
        rejections_file(absent, path),
    ):
        pass


def test_a_refused_file_leaves_the_catalogue_alone(tmp_path):
    catalogue = MemoryCatalogue()
    path = write(tmp_path / "a.csv", [("Ford", "2010", "1")], ("make", "year", "model"))
    with pytest.raises(UnreadableFileError, match="no column 'price'"):
        imported(path, catalogue)
    assert not catalogue.listings


def test_the_report_adds_up(tmp_path):
    rows = [("Ford", "2010", "5000", "Ka")] * 3 + [("Ford", "soon", "5000", "Ka"), ("x",)]
    catalogue = MemoryCatalogue()
    report = imported(write(tmp_path / "a.csv", rows), catalogue)
    told = json.loads(report.to_json())
    assert told["read"] == told["accepted"] + told["rejected"] + told["replaced"] == 5
    assert told["accepted"] == told["new"] + told["changed"] + told["unchanged"] == 3
    assert told["rejected_by_reason"] == {
        "year: is not a number": 1,
        "the row does not have the header's 4 cells": 1,
    }
    assert told["seconds"] >= 0
