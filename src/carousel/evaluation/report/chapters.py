"""What the page shows, in order: chapters of pictures, each a question and how to read the answer.

Owns:    which pictures a report gets; a chapter without data is left out.
Imports: evaluation.results, the rest of this package.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from carousel.evaluation.report import arms, counterfactual, grids, pictures, standing
from carousel.evaluation.report.pictures import Picture
from carousel.evaluation.results import Metric, Report

PICTURED = ("diversity", "novelty", "gini", "first_shown", "coverage")
"""What slates are like, as far as it is drawn; the rest is in the tables."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A question, what answers it, and how to read the answer."""

    key: str
    title: str
    words: str
    pictures: tuple[Picture, ...]


def chapters(report: Report) -> Iterator[Chapter]:
    """Yield the chapters that the report has data for."""
    several = len(standing.judges(report)) > 1
    order = "Every picture lists the methods in the same order. Where the pale line turns back, "
    for key, title, words, shown in (
        (
            "families",
            "One order of methods, several judges" if several else "One order, several measures",
            f"{order}that {'judge' if several else 'measure'} would have ranked them otherwise.",
            _families(report),
        ),
        (
            "pairs",
            "Is the difference real?",
            (
                f"{_who(report)} An interval that keeps clear of zero is a difference; one across "
                "it may be chance."
            ),
            _differences(report),
        ),
        (
            "history",
            "How much does a shopper have to do first?",
            "Shoppers grouped by how many events they had behind them at that moment.",
            _histories(report),
        ),
        (
            "cold",
            "What about newcomers?",
            "The same measure for those nothing is known about yet, and for the others.",
            _newcomers(report),
        ),
        (
            "slates",
            "What do the slates look like?",
            "A slate can be right and still dull, or serve a few sellers only.",
            _slates(report),
        ),
        (
            "calibration",
            "Does a higher score mean a better car?",
            (
                "Cars put in ten groups by the method's own score, the lowest first. A curve that "
                "rises all the way says that scores mean something over the whole range."
            ),
            _one(pictures.calibration(report)),
        ),
        (
            "attention",
            "How far down do shoppers look?",
            (
                "Chance put alike cars at every place, so what is opened there tells attention "
                "alone. Ordinary lists put the best on top and mix the two."
            ),
            _one(counterfactual.examination(report)),
        ),
        (
            "estimates",
            "Do the estimates meet the truth?",
            (
                "Hollow is what could be known without a simulation, filled what is true. A short "
                "line is a good estimate; what counts is that the order is right."
            ),
            (counterfactual.against_truth(report, one) for one in grids.estimated(report)),
        ),
        (
            "duels",
            "Who wins when both stand in one list?",
            (
                "Two methods take turns to fill a list, and the simulated shopper opens what they "
                "like. The table says how many lists it takes to see the difference."
            ),
            _one(counterfactual.duels(report)),
        ),
    ):
        found = tuple(shown)
        if found:
            yield Chapter(key, title, words, found)


def _who(report: Report) -> str:
    if arms.is_experiment(report):
        return "Each arm less the control; every shopper saw one arm, or both sides of one list."
    return "Each method less the reference, for the same people."


def _families(report: Report) -> Iterator[Picture]:
    """Yield the judges side by side: the first metric of each, then the second of each."""
    judged = [
        [m for m in standing.headlines(report) if m.family == name and m.better]
        for name in ("experiment", "logged", "bucket", "truth")
    ]
    for abreast in zip_longest(*judged):
        for metric in abreast:
            if metric is not None and pictures.measured(report, metric):
                yield pictures.family(report, metric)


def _differences(report: Report) -> Iterator[Picture]:
    every = arms.is_experiment(report)
    shown = (
        [m for m in standing.headlines(report) if m.better] if every else standing.judges(report)
    )
    for metric in shown:
        picture = pictures.differences(report, metric)
        if picture is not None:
            yield picture


def _histories(report: Report) -> Iterator[Picture]:
    regrets = [m for m in report.metrics if m.family == "truth" and "regret" in m.key][:1]
    for metric in dict.fromkeys([*_supported(report, "history"), *regrets]):
        if pictures.parts_of(report, "history", metric):
            yield pictures.by_history(report, metric)


def _newcomers(report: Report) -> Iterator[Picture]:
    for kind in ("listing", "shopper"):
        for metric in _supported(report, kind):
            yield pictures.newcomers(report, kind, metric)


def _slates(report: Report) -> Iterator[Picture]:
    decides = standing.deciding(report)
    for word in PICTURED:
        metric = next((m for m in report.metrics if m.key == f"slate.{word}"), None)
        if metric is None or not pictures.measured(report, metric):
            continue
        if metric.better == 0 and decides is not None:
            yield pictures.accuracy_against(report, decides, metric)
        else:
            yield pictures.family(report, metric)
    yield from _one(pictures.ages(report))


def _one(picture: Picture | None) -> Iterator[Picture]:
    if picture is not None:
        yield picture


def _supported(report: Report, kind: str) -> Iterator[Metric]:
    """Yield for each judge the metric to be cut by ``kind``, truth first.

    That is the headline with most data, or another one where it has less than half as much.
    """
    for name in ("truth", "bucket", "logged"):
        cut = [
            metric
            for metric in report.metrics
            if metric.family == name
            and metric.better
            and len(pictures.parts_of(report, kind, metric)) > 1
        ]
        shown = standing.supported(report, [m for m in cut if m.key in report.headline])
        found = standing.supported(report, cut)
        if found is not None:
            enough = shown is not None and 2 * _shoppers(report, shown) >= _shoppers(report, found)
            yield shown if shown is not None and enough else found


def _shoppers(report: Report, metric: Metric) -> int:
    return max(standing.figure(one, metric).count for one in report.methods)
