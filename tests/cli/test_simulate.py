"""``carousel simulate`` from the command line: a market as files, or one sentence why not."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from carousel import cli
from carousel.domain.listing import Transmission
from carousel.recording import files
from carousel.simulation import truth_files
from carousel.simulation.listings import generate_listings

SMALL = ("--shoppers", 60, "--listings", 240, "--days", 4)


@pytest.fixture
def carousel(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main(["simulate", *map(str, arguments)])
        return (ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def adverts(tmp_path_factory):
    """Return a file as some marketplace would give it: GBP, no dates, dear Skodas, one bad row."""
    path = tmp_path_factory.mktemp("files") / "cars.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        stream.write("make,model,year,price,transmission,mileage,fuelType,engineSize\n")
        for car in generate_listings(4_000, seed=3, now=datetime(2022, 6, 1, tzinfo=UTC)):
            if car.make in {"Skoda", "Ford"} and None not in (
                car.mileage_km,
                car.fuel,
                car.transmission,
            ):
                gear = "Manual" if car.transmission is Transmission.MANUAL else "Automatic"
                mileage, price = round(car.mileage_km / 1.609344), 2 * car.price
                table.writerow(
                    [car.make, car.model, car.year, price, gear, mileage, car.fuel.title(), "1.5"]
                )
        table.writerow(["Ford", "Edsel", 2015, 9_000, "Manual", 10, "Petrol", "1.5"])
        table.writerow(["Ford", "Focus", 2015, "a lot", "Manual", 10, "Petrol", "1.5"])
    return path


def content(directory):
    files = sorted(Path(directory).rglob("*.parquet"))
    return {str(file.relative_to(directory)): file.read_bytes() for file in files}


def test_a_market_is_written_whole_and_told_in_a_few_lines(carousel, tmp_path):
    code, out, err = carousel(tmp_path / "market", *SMALL)
    assert code == 0
    assert "a market of 4 days" in out
    assert "Living through 4 days" in err
    recording = files.read(tmp_path / "market")
    files.checked(recording)
    assert len(recording.users) == 60
    assert recording.begins == datetime(2026, 3, 2, tzinfo=UTC).timestamp()
    assert 150 < len(recording.listings) < 330
    assert len(recording.impressions.at) > 100
    truth = truth_files.read(tmp_path / "market")
    chances = truth.chances(0, np.arange(3), recording.begins, truth.stock.price[:3])
    assert chances.open.shape == (3,)
    summary = json.loads((tmp_path / "market/simulation.json").read_text())
    assert summary["asked"]["seed"] == 1
    assert summary["figures"]["listings"] == len(recording.listings)
    assert summary["fit"] is None


def test_the_same_arguments_write_the_same_bytes_and_another_seed_others(carousel, tmp_path):
    for name, seed in (("one", 5), ("same", 5), ("other", 6)):
        assert carousel(tmp_path / name, *SMALL, "--seed", seed)[0] == 0
    assert content(tmp_path / "one") == content(tmp_path / "same")
    assert content(tmp_path / "one") != content(tmp_path / "other")


def test_the_summary_as_json_is_the_only_output(carousel, tmp_path):
    code, out, err = carousel(
        tmp_path,
        *SMALL,
        "--json",
        "--preferences",
        "aspects",
        "--hidden",
        2,
        "--begins",
        "2025-01-06",
    )
    assert (code, err) == (0, "")
    asked = json.loads(out)["asked"]
    assert (asked["preferences"], asked["hidden"]) == ("aspects", 2.0)
    assert asked["begins"].startswith("2025-01-06")
    assert json.loads(out) == json.loads((tmp_path / "simulation.json").read_text())


def test_parameters_of_ones_own_are_in_force(carousel, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text("[supply]\nreducing_share = 0.0\n")
    code, out, _ = carousel(tmp_path / "market", *SMALL, "--parameters", mine, "--json")
    assert code == 0
    assert json.loads(out)["figures"]["price reductions"] == 0
    assert json.loads(out)["asked"]["parameters"] == str(mine)


def test_a_market_like_that_of_a_file_has_its_makes_prices_and_date(carousel, tmp_path, adverts):
    code, out, _ = carousel(tmp_path, *SMALL, "--from", adverts, "--rate", 1.0)
    assert code == 0
    for said in ("read as uk_used", "1 rejected", "Ford Edsel 1", "price [KS]", "is not a number"):
        assert said in out
    recording = files.read(tmp_path)
    assert {listing.make for listing in recording.listings} == {"Skoda", "Ford"}
    assert recording.begins == datetime(2022, 7, 1, tzinfo=UTC).timestamp()
    usual = [c.price for c in generate_listings(2_000, 1, datetime(2022, 7, 1, tzinfo=UTC))]
    assert np.median([c.price for c in recording.listings]) > 1.3 * np.median(usual)
    fit = json.loads((tmp_path / "simulation.json").read_text())["fit"]
    assert fit["used"]["unknown"] == {"Ford Edsel": 1}
    assert sum(fit["file"]["rejected"].values()) == 1
    price = next(r for r in fit["rows"] if r["subject"] == "price" and r["distance"])
    assert price["fitted"] < 0.08 < price["unfitted"]


def test_a_refusal_is_one_sentence_and_exit_status_2_and_nothing_is_made(
    carousel, tmp_path, adverts
):
    full = tmp_path / "full"
    full.mkdir()
    (full / "something").write_text("mine")
    few = tmp_path / "few.csv"
    few.write_text("\n".join(adverts.read_text().splitlines()[:20]))
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[supply]\npatience_days = -1.0\n")
    new = tmp_path / "new"
    refusals = [
        ((full,), "is not empty"),
        ((full / "something",), "cannot be made a directory"),
        ((new, "--shoppers", 0), "--shoppers 0 makes no market"),
        ((new, "--listings", -5), "--listings -5 makes no market"),
        ((new, "--days", 0), "--days 0 makes no market"),
        ((new, "--seed", -1), "give 0 to"),
        ((new, "--listings", 10**10), "give 1 to 2,000,000"),
        ((new, "--hidden", -0.5), "is no strength"),
        ((new, "--hidden", "nan"), "is no strength"),
        ((new, "--preferences", "psychic"), "choose of additive"),
        ((new, "--begins", "1900-01-01"), "too far away"),
        ((new, "--parameters", tmp_path / "none.toml"), "cannot be read as parameters"),
        ((new, "--parameters", wrong), "must be above 0"),
        ((new, "--rate", 1), "name one with --from"),
        ((new, "--from", tmp_path / "none.csv"), "There is no file"),
        ((new, "--from", adverts), "what one GBP is worth, e.g. --rate"),
        ((new, "--from", few, "--rate", 1), "a fit needs 200"),
    ]
    for arguments, said in refusals:
        code, out, err = carousel(*arguments)
        sentence = err.strip().splitlines()[-1]
        assert (code, out) == (2, ""), arguments
        assert said in sentence, arguments
        assert sentence.startswith("carousel: ")
        assert not any(new.glob("*"))
    assert [f.name for f in full.iterdir()] == ["something"]
