"""How well generated cars match a file: each distribution and correlation, before and after a fit.

Owns:    the comparison, its distances, its text and JSON form.
Imports: domain.listing, simulation.{adverts, columns, fit, fitting, parameters, samples, supply},
         numpy.

Distances lie between 0 (equal) and 1: total variation for shares, the largest difference between
the two cumulative distributions (Kolmogorov and Smirnov) for numbers, the absolute difference for
correlations and what the regression of log price on make, age, mileage and power finds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carousel.domain.listing import ListingFacts
from carousel.simulation.columns import FUELS, Floats
from carousel.simulation.fit import UNFITTED, Fit, models
from carousel.simulation.fitting import Used
from carousel.simulation.model_names import UNKNOWN
from carousel.simulation.parameters import Parameters
from carousel.simulation.samples import Sample, draw_sample, sample_of
from carousel.simulation.supply import read_supply

DRAWN, SEED = 40_000, 20_260_102
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SHOWN_MAKES, SHOWN_UNKNOWN, LEAST_SHARE = 10, 12, 0.005
LABEL = 44
NUMBERS = {"price": "EUR", "age": "years", "mileage_km": "km", "power_hp": "hp"}
CAUSES = ("age", "mileage_km", "power_hp")
FEWEST = 50
"""Cars that state a field, for it to be compared."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the file, of the generator's own market, and of the fitted one.

    distance: whether the figure says how far from the file the two are; the file's own is 0.
    """

    subject: str
    name: str
    file: float
    unfitted: float
    fitted: float
    distance: bool = False


@dataclass(frozen=True, slots=True)
class FitReport:
    """Everything that is said about a fit.

    moment: for which the markets were drawn, ISO 8601.
    cars:   in the file.
    """

    moment: str
    cars: int
    used: Used
    condition_spread: float | None
    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return asdict(self)

    def distances(self) -> dict[str, tuple[float, float]]:
        """Return each distance from the file, unfitted and fitted."""
        return {r.subject: (r.unfitted, r.fitted) for r in self.rows if r.distance}


def compare(
    facts: Sequence[ListingFacts], fit: Fit, used: Used, parameters: Parameters, moment: datetime
) -> FitReport:
    """Draw the market at a moment with and without a fit, and set both beside the file.

    Args:
        facts: the file's adverts, prices in EUR.
        fit: to the file.
        used: what became of the file's cars.
        parameters: with the table [supply].
        moment: as the fit was made for.
    """
    supply = read_supply(parameters)
    file = sample_of(facts, moment)
    drawn = [draw_sample(supply, one, moment, DRAWN, SEED) for one in (UNFITTED, fit)]
    three = (file, *drawn)
    rows: list[Row] = []
    rows += _shares("make", [s.make for s in three])
    rows += _shares("model", [_model_names(s) for s in three], shown=0)
    rows += _shares("fuel", [_fuels(s) for s in three])
    rows += _shares("gearbox", [_gearboxes(s) for s in three])
    for name in NUMBERS:
        rows += _quantiles(name, [_stated(getattr(s, name)) for s in three])
    rows += _correlations(three)
    return FitReport(moment.isoformat(), len(facts), used, fit.condition_spread, tuple(rows))


def report_lines(report: FitReport) -> Iterator[str]:
    """Yield what a person is told about a fit, line by line."""
    used = report.used
    yield f"Fitted to {used.fitted:,} of {report.cars:,} cars, market of {report.moment[:10]}"
    unknown = sum(used.unknown.values())
    for count, reason in (
        (used.too_new, "registered after that year"),
        (used.too_old, "older than any that is generated"),
        (used.not_built, "of a known model, but of a year in which the catalogue has none"),
        (unknown, "of models that the catalogue lacks"),
    ):
        if count:
            yield f"  {count:>7,} not used: {reason}"
    shown = list(used.unknown.items())[:SHOWN_UNKNOWN]
    if shown:
        named = ", ".join(f"{name} {count:,}" for name, count in shown)
        more = len(used.unknown) - len(shown)
        yield f"          {named}{f' and {more:,} more' if more else ''}"
    yield f"  {'':{LABEL}}{'file':>12}{'unfitted':>12}{'fitted':>12}"
    for row in report.rows:
        label = f"{row.subject}: {row.name}" if not row.distance else f"{row.subject} [{row.name}]"
        figures = "".join(f"{_told(v):>12}" for v in (row.file, row.unfitted, row.fitted))
        yield f"  {label:{LABEL}}{figures}"


def _told(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3f}"  # noqa: PLR2004 (three digits)


def _row(subject: str, name: str, values: Sequence[float], *, distance: bool = False) -> Row:
    file, unfitted, fitted = values
    return Row(subject, name, file, unfitted, fitted, distance)


def _model_names(sample: Sample) -> NDArray[np.str_]:
    names = np.array([*(f"{make} {model}" for make, model in models()), "?"], dtype=np.str_)
    return np.asarray(names[sample.model], dtype=np.str_)


def _fuels(sample: Sample) -> NDArray[np.str_]:
    stated = sample.fuel[sample.fuel != UNKNOWN]
    return np.asarray(np.array(FUELS, dtype=np.str_)[stated], dtype=np.str_)


def _gearboxes(sample: Sample) -> NDArray[np.str_]:
    stated = sample.automatic[sample.automatic != UNKNOWN]
    return np.where(stated == 1, "automatic", "manual")


def _stated(values: NDArray[Any]) -> Floats:
    return np.asarray(values[~np.isnan(values)], dtype=np.float64)


def _shares(subject: str, kinds: list[NDArray[np.str_]], shown: int = SHOWN_MAKES) -> Iterator[Row]:
    """Yield the shares of the file's most frequent kinds, and the total variation over all."""
    if len(kinds[0]) < FEWEST:
        return
    counted = [np.unique(k, return_counts=True) for k in kinds]
    shares = [
        dict(zip(names.tolist(), (number / number.sum()).tolist(), strict=True))
        for names, number in counted
    ]
    every = sorted({name for share in shares for name in share})
    order = sorted(every, key=lambda name: (-shares[0].get(name, 0.0), name))
    for name in order[:shown]:
        values = [share.get(name, 0.0) for share in shares]
        if max(values) >= LEAST_SHARE:
            yield _row(f"{subject} share", name, values)
    off = [
        sum(abs(share.get(name, 0.0) - shares[0].get(name, 0.0)) for name in every) / 2
        for share in shares
    ]
    yield _row(subject, "total variation", off, distance=True)


def _quantiles(name: str, values: list[Floats]) -> Iterator[Row]:
    if len(values[0]) < FEWEST:
        return
    for level in QUANTILES:
        found = [float(np.quantile(v, level)) for v in values]
        yield _row(f"{name}, {NUMBERS[name]}", f"{level:.0%} below", found)
    off = [_largest_gap(values[0], v) for v in values]
    yield _row(name, "KS", off, distance=True)


def _largest_gap(one: Floats, other: Floats) -> float:
    both = np.concatenate([one, other])
    below = [np.searchsorted(np.sort(v), both, side="right") / len(v) for v in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def _correlations(samples: Sequence[Sample]) -> Iterator[Row]:
    """Yield correlations with log price and the hedonic regression, on what the file states."""
    causes = [n for n in CAUSES if (~np.isnan(getattr(samples[0], n))).sum() >= FEWEST]
    regressed = [_regression(s, causes) for s in samples]
    for figure in regressed[0]:
        values = [found[figure] for found in regressed]
        yield _row("log price", figure, values)
        off = [abs(v - values[0]) for v in values]
        yield _row(figure, "difference", off, distance=True)


def _regression(sample: Sample, causes: list[str]) -> dict[str, float]:
    columns = {"age": sample.age.astype(np.float64)}
    for name in causes:
        if name != "age":
            columns[name] = np.log(np.maximum(getattr(sample, name), 1.0))
    known = np.all([~np.isnan(column) for column in columns.values()], axis=0)
    columns = {name: column[known] for name, column in columns.items()}
    price = np.log(sample.price[known])
    found = {
        f"correlation with {name}": float(np.corrcoef(price, column)[0, 1])
        for name, column in columns.items()
    }
    makes, make = np.unique(sample.make[known], return_inverse=True)
    x = np.column_stack([*columns.values(), np.eye(len(makes))[make]])
    left = price - x @ np.linalg.lstsq(x.T @ x, x.T @ price, rcond=None)[0]
    found["hedonic R2"] = float(1 - left.var() / price.var())
    found["hedonic residual sd"] = float(left.std())
    return found
