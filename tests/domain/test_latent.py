"""The latent space: sums in any order, bounded moves, models read back as they were written."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain import attributes as axes
from carousel.domain.attributes import Encoded
from carousel.domain.car_features import BLOCKS, describe, describe_search
from carousel.domain.filters import Filters
from carousel.domain.latent import Latent, Pull, Settings, faults, from_model, to_model
from carousel.domain.preference import forget, no_evidence, observe
from tests.domain.cars import INVENTORY, NOON, car, moments, strengths

K = 6
THINGS = [describe(listing) for listing in INVENTORY]
ATTRIBUTES = axes.fit(BLOCKS, THINGS, rarest=2)
COUNT = len(ATTRIBUTES.coordinates)
ENCODED = ATTRIBUTES.encode(THINGS)


def latent(settings=Settings()):  # noqa: B008 (frozen)
    weights = np.random.default_rng(0).normal(size=(COUNT, K))
    mean = ENCODED.transposed_times(np.full((len(THINGS), 1), 1 / len(THINGS)), COUNT)[:, 0]
    return Latent(ATTRIBUTES, weights, mean, np.eye(K) / K, settings)


LATENT = latent()


def dense(encoded: Encoded):
    rows = np.zeros((len(encoded), COUNT))
    rows[:, : encoded.bumps.shape[1]] = encoded.bumps
    for stated in encoded.names.T:
        known = np.flatnonzero(stated >= 0)
        rows[known, stated[known]] = 1.0
    return rows


def test_products_and_moments_are_those_of_the_matrix_written_out():
    rows, dice = dense(ENCODED), np.random.default_rng(1)
    values, weights = dice.normal(size=(len(rows), 3)), dice.uniform(size=len(rows))
    assert np.allclose(ENCODED.times(LATENT.weights), rows @ LATENT.weights)
    assert np.allclose(ENCODED.transposed_times(values, COUNT), rows.T @ values)
    assert np.allclose(ENCODED.moment(weights, COUNT), rows.T @ (weights[:, None] * rows))


def test_every_coordinate_has_a_name_of_its_own():
    assert len(set(ATTRIBUTES.coordinates)) == COUNT == dense(ENCODED).shape[1]
    assert "make=skoda" in ATTRIBUTES.coordinates


def test_what_is_not_stated_or_not_known_still_has_factors():
    strange = car(5, make="Nobody's", model="Unheard", mileage_km=None, place=None)
    found = LATENT.listing_factors(describe(strange))
    assert np.linalg.norm(found) == pytest.approx(1.0)


def test_a_full_description_points_where_its_parts_point_together():
    thing = describe(INVENTORY[0])
    parts = sum(LATENT.direction({name: samples}) for name, samples in thing.items())
    assert np.allclose(parts, LATENT.direction(thing))
    # All blocks are stated, so the one difference is the mean of those that may be missing.
    missing = [n for n, name in enumerate(ATTRIBUTES.coordinates) if name.endswith("?")]
    stated = LATENT.foretold([thing])[0] + LATENT.mean[missing] @ LATENT.weights[missing]
    unstated = LATENT.mean[missing] @ LATENT.weights[missing]
    assert np.allclose(stated - unstated, LATENT.direction(thing))


def test_a_search_speaks_of_what_it_names_alone():
    said = describe_search(Filters(make=("Škoda",)), NOON)
    start = ATTRIBUTES.coordinates.index("make=audi")
    makes = len([name for name in ATTRIBUTES.coordinates if name.startswith("make=")])
    end = start + makes
    one = np.zeros(makes)
    one[ATTRIBUTES.coordinates.index("make=skoda") - start] = 1.0
    expected = (one - LATENT.mean[start:end]) @ LATENT.weights[start:end]
    assert np.allclose(LATENT.direction(said), expected)


@given(st.lists(st.tuples(st.integers(0, 30), strengths, moments), min_size=1, max_size=8))
def test_a_shoppers_taste_does_not_depend_on_the_order_of_events(events):
    def folded(some):
        evidence = no_evidence(K, some[0][2])
        for row, strength, at in some:
            item = LATENT.listing_factors(THINGS[row])
            evidence = observe(evidence, item, strength, at, LATENT.params)
        return evidence

    one, other = folded(events), folded(events[::-1])
    assert np.allclose(one.direction, other.direction, atol=1e-9)
    item = LATENT.listing_factors(THINGS[7])
    seen = observe(one, item, 1.0, NOON, LATENT.params)
    undone = forget(seen, item, 1.0, NOON, LATENT.params)
    kept = LATENT.params.remaining(undone.as_of - one.as_of)
    assert np.allclose(undone.direction, kept * one.direction, atol=1e-9)


pulls = st.lists(st.tuples(st.integers(0, 30), st.floats(-4, 4)), min_size=1, max_size=6)


@given(pulls)
def test_what_pulls_a_listing_adds_up_in_any_order(parts):
    found = []
    for row, strength in parts:
        seen = observe(
            no_evidence(K, NOON), LATENT.listing_factors(THINGS[row]), 1.0, NOON, LATENT.params
        )
        found.append(LATENT.pulled(seen, strength, NOON))
    ahead, back = (sum(found[::step], Pull(np.zeros(K), 0.0)) for step in (1, -1))
    assert np.allclose(ahead.direction, back.direction)
    assert ahead.mass == pytest.approx(back.mass)
    assert np.linalg.norm(ahead.direction) <= ahead.mass + 1e-9


def test_a_listing_moves_towards_its_reactors_and_never_beyond_the_reach():
    foretold = LATENT.foretold(THINGS[:1])
    taste = np.eye(K)[:1]
    shares = [
        (LATENT.moved(foretold, mass * taste, np.array([mass])) @ taste[0])[0]
        for mass in (0.0, 1.0, 3.0, 1e9)
    ]
    assert shares == sorted(shares)
    assert np.allclose(LATENT.moved(foretold, 0 * taste, np.zeros(1)), LATENT.known(foretold))
    short = latent(Settings(norm=0.0))
    far = short.moved(foretold, 1e9 * taste, np.array([1e9])) - foretold
    assert np.linalg.norm(far) == pytest.approx(Settings().reach)


def test_a_stranger_pulls_nothing_and_the_unsure_little():
    nobody = no_evidence(K, NOON)
    assert LATENT.pulled(nobody, 1.0, NOON) is None
    item = LATENT.listing_factors(THINGS[0])
    once = observe(nobody, item, 1.0, NOON, LATENT.params)
    often = observe(once, item, 9.0, NOON, LATENT.params)
    assert LATENT.pulled(once, 1.0, NOON).mass == pytest.approx(0.5)
    assert LATENT.pulled(often, 1.0, NOON).mass == pytest.approx(10 / 11)
    later = LATENT.pulled(once, 1.0, NOON + 10 * Settings().half_life)
    assert later.mass < 0.01


def test_a_model_is_read_back_as_it_was_written():
    settings = Settings(alpha=0.5, ridge=0.2, norm=0.5, half_life=timedelta(days=3))
    written = latent(settings)
    model = to_model(written, {"value": 1.0})
    assert faults(model) == []
    read = from_model(model)
    assert read.version == model.version
    assert read.attributes.coordinates == written.attributes.coordinates
    evidence = observe(
        no_evidence(K, NOON), written.listing_factors(THINGS[3]), 1.0, NOON, written.params
    )
    assert np.allclose(read.taste(evidence), written.taste(evidence), atol=1e-6)
    assert np.allclose(read.foretold(THINGS[:9]), written.foretold(THINGS[:9]), atol=1e-5)
    assert read.params.half_life == settings.half_life


@pytest.mark.parametrize("spoilt", ["weights", "mean", "gram", "width of price"])
def test_arrays_that_do_not_fit_together_are_found(spoilt):
    model = to_model(LATENT, {})
    cut = replace(model, arrays={**model.arrays, spoilt: model.arrays[spoilt][:-1]})
    assert len(faults(cut)) == 1
    with pytest.raises(ValueError, match=r"shape|fit together"):
        from_model(cut)
