"""What a counterfactual study found, as a report: rows, comparisons, curves, sentences.

Owns:    the metrics of a study, a method's row, how well estimates and truth agree, in words.
Imports: numpy, evaluation.{agreement,market,methods,results}, evaluation.counterfactual, recording.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from carousel.evaluation.agreement import kendall
from carousel.evaluation.counterfactual import decisions
from carousel.evaluation.counterfactual.answers import Answers
from carousel.evaluation.counterfactual.attention import Attention
from carousel.evaluation.counterfactual.decisions import PLACES
from carousel.evaluation.counterfactual.duels import Duel
from carousel.evaluation.counterfactual.position import ORDINARY, TRUE, Position
from carousel.evaluation.counterfactual.values import (
    STEPS,
    Bucket,
    by_shopper,
    estimates,
    log_of,
    ratio_by_shopper,
    refusal,
    unsure,
)
from carousel.evaluation.effective import effective_size
from carousel.evaluation.market import Market
from carousel.evaluation.results import (
    Comparison,
    Estimate,
    MethodResult,
    Metric,
    Provenance,
    Report,
)
from carousel.recording.tables import Flags, Floats, Ints, Recording

SHOWN = "as-recorded"
LABELS = {"open": "opened", "contact": "contacted"}
NAMES = {"ips": "IPS", "snips": "SNIPS", "dr": "DR"}
_FEWEST_ORDERED = 3
TOLD = (3, 10)
"""Places whose attention is told in words."""


def _metrics() -> Iterator[Metric]:
    for step, word in LABELS.items():
        yield Metric(
            f"{step}.naive", "logged", f"{word}, naive", 1,
            f"Of its cars that stood in the recorded lists, the share {word} there, whatever the "
            "place and the shopper.",
        )  # fmt: skip
        yield Metric(
            f"{step}.ips", "bucket", f"{word}, IPS", 1,
            f"Estimated from random places: of examined places filled with its first {PLACES} "
            f"cars, the share {word}; each weighted with one over its probability.",
        )  # fmt: skip
        yield Metric(
            f"{step}.snips", "bucket", f"{word}, SNIPS", 1,
            f"The share {word} by IPS, divided by the sum of the weights and not by the number of "
            "decisions: less variance, a little bias.",
        )  # fmt: skip
        yield Metric(
            f"{step}.dr", "bucket", f"{word}, DR", 1,
            f"The share {word} as a small model guesses it, put right by IPS where it errs.",
        )  # fmt: skip
        yield Metric(
            f"{step}.truth", "truth", word, 1,
            f"The mean true chance of its first {PLACES} cars to be {word} once examined, at the "
            "same moments.",
        )  # fmt: skip
    yield Metric(
        "effective", "bucket", "Effective decisions", 0,
        "How many equally weighted decisions would say as much about it.",
    )  # fmt: skip
    yield Metric(
        DUEL, "truth", "Duels won", 1,
        "Of interleaved lists that one side won, the share won by it, less a half.",
    )  # fmt: skip
    yield Metric(
        "duel.lists", "truth", "Lists, duel", 0,
        "Interleaved lists until a test at 5 % tells it from the reference in 80 % of cases.",
    )  # fmt: skip
    yield Metric(
        "duel.ab_lists", "truth", "Lists, A/B", 0,
        "Lists until an A/B test does the same.",
    )  # fmt: skip


DUEL = "duel.open"
METRICS = tuple(_metrics())
HEADLINE = ("open.naive", "open.ips", "open.snips", "open.dr", "open.truth")


@dataclass(frozen=True, slots=True)
class Row:
    """One policy's result, and what comparing it needs; n decisions.

    earned: each decision's share in the IPS estimate of what is opened; empty where refused.
    truth:  the mean true chance of its first cars by decision, shape (n,); NaN without a truth.
    """

    result: MethodResult
    earned: Floats
    truth: Floats


@dataclass(frozen=True, slots=True)
class Found:
    """All that a study found.

    split:  epoch seconds. pool: cars to choose from, at most.
    rows:   the lists as recorded, the reference, the other methods.
    """

    split: float
    pool: int
    bucket: Bucket
    position: Position
    rows: Sequence[Row]
    duels: Sequence[Duel]


def row_of(
    blank: MethodResult,
    number: int,
    answers: Answers,
    bucket: Bucket,
    guesses: Mapping[str, tuple[Floats, Floats]],
) -> Row:
    """Return a method's row.

    Args:
        blank: its result without any figures.
        number: of the method among the answers.
        answers: to the decisions of the bucket.
        bucket: the decisions.
        guesses: the reward model's, by step: of the cars chance took and of the method's.
    """
    tops = answers.tops[number]
    log = log_of(bucket, tops, "open")
    size = effective_size(log.weights)
    found = _naive(bucket, answers, tops)
    found["effective"] = Estimate(size, math.nan, math.nan, len(np.unique(bucket.shopper)))
    truth = {"open": answers.open[number], "contact": answers.contact[number]}
    refused = []
    for step in STEPS:
        of_step = log_of(bucket, tops, step)
        values = estimates(bucket, tops, step, *guesses[step])
        found |= {f"{step}.{estimator}": value for estimator, value in values.items()}
        found[f"{step}.truth"] = by_shopper(_first_mean(truth[step]), bucket.shopper)
        if why := refusal(of_step):
            refused.append(f"What would be {LABELS[step]} is not estimated: {why}.")
    return Row(
        replace(blank, figures=found, remark=" ".join(refused)),
        np.zeros(0) if refusal(log) else log.weights * log.reward,
        _first_mean(truth["open"]),
    )


def shown_row(answers: Answers, bucket: Bucket) -> Row:
    """Return the row of the lists as they were shown; nothing has to be reweighted for it."""
    owner, rows = _spread(answers.starts, np.minimum(answers.ends, answers.starts + PLACES))
    shopper = bucket.shopper[owner]
    place = bucket.recording.impressions.position[rows]
    every = _hits(bucket.recording)

    def corrected(attention: Attention) -> dict[str, Estimate]:
        examined = attention.at(place)
        return {f"{s}.ips": by_shopper(every[s][rows] / examined, shopper) for s in STEPS}

    truth = {"open": answers.shown_open, "contact": answers.shown_contact}
    found = unsure(corrected, bucket.attention)
    for step in STEPS:
        found[f"{step}.naive"] = by_shopper(every[step][rows].astype(np.float64), shopper)
        found[f"{step}.truth"] = by_shopper(truth[step], bucket.shopper)
    remark = f"The first {PLACES} places as shown; under IPS, corrected for the place only."
    return Row(
        MethodResult(SHOWN, "As recorded", found, remark=remark), np.zeros(0), answers.shown_open
    )


def _hits(recording: Recording) -> dict[str, Flags]:
    return {"open": decisions.opened(recording), "contact": decisions.contacted(recording)}


def _spread(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Return all rows of ranges, and which range each is of.

    >>> [a.tolist() for a in _spread(np.array([5, 9]), np.array([7, 10]))]
    [[0, 0, 1], [5, 6, 9]]
    """
    sizes = ends - starts
    owner = np.repeat(np.arange(len(sizes)), sizes)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owner, np.arange(len(owner)) - first + starts[owner]


def _naive(bucket: Bucket, answers: Answers, tops: Ints) -> dict[str, Estimate]:
    """Return the share opened of a policy's cars where the recorded lists showed them."""
    shown = bucket.recording.impressions
    owner, rows = _spread(answers.starts, answers.ends)
    ordinary = ~shown.random[rows]
    owner, rows = owner[ordinary], rows[ordinary]
    there = (tops[owner] == shown.listing[rows][:, None]).any(axis=1).astype(np.float64)
    return {
        f"{step}.naive": ratio_by_shopper(there * hits[rows], there, shown.shopper[rows])
        for step, hits in _hits(bucket.recording).items()
    }


def _first_mean(chances: Floats) -> Floats:
    """Return the mean chance of each list, 0 of an empty one, NaN without a truth, shape (n,)."""
    there = ~np.isnan(chances)
    if not there.any():
        return np.full(len(chances), np.nan)
    return np.asarray(np.nansum(chances, axis=1) / np.maximum(there.sum(axis=1), 1))


def report_of(
    market: Market, found: Found, counts: Mapping[str, int], provenance: Provenance
) -> Report:
    """Return the report."""
    fought = {one.second: one for one in found.duels}
    methods = tuple(_with_duel(row.result, fought.get(row.result.name)) for row in found.rows)
    return Report(
        title="What other policies would have earned",
        summary=_summary(market, found),
        metrics=tuple(metric for metric in METRICS if _measured(metric, methods)),
        headline=HEADLINE,
        methods=methods,
        comparisons=(*_compared(found), *_fought(found)),
        counts={**market.dropped, **counts},
        curves={"examination": found.position.curves},
        provenance=provenance,
        notes=(*_attention(found.position), *_trust(methods)),
    )


def _measured(metric: Metric, methods: Sequence[MethodResult]) -> bool:
    found = (one.figures.get(metric.key) for one in methods)
    return any(one is not None and not math.isnan(one.mean) for one in found)


def _with_duel(result: MethodResult, fought: Duel | None) -> MethodResult:
    """Return a result with what came of its duel against the reference."""
    if fought is None:
        return result
    won = _turned(fought.verdict.preference)
    lists = {"duel.lists": fought.lists, "duel.ab_lists": fought.ab_lists}
    figures = {
        **result.figures,
        DUEL: won,
        **{key: Estimate(n, math.nan, math.nan, won.count) for key, n in lists.items()},
    }
    return replace(result, figures=figures)


def _turned(one: Estimate) -> Estimate:
    return Estimate(-one.mean, -one.high, -one.low, one.count)


def _compared(found: Found) -> Iterator[Comparison]:
    """Yield each policy less the reference, by the estimate and by the truth."""
    _, reference, *_ = found.rows
    for row in found.rows:
        for key, mine, theirs in (
            ("open.ips", row.earned, reference.earned),
            ("open.truth", row.truth, reference.truth),
        ):
            if row is reference or not len(mine) or not len(theirs):
                continue
            difference = by_shopper(mine - theirs, found.bucket.shopper)
            if not math.isnan(difference.mean):
                yield Comparison(
                    row.result.name, reference.result.name, key, difference, _p(difference)
                )


def _p(one: Estimate) -> float:
    """Return the two-sided p of a mean being 0, from its interval."""
    reach = (one.high - one.low) / 2
    if not reach > 0:
        return 1.0 if one.mean == 0 else math.nan
    return math.erfc(1.959964 * abs(one.mean) / reach / math.sqrt(2))


def _fought(found: Found) -> Iterator[Comparison]:
    for one in found.duels:
        won = _turned(one.verdict.preference)
        yield Comparison(one.second, one.first, DUEL, won, one.verdict.p)


def _summary(market: Market, found: Found) -> str:
    day = datetime.fromtimestamp(found.split, UTC)
    return (
        f"The market: {market.described()}. All methods learn from what lies before "
        f"{day:%d %B %Y} and go on hearing what happens. {len(found.bucket.listing):,} places that "
        f"chance filled after it, in lists with {PLACES + 1} to {found.pool:,} cars to choose "
        f"from, say what each would have earned with its first {PLACES} cars there: the share of "
        "examined places from which a car is opened."
    )


def _attention(position: Position) -> Iterator[str]:
    curve = position.attention
    places = " and ".join(
        f"place {k} {one.mean:.2f} (95 % interval {one.low:.2f} to {one.high:.2f})"
        for k, one in ((k, curve.place(k)) for k in TOLD)
    )
    yield (
        f"Of the first place's attention, {places} gets as much, by the smooth curve fitted to "
        f"{curve.opened:,} openings at random places."
    )
    curves = {curve.method: np.array(curve.y) for curve in position.curves}
    if TRUE in curves:
        fitted = position.examined(np.arange(1, len(curves[TRUE]) + 1))
        yield (
            "Against the true curve, the fitted one is off by "
            f"{_off(fitted, curves[TRUE]):.0%} of a place's attention on average, the one from "
            f"ordinary lists by {_off(curves[ORDINARY], curves[TRUE]):.0%}."
        )


def _off(curve: Floats, true: Floats) -> float:
    return float(np.nanmean(np.abs(curve - true) / true))


def _trust(methods: Sequence[MethodResult]) -> Iterator[str]:
    """Yield for every way to estimate how often and how well it meets the truth."""
    policies = [one for one in methods if one.name != SHOWN]
    for key, name in (("naive", "The naive figure"), *NAMES.items()):
        pairs = [
            (policy.figures[f"open.{key}"], policy.figures["open.truth"].mean)
            for policy in policies
            if not math.isnan(policy.figures[f"open.{key}"].mean)
            and not math.isnan(policy.figures["open.truth"].mean)
        ]
        if not pairs:
            continue
        inside = sum(one.low <= truth <= one.high for one, truth in pairs)
        away = float(np.mean([abs(one.mean - truth) / truth for one, truth in pairs if truth > 0]))
        order = ""
        if len(pairs) >= _FEWEST_ORDERED:
            tau = kendall(np.array([one.mean for one, _ in pairs]), np.array([t for _, t in pairs]))
            order = f", and orders them with a Kendall's tau of {tau:.2f}"
        yield (
            f"{name}: the truth lies inside the interval for {inside} of {len(pairs)} methods; it "
            f"is off by {away:.0%} on average{order}."
        )
