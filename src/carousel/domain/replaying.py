"""A shopper's state from their past alone: what all their events make, one after the other.

Owns:    the fold of a whole past, and what each event had to say in it.
Imports: domain.

The same functions in the same order as where events are folded as they come. Whoever holds the
result beside a stored state finds out whether that is what it should be.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from carousel.domain.events import Event
from carousel.domain.facts import Facts
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.interpretation import Observation, interpret, learn
from carousel.domain.listing import Listing
from carousel.domain.preference import Evidence, Params, no_evidence
from carousel.domain.steps import Step, following, step_of
from carousel.domain.trail import NO_TRAIL, Trail


@dataclass(frozen=True, slots=True)
class Act:
    """What a shopper did, when, and the car it was about: as stated, its vector and its facts."""

    event: Event
    at: datetime
    listing: Listing | None = None
    vector: Vector | None = None
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a past makes of a shopper.

    evidence: None if nothing in it changes anything.
    trail:    its last steps.
    said:     what each act said about taste, in the order of the acts.
    """

    evidence: Evidence | None
    trail: Trail
    said: tuple[Observation | None, ...]


def replayed(acts: Iterable[Act], space: FeatureSpace, params: Params) -> Replayed:
    """Return what acts make of a shopper.

    Args:
        acts: all of them, in the order in which they were folded.
        space: that the vectors are of.
        params: half-life.
    """
    evidence: Evidence | None = None
    steps: list[Step] = []
    said: list[Observation | None] = []
    for act in acts:
        observation = interpret(act.event, act.at, act.listing, act.vector, space)
        step = step_of(act.event, act.at, act.facts)
        said.append(observation)
        if observation is None and not step:
            continue
        if evidence is None:
            evidence = no_evidence(space.dim, act.at)
        if observation is not None:
            evidence = learn(evidence, observation, params)
        steps.append(step)
    return Replayed(evidence, following(NO_TRAIL, steps), tuple(said))
