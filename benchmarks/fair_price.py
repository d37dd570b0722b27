"""How near are fair prices to what honest cars ask? Real files, a fifth of each held out.

Run:  .venv/bin/python -m benchmarks.fair_price [--data ../shared/data/cars] [--cars 1200]
          [--comparables N] [--seed 0] [--picture PATH] [--json]
      with lightgbm (pip install 'carousel[training]') for the column trees

A listing that a file gives twice is kept once, otherwise half of the pair would tell the other's
price. Of the rest a fifth is held out by the seed; up to --cars of those are appraised from the
listings of their model that are not held out. Prices are asking prices: nobody knows what was paid.

The error is that of the fair price, in percent of the price asked; its 95 % interval is by
bootstrap over cars. All errors of a row are of the same cars, those that got a verdict:

    fair price    the appraisal's
    trees         LightGBM, one model a file: year, mileage, power, make, model, body, fuel, gearbox
                  onto the log price, absolute loss
    model median  the median price of the listings of the same model

less trees is the 95 % interval of the fair price's median error less the trees'; below zero the
fair price is nearer. inside 80 % is the share of prices asked within the appraisal's interval, and
width the interval's median high over low. The catalogue of new prices, which lists no used car, is
left out. --comparables limits how many cars of a model are looked at, drawn evenly; the API looks
at 500.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.import_real_files import BESIDE, RATES, WITHOUT_MAKE
from carousel.domain.cars import Cars, cars_of
from carousel.domain.facts import facts_of
from carousel.domain.fair_price import Verdict, appraise
from carousel.domain.features import Vector
from carousel.domain.listing import ListingFacts
from carousel.ingest.convert import Accepted, convert
from carousel.ingest.importing import Terms, prepare
from carousel.ingest.rows import Rejection

HELD_OUT, RESAMPLED = 0.2, 2_000
NEW_PRICES = "msrp_catalog"
CODES = ("make", "model", "body", "fuel", "transmission")
TREES = {
    "objective": "l1", "learning_rate": 0.05, "num_leaves": 63, "min_data_in_leaf": 10,
    "num_threads": 1, "verbose": -1,
}  # fmt: skip
ROUNDS = 600

Rows: TypeAlias = npt.NDArray[np.int64]
Told: TypeAlias = tuple[Verdict, tuple[float, float, float, float]]
"""Of one car; the numbers are fair price, low, high, and the median price of the model."""


@dataclass(frozen=True, slots=True)
class Most:
    """How many cars of a file are appraised, and from how many of their model; None: from all."""

    cars: int
    comparables: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """What a file's held-out cars say. Errors and shares are in percent, None: not measured.

    told:         share of the cars tried that got a verdict.
    between:      95 % interval of the median error.
    width:        median high over low.
    behind:       95 % interval of the fair price's median error less the trees'.
    verdicts:     shares of those told, by label.
    milliseconds: mean of an appraisal, cars without a verdict included.
    """

    file: str
    listings: int
    tried: int
    told: float
    error: float
    between: tuple[float, float]
    mean_error: float
    inside: float
    width: float
    trees: float | None
    behind: tuple[float, float] | None
    trees_mean: float | None
    model_median: float
    verdicts: dict[str, float]
    milliseconds: float


def listings_of(path: Path) -> list[ListingFacts]:
    """Return what a file lists, prices in euros, each listing once."""
    constants = {"make": WITHOUT_MAKE[path.name]} if path.name in WITHOUT_MAKE else {}
    probe = prepare(path, Terms("EUR", rate=1.0), constants=constants)
    rate = RATES.get(probe.mapping.currency or "", 1.0)
    job = prepare(path, Terms("EUR", rate=rate), probe.mapping, constants=constants)
    outcomes = (
        row if isinstance(row, Rejection) else convert(row, job.plan) for row in job.table.rows()
    )
    facts = (outcome.facts for outcome in outcomes if isinstance(outcome, Accepted))
    return list({listing.ref: listing for listing in facts}.values())


def those(cars: Cars, rows: Rows) -> Cars:
    return Cars(**{column.name: getattr(cars, column.name)[rows] for column in fields(Cars)})


def measured(path: Path, file: str, most: Most, seed: int) -> Row | None:
    """Return a file's row; None where no car got a verdict."""
    cars = cars_of(facts_of(listings_of(path)))
    rng = np.random.default_rng(seed)
    held = rng.random(len(cars)) < HELD_OUT
    known, tried = np.flatnonzero(~held), rng.permutation(np.flatnonzero(held))[: most.cars]
    told, seconds = appraised(cars, rng.permutation(known), tried, most.comparables)
    if not told:
        return None
    asked = np.array(list(told))
    price = np.exp(cars.price[asked])
    fair, low, high, median = np.array([numbers for _, numbers in told.values()]).T
    error = off(fair, price)
    drawn = rng.integers(len(error), size=(RESAMPLED, len(error)))
    grown = by_trees(cars, known, asked)
    trees = None if grown is None else off(grown, price)
    return Row(
        file=file,
        listings=len(cars),
        tried=len(tried),
        told=100 * len(told) / len(tried),
        error=float(np.median(error)),
        between=middle(np.median(error[drawn], axis=1)),
        mean_error=float(error.mean()),
        inside=100 * float(((low <= price) & (price <= high)).mean()),
        width=float(np.median(high / low)),
        trees=None if trees is None else float(np.median(trees)),
        behind=None
        if trees is None
        else middle(np.median(error[drawn], axis=1) - np.median(trees[drawn], axis=1)),
        trees_mean=None if trees is None else float(trees.mean()),
        model_median=float(np.median(off(median, price))),
        verdicts={
            label.value: 100 * sum(said is label for said, _ in told.values()) / len(told)
            for label in Verdict
        },
        milliseconds=1e3 * seconds / len(tried),
    )


def appraised(
    cars: Cars, known: Rows, tried: Rows, most: int | None
) -> tuple[dict[int, Told], float]:
    """Return what is told of the cars that get a verdict, by row, and the seconds all took."""
    told: dict[int, Told] = {}
    spent = 0.0
    for row in tried.tolist():
        model = cars.model[row]
        alike = known[(cars.model[known] == model) & (model > 0)][:most]
        one, others = those(cars, np.array([row])), those(cars, alike)
        started = time.perf_counter()
        found = appraise(one, others)
        spent += time.perf_counter() - started
        if found is not None:
            median = float(np.median(np.exp(others.price)))
            told[row] = found.verdict, (found.fair, found.low, found.high, median)
    return told, spent


def middle(values: Vector) -> tuple[float, float]:
    """Return what the middle 95 % lie between."""
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return low, high


def off(told: Vector, price: Vector) -> Vector:
    """Return how far prices told are from those asked, in percent of these."""
    return 100 * np.abs(told / price - 1)


def by_trees(cars: Cars, known: Rows, asked: Rows) -> Vector | None:
    """Return what LightGBM, trained on the known rows, says of others; None without lightgbm."""
    if find_spec("lightgbm") is None:
        return None
    lightgbm = importlib.import_module("lightgbm")
    codes = [np.unique(getattr(cars, name), return_inverse=True)[1] for name in CODES]
    design = np.column_stack([cars.year, cars.mileage, cars.power, *codes])
    categorical = list(range(3, design.shape[1]))
    seen = lightgbm.Dataset(design[known], cars.price[known], categorical_feature=categorical)
    told = lightgbm.train(TREES, seen, ROUNDS).predict(design[asked])
    return np.exp(np.asarray(told, dtype=np.float64))


def figures(data: Path, most: Most, seed: int) -> Iterator[Row]:
    for path in sorted(data.glob("*/*.csv")):
        if path.parent.name != NEW_PRICES:
            row = measured(path, str(path.relative_to(data)), most, seed)
            if row is None:
                print(f"{path}: no car got a verdict.", file=sys.stderr)
            else:
                yield row


def draw(rows: Sequence[Row], path: Path) -> None:
    """Save, by file, the median errors and how many prices lie within the interval."""
    pyplot = importlib.import_module("matplotlib.pyplot")
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(9, 0.25 * len(rows) + 1.0), sharey=True, layout="constrained",
        width_ratios=(3, 2),
    )  # fmt: skip
    places = np.arange(len(rows))
    left.scatter([r.model_median for r in rows], places, marker="|", color="0.55", zorder=2)
    grown = [(r.trees, n + 0.25) for n, r in enumerate(rows) if r.trees is not None]
    if grown:
        trees, at = zip(*grown, strict=True)
        left.scatter(trees, at, marker="D", s=22, facecolor="none", edgecolor="#c2410c", zorder=3)
    error = np.array([r.error for r in rows])
    ends = np.abs(np.array([r.between for r in rows]).T - error)
    left.errorbar(error, places, xerr=ends, fmt="o", ms=5, color="#1d4ed8", zorder=4)
    named = ["median of the model", *(["LightGBM"] if grown else []), "fair price, 95 %"]
    left.legend(named, loc="lower right", frameon=False, fontsize=8)
    left.set_xlim(left=0)
    left.set_xlabel("median error, % of the price asked")
    left.set_yticks(places, [r.file.partition("/")[2] for r in rows], fontsize=8)
    left.invert_yaxis()
    right.axvline(80, color="0.7", zorder=1)
    right.scatter([r.inside for r in rows], places, color="#1d4ed8", s=26, zorder=3)
    right.set_xlim(60, 100)
    right.set_xlabel("prices asked inside the 80 % interval, %")
    for part in (left, right):
        part.grid(axis="y", color="0.92")
        part.tick_params(axis="y", length=0)
        part.set_axisbelow(True)
        part.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110, facecolor="white")


def line_of(row: Row) -> str:
    low, high = row.between
    trees = "-" if row.trees is None else f"{row.trees:.1f}"
    less = "-" if row.behind is None else f"{row.behind[0]:+.1f} to {row.behind[1]:+.1f}"
    return (
        f"| {row.file} | {row.listings:,} | {row.told:.0f} % | {row.error:.1f} ({low:.1f} to "
        f"{high:.1f}) | {row.mean_error:.1f} | {row.inside:.0f} % | {row.width:.2f} | {trees} "
        f"| {less} | {row.model_median:.1f} | {row.milliseconds:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=BESIDE, help="folder with one folder a source")
    parser.add_argument("--cars", type=int, default=1200, help="cars appraised a file, at most")
    parser.add_argument("--comparables", type=int, help="cars of a model looked at; else all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", type=Path, help="where to save a picture, .png")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"There is no folder {asked.data}; name one with --data.")
    if not asked.json:
        print(
            "| file | listings | verdict | median error, % | mean | inside 80 % | width | trees "
            "| less trees | model median | ms |"
        )
        print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    rows = []
    for row in figures(asked.data, Most(asked.cars, asked.comparables), asked.seed):
        rows.append(row)
        print(json.dumps(asdict(row)) if asked.json else line_of(row), flush=True)
    if asked.picture and rows:
        draw(rows, asked.picture)


if __name__ == "__main__":
    main()
