"""A trail with steps left out is a shorter trail: the rows are those of ``features``."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.facts import facts_of
from carousel.domain.matching import features as matching
from carousel.domain.matching.ablation import Ablation
from carousel.domain.trail import without
from tests.domain.cars import INVENTORY
from tests.domain.trails import NOON, trails

PARAMS = matching.Params()
NOW = (NOON + timedelta(days=2)).timestamp()
CARS = facts_of(INVENTORY[:12])
COUNT = len(CARS)


def rows_of(trail):
    nothing = np.zeros(COUNT)
    shared = matching.Shared(nothing, nothing, nothing, nothing, nothing, nothing)
    return matching.features(CARS, shared, trail, now=NOW, params=PARAMS)


@settings(max_examples=50, deadline=None)
@given(trails(), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_leaving_steps_out_is_never_having_done_them(trail, seed, share):
    rng = np.random.default_rng(seed)
    sets = 3
    reactions = rng.random((sets, len(trail.reactions))) < share
    searches = rng.random((sets, len(trail.searches))) < share
    ablation = Ablation(CARS, rows_of(trail), trail, now=NOW, params=PARAMS)
    cars, which = np.tile(np.arange(COUNT), sets), np.repeat(np.arange(sets), COUNT)
    found = ablation.rows(cars, reactions[which], searches[which]).reshape(sets, COUNT, -1)
    for n in range(sets):
        shorter = without(trail, np.flatnonzero(~reactions[n]), np.flatnonzero(~searches[n]))
        np.testing.assert_allclose(found[n], rows_of(shorter), rtol=1e-9, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(trails())
def test_leaving_nothing_out_changes_nothing(trail):
    rows = rows_of(trail)
    ablation = Ablation(CARS, rows, trail, now=NOW, params=PARAMS)
    cars = np.arange(COUNT)
    everything = (np.ones((COUNT, len(steps)), bool) for steps in (trail.reactions, trail.searches))
    np.testing.assert_allclose(ablation.rows(cars, *everything), rows, rtol=1e-9, atol=1e-9)
