"""The check ``training``: how the last training of each kind ended."""

import pytest

from carousel.domain.errors import ConfigurationError
from carousel.monitoring.compute.training import training
from carousel.observability.metrics import TRAINING_ENDED
from carousel.storage import open_models
from carousel.training.publishing import Ended, noted
from tests.monitoring.watched import asked, told


@pytest.fixture
def store(watched):
    with open_models(watched.reach.database_url) as store:
        yield store


def test_a_market_that_never_trained_has_nothing_to_tell(watched):
    assert asked(training(watched.reach)).held
    assert told(TRAINING_ENDED) == {}


@pytest.mark.parametrize("outcome", ["refused", "failed"])
def test_a_training_that_ended_badly_is_told_until_one_is_published(watched, store, outcome):
    check = training(watched.reach)
    store.note_ending("factors", "published", "v1", None)
    assert asked(check).held
    store.note_ending("factors", outcome, None, "worse than what is popular")
    store.note_ending("ranker", "published", "v2", None)
    found = asked(check)
    assert not found.held
    assert "factors" in found.sentence
    assert "worse than what is popular" in found.sentence
    assert set(told(TRAINING_ENDED)) == {("factors",), ("ranker",)}
    store.note_ending("factors", "published", "v3", None)
    assert asked(check).held


def test_who_trains_notes_how_it_ended_but_for_a_dry_run(store):
    ended = Ended()
    with noted("graph", ended, store):
        ended.how, ended.version = "published", "v1"
    (one,) = store.endings()
    assert (one.kind, one.outcome, one.version, one.why) == ("graph", "published", "v1", None)
    with noted("graph", Ended(how="tried"), store):
        pass
    assert store.endings() == [one]
    with pytest.raises(ConfigurationError), noted("graph", Ended(), store):
        raise ConfigurationError("no memory")
    (one,) = store.endings()
    assert (one.outcome, one.why) == ("failed", "ConfigurationError: no memory")
