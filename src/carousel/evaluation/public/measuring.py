"""A run over a public set: every model measured, with intervals, beside a reference.

Owns:    the sets by name, the order of work, the findings a report is made from.
Imports: numpy, threadpoolctl (with the lab), evaluation.{intervals,paired,results,public}.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from carousel.domain.errors import ConfigurationError
from carousel.domain.features import Matrix
from carousel.evaluation import intervals, paired
from carousel.evaluation.public import citeulike, gowalla, movielens, protocol
from carousel.evaluation.public.model import Model, Settings
from carousel.evaluation.public.models import MODELS
from carousel.evaluation.public.protocol import COVERAGE, METRICS, Ranked
from carousel.evaluation.public.reactions import Csr, PublicSet, Task
from carousel.evaluation.results import (
    Comparison,
    Estimate,
    MethodResult,
    Metric,
    Provenance,
    Report,
)

SETS: dict[str, Callable[[Path], PublicSet]] = {
    "movielens-1m": movielens.load_1m,
    "movielens-100k": movielens.load_100k,
    "citeulike": citeulike.load,
    "gowalla": gowalla.load,
}
"""By name on the command line."""

THREADS = 2
NAN = float("nan")

Progress = Callable[[str, float], None]
"""Told what is being done and how far it is, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All of a report but how it was run."""

    title: str
    summary: str
    methods: tuple[MethodResult, ...]
    comparisons: tuple[Comparison, ...]
    data: PublicSet
    seconds: float

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return what was measured."""
        return (*METRICS, COVERAGE)

    @property
    def headline(self) -> tuple[str, ...]:
        """Return the metrics of the first table; the first one orders it."""
        leading = leading_metric(self.data.key)
        others = ("ndcg@10", "ndcg@20", "recall@10", "recall@20", "coverage@10")
        return (leading, *(key for key in others if key != leading))

    def report(self, provenance: Provenance) -> Report:
        """Return the report of this run."""
        return Report(
            title=self.title,
            summary=self.summary,
            metrics=self.metrics,
            headline=self.headline,
            methods=self.methods,
            comparisons=self.comparisons,
            counts=self.data.counts,
            curves={},
            provenance=provenance,
            notes=self.data.notes,
        )


def load(name: str, root: Path) -> PublicSet:
    """Return a set by its name.

    Raises:
        ConfigurationError: there is no such set, or its files are not there.
        UnreadableFileError: its files are damaged or other ones.
    """
    if name not in SETS:
        raise ConfigurationError(f"There is no public set {name!r}; there are {', '.join(SETS)}.")
    return SETS[name](root)


def leading_metric(key: str) -> str:
    """Return the metric that a set's rows are ordered and its settings tuned by."""
    return "ndcg@20" if key == "gowalla" else "ndcg@10"


def reference_of(data: PublicSet) -> str:
    """Return the model that all others are compared with: Carousel's own for such a set."""
    return "carousel-factors" if data.attributes is None else "carousel-hybrid"


def evaluate_public(
    name: str, root: Path, models: Sequence[str], seed: int, progress: Progress | None = None
) -> Findings:
    """Measure models on a public set.

    Args:
        name: of the set.
        root: folder that holds ``interactions/``.
        models: names; none means all. The reference is measured in any case.
        seed: of all dice.
        progress: told how far it is.

    Raises:
        ConfigurationError, UnreadableFileError: see ``load``; or a model is unknown.
    """
    started = perf_counter()
    chosen = select(models)
    data = load(name, root)
    reference = reference_of(data)
    wanted = list(dict.fromkeys([*chosen, reference]))
    ordered = [key for key in MODELS if key in wanted]
    ranked: dict[str, Ranked] = {}
    seconds: dict[str, float] = {}
    for key in ordered:
        if not MODELS[key].obstacle(data):
            before = perf_counter()
            ranked[key] = measure(data, MODELS[key], seed, progress)
            seconds[key] = perf_counter() - before
    dice = np.random.default_rng(seed)
    users = len(ranked[reference].users)
    draws = intervals.resamples(users, intervals.RESAMPLES, dice)
    rows = tuple(
        _row(data, MODELS[key], ranked.get(key), draws, seconds.get(key, 0.0)) for key in ordered
    )
    tosses = paired.coins(users, intervals.RESAMPLES - 1, dice)
    compared = tuple(
        one
        for key in ordered
        if key in ranked and key != reference
        for one in _comparisons(key, reference, ranked, draws, tosses)
    )
    return Findings(
        title=f"{data.title}: public data",
        summary=f"{users:,} users, every candidate ranked for each of them.",
        methods=rows,
        comparisons=compared,
        data=data,
        seconds=perf_counter() - started,
    )


def select(models: Sequence[str]) -> list[str]:
    """Return the models to be measured; none named means all.

    Raises:
        ConfigurationError: one is unknown.
    """
    unknown = [key for key in models if key not in MODELS]
    if unknown:
        raise ConfigurationError(
            f"There is no model {unknown[0]!r} for public sets; there are {', '.join(MODELS)}."
        )
    return list(models) or list(MODELS)


def measure(data: PublicSet, model: Model, seed: int, progress: Progress | None = None) -> Ranked:
    """Let a model learn before the test, and rank."""

    def tell(share: float) -> None:
        if progress is not None:
            progress(model.label, share)

    tell(0.0)
    task, targets = data.for_test(seed)
    return learn_and_rank(model, model.settings_for(data.key), task, targets, tell)


def learn_and_rank(
    model: Model,
    settings: Settings,
    task: Task,
    targets: Csr,
    progress: protocol.Progress | None = None,
) -> Ranked:
    """Let a model with given settings learn a task, and rank, on at most THREADS threads."""
    # implicit brings threads of its own and warns of others below it.
    with threadpool_limits(1 if "implicit" in model.needs else THREADS):
        return protocol.rank(task, targets, model.learn(task, settings), progress)


def _row(
    data: PublicSet, model: Model, ranked: Ranked | None, draws: Matrix, seconds: float
) -> MethodResult:
    remark = model.remark or (model.remark_without if data.attributes is None else "")
    figures: dict[str, Estimate] = {}
    if ranked is None:
        remark = model.obstacle(data)
    else:
        found = intervals.estimates(_sums(ranked), draws)
        figures = {metric.key: one for metric, one in zip(METRICS, found, strict=True)}
        figures[COVERAGE.key] = Estimate(ranked.coverage, NAN, NAN, len(ranked.users))
    return MethodResult(
        name=model.name,
        label=model.label,
        figures=figures,
        seconds=seconds,
        command=f"./carousel evaluate public {data.key} --only {model.name}",
        remark=remark,
    )


def _sums(ranked: Ranked) -> intervals.Sums:
    return intervals.Sums(ranked.values, np.ones_like(ranked.values))


def _comparisons(
    key: str,
    reference: str,
    ranked: dict[str, Ranked],
    draws: Matrix,
    tosses: Matrix,
) -> list[Comparison]:
    one, other = _sums(ranked[key]), _sums(ranked[reference])
    return [
        Comparison(key, reference, metric.key, difference, float(p))
        for metric, difference, p in zip(
            METRICS,
            paired.differences(one, other, draws),
            paired.swap_test(one, other, tosses),
            strict=True,
        )
    ]
