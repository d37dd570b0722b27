"""What can be trained, and by what.

Owns:    the list of trainers, one for each kind of model.
Imports: numpy, recording, domain, the files that train.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from carousel.domain.model import Model
from carousel.recording.tables import Recording
from carousel.training.gate import Faults
from carousel.training.worth import Worth, worth_of

Train: TypeAlias = Callable[[Recording, float, np.random.Generator], Model]
"""Learns from what happened before a moment, epoch seconds, and measures itself on part of it."""

Measure: TypeAlias = Callable[[Model, Recording, float, np.random.Generator], Mapping[str, float]]
"""Measures an older model on the cases that ``Train`` holds out, given the same arguments."""

ENGINES = ("numpy", "spark")


@dataclass(frozen=True, slots=True)
class Trainer:
    """How one kind of model is made.

    train:   by engine, one of ENGINES.
    faults:  what is wrong with the arrays of a model of this kind.
    worth:   what the figures of such a model say it is worth.
    measure: None where two models cannot be compared on the same cases.
    """

    train: Mapping[str, Train]
    faults: Faults
    worth: Callable[[Mapping[str, float]], Worth] = worth_of
    measure: Measure | None = None


TRAINERS: Mapping[str, Trainer] = {}
