"""How real does the generated marketplace look? Its figures beside those of real adverts.

Run from the repository: ``python benchmarks/marketplace_realism.py [--json]``. The real adverts are
AutoScout24 Germany 2011-2021, expected in ``../shared/data/cars/autoscout24_de``; without them only
our column is printed. Ours are generated for the summer of 2021, both restricted to cars of up to
10 years, every year of age weighing the same, because the real file holds as many of each.
"""

import argparse
import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carousel.simulation.columns import Floats
from carousel.simulation.listings import generate_listings

REAL = (
    Path(__file__).resolve().parents[2]
    / "shared/data/cars/autoscout24_de/autoscout24-germany-dataset.csv"
)
MOMENT, COUNT, OLDEST = datetime(2021, 7, 1, tzinfo=UTC), 60_000, 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Columns = dict[str, NDArray[Any]]


def real_columns() -> Columns | None:
    """Return make, age, price, mileage_km and power_hp of the real adverts, duplicates removed."""
    if not REAL.exists():
        return None
    with REAL.open(encoding="utf-8", newline="") as file:
        rows = {tuple(row.values()): row for row in csv.DictReader(file)}.values()
    usable = [
        r
        for r in rows
        if r["hp"] and float(r["hp"]) > 10 and r["mileage"] and int(r["price"]) > 500
    ]
    return {
        "make": np.array([r["make"] for r in usable]),
        "age": np.array([MOMENT.year - int(r["year"]) for r in usable]),
        "price": np.array([float(r["price"]) for r in usable]),
        "mileage_km": np.array([max(1.0, float(r["mileage"])) for r in usable]),
        "power_hp": np.array([float(r["hp"]) for r in usable]),
    }


def our_columns() -> Columns:
    """Return the same columns of generated listings that state all of them."""
    listings = [
        x
        for x in generate_listings(COUNT, seed=1, now=MOMENT)
        if x.mileage_km is not None and x.power_hp is not None and MOMENT.year - x.year <= OLDEST
    ]
    return {
        "make": np.array([x.make for x in listings]),
        "age": np.array([MOMENT.year - x.year for x in listings]),
        "price": np.array([float(x.price) for x in listings]),
        "mileage_km": np.array([float(x.mileage_km or 0) for x in listings]),
        "power_hp": np.array([float(x.power_hp or 0) for x in listings]),
    }


def figures(columns: Columns) -> dict[str, float]:
    """Return quantiles, correlations, the hedonic regression and the shares of the large makes."""
    age = columns["age"]
    weight = 1.0 / np.bincount(age)[age]
    weight /= weight.sum()
    logs = {name: np.log(columns[name]) for name in ("price", "mileage_km", "power_hp")}
    logs["age"] = age.astype(np.float64)
    found: dict[str, float] = {}
    for name in ("price", "mileage_km", "power_hp"):
        order = np.argsort(columns[name])
        at = np.interp(QUANTILES, np.cumsum(weight[order]), columns[name][order])
        found.update(
            {f"{name} q{round(100 * q):02d}": v for q, v in zip(QUANTILES, at, strict=True)}
        )
    for years in (0, 1, 3, 5, 8, 10):
        of_age = age == years
        found[f"median price at {years} y"] = float(np.median(columns["price"][of_age]))
        found[f"median km at {years} y"] = float(np.median(columns["mileage_km"][of_age]))
    for one, other in (
        ("price", "age"),
        ("price", "mileage_km"),
        ("price", "power_hp"),
        ("age", "mileage_km"),
    ):
        found[f"corr {one}~{other}"] = correlation(logs[one], logs[other], weight)
    found |= hedonic(columns["make"], logs, weight)
    makes, counts = np.unique(columns["make"], return_counts=True)
    shares = dict(zip(makes.tolist(), (100 * counts / counts.sum()).tolist(), strict=True))
    large = ("Volkswagen", "Opel", "Ford", "Skoda", "Renault", "Audi", "BMW", "Mercedes-Benz")
    more = ("SEAT", "Hyundai", "Fiat", "Peugeot", "Toyota", "Kia", "Citroen", "Volvo", "Dacia")
    found |= {f"share {make} %": shares.get(make, 0.0) for make in (*large, *more)}
    return found


def correlation(x: Floats, y: Floats, weight: Floats) -> float:
    """Return the weighted correlation; weights sum to 1."""
    dx, dy = x - weight @ x, y - weight @ y
    return float(weight @ (dx * dy) / np.sqrt((weight @ dx**2) * (weight @ dy**2)))


def hedonic(make: NDArray[Any], logs: dict[str, Floats], weight: Floats) -> dict[str, float]:
    """Return what the regression of log price on make, age, log km and log hp finds."""
    dummies = (make[:, None] == np.unique(make)).astype(np.float64)
    x = np.column_stack([logs["age"], logs["mileage_km"], logs["power_hp"], dummies])
    root = np.sqrt(weight)
    effect = np.linalg.lstsq(x * root[:, None], logs["price"] * root, rcond=None)[0]
    left = logs["price"] - x @ effect
    spread = logs["price"] - weight @ logs["price"]
    return {
        "hedonic R2": float(1 - weight @ left**2 / (weight @ spread**2)),
        "hedonic residual sd": float(np.sqrt(weight @ left**2)),
        "effect of a year": float(effect[0]),
        "effect of log km": float(effect[1]),
        "effect of log hp": float(effect[2]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    real = real_columns()
    table = {"ours": figures(our_columns()), "real": figures(real) if real else {}}
    if as_json:
        print(json.dumps(table, indent=1))
        return
    print(f"{'':28}{'real':>10}{'ours':>10}")
    for name, ours in table["ours"].items():
        theirs = table["real"].get(name)
        places = 0 if abs(ours) >= 1_000 else 3 if abs(ours) < 2 else 1
        shown = "-" if theirs is None else f"{theirs:,.{places}f}"
        print(f"{name:28}{shown:>10}{ours:>10,.{places}f}")


if __name__ == "__main__":
    main()
