"""From a replay to figures: every metric of every method, with intervals, against a reference.

Owns:    which columns are formed and how they become results.
Imports: numpy, domain.errors, evaluation, recording.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.agreement import notes
from carousel.evaluation.intervals import RESAMPLES, Sums, estimates, resamples, summed
from carousel.evaluation.metrics.ages import HOURS, age_columns, for_sale
from carousel.evaluation.metrics.bucket import bucket_columns
from carousel.evaluation.metrics.calibration import DECILES, calibration_columns
from carousel.evaluation.metrics.catalogue import HEADLINE, METRICS, chosen
from carousel.evaluation.metrics.column import Column, Slices
from carousel.evaluation.metrics.ranking import ranking_columns, viewed_column
from carousel.evaluation.metrics.regret import truth_columns
from carousel.evaluation.metrics.slates import (
    Shelf,
    cold_targets,
    overall,
    shelf,
    slate_columns,
)
from carousel.evaluation.paired import coins, differences, swap_test
from carousel.evaluation.played import Played, Run
from carousel.evaluation.results import Comparison, Curve, Estimate, MethodResult, Metric
from carousel.evaluation.slicing import by_listing, by_shopper
from carousel.evaluation.targets import KINDS, Targets, Viewed, next_targets, viewed_within
from carousel.recording.tables import NONE, Floats, Ints


@dataclass(frozen=True, slots=True)
class Telling:
    """How a replay is summarised.

    reference: method that the others are compared with; None compares with nobody.
    labels:    method -> as a person reads it; its name where there is none.
    commands:  method -> what repeats its row.
    bounds:    methods that know the truth and are left out where orders are compared.
    metrics:   keys to keep; None keeps all.
    resamples: of the bootstrap and of the test. seed: of both.
    """

    reference: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    bounds: Container[str] = ()
    metrics: Sequence[str] | None = None
    resamples: int = RESAMPLES
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a report shows of a replay; the fields are those of ``results.Report``."""

    metrics: tuple[Metric, ...]
    headline: tuple[str, ...]
    methods: tuple[MethodResult, ...]
    comparisons: tuple[Comparison, ...]
    counts: Mapping[str, int]
    curves: Mapping[str, tuple[Curve, ...]]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What all methods are measured against, worked out once."""

    slices: Slices
    targets: tuple[Targets, ...]
    cold: tuple[Slices, ...]
    viewed: Viewed
    held: Shelf


@dataclass(frozen=True, slots=True)
class _Row:
    """What was measured of one method, before anything is averaged."""

    run: Run
    columns: tuple[Column, ...]
    overall: Mapping[str, tuple[float, int]]
    remark: str


def summarise(played: Played, telling: Telling | None = None) -> Summary:
    """Return all figures of a replay.

    Raises:
        ConfigurationError: an unknown metric or reference, or nothing can be measured: nobody does
            anything within the horizon, chance showed nothing and there is no truth.
    """
    telling = telling or Telling()
    _check_reference(played, telling)
    keys = {m.key for m in chosen(telling.metrics or [metric.key for metric in METRICS])}
    known = _known(played)
    counts = {**played.counts, **_target_counts(known)}
    _check_something(played, known)
    shoppers = np.unique(np.concatenate([played.moments.shopper, played.bucket.shopper]))
    counts["shoppers tested"] = len(shoppers)
    rng = np.random.default_rng(telling.seed)
    draws = resamples(len(shoppers), telling.resamples, rng)
    tosses = coins(len(shoppers), telling.resamples, rng)
    rows = [_row(played, run, known, keys) for run in played.runs]
    sums = {row.run.name: summed(row.columns, shoppers) for row in rows}
    methods = tuple(_told(row, sums[row.run.name], telling, shoppers, draws) for row in rows)
    metrics = tuple(m for m in METRICS if any(m.key in one.figures for one in methods))
    shown = {metric.key for metric in metrics}
    return Summary(
        metrics,
        tuple(key for key in HEADLINE if key in shown),
        methods,
        _comparisons(rows, sums, telling.reference, draws, tosses),
        counts,
        _curves(played, shoppers, draws),
        notes(metrics, [one for one in methods if one.name not in telling.bounds]),
    )


def _known(played: Played) -> _Known:
    recording, moments, options = played.recording, played.moments, played.options
    held = shelf(played)
    targets = tuple(next_targets(recording, moments, kind, options.horizon) for kind in KINDS)
    slices = by_shopper(played)
    cold = tuple(
        {**slices, **by_listing(cold_targets(held, one.listing, moments.past))} for one in targets
    )
    return _Known(slices, targets, cold, viewed_within(recording, moments, options.day), held)


def _row(played: Played, run: Run, known: _Known, keys: Container[str]) -> _Row:
    shopper = played.moments.shopper
    columns: list[Column] = []
    for targets, slices in zip(known.targets, known.cold, strict=True):
        columns += ranking_columns(run.rows, shopper, targets, slices)
    columns.append(viewed_column(run.rows, shopper, known.viewed, known.slices))
    remark = ""
    if len(played.bucket.impression):
        found, remark = bucket_columns(run, played.bucket)
        columns += found
    if played.best is not None:
        columns += truth_columns(run, played.best, shopper, known.slices)
    columns += slate_columns(played, known.held, run.rows, known.slices)
    return _Row(
        run,
        tuple(column for column in columns if column.key in keys),
        {k: v for k, v in overall(played, known.held, run.rows).items() if k in keys},
        remark if "bucket.snips" in keys else "",
    )


def _told(row: _Row, sums: Sums, telling: Telling, shoppers: Ints, draws: Floats) -> MethodResult:
    """Return a method's figures with their intervals; those of all slates together have none."""
    name = row.run.name
    figures = {
        column.key: estimate
        for column, estimate in zip(row.columns, estimates(sums, draws), strict=True)
    }
    figures |= {
        key: Estimate(value, np.nan, np.nan, count) for key, (value, count) in row.overall.items()
    }
    return MethodResult(
        name,
        telling.labels.get(name, name),
        figures,
        _sliced(row.columns, shoppers, draws),
        row.run.seconds,
        telling.commands.get(name, ""),
        row.remark,
    )


def _sliced(
    columns: Sequence[Column], shoppers: Ints, draws: Floats
) -> dict[str, dict[str, dict[str, Estimate]]]:
    """Return slice name -> slice value -> metric -> estimate."""
    found: dict[str, dict[str, dict[str, Estimate]]] = {}
    parts = [
        (name, value, Column(c.key, c.shopper, c.total * mask, c.weight * mask))
        for c in columns
        for name, masks in c.slices.items()
        for value, mask in masks.items()
    ]
    told = estimates(summed([column for _, _, column in parts], shoppers), draws)
    for (name, value, column), estimate in zip(parts, told, strict=True):
        found.setdefault(name, {}).setdefault(value, {})[column.key] = estimate
    return found


def _curves(played: Played, shoppers: Ints, draws: Floats) -> dict[str, tuple[Curve, ...]]:
    """Return the curves of every method, by plot."""
    alive, deciles = for_sale(played), range(1, DECILES + 1)

    def curve(name: str, x: Iterable[float], columns: Sequence[Column]) -> Curve:
        points = estimates(summed(columns, shoppers), draws)
        told = [(float(at), one) for at, one in zip(x, points, strict=True) if one.count]
        return Curve(
            name,
            tuple(at for at, _ in told),
            tuple(one.mean for _, one in told),
            tuple(one.low for _, one in told),
            tuple(one.high for _, one in told),
        )

    return {
        "calibration": tuple(
            curve(run.name, deciles, calibration_columns(played, run)) for run in played.runs
        ),
        "ages": tuple(
            curve(run.name, HOURS, age_columns(played, alive, run.rows)) for run in played.runs
        ),
    }


def _comparisons(
    rows: Sequence[_Row],
    sums: Mapping[str, Sums],
    reference: str | None,
    draws: Floats,
    tosses: Floats,
) -> tuple[Comparison, ...]:
    if reference is None:
        return ()
    other = sums[reference]
    found = []
    for row in rows:
        if row.run.name != reference:
            one = sums[row.run.name]
            told = differences(one, other, draws)
            for column, difference, p in zip(
                row.columns, told, swap_test(one, other, tosses).tolist(), strict=True
            ):
                found.append(Comparison(row.run.name, reference, column.key, difference, p))
    return tuple(found)


def _target_counts(known: _Known) -> dict[str, int]:
    counts = {}
    for one in known.targets:
        counts[f"moments with a next {one.kind}"] = int((one.listing != NONE).sum())
        counts[f"moments whose next {one.kind} is of a car published only later"] = one.unlisted
        counts[f"moments whose next {one.kind} is of a car no longer for sale"] = one.gone
    counts["views of the day on cars published only later"] = known.viewed.unlisted
    return counts


def _check_reference(played: Played, telling: Telling) -> None:
    names = [run.name for run in played.runs]
    if telling.reference is not None and telling.reference not in names:
        raise ConfigurationError(
            f"The reference {telling.reference!r} was not replayed; these were: {', '.join(names)}."
        )


def _check_something(played: Played, known: _Known) -> None:
    targets = sum(int((one.listing != NONE).sum()) for one in known.targets)
    if targets == 0 and played.best is None and len(played.bucket.impression) == 0:
        raise ConfigurationError(
            f"Nothing can be measured on {played.recording.name!r}: after the split nobody views, "
            f"saves or contacts a car then for sale, chance showed none, and there is no truth."
        )
