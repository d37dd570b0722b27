"""The check ``models``: whether what serves is young and can be read."""

import numpy as np
import pytest

from carousel.domain.model import Model
from carousel.monitoring.compute.models import models
from carousel.observability.metrics import MODEL_AGE, MODEL_WORTH
from carousel.storage import open_models
from tests.monitoring.watched import asked, told

DAMAGE = (
    "update model set {0} = set_byte({0}, 5, get_byte({0}, 5) # 1) "
    "where version = (select active from model_in_use)"
)


def publish(watched, number):
    model = Model("graph", {}, {"w": np.arange(number)}, {"value": 0.25 * number})
    with open_models(watched.reach.database_url) as store:
        store.publish(model, activate=True)
    return model.version


def test_a_market_that_never_trained_is_served_by_the_bundled_ranker(watched):
    found = asked(models(watched.reach))
    assert found.held
    assert "bundled" in found.sentence
    assert told(MODEL_AGE) == {}


def test_age_and_worth_of_what_serves_are_told(watched):
    version = publish(watched, 3)
    found = asked(models(watched.reach))
    assert found.held
    assert found.evidence["active"] == [f"graph {version}"]
    assert 0 <= told(MODEL_AGE)["graph",] < 600
    assert told(MODEL_WORTH)["graph",] == 0.75


def test_a_model_of_nine_days_is_too_old_until_another_serves(watched):
    publish(watched, 3)
    check = models(watched.reach)
    watched.execute("update model set trained_at = now() - interval '9 days'")
    found = asked(check)
    assert not found.held
    assert "graph is 9 days old" in found.sentence
    publish(watched, 4)
    assert asked(check).held


@pytest.mark.parametrize("column", ["arrays", "sha256"])
def test_a_damaged_model_is_found_and_rolling_back_mends_it(watched, column):
    publish(watched, 3)
    publish(watched, 4)
    check = models(watched.reach)
    watched.execute(DAMAGE.format(column))
    found = asked(check)
    assert not found.held
    assert len(found.evidence["damaged"]) == 1
    with open_models(watched.reach.database_url) as store:
        store.roll_back("graph")
    assert asked(check).held
