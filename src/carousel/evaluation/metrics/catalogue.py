"""Every metric of the replay, in the order of the report.

Owns:    keys, labels, directions, meanings.
Imports: domain.errors, evaluation.results.
"""

from collections.abc import Iterable

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.results import Metric

_WANTED = {
    "contact": ("Contact", "the car whose seller the shopper contacts next"),
    "favourite": ("Favourite", "the car the shopper saves next"),
    "view": ("View", "the car the shopper opens next"),
}


def _logged() -> Iterable[Metric]:
    for kind, (name, car) in _WANTED.items():
        for k in (10, 20):
            yield Metric(
                f"{kind}.ndcg@{k}", "logged", f"{name} NDCG@{k}", 1,
                f"1 if {car} is on top, less the lower it stands, 0 below place {k}.",
            )  # fmt: skip
        if kind != "view":
            yield Metric(
                f"{kind}.recall@20", "logged", f"{name} recall@20", 1,
                f"How often {car} is among the first 20.",
            )  # fmt: skip
        yield Metric(
            f"{kind}.mrr", "logged", f"{name} MRR", 1,
            f"The mean of one over the place of {car}, 0 where it is not in the slate.",
        )  # fmt: skip
        yield Metric(
            f"{kind}.hit@10", "logged", f"{name} hit@10", 1,
            f"How often {car} is among the first 10.",
        )  # fmt: skip
    yield Metric(
        "view.recall@20", "logged", "Views of the day, recall@20", 1,
        "The share of the cars opened in the next day that are among the first 20.",
    )  # fmt: skip


_BUCKET = (
    Metric(
        "bucket.percentile", "bucket", "Bucket percentile", 1,
        "Of a car that chance had shown and the shopper opened, the share of all it was drawn from "
        "that the method puts below it; 0.5 is chance.",
    ),
    Metric(
        "bucket.auc", "bucket", "Bucket AUC", 1,
        "How often, among a visit's cars that chance had shown, an opened one scores above one "
        "that was not; 0.5 is chance.",
    ),
    Metric(
        "bucket.ndcg@10", "bucket", "Bucket NDCG@10", 1,
        "How high the opened ones stand among a visit's cars that chance had shown.",
    ),
    Metric(
        "bucket.snips", "bucket", "Bucket value", 1,
        "The chance that a car of the first 10 is opened, estimated from what chance had shown "
        "(SNIPS); missing below an effective sample of 200.",
    ),
)  # fmt: skip

_TRUTH = (
    Metric(
        "truth.open.share", "truth", "Share of the best, opening", 1,
        "What the first 10 cars would be opened, of what the best 10 for sale would be.",
    ),
    Metric(
        "truth.open.regret", "truth", "Regret, opening", -1,
        "1 less the same share, moment by moment; an oracle's is 0.",
    ),
    Metric(
        "truth.contact.share", "truth", "Share of the best, contact", 1,
        "What sellers of the first 10 cars would be contacted, of what the best 10 would bring.",
    ),
    Metric(
        "truth.contact.regret", "truth", "Regret, contact", -1,
        "1 less the same share, moment by moment; an oracle's is 0.",
    ),
)  # fmt: skip

_SLATE = (
    Metric(
        "slate.diversity", "slate", "Diversity", 0,
        "How far two of the first 10 cars are apart in make, model, body, price and age, 0 to 1.",
    ),
    Metric(
        "slate.novelty", "slate", "Novelty", 0,
        "How little known the first 10 cars are: bits of the share of past views each has.",
    ),
    Metric(
        "slate.cold", "slate", "Cold cars", 0,
        "The share of the first 10 cars that nobody had reacted to yet.",
    ),
    Metric(
        "slate.coverage", "slate", "Coverage", 1,
        "The share of the cars offered that were in any slate.",
    ),
    Metric(
        "slate.gini", "slate", "Seller concentration", -1,
        "Gini index of exposure over sellers: 0 all the same, 1 one has all.",
    ),
    Metric(
        "slate.first_shown", "slate", "Hours until shown", -1,
        "The median time from a car's publication to its first slate, of those ever in one.",
    ),
    Metric(
        "slate.never_shown", "slate", "Never shown", -1,
        "The share of the cars published after the split that were in no slate.",
    ),
    Metric(
        "slate.sold", "slate", "Slates with a sold car", -1,
        "The share of slates with a car that was not for sale any more, or not yet.",
    ),
    Metric(
        "slate.filled", "slate", "Places filled", 1,
        "The share of a slate's places that the method could fill.",
    ),
)  # fmt: skip

METRICS = (*_logged(), *_BUCKET, *_TRUTH, *_SLATE)

HEADLINE = (
    "contact.ndcg@10",
    "view.recall@20",
    "bucket.percentile",
    "bucket.auc",
    "truth.open.share",
    "truth.contact.regret",
    "slate.diversity",
    "slate.cold",
)


def chosen(keys: Iterable[str]) -> tuple[Metric, ...]:
    """Return metrics by key.

    Raises:
        ConfigurationError: there is no such metric.

    >>> [metric.label for metric in chosen(["bucket.auc"])]
    ['Bucket AUC']
    """
    by_key = {metric.key: metric for metric in METRICS}
    wanted = tuple(keys)
    unknown = [key for key in wanted if key not in by_key]
    if unknown:
        raise ConfigurationError(
            f"There is no metric {unknown[0]!r}; the metrics are {', '.join(by_key)}."
        )
    return tuple(by_key[key] for key in wanted)
