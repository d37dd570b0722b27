"""The ranker learned from a small simulated market."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from carousel.domain.errors import ModelError
from carousel.domain.model_faults import all_faults
from carousel.domain.ranker.ranking import faults, from_model
from carousel.recording.tables import Impressions
from carousel.training.gate import refusal
from carousel.training.growing import Growing
from carousel.training.ranking import (
    DEFAULTS,
    USUAL_DECAY,
    examination_decay,
    train_ranker,
)
from tests.evaluation.test_simulated_laws import simulated, split_of

SMALL = replace(DEFAULTS, slates=1_200, trees=Growing(trees=20, least=50))


@cache
def market():
    return simulated("additive").recording


@cache
def trained():
    return train_ranker(market(), split_of(market()), SMALL)


def test_a_ranker_is_worth_more_than_what_is_popular_and_may_be_published():
    model = trained()
    assert all_faults(model) == faults(model) == []
    assert model.figures["low"] > model.figures["floor"]
    assert refusal(model, faults) is None


def test_what_comes_later_does_not_matter():
    recording, until = market(), split_of(market())
    shown = recording.impressions
    later = shown.at >= until
    hidden = np.where(later, 0, shown.outcome)
    columns = {name: getattr(shown, name) for name in Impressions.__dataclass_fields__}
    cut = replace(recording, impressions=Impressions(**{**columns, "outcome": hidden}))
    assert train_ranker(cut, until, SMALL).version == trained().version


def test_the_floor_alone_is_a_ranker_too():
    model = train_ranker(market(), split_of(market()), replace(SMALL, trees=None))
    assert from_model(model).trees is None
    assert faults(model) == []


def test_what_little_was_shown_teaches_nothing():
    with pytest.raises(ModelError, match="100"):
        train_ranker(market(), market().begins + 60.0, SMALL)


def test_without_places_filled_by_chance_examination_falls_as_usual():
    recording = market()
    assert examination_decay(recording, recording.begins) == USUAL_DECAY
