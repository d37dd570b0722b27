"""A shadow ranker sees what shoppers ask for, and nobody sees it."""

import time
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from carousel.domain.facts import BODIES
from carousel.domain.market import BANDS, Market
from carousel.domain.matching.features import COLUMN, FEATURES
from carousel.domain.ranker.linear import KNOTS, Linear
from carousel.domain.ranker.ranking import KIND, Ranker, to_model
from carousel.domain.reranking.slate import RELEVANCE_ALONE
from carousel.storage import open_models, open_synthetic
from tests.api.conftest import EMAILS, PATIENCE, PATIENT, filled, running

SHADOW = "/api/v1/models/ranker/shadow"
BY_RANKER = replace(PATIENT, slate=RELEVANCE_ALONE)
"""So that two lists differ by their rankers alone: what chance draws, it draws alike for both."""
NUMBERS = count(10**6)


def ranker(slope):
    """Return a model by which a car is opened the likelier, the higher its price, times a slope."""
    coefficients = np.zeros(1 + len(FEATURES) * (2 + len(KNOTS)))
    coefficients[1 + COLUMN["price"]] = slope
    linear = Linear(np.zeros(len(FEATURES)), np.ones(len(FEATURES)), coefficients)
    linear.mean[COLUMN["price"]] = 9.0
    market = Market(
        np.zeros((len(BODIES) + 1, BANDS)), np.ones(1, np.uint32), np.zeros(1), np.zeros(7)
    )
    figures = {"value": 0.5, "low": 0.4, "high": 0.6, "floor": 0.3}
    return to_model(Ranker(linear, None, market), figures)


@pytest.fixture(scope="module")
def site(params):
    ids = filled(params.database_url)
    with running(replace(params, shadow_share=1.0, knobs=BY_RANKER), ids) as api:
        yield api


def new_list(site, email=EMAILS[0]):
    """Return a list that no memory holds: another car that is not there is excluded."""
    with site.client(email) as client:
        query = {"limit": 20, "exclude": next(NUMBERS)}
        answer = client.get("/api/v1/cars/recommendations", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(site):
    with site.client(EMAILS[2]) as operator:
        return operator.get(SHADOW).json()


def seen_until(site, enough):
    """Ask for lists until what is told of the shadow is enough."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        new_list(site)
        found = told(site)["shadow"]
        if found is not None and enough(found):
            return found
        time.sleep(0.05)
    pytest.fail(f"never told enough: {told(site)}")


def publish(site, model, *, activate):
    with open_models(site.params.database_url) as models:
        models.publish(model, activate=activate)
        if not activate:
            models.shadow(KIND, model.version)
    return model.version


def test_a_shadow_is_counted_compared_and_never_shown(site):
    new_list(site)
    assert told(site) == {"share": 1.0, "shadow": None}
    active = ranker(1.0)
    publish(site, active, activate=True)
    before = new_list(site)
    deadline = time.monotonic() + PATIENCE
    while (ranked := new_list(site)) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ranked != before

    alike = publish(site, ranker(1.001), activate=False)
    found = seen_until(site, lambda one: one["version"] == alike and one["slates"] >= 3)
    assert (found["overlap"], found["order"], found["failures"]) == (1, 1, 0)
    assert 0 < found["chance"] < 0.01
    assert found["milliseconds"] > 0

    with open_synthetic(site.params.database_url) as synthetic:
        synthetic.ensure_synthetic("robot@example.com")
    before = told(site)["shadow"]["slates"]
    for _ in range(20):
        assert new_list(site, "robot@example.com")["recommended"]
    new_list(site)
    found = seen_until(site, lambda one: one["slates"] > before)
    assert found["slates"] - before < 10

    contrary = publish(site, ranker(-1.0), activate=False)
    found = seen_until(site, lambda one: one["version"] == contrary and one["slates"] >= 3)
    assert found["overlap"] < 0.7
    assert found["order"] < 0
    assert found["chance"] > 0.05

    good = ranker(1.5)
    arrays = dict(good.arrays)
    arrays["linear_coefficients"] = arrays["linear_coefficients"][:7]
    broken = publish(site, replace(good, arrays=arrays), activate=False)
    found = seen_until(site, lambda one: one["version"] == broken and one["failures"] >= 3)
    assert (found["slates"], found["overlap"]) == (0, None)
    assert new_list(site) == ranked


def test_only_the_operator_is_told(site):
    with site.client() as anybody, site.client(EMAILS[0]) as shopper:
        assert anybody.get(SHADOW).status_code == 401
        assert shopper.get(SHADOW).status_code == 403
