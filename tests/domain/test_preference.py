from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.car_features import describe
from carousel.domain.preference import Evidence, Params, Reader, forget, no_evidence, observe
from tests.domain.cars import INVENTORY, NOON, SPACE, moments, strengths

PARAMS = Params()
VECTORS = SPACE.vectors([describe(c) for c in INVENTORY])

observations = st.lists(
    st.tuples(st.integers(0, len(VECTORS) - 1), strengths, moments), min_size=1, max_size=12
)


def fold(seen, params=PARAMS) -> Evidence:
    evidence = no_evidence(SPACE.dim, seen[0][2])
    for item, strength, at in seen:
        evidence = observe(evidence, VECTORS[item], strength, at, params)
    return evidence


def assert_same(one: Evidence, other: Evidence):
    np.testing.assert_allclose(one.direction, other.direction, atol=1e-9)
    assert one.mass == pytest.approx(other.mass, abs=1e-9)
    assert one.as_of == other.as_of


@given(observations, st.randoms())
def test_arrival_order_does_not_matter(seen, dice):
    shuffled = list(seen)
    dice.shuffle(shuffled)
    assert_same(fold(seen), fold(shuffled))


@given(observations, st.integers(0, 10_000))
def test_only_time_differences_matter(seen, hours):
    later = [(i, w, at + timedelta(hours=hours)) for i, w, at in seen]
    now, then = fold(seen), fold(later)
    np.testing.assert_allclose(now.direction, then.direction, atol=1e-9)
    assert then.as_of - now.as_of == timedelta(hours=hours)


@given(observations)
def test_evidence_is_never_longer_than_its_mass(seen):
    evidence = fold(seen)
    assert np.linalg.norm(evidence.direction) <= evidence.mass + 1e-9


@given(observations, st.integers(0, len(VECTORS) - 1), strengths, moments)
def test_forgetting_an_event_is_as_if_it_never_happened(seen, item, strength, at):
    before = fold(seen)
    after = forget(
        observe(before, VECTORS[item], strength, at, PARAMS), VECTORS[item], strength, at, PARAMS
    )
    aged = PARAMS.remaining(after.as_of - before.as_of)
    np.testing.assert_allclose(after.direction, aged * before.direction, atol=1e-9)
    assert after.mass == pytest.approx(aged * before.mass, abs=1e-9)


@given(observations)
def test_the_preference_is_a_unit_vector_or_none(seen):
    wanted = Reader(SPACE, PARAMS).preference(fold(seen))
    assert wanted is None or np.linalg.norm(wanted) == pytest.approx(1.0)


@given(observations, st.integers(0, 400))
def test_confidence_is_bounded_and_fades(seen, days):
    reader, evidence = Reader(SPACE, PARAMS), fold(seen)
    now = reader.confidence(evidence, evidence.as_of)
    later = reader.confidence(evidence, evidence.as_of + timedelta(days=days))
    assert 0 <= later <= now < 1


def test_a_stranger_has_no_preference():
    nobody = no_evidence(SPACE.dim, NOON)
    assert Reader(SPACE, PARAMS).preference(nobody) is None
    assert Reader(SPACE, PARAMS).confidence(nobody, NOON) == 0


def test_who_likes_one_make_is_recommended_that_make():
    skodas = [i for i, c in enumerate(INVENTORY) if c.make == "Skoda"][:6]
    wanted = Reader(SPACE, PARAMS).preference(fold([(i, 1.0, NOON) for i in skodas]))
    best = np.argsort(-(VECTORS @ wanted))[:20]
    assert sum(INVENTORY[i].make == "Skoda" for i in best) >= 15


def test_a_vector_of_another_feature_space_is_refused():
    with pytest.raises(ValueError, match="not in feature space"):
        observe(no_evidence(SPACE.dim, NOON), np.zeros(3), 1.0, NOON, PARAMS)
