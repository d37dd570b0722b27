"""What can be trained, and by what.

Owns:    the list of trainers, one for each kind of model.
Imports: numpy, recording, domain, the files that train.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from carousel.domain import graph, latent
from carousel.domain.model import Model
from carousel.domain.ranker import ranking
from carousel.recording.tables import Recording
from carousel.serving.starting import starter
from carousel.training.factors import FactorTraining, train_factors
from carousel.training.gate import Faults
from carousel.training.graph_worth import (
    graph_figures,
    held_out_since,
    train_measured_graph,
)
from carousel.training.holdout import figures
from carousel.training.ranking import RankerTraining, train_ranker
from carousel.training.spark import item_factors_by
from carousel.training.spark_session import HERE, Cluster, session

Train: TypeAlias = Callable[[Recording, float, np.random.Generator], Model]
"""Learns from what happened before a moment, epoch seconds, and measures itself on part of it.

Its figures say what it is worth under the names of ``training.worth``.
"""

Again: TypeAlias = Callable[[Model, Recording, float, np.random.Generator], Mapping[str, float]]
"""Measures an older model on the cases that ``Train`` holds out, given the same arguments."""

Since: TypeAlias = Callable[[Recording, float], float]
"""Says when the held-out cases begin, epoch seconds; a model that learned later has seen them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an older model is measured on the held-out cases of a new one."""

    since: Since
    again: Again


ENGINES = ("numpy", "spark")


@dataclass(frozen=True, slots=True)
class Trainer:
    """How one kind of model is made.

    train:    by engine, one of ENGINES; numpy is always there.
    faults:   what is wrong with the arrays of a model of this kind.
    compared: None where an older model cannot be measured again.
    """

    train: Mapping[str, Train]
    faults: Faults
    compared: Comparison | None = None


def _factors(recording: Recording, until: float, rng: np.random.Generator) -> Model:
    return train_factors(recording, until, FactorTraining(seed=int(rng.integers(2**31))))


def factors_on(cluster: Cluster) -> Train:
    """Return the training of factors with Spark; the session lasts as long as the training.

    It raises ``ConfigurationError`` when Spark cannot be started.
    """

    def train(recording: Recording, until: float, rng: np.random.Generator) -> Model:
        params = FactorTraining(seed=int(rng.integers(2**31)))
        with session(cluster) as spark:
            by_spark = item_factors_by(spark, cluster)
            return train_factors(recording, until, params, item_factors=by_spark)

    return train


def _graph(recording: Recording, until: float, rng: np.random.Generator) -> Model:
    del rng  # nothing is drawn
    return train_measured_graph(recording, until)


def _factors_again(
    model: Model, recording: Recording, until: float, rng: np.random.Generator
) -> Mapping[str, float]:
    del rng
    found = latent.from_model(model)
    return figures(recording, found, held_out_since(recording, until), until)


def _graph_again(
    model: Model, recording: Recording, until: float, rng: np.random.Generator
) -> Mapping[str, float]:
    del rng
    found = graph.from_model(model)
    return graph_figures(recording, found, held_out_since(recording, until), until)


def _ranker(recording: Recording, until: float, rng: np.random.Generator) -> Model:
    training = RankerTraining(seed=int(rng.integers(2**31)))
    return train_ranker(recording, until, training, rival=starter())


TRAINERS: Mapping[str, Trainer] = {
    "factors": Trainer(
        {"numpy": _factors, "spark": factors_on(HERE)},
        latent.faults,
        compared=Comparison(held_out_since, _factors_again),
    ),
    "graph": Trainer(
        {"numpy": _graph}, graph.faults, compared=Comparison(held_out_since, _graph_again)
    ),
    "ranker": Trainer({"numpy": _ranker}, ranking.faults),
}


def with_spark(trainers: Mapping[str, Trainer], cluster: Cluster) -> dict[str, Trainer]:
    """Return trainers whose Spark, where they have it, is the one of a cluster."""
    found = dict(trainers)
    factors = found.get("factors")
    if factors is not None and "spark" in factors.train:
        train = {**factors.train, "spark": factors_on(cluster)}
        found["factors"] = replace(factors, train=train)
    return found
