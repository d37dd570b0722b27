"""The ranker learned from a small simulated market."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from carousel.domain import preference
from carousel.domain.car_features import fit_space
from carousel.domain.errors import ModelError
from carousel.domain.matching import features as matching
from carousel.domain.model_faults import all_faults
from carousel.domain.ranker.linear import logistic
from carousel.domain.ranker.ranking import faults, from_model
from carousel.recording.tables import Impressions
from carousel.training.contacts import contacts_of
from carousel.training.gate import refusal
from carousel.training.growing import Growing
from carousel.training.ranking import (
    DEFAULTS,
    USUAL_DECAY,
    examination_decay,
    train_ranker,
)
from carousel.training.ranking_rows import Rows, rows_of, slates_of
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


def test_strangers_have_a_part_of_their_own():
    assert from_model(trained()).strangers is not None


def opened_cars(contacted):
    """Return rows of cars that were all opened, by whether the seller was contacted too."""
    count = len(contacted)
    one, slate = np.ones(count, np.int64), np.arange(count)
    return Rows(
        np.zeros((count, 1), np.float32), np.where(contacted, 3, 1), one, slate, one, np.ones(count)
    )


def test_too_few_contacts_teach_nothing():
    found, figures = contacts_of(opened_cars(np.zeros(100, np.bool_)), 100.0)
    assert found is None
    assert figures == {"contacts": 0.0}


def test_the_chance_of_a_contact_is_what_it_was_and_grows_with_what_makes_for_it():
    rng = np.random.default_rng(2)
    cause = rng.normal(size=(8_000, 1)).astype(np.float32)
    contacted = rng.random(8_000) < logistic(1.0 * cause[:, 0] - 2.0)
    found, figures = contacts_of(replace(opened_cars(contacted), features=cause), 1_000.0)
    chance = logistic(found.log_odds(cause.astype(np.float64)))
    assert np.corrcoef(chance, logistic(1.0 * cause[:, 0] - 2.0))[0, 1] > 0.98
    assert abs(chance.mean() - contacted.mean()) < 0.005
    assert figures["contact error"] < min(0.02, figures["contact error, raw"])


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


def test_a_list_that_was_searched_for_is_read_with_its_search():
    recording = market()
    lists = slates_of(recording).of(np.arange(400))
    rows = rows_of(
        recording,
        lists,
        space=fit_space(recording.listings),
        market=from_model(trained()).market,
        taste=preference.Params(),
        params=matching.Params(),
        seed=0,
    )
    searched = recording.impressions.search[lists.starts] > 0
    assert 0.2 < searched.mean() < 1.0
    known = np.isfinite(rows.features[:, matching.COLUMN["searches"]])
    assert known[searched[rows.slate]].all()
    assert not known.all()
