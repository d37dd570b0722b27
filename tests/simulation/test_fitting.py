"""Fitting the generator to a file: what is planted in a file is found again."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import Fuel, Transmission
from carousel.ingest import importing
from carousel.ingest.convert import Accepted, convert
from carousel.simulation.arrivals import draw_stock
from carousel.simulation.fit import UNFITTED, QuantileMap, models
from carousel.simulation.fit_report import compare, report_lines
from carousel.simulation.fitting import fit
from carousel.simulation.listings import generate_listings
from carousel.simulation.model_names import UNKNOWN, model_number
from carousel.simulation.parameters import read_parameters
from carousel.simulation.samples import draw_sample
from carousel.simulation.supply import default_supply

MOMENT = datetime(2024, 7, 1, tzinfo=UTC)
COUNT = 7_000
CARS = Path(__file__).resolve().parents[3] / "shared/data/cars"
AUTOSCOUT = CARS / "autoscout24_de/autoscout24-germany-dataset.csv"


def planted():
    """Return a market in which everything that a fit may find is different."""
    changed = []
    for n, car in enumerate(generate_listings(5 * COUNT, seed=8, now=MOMENT)):
        keep = {"Skoda": 1.0, "Volkswagen": 1.0, "Ford": 0.1}.get(car.make, 0.4)
        older = 1.0 if MOMENT.year - car.year >= 6 else 0.5
        diesel = 0.3 if car.fuel is Fuel.DIESEL else 1.0
        manual = 0.5 if car.transmission is Transmission.MANUAL else 1.0
        if (n * 0.6180339887) % 1 >= keep * older * diesel * manual:
            continue
        age = MOMENT.year - car.year + 0.5
        luck = np.sin(12.9898 * n) * 0.25
        factor = 1.3 * np.exp(-0.03 * age + luck)
        changed.append(
            car.model_copy(
                update={
                    "price": max(1, round(car.price * factor)),
                    "mileage_km": car.mileage_km and round(0.6 * car.mileage_km),
                }
            )
        )
    return changed[:COUNT]


@pytest.fixture(scope="module")
def file():
    return planted()


@pytest.fixture(scope="module")
def fitted(file):
    return fit(file, read_parameters(), MOMENT)


@pytest.fixture(scope="module")
def report(file, fitted):
    return compare(file, *fitted, read_parameters(), MOMENT)


def test_a_fit_brings_every_distribution_near_the_files(report):
    limits = {
        "make": 0.03,
        "model": 0.08,
        "fuel": 0.03,
        "gearbox": 0.02,
        "price": 0.04,
        "age": 0.03,
        "mileage_km": 0.03,
        "power_hp": 0.06,
        "correlation with age": 0.03,
        "correlation with mileage_km": 0.04,
        "correlation with power_hp": 0.05,
        "hedonic R2": 0.04,
        "hedonic residual sd": 0.03,
    }
    fitted = {name: after for name, (_, after) in report.distances().items()}
    assert fitted.keys() == limits.keys()
    assert {n: off for n, off in fitted.items() if off > limits[n]} == {}


def test_what_was_planted_was_far_from_the_default_market(report):
    before = {name: unfitted for name, (unfitted, _) in report.distances().items()}
    shown = {name: before[name] for name in ("make", "fuel", "gearbox", "price", "mileage_km")}
    assert min(shown.values()) > 0.05, shown


def test_planted_prices_are_found(fitted):
    found, used = fitted
    assert used.fitted > 0.95 * COUNT
    depreciation = np.diff(np.interp([2.0, 10.0], found.price.knots, found.price.by_age))[0] / 8
    assert depreciation == pytest.approx(-0.03, abs=0.006)
    assert found.condition_spread == pytest.approx(np.hypot(0.12, 0.25 / np.sqrt(2)), abs=0.02)


def test_a_file_of_our_own_changes_next_to_nothing():
    ours = list(generate_listings(COUNT, seed=5, now=MOMENT))
    found, used = fit(ours, read_parameters(), MOMENT)
    assert used.fitted > 0.95 * COUNT
    assert used.unknown == {}
    assert found.condition_spread == pytest.approx(default_supply().condition_spread, abs=0.015)
    assert np.abs(found.price.by_age).max() < 0.06
    assert np.abs(found.price.by_model).max() < 0.15
    report = compare(ours, found, used, read_parameters(), MOMENT)
    assert max(after for _, after in report.distances().values()) < 0.07


def test_the_same_file_gives_the_same_fit(file, fitted):
    again, _ = fit(file, read_parameters(), MOMENT)
    assert np.array_equal(again.shares, fitted[0].shares)
    assert np.array_equal(again.price.by_model, fitted[0].price.by_model)


def test_a_fitted_market_can_be_drawn_for_another_year(file, fitted):
    begins = datetime(2026, 3, 1, tzinfo=UTC)
    stock = draw_stock(
        read_parameters(), listings=4_000, seed=1, begins=begins, days=30, fit=fitted[0]
    )
    share = np.mean([f.make == "Ford" for f in stock.facts])
    theirs = np.mean([f.make == "Ford" for f in file])
    assert share == pytest.approx(theirs, abs=0.015)
    ages = 2026 - stock.year
    assert np.median(ages) == pytest.approx(np.median([2024 - f.year for f in file]), abs=1)


def test_a_file_that_states_little_is_fitted_in_what_it_states(file):
    silent = [
        car.model_copy(
            update={"mileage_km": None, "power_hp": None, "fuel": None, "transmission": None}
        )
        for car in file[:3_000]
    ]
    found, used = fit(silent, read_parameters(), MOMENT)
    assert np.array_equal(found.fuels, UNFITTED.fuels)
    assert np.array_equal(found.gearbox, UNFITTED.gearbox)
    assert (found.power, found.mileage) == ({}, ())
    assert (found.price.per_100_000_km, found.price.per_log_power, found.price.automatic) == (
        0,
    ) * 3
    distances = compare(silent, found, used, read_parameters(), MOMENT).distances()
    assert distances.keys() == {
        "make",
        "model",
        "price",
        "age",
        "correlation with age",
        "hedonic R2",
        "hedonic residual sd",
    }
    assert distances["price"][1] < 0.05


def test_every_car_is_used_or_counted_and_unknown_models_are_named(file):
    foreign = [
        file[0].model_copy(update={"make": "Trabant", "model": "601"}),
        file[1].model_copy(update={"make": "Trabant", "model": "601"}),
        file[2].model_copy(update={"model": None}),
        file[3].model_copy(update={"year": 1971}),
        file[4].model_copy(update={"year": 2026}),
        file[5].model_copy(update={"make": "Volkswagen", "model": "ID.3", "year": 2008}),
    ]
    mixed = foreign + file[6:1_500]
    _, used = fit(mixed, read_parameters(), MOMENT)
    assert used.unknown == {"Trabant 601": 2, f"{file[2].make} (no model)": 1}
    assert (used.too_old, used.too_new) == (1, 1)
    assert used.not_built >= 1
    counted = used.fitted + sum(used.unknown.values()) + used.not_built + 2
    assert counted == len(mixed)


def test_too_few_known_cars_are_refused_with_one_sentence(file):
    with pytest.raises(ConfigurationError, match=r"^Only 150 of the file's 151 cars .* needs 200"):
        fit(
            [file[0].model_copy(update={"make": "Trabant"}), *file[:150]], read_parameters(), MOMENT
        )


def test_the_report_is_told_in_lines_and_as_json(report):
    told = "\n".join(report_lines(report))
    for said in ("make share: Skoda", "price [KS]", "hedonic residual sd", "unfitted"):
        assert said in told
    document = json.loads(json.dumps(report.to_dict()))
    assert document["cars"] == COUNT
    assert document["used"]["fitted"] == report.used.fitted
    assert {"subject", "name", "file", "unfitted", "fitted", "distance"} == document["rows"][
        0
    ].keys()


@given(st.lists(st.floats(1, 1e6), min_size=2, max_size=30))
def test_a_quantile_map_keeps_the_order(values):
    ours, theirs = np.log([1.0, 10.0, 1e3]), np.log([5.0, 6.0, 1e5])
    moved = QuantileMap(ours, theirs)(np.sort(values))
    assert np.all(np.diff(moved) >= 0)
    assert np.all(moved > 0)


def test_a_fit_draws_no_fuel_that_the_file_never_names(file):
    no_gas = [car for car in file if car.fuel not in {Fuel.LPG, Fuel.CNG}][:4_000]
    found, _ = fit(no_gas, read_parameters(), MOMENT)
    drawn = draw_sample(default_supply(), found, MOMENT, 5_000, seed=1)
    gas = [list(Fuel).index(fuel) for fuel in (Fuel.LPG, Fuel.CNG)]
    assert np.isin(drawn.fuel, gas).sum() == 0


@pytest.mark.parametrize(
    ("make", "model", "meant"),
    [
        ("BMW", "320", "3 Series"),
        ("BMW", "3er", "3 Series"),
        ("Mercedes-Benz", "C 220", "C-Class"),
        ("Mercedes-Benz", "GLC Class", "GLC"),
        ("Mercedes-Benz", "E Klasse", "E-Class"),
        ("Volkswagen", "Passat Variant", "Passat"),
        ("Volkswagen", "T6 Multivan", "Multivan"),
        ("Ford", "Ka/Ka+", "Ka+"),
        ("ŠKODA", "octavia", "Octavia"),
        ("Vauxhall", "Corsa", "Corsa"),
    ],
)
def test_a_model_is_recognised_by_the_name_a_file_gives_it(make, model, meant):
    assert models()[model_number(make, model)][1] == meant


@pytest.mark.parametrize("model", [None, "", "601", "Golfer", "/"])
def test_a_model_that_is_not_in_the_catalogue_is_not_guessed(model):
    assert model_number("Volkswagen", model) == UNKNOWN


@pytest.mark.skipif(not AUTOSCOUT.exists(), reason=f"the real adverts are not at {AUTOSCOUT}")
def test_a_fit_to_real_adverts_brings_all_of_them_nearer():
    job = importing.prepare(AUTOSCOUT, importing.Terms(currency="EUR"))
    converted = (convert(row, job.plan) for row in job.table.rows())
    facts = {c.facts.ref: c.facts for c in converted if isinstance(c, Accepted)}
    moment = datetime(2021, 7, 1, tzinfo=UTC)
    found, used = fit(list(facts.values()), read_parameters(), moment)
    assert used.fitted > 0.94 * len(facts)
    report = compare(list(facts.values()), found, used, read_parameters(), moment)
    for name, (before, after) in report.distances().items():
        assert after <= max(0.02, 0.65 * before), name
