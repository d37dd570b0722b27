"""What came of an experiment, as a report: a row an arm, differences to the control, sentences.

Owns:    the metrics of an experiment, what is said of it, and what it cannot tell.
Imports: numpy, evaluation.{intervals, results}, evaluation.experiments, recording.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from carousel.evaluation.experiments.chance import (
    FEWEST_ACTIVE,
    group_differences,
    group_estimates,
    label_test,
    uneven,
    visible,
    won,
)
from carousel.evaluation.experiments.reading import STEPS, Seen
from carousel.evaluation.intervals import Sums
from carousel.evaluation.results import (
    Comparison,
    Estimate,
    MethodResult,
    Metric,
    Provenance,
    Report,
)
from carousel.recording.tables import Flags, Floats, Ints

WARNING = "DO NOT TRUST THE DIFFERENCES"

SUSPICIOUS = 0.001
"""A smaller p of the shoppers' numbers, and the arms are not comparable."""

FEWEST = 100
"""Shoppers of an arm below which its intervals are hardly to be believed."""

METRICS = (
    Metric(
        "anywhere.shopper", "experiment", "contacts per shopper", 1,
        "Contacts of a shopper since their first list of the experiment, from wherever.",
    ),
    Metric(
        "contact.shopper", "experiment", "of these from the lists", 1,
        "Contacts of a shopper that followed a list of the experiment within half an hour.",
    ),
    Metric(
        "view.list", "experiment", "opened per list", 1, "Cars of a list that were opened from it.",
    ),
    Metric(
        "favourite.list", "experiment", "saved per list", 1,
        "Cars of a list that were saved from it.",
    ),
    Metric(
        "contact.list", "experiment", "contacted per list", 1,
        "Cars of a list whose seller was contacted from it.",
    ),
    Metric(
        "dismiss.list", "experiment", "dismissed per list", -1,
        "Cars of a list that the shopper asked not to see again.",
    ),
    Metric(
        "lists.shopper", "experiment", "lists per shopper", 0, "Lists that a shopper was shown.",
    ),
)  # fmt: skip

DUEL_METRICS = (
    Metric(
        "view.won", "experiment", "won by openings", 1,
        "Of the lists in which one side had more cars opened, the share it won.",
    ),
    Metric(
        "contact.won", "experiment", "won by contacts", 1,
        "Of the lists in which one side had more sellers contacted, the share it won.",
    ),
    Metric("view.list", "experiment", "opened per list", 1, "Cars of its choice that were opened."),
    Metric(
        "contact.list", "experiment", "contacted per list", 1,
        "Cars of its choice whose seller was contacted.",
    ),
)  # fmt: skip

ALWAYS_UNKNOWN = (
    (
        "Only impressions that came back with their arm are counted; a page that does not send "
        "them is not in it, and would make the arms uneven if it did so for one of them only."
    ),
    (
        "Arms share the stock, the models and what they learn: a car that one arm's shoppers buy "
        "is gone for the other's. What would happen if everybody had the better arm may be less."
    ),
    (
        "The intervals hold for a single look at a date that was set before. Who looks every day "
        "and stops at the first small p finds differences that are not there; so does who reads "
        "many columns for the one that wins."
    ),
)
DUEL_UNKNOWN = (
    (
        "Interleaving says which cars a shopper prefers where both stand in one list. It does not "
        "say how much more they would buy, and it cannot judge a list as a whole: its variety, its "
        "random places, its length."
    ),
    "Lists on which both agree decide nothing and are ties.",
)


@dataclass(frozen=True, slots=True)
class _Compared:
    """Rows and comparisons of an experiment, and what is to be said of them, the gravest first."""

    metrics: tuple[Metric, ...]
    methods: tuple[MethodResult, ...]
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]


def report(seen: Seen, made: Provenance) -> Report:
    """Return the report of an experiment; its dice are those of the provenance's seed."""
    rng = np.random.default_rng(made.seed)
    experiment = seen.experiment
    found = _duel(seen, rng) if experiment.interleaved else _arms(seen, rng)
    how = "interleaved" if experiment.interleaved else "compared"
    return Report(
        title=f"Experiment {experiment.name}: {' and '.join(experiment.arms)} {how}",
        summary=" ".join([experiment.sentence(), *filter(_grave, found.notes)]),
        metrics=found.metrics,
        headline=tuple(metric.key for metric in found.metrics),
        methods=found.methods,
        comparisons=found.comparisons,
        counts=seen.counts,
        curves={},
        provenance=made,
        notes=found.notes,
    )


def _arms(seen: Seen, rng: np.random.Generator) -> _Compared:
    names = list(seen.experiment.arms)
    shares = np.array(list(seen.experiment.arms.values()))
    sums = shopper_sums(seen)
    of_arm = _arm_of_shopper(seen)
    groups = [Sums(sums.total[of_arm == n], sums.weight[of_arm == n]) for n in range(len(names))]
    sizes = np.array([len(group.total) for group in groups])
    figures = group_estimates(groups, rng)
    comparisons = []
    for n in range(1, len(names)):
        differences = group_differences(groups[n], groups[0], rng)
        tests = label_test(groups[n], groups[0], rng)
        comparisons += [
            Comparison(names[n], names[0], metric.key, difference, float(p))
            for metric, difference, p in zip(METRICS, differences, tests, strict=True)
        ]
    methods = tuple(
        MethodResult(
            name,
            name,
            {metric.key: one for metric, one in zip(METRICS, own, strict=True)},
            remark=f"{size:,} shoppers, {share:.4g} of them expected.",
        )
        for name, own, size, share in zip(names, figures, sizes.tolist(), shares, strict=True)
    )
    notes = (
        _evenness(sizes, shares, rng),
        *_doubts(names, sizes),
        *_power(comparisons),
        *ALWAYS_UNKNOWN,
    )
    return _Compared(METRICS, methods, tuple(comparisons), notes)


def _duel(seen: Seen, rng: np.random.Generator) -> _Compared:
    control, other = seen.experiment.arms
    lists, place = np.unique(seen.slate, return_inverse=True)
    owner = np.zeros(len(lists), dtype=np.int64)
    owner[place] = seen.shopper
    count = len(seen.shoppers)
    figures: list[dict[str, Estimate]] = [{}, {}]
    comparisons = []
    for step in ("view", "contact"):
        followed = seen.followed[:, STEPS.index(step)].astype(np.float64)
        credit = [np.bincount(place, followed * (seen.arm == n), len(lists)) for n in (0, 1)]
        ahead = np.sign(credit[1] - credit[0])
        wins, losses = (
            np.bincount(owner, ahead == sign, count).astype(np.int64) for sign in (1, -1)
        )
        share, p = won(wins, losses, rng)
        figures[1][f"{step}.won"] = share
        figures[0][f"{step}.won"] = replace(
            share, mean=1 - share.mean, low=1 - share.high, high=1 - share.low
        )
        weight = np.bincount(owner, minlength=count)[:, None].astype(np.float64)
        for n in (0, 1):
            sums = Sums(_summed(owner, credit[n], count)[:, None], weight)
            figures[n][f"{step}.list"] = group_estimates([sums], rng)[0][0]
        half = Estimate(share.mean - 0.5, share.low - 0.5, share.high - 0.5, share.count)
        comparisons.append(Comparison(other, control, f"{step}.won", half, p))
    methods = tuple(
        MethodResult(name, name, own) for name, own in zip((control, other), figures, strict=True)
    )
    on_top = np.flatnonzero(seen.place == 1)
    _, once = np.unique(seen.name[on_top], return_index=True)  # an equal list is drafted equally
    tops = np.bincount(seen.arm[on_top[once]], minlength=2)
    notes = (
        _coin(tops, rng),
        *_doubts([control], [count]),
        *_power(comparisons),
        *DUEL_UNKNOWN,
        *ALWAYS_UNKNOWN,
    )
    return _Compared(DUEL_METRICS, methods, tuple(comparisons), notes)


def shopper_sums(seen: Seen) -> Sums:
    """Return the columns of METRICS summed by shopper, shape (shoppers, metrics)."""
    count = len(seen.shoppers)
    _, first = np.unique(seen.slate, return_index=True)
    lists = np.bincount(seen.shopper[first], minlength=count).astype(np.float64)
    followed = {
        step: _summed(seen.shopper, seen.followed[:, n], count) for n, step in enumerate(STEPS)
    }
    ones = np.ones(count)
    columns: dict[str, tuple[Floats, Floats]] = {
        "anywhere.shopper": (seen.contacts.astype(np.float64), ones),
        "contact.shopper": (followed["contact"], ones),
        "lists.shopper": (lists, ones),
        **{f"{step}.list": (followed[step], lists) for step in STEPS},
    }
    pairs = [columns[metric.key] for metric in METRICS]
    return Sums(
        np.column_stack([total for total, _ in pairs]),
        np.column_stack([weight for _, weight in pairs]),
    )


def _summed(owner: Ints, values: Floats | Flags | Ints, count: int) -> Floats:
    return np.bincount(owner, values, count).astype(np.float64)


def _arm_of_shopper(seen: Seen) -> Ints:
    arm = np.zeros(len(seen.shoppers), dtype=np.int64)
    arm[seen.shopper] = seen.arm
    return arm


def _evenness(sizes: Ints, shares: Floats, rng: np.random.Generator) -> str:
    p = uneven(sizes, shares, rng)
    told = " and ".join(f"{size:,}" for size in sizes.tolist())
    if p < SUSPICIOUS:
        return (
            f"{WARNING}: {told} shoppers are not what the shares give "
            f"(p {p:.1g}). Shoppers or impressions of one arm are lost, or the file was changed "
            "while it ran; find out which before reading on."
        )
    return f"The numbers of shoppers, {told}, are as the shares give them (p {p:.2g})."


def _grave(note: str) -> bool:
    """Return whether a note must be read before anything else."""
    return note.startswith(WARNING)


def _coin(tops: Ints, rng: np.random.Generator) -> str:
    if not tops.sum():
        return "No impression of a first place came back."
    p = uneven(tops, np.array([0.5, 0.5]), rng)
    told = f"The first place was chosen by the two sides {tops[0]:,} and {tops[1]:,} times"
    if p < SUSPICIOUS:
        return f"{WARNING}: {told}, which a fair coin does not give (p {p:.1g})."
    return f"{told}, as a fair coin gives it (p {p:.2g})."


def _doubts(names: Sequence[str], sizes: Sequence[int] | Ints) -> Iterator[str]:
    for name, size in zip(names, sizes, strict=True):
        if size < FEWEST:
            yield f"{name}: {size:,} shoppers are few; its intervals are too narrow."
    yield f"Of what fewer than {FEWEST_ACTIVE} shoppers did no interval is shown."


def _power(comparisons: Sequence[Comparison]) -> Iterator[str]:
    labels = {metric.key: metric.label for metric in (*DUEL_METRICS, *METRICS)}
    first = comparisons[0].metric
    for one in comparisons:
        least = visible(one.difference)
        if one.metric == first and math.isfinite(least):
            yield (
                f"{one.method} against {one.reference}: so many shoppers show a true difference of "
                f"{least:.2g} in {labels[one.metric]} in 80 % of cases; smaller ones often stay "
                "unseen."
            )
