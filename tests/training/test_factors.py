"""The latent space learned from a market: it tells the camps apart, and says what it is worth."""

from dataclasses import replace

import numpy as np
import pytest

from carousel.domain.car_features import describe
from carousel.domain.errors import ModelError
from carousel.domain.latent import Settings, faults, from_model
from carousel.recording.tables import Lives
from carousel.training.factors import FactorTraining, latent_before, train_factors
from carousel.training.reactions import Weighing, reactions_until, weights
from tests.training import two_camps
from tests.training.two_camps import BEGINS, DAY, is_small, market

SMALL = FactorTraining(factors=4)


@pytest.fixture(scope="module")
def recording():
    return market()


@pytest.fixture(scope="module")
def model(recording):
    return train_factors(recording, recording.ends, SMALL)


def test_a_car_nobody_has_seen_stands_with_those_of_its_camp(recording, model):
    latent = from_model(model)
    factors = latent.known(latent.foretold([describe(car) for car in recording.listings]))
    fresh = two_camps.car(1_000, recording.ends)
    likeness = factors @ latent.listing_factors(describe(fresh))
    small = np.array([is_small(row) for row in range(len(factors))])
    assert likeness[small].min() > likeness[~small].max()


def test_the_model_is_whole_and_says_it_is_better_than_what_is_popular(model):
    assert faults(model) == []
    figures = model.figures
    assert figures["cases"] > 50
    assert figures["low"] <= figures["value"] <= figures["high"]
    assert figures["value"] > figures["floor"] > 0


def test_equal_training_gives_an_equal_version(recording, model):
    assert train_factors(recording, recording.ends, SMALL).version == model.version


def test_what_lies_after_the_moment_is_not_looked_at(recording):
    until = BEGINS + 6 * DAY
    events = recording.events
    past = np.flatnonzero(events.at < until)
    cut = replace(
        recording,
        events=replace(
            events,
            **{n: getattr(events, n)[past] for n in events.__dataclass_fields__},
        ),
    )
    assert (
        train_factors(cut, until, SMALL).version == train_factors(recording, until, SMALL).version
    )


def test_nothing_can_be_learned_where_nobody_reacted(recording):
    with pytest.raises(ModelError, match="Nobody has reacted"):
        train_factors(recording, BEGINS, SMALL)


def test_a_crawler_weighs_no_more_in_a_day_than_the_bound():
    cars = [two_camps.car(row, BEGINS - DAY) for row in range(500)]
    at = BEGINS + np.linspace(0, 0.5, 501) * DAY
    who, what = np.array([7] * 500 + [3]), np.array([*range(500), 0])
    crawled = two_camps.recording(
        cars, Lives(np.full(500, BEGINS - DAY), np.full(500, np.inf), np.zeros(500, np.bool_)),
        range(8), (at, who, what), BEGINS + DAY,
    )  # fmt: skip
    seen = reactions_until(crawled, BEGINS + DAY)
    counted = weights(seen, BEGINS + DAY, Weighing(most_a_day=60.0))
    assert counted[who == 7].sum() < 60.0
    assert counted[who == 3][0] > 8 * counted[who == 7].max()


def test_how_it_is_read_can_change_without_training_anew(recording):
    learned = latent_before(recording, recording.ends, SMALL)
    short = replace(learned, settings=Settings(norm=0.0))
    raw = learned.foretold([describe(recording.listings[0])])
    assert np.allclose(short.known(raw), raw)
    assert np.allclose(np.linalg.norm(learned.known(raw)), 1.0)
