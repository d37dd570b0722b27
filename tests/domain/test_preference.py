from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.car_features import describe
from carousel.domain.preference import (
    Evidence,
    Params,
    Reader,
    forget,
    is_empty,
    merge,
    no_evidence,
    observe,
)
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


@given(observations, observations, st.randoms())
def test_merged_evidence_is_the_evidence_of_all_events_in_any_order(one, other, dice):
    together = [*one, *other]
    dice.shuffle(together)
    assert_same(merge(fold(one), fold(other), PARAMS), fold(together))


@given(st.lists(observations, min_size=2, max_size=4), st.randoms())
def test_it_does_not_matter_what_is_merged_first(histories, dice):
    def merged(parts):
        whole = no_evidence(SPACE.dim, min(part.as_of for part in parts))
        for part in parts:
            whole = merge(whole, part, PARAMS)
        return whole

    parts = [fold(seen) for seen in histories]
    shuffled = list(parts)
    dice.shuffle(shuffled)
    assert_same(merged(parts), merged(shuffled))


@given(observations, observations)
def test_what_was_merged_can_still_be_forgotten(mine, theirs):
    evidence = merge(fold(mine), fold(theirs), PARAMS)
    for item, strength, at in theirs:
        evidence = forget(evidence, VECTORS[item], strength, at, PARAMS)
    latest = max(at for _, _, at in [*mine, *theirs])
    assert_same(evidence, merge(fold(mine), no_evidence(SPACE.dim, latest), PARAMS))


def test_evidence_of_another_feature_space_is_not_merged():
    with pytest.raises(ValueError, match="not in feature space"):
        merge(no_evidence(SPACE.dim, NOON), no_evidence(3, NOON), PARAMS)


@given(observations)
def test_what_was_all_taken_back_in_any_order_is_empty(seen):
    evidence = fold(seen)
    assert not is_empty(evidence)
    for item, strength, at in seen:
        evidence = forget(evidence, VECTORS[item], strength, at, PARAMS)
    assert is_empty(evidence)


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


@given(st.lists(observations, min_size=1, max_size=5), st.integers(-48, 1_000))
def test_many_preferences_are_read_at_once_as_each_alone(people, hours):
    reader, known = Reader(SPACE, PARAMS), [fold(seen) for seen in people]
    masses, moment = np.array([e.mass for e in known]), NOON + timedelta(hours=hours)
    together = reader.preferences(np.array([e.direction for e in known]), masses)
    ages = np.array([(moment - e.as_of).total_seconds() for e in known])
    confidences = reader.confidences(masses, ages)
    for evidence, row, confidence in zip(known, together, confidences, strict=True):
        alone = reader.preference(evidence)
        np.testing.assert_allclose(row, 0.0 if alone is None else alone, atol=1e-9)
        assert confidence == pytest.approx(reader.confidence(evidence, moment))
