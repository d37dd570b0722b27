"""The ranker that comes with the program: it fits the program, and knows what everybody knows."""

from datetime import UTC, datetime

import numpy as np
import pytest

from carousel.domain.audience import Audience
from carousel.domain.errors import ModelError
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.listing import Body, ListingFacts, Place
from carousel.domain.matching import features as matching
from carousel.domain.matching.features import FEATURES
from carousel.domain.ranker.ranking import to_model
from carousel.domain.trail import NO_TRAIL, extended, search
from carousel.serving import starting
from carousel.serving.ranking import rate
from carousel.serving.starting import as_text, starter
from carousel.storage.ports.serving import Described

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def car(number, body, price, latitude=50.0):
    return ListingFacts(
        ref=str(number), make="Skoda", model="car", name="car", year=2018, price=price, body=body,
        mileage_km=60_000, power_hp=100, listed_at=datetime(2026, 5, 1, tzinfo=UTC),
        place=Place(region="Hessen", latitude=latitude, longitude=8.0),
    )  # fmt: skip


def chances(cars, trail):
    nothing = np.zeros(len(cars))
    described = Described(
        range(len(cars)), facts_of(cars), np.zeros((len(cars), 64)), nothing,
        Audience(nothing, nothing, nothing),
    )  # fmt: skip
    found = rate(starter(), described, trail, None, now=NOW.timestamp(), params=matching.Params())
    return found.chance


def test_it_reads_the_features_of_this_version_and_knows_no_market():
    ranker = starter()
    facts = facts_of([car(1, Body.ESTATE, 9_000)])
    assert np.isnan(ranker.market.deal(facts)).all()
    assert all(np.isnan(part).all() for part in ranker.market.opened(facts))
    assert ranker.trees is None


def test_what_was_searched_for_is_likelier_and_so_is_what_is_near():
    asked = search(NOW.timestamp() - 60, Filters(
        body=(Body.ESTATE,), max_price=10_000,
        near_latitude=50.0, near_longitude=8.0, radius_km=100,
    ))  # fmt: skip
    cars = [
        car(1, Body.ESTATE, 9_000), car(2, Body.ESTATE, 16_000), car(3, Body.VAN, 9_000),
        car(4, Body.ESTATE, 9_000, latitude=53.0),
    ]  # fmt: skip
    fits, dear, van, far = chances(cars, extended(NO_TRAIL, searches=[asked]))
    assert fits > max(dear, van, far)


def test_everybody_has_a_chance_and_nobody_is_certain():
    cars = [car(n, body, 3_000 * (n + 1)) for n, body in enumerate(Body)]
    found = chances(cars, NO_TRAIL)
    assert np.all((found > 0) & (found < 0.5))


def test_a_ranker_written_down_is_read_back_to_six_digits(monkeypatch, tmp_path):
    ranker = starter()
    (tmp_path / starting.FILE).write_text(as_text(to_model(ranker, {})), encoding="utf-8")
    monkeypatch.setattr(starting, "files", lambda _: tmp_path)
    again = starter.__wrapped__()
    assert np.array_equal(again.linear.coefficients, ranker.linear.coefficients)
    assert np.array_equal(again.strangers.coefficients, ranker.strangers.coefficients)


def test_a_file_of_another_version_is_refused(monkeypatch, tmp_path):
    text = as_text(to_model(starter(), {})).replace(FEATURES[0], "something_else")
    (tmp_path / starting.FILE).write_text(text, encoding="utf-8")
    monkeypatch.setattr(starting, "files", lambda _: tmp_path)
    with pytest.raises(ModelError, match="other features"):
        starter.__wrapped__()
