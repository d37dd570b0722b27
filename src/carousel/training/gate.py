"""What a new model must be to be published; else it is refused, and the last good one stays.

Owns:    the reasons for refusing a model.
Imports: domain, training.worth.

Chance alone must not refuse a model: what counts is a difference beyond the new model's own
uncertainty. On the same held-out cases the active model's figure is compared with it; where the
active one was measured on others, or has learned from these, both intervals must lie apart.

Of some kinds a model comes with the program and serves until one was trained. The first to take its
place carries the burden of proof: in a small market the one that came is better, learned as it was
from more than this market has seen.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from carousel.domain.errors import ModelError
from carousel.domain.model import Model
from carousel.domain.model_faults import all_faults
from carousel.training.worth import AHEAD_LIKELY, RIVAL, Worth, worth_of

Faults: TypeAlias = Callable[[Model], list[str]]
"""What is wrong with a model of one kind: its arrays' names, types, sizes and shapes."""


def refusal(
    new: Model,
    faults_of_kind: Faults,
    active: Model | None = None,
    active_again: Mapping[str, float] | None = None,
    *,
    even_if_worse: bool = False,
) -> str | None:
    """Return why a model cannot be published, in one sentence; None when it can.

    Args:
        new: the model.
        faults_of_kind: asked only about a model that any kind could have.
        active: the model that serves, None without one.
        active_again: its figures on the very cases the new one was measured on, where known.
        even_if_worse: whether what serves now counts for nothing.
    """
    found = all_faults(new) or faults_of_kind(new)
    if found:
        return " ".join(found)
    try:
        worth = worth_of(new.figures)
    except ModelError as error:
        return str(error)
    now = f"It is worth {worth} on {worth.cases:,.0f} held-out cases"
    if worth.high < worth.floor:
        return f"{now}, less than the simplest way, {worth.floor:.4f}."
    if even_if_worse:
        return None
    if active is None:
        worse = _than_bundled(new.figures)
    else:
        worse = _than_active(worth, active, active_again)
    return worse and f"{now}, {worse} With --even-if-worse it is published all the same."


def _than_bundled(figures: Mapping[str, float]) -> str | None:
    """Return how sure it is not that a model beats the one that comes with the program."""
    if figures.get(AHEAD_LIKELY, 1.0) > 0:
        return None
    return (
        f"and the one that comes with Carousel reaches {figures[RIVAL]:.4f} on the same: "
        "that the new one is better is not sure enough, so the other goes on serving."
    )


def _than_active(
    worth: Worth, active: Model, active_again: Mapping[str, float] | None
) -> str | None:
    """Return how a worth falls short of the active model's, as the end of a sentence."""
    again, before = _stated(active_again or {}), _stated(active.figures)
    if again is not None:
        short = worth.high < again.value
        here = f"less than {active.version}, which reaches {again.value:.4f} on the same."
        return here if short else None
    if before is None or worth.high >= before.low:
        return None
    return f"clearly less than {active.version}, which was worth {before} when it was published."


def _stated(figures: Mapping[str, float]) -> Worth | None:
    """Return what figures say a model is worth, None where they say nothing."""
    try:
        return worth_of(figures)
    except ModelError:
        return None
