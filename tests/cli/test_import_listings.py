"""``carousel import`` from the command line into a real PostgreSQL."""

import json

import psycopg
import pytest

from carousel import cli
from carousel.domain.listing import Status
from carousel.storage import open_catalogue

HEADER = "name,year,selling_price,km_driven,fuel,seller_type,transmission,owner\n"
ROWS = (
    "Maruti 800 AC,2007,60000,70000,Petrol,Individual,Manual,First Owner\n"
    "Skoda Rapid 1.5 TDI,2014,370000,120000,Diesel,Individual,Manual,Second Owner\n"
    "Skoda Rapid 1.5 TDI,2014,370000,120000,Diesel,Individual,Manual,Second Owner\n"
    "Hyundai Verna 1.6 SX,2012,a lot,100000,Diesel,Individual,Manual,First Owner\n"
)


@pytest.fixture
def carousel(database_url, monkeypatch, capsys):
    monkeypatch.setenv("CAROUSEL_DATABASE_URL", database_url)
    monkeypatch.setenv("CAROUSEL_CURRENCY", "INR")

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main(["import", *map(str, arguments)])
        return (ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def cars(tmp_path):
    path = tmp_path / "cars.csv"
    path.write_text(HEADER + ROWS)
    return path


def stored(database_url):
    with psycopg.connect(database_url) as connection:
        return connection.execute("select * from listing order by id").fetchall()


def test_a_file_is_imported_reported_and_the_second_time_changes_nothing(
    carousel, cars, database_url
):
    code, out, _ = carousel(cars)
    assert code == 0
    assert "4 rows of CSV read as cardekho" in out
    assert "3 new, 0 changed, 0 unchanged" in out
    assert '5: selling_price "a lot" is not a number' in out
    before = stored(database_url)
    assert len(before) == 3
    code, out, _ = carousel(cars, "--json")
    again = json.loads(out)
    assert code == 0
    assert (again["new"], again["changed"], again["unchanged"], again["rejected"]) == (0, 0, 3, 1)
    assert stored(database_url) == before
    with open_catalogue(database_url) as catalogue:
        assert catalogue.ensure_space() is not None


def test_a_dry_run_writes_only_the_report(carousel, cars, database_url, tmp_path):
    code, out, _ = carousel(cars, "--dry-run", "--report", tmp_path / "bad.jsonl")
    assert code == 0
    assert "3 would be imported" in out
    assert stored(database_url) == []
    (line,) = (tmp_path / "bad.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "outcome": "rejected",
        "line": 5,
        "column": "selling_price",
        "value": "a lot",
        "reason": "is not a number",
    }


def test_a_refusal_is_one_sentence_and_exit_status_2(carousel, cars, database_url, monkeypatch):
    picture = cars.with_name("car.png")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    refusals = [
        ((picture,), "is a PNG image; nothing was imported"),
        ((cars.with_name("absent.csv"),), "There is no file"),
        ((cars, "--mapping", "uk_used", "--rate", "1"), "has no column"),
        ((cars, "--mapping", "klingon"), "There is no mapping 'klingon'"),
        ((cars, "--set", "make"), "names no value"),
        ((cars, "--encoding", "klingon"), "no text encoding"),
        ((cars, "--rate", "-1"), "no exchange rate"),
        ((cars, "--report", cars), "would overwrite"),
    ]
    for arguments, said in refusals:
        code, out, err = carousel(*arguments)
        assert (code, out) == (2, "")
        assert said in err
        assert err.count("\n") == 1
    monkeypatch.setenv("CAROUSEL_CURRENCY", "EUR")
    code, _, err = carousel(cars)
    assert code == 2
    assert "CAROUSEL_CURRENCY=INR" in err
    assert stored(database_url) == []


def test_a_constant_and_a_date_of_the_operators_are_stored(carousel, cars, database_url):
    code, *_ = carousel(cars, "--set", "make=vw", "--listed-at", "2026-01-02", "--source", "mine")
    assert code == 0
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select distinct make, listed_at::date::text, split_part(ref, ':', 1) from listing"
        ).fetchall()
    assert found == [("Volkswagen", "2026-01-02", "mine")]


def test_importing_again_does_not_bring_a_sold_car_back(carousel, cars, database_url):
    carousel(cars)
    with open_catalogue(database_url) as catalogue:
        sold = stored(database_url)[0][0]
        catalogue.set_status([sold], Status.SOLD)
    before = stored(database_url)
    carousel(cars)
    assert stored(database_url) == before
