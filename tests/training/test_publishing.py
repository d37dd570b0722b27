"""Training in the frame: good models serve, bad ones leave everything as it was."""

from dataclasses import replace

import numpy as np
import pytest

from carousel.storage import open_models
from carousel.training.publishing import LEARNED_UNTIL, Terms, make
from carousel.training.trainers import TRAINERS, Trainer
from carousel.training.worth import AHEAD_LIKELY, Worth, as_figures, worth_of
from tests.simulation.test_living import small_market
from tests.training.popular_trainer import (
    COMPARED,
    POPULAR,
    counted,
    faults,
    held_out,
    train,
    views,
)


@pytest.fixture(scope="module")
def recording():
    return small_market().recording


@pytest.fixture
def store(database_url):
    with open_models(database_url) as models:
        yield models


def terms(recording, **different):
    plain = Terms(engine="numpy", until=recording.ends, seed=0, keep=3, dry_run=False)
    return replace(plain, **different)


def test_a_first_model_serves_and_says_until_when_it_learned(recording, store):
    made = make("graph", POPULAR, recording, store, terms(recording))
    assert (made.before, made.refused) == (None, None)
    serving = store.active("graph")
    assert serving.version == made.model.version
    assert serving.figures == made.model.figures
    assert serving.figures[LEARNED_UNTIL] == recording.ends


def test_a_dry_run_judges_and_leaves_everything_as_it_is(recording, store):
    made = make("graph", POPULAR, recording, store, terms(recording, dry_run=True))
    assert made.refused is None
    assert store.models() == []


def test_the_same_training_gives_the_same_model(recording, store):
    first = make("graph", POPULAR, recording, store, terms(recording))
    again = make("graph", POPULAR, recording, store, terms(recording))
    assert again.model.version == first.model.version == again.before.version
    assert len(store.models()) == 1


def test_older_models_are_put_away(recording, store):
    for hours in range(6, 0, -1):
        until = recording.ends - 3600 * hours
        made = make("graph", POPULAR, recording, store, terms(recording, until=until))
        assert made.refused is None
    assert len(made.retired) == 1
    assert len(store.models("graph")) == 3


def spoilt(**different):
    """Return the trainer, but for what it makes."""

    def bad(recording, until, rng):
        return replace(train(recording, until, rng), **different)

    return Trainer({"numpy": bad}, faults)


@pytest.mark.parametrize(
    ("trainer", "sentence"),
    [
        (spoilt(arrays={"listings": np.ones(2), "counts": np.ones(1, np.float32)}), "2 listings"),
        (spoilt(arrays={"counts": np.full(2, np.nan, np.float32)}), "not finite"),
        (spoilt(figures=as_figures(Worth(0.2, 0.1, 0.3, 0.5, 900.0))), "simplest way"),
        (spoilt(figures={"value": 0.2}), "no low"),
    ],
)
def test_a_bad_model_is_refused_and_the_last_good_one_goes_on(recording, store, trainer, sentence):
    good = make("graph", POPULAR, recording, store, terms(recording)).model
    made = make("graph", trainer, recording, store, terms(recording))
    assert sentence in made.refused
    assert store.active("graph").version == good.version
    assert len(store.models()) == 1


def test_nothing_to_learn_from_is_told_and_not_raised(recording, store):
    made = make("graph", POPULAR, recording, store, terms(recording, until=recording.begins))
    assert (made.model, made.refused) == (None, "Nobody has looked at any car yet.")


@pytest.fixture
def foresight(recording):
    """Return a model that knows the held-out looks, and says little of itself."""
    later = views(recording, held_out(recording, recording.ends), recording.ends)
    modest = as_figures(Worth(0.0, 0.0, 0.1, 0.0, 10))
    return replace(counted(recording, later, recording.ends), figures=modest)


def test_two_models_are_compared_on_the_same_cases(recording, store, foresight):
    early = {LEARNED_UNTIL: recording.begins}
    store.publish(replace(foresight, figures=foresight.figures | early), activate=True)
    made = make("graph", COMPARED, recording, store, terms(recording))
    assert made.again["cases"] == made.model.figures["cases"]
    assert made.again["value"] > made.model.figures["high"]
    assert f"which reaches {made.again['value']:.4f} on the same" in made.refused
    assert store.active("graph").version == foresight.version
    all_the_same = make("graph", COMPARED, recording, store, terms(recording, even_if_worse=True))
    assert (all_the_same.refused, all_the_same.again) == (None, made.again)
    assert store.active("graph").version == made.model.version


def test_a_model_that_has_seen_the_cases_is_not_measured_on_them(recording, store, foresight):
    for seen in ({}, {LEARNED_UNTIL: recording.ends}):
        store.publish(replace(foresight, figures=foresight.figures | seen), activate=True)
        made = make("graph", COMPARED, recording, store, terms(recording))
        assert (made.again, made.refused) == (None, None)


@pytest.mark.parametrize("kind", TRAINERS)
def test_every_kind_is_trained_measured_and_served(kind, recording, store):
    # Of this small market no ranker can be sure to beat the one that comes with the program.
    made = make(kind, TRAINERS[kind], recording, store, terms(recording, even_if_worse=True))
    assert made.model.kind == kind
    assert TRAINERS[kind].faults(made.model) == []
    assert worth_of(made.model.figures).cases > 0
    assert made.refused is None
    assert store.active(kind).version == made.model.version


def test_the_ranker_of_a_small_market_leaves_the_bundled_one_in_its_place(recording, store):
    made = make("ranker", TRAINERS["ranker"], recording, store, terms(recording))
    assert "the one that comes with Carousel" in made.refused
    assert made.model.figures[AHEAD_LIKELY] <= 0
    assert store.active("ranker") is None


@pytest.mark.parametrize("kind", [k for k, one in TRAINERS.items() if one.compared is not None])
def test_an_older_model_of_any_kind_is_measured_on_the_new_ones_cases(kind, recording, store):
    trainer, day_four = TRAINERS[kind], recording.begins + 4 * 86_400
    older = trainer.train["numpy"](recording, day_four, np.random.default_rng(1))
    store.publish(replace(older, figures={LEARNED_UNTIL: day_four}), activate=True)
    made = make(kind, trainer, recording, store, terms(recording))
    assert made.again.keys() <= made.model.figures.keys()
    assert made.again["cases"] == made.model.figures["cases"]
    assert made.again["floor"] == made.model.figures["floor"]


def test_an_engine_that_a_kind_does_not_know_leaves_it_to_numpy(recording, store):
    made = make("graph", POPULAR, recording, store, terms(recording, engine="spark"))
    assert made.refused is None
