"""What a new model must be to be published; else it is refused, and the last good one stays.

Owns:    the reasons for refusing a model.
Imports: domain, training.worth.

Chance alone must not refuse a model: what counts is a difference beyond the new model's own
uncertainty. On the same held-out cases the active model's figure is compared with it; where the
active one was measured on others, or has learned from these, both intervals must lie apart.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from carousel.domain.errors import ModelError
from carousel.domain.model import Model
from carousel.domain.model_faults import all_faults
from carousel.training.worth import Worth, worth_of

Faults: TypeAlias = Callable[[Model], list[str]]
"""What is wrong with a model of one kind: its arrays' names, types, sizes and shapes."""


def refusal(
    new: Model,
    faults_of_kind: Faults,
    active: Model | None = None,
    active_again: Mapping[str, float] | None = None,
) -> str | None:
    """Return why a model cannot be published, in one sentence; None when it can.

    Args:
        new: the model.
        faults_of_kind: asked only about a model that any kind could have.
        active: the model that serves, None without one.
        active_again: its figures on the very cases the new one was measured on, where known.
    """
    found = all_faults(new) or faults_of_kind(new)
    if found:
        return " ".join(found)
    try:
        worth = worth_of(new.figures)
    except ModelError as error:
        return str(error)
    if worth.high < worth.floor:
        return (
            f"It is worth {worth} on {worth.cases:,.0f} held-out cases, less than the simplest "
            f"way, {worth.floor:.4f}."
        )
    if active_again is not None:
        return _worse_here(worth, active, active_again)
    return None if active is None else _worse_there(worth, new, active)


def _worse_here(worth: Worth, active: Model | None, again: Mapping[str, float]) -> str | None:
    name = "the active model" if active is None else active.version
    if worth.high < again["value"]:
        return (
            f"It is worth {worth} on {worth.cases:,.0f} held-out cases, less than {name}, which "
            f"reaches {again['value']:.4f} on the same."
        )
    return None


def _worse_there(worth: Worth, new: Model, active: Model) -> str | None:
    if new.document.get("figure") != active.document.get("figure"):
        return None  # what the one is worth is not what the other is
    try:
        before = worth_of(active.figures)
    except ModelError:
        return None
    if worth.high < before.low:
        return (
            f"It is worth {worth} on {worth.cases:,.0f} held-out cases, clearly less than "
            f"{active.version}, which was worth {before} when it was published."
        )
    return None
