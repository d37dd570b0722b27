"""From a recording to a published model: train, judge, publish, put old ones away.

Owns:    the order of these steps, what is told and counted about each.
Imports: numpy, domain, observability, recording, storage.ports, training.{gate,trainers}.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import numpy as np

from carousel.domain.errors import CarouselError, ModelError, StoreUnavailableError
from carousel.domain.model import Model
from carousel.domain.model_faults import all_faults
from carousel.observability.metrics import TRAINING_RUNS, TRAINING_TIME
from carousel.recording.tables import Recording
from carousel.storage.ports import ModelStore
from carousel.training.gate import refusal
from carousel.training.trainers import Trainer

LEARNED_UNTIL = "learned_until"
"""The figure that says what a model may have seen, epoch seconds."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How models are made.

    engine: what trains them, where a kind gives the choice; else numpy does.
    until:  epoch seconds; nothing later is learned from.
    seed:   of all dice.
    keep:   how many models of a kind are kept.
    dry_run: whether to leave everything as it is.
    even_if_worse: whether what the active model is worth counts for nothing.
    """

    engine: str
    until: float
    seed: int
    keep: int
    dry_run: bool
    even_if_worse: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What became of training one kind.

    model:   None where there was nothing to make one from, or it is none.
    before:  the model that served until now.
    again:   its figures on the held-out cases of the new one, where both could be compared.
    refused: why the new one does not serve, None if it does (or would, but for the dry run).
    retired: versions that were put away.
    """

    kind: str
    model: Model | None
    before: Model | None
    again: Mapping[str, float] | None
    refused: str | None
    retired: tuple[str, ...] = ()


@dataclass(slots=True)
class Ended:
    """How a training ended: published, refused, tried (published if it were no dry run), failed.

    version: of what was trained. why: what it was refused for, or what failed.
    """

    how: str = "failed"
    version: str | None = None
    why: str | None = None


@contextmanager
def counted(kind: str) -> Iterator[Ended]:
    """Count and time the training of a kind; who trains says how it ended."""
    ended, began = Ended(), time.perf_counter()
    try:
        yield ended
    finally:
        TRAINING_RUNS.labels(kind, ended.how).inc()
        TRAINING_TIME.labels(kind).observe(time.perf_counter() - began)


@contextmanager
def noted(kind: str, ended: Ended, store: ModelStore) -> Iterator[None]:
    """Note in the store how the training of a kind ended; a dry run leaves everything as it is."""
    try:
        yield
    except Exception as error:
        ended.why = f"{type(error).__name__}: {error}"
        raise
    finally:
        if ended.how != "tried":
            with suppress(StoreUnavailableError):  # what was trained does not depend on it
                store.note_ending(kind, ended.how, ended.version, ended.why)


def outcome_of(one: Made, *, dry_run: bool) -> str:
    """Return how a training that came to its end ended."""
    if one.refused is not None:
        return "refused"
    return "tried" if dry_run else "published"


def make(
    kind: str, trainer: Trainer, recording: Recording, store: ModelStore, terms: Terms
) -> Made:
    """Train a model and publish it if it is good enough; else everything stays as it is.

    Args:
        kind: of model.
        trainer: of this kind.
        recording: what to learn from.
        store: where models are published.
        terms: how.
    """
    before = _active(store, kind)
    train = trainer.train.get(terms.engine) or trainer.train["numpy"]
    try:
        model = train(recording, terms.until, np.random.default_rng(terms.seed))
    except CarouselError as error:
        return Made(kind, None, before, None, str(error))
    model = replace(model, figures={**model.figures, LEARNED_UNTIL: terms.until})
    again = _again(before, trainer, recording, terms)
    why = refusal(model, trainer.faults, before, again, even_if_worse=terms.even_if_worse)
    if why is not None or terms.dry_run:
        return Made(kind, None if all_faults(model) else model, before, again, why)
    store.publish(model, activate=True)
    return Made(kind, model, before, again, None, tuple(store.retire(kind, terms.keep)))


def _again(
    before: Model | None, trainer: Trainer, recording: Recording, terms: Terms
) -> Mapping[str, float] | None:
    """Return what the active model is worth on the new one's cases; None if it has seen them.

    A model that learned from the very days it is measured on would look better than it is.
    """
    compared = trainer.compared
    if before is None or compared is None or trainer.faults(before):
        return None
    if before.figures.get(LEARNED_UNTIL, np.inf) > compared.since(recording, terms.until):
        return None
    dice = np.random.default_rng(terms.seed)
    return compared.again(before, recording, terms.until, dice)


def _active(store: ModelStore, kind: str) -> Model | None:
    """Return the model that serves; one that is damaged is as good as none."""
    try:
        return store.active(kind)
    except ModelError:
        return None
