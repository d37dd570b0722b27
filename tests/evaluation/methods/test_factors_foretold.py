"""The latent space as a method of the lab: it tells camps apart and keeps up with the market."""

import numpy as np

from carousel.evaluation.methods.factors_foretold import FactorsForetold
from carousel.training.factors import FactorTraining
from tests.evaluation.methods.tiny import DAY, a_recording, ask, at_split, cars, played
from tests.training.two_camps import is_small, market

SMALL = FactorTraining(factors=4)


def test_each_camp_is_shown_its_own_cars_those_of_the_day_among_them():
    recording = market()
    method = FactorsForetold(SMALL)
    world = played(recording, method, recording.begins + 9.5 * DAY)
    fresh = world.published - 1
    assert recording.lives.listed_at[fresh] > recording.begins + 2 * DAY  # not there at the split
    for shopper in range(6):
        slate = method.rank(world, ask(world, shopper, limit=8)).rows
        assert {is_small(row) for row in slate} == {is_small(shopper)}
        scores = method.score(world, ask(world, shopper), world.rows())
        own = np.array([is_small(row) == is_small(shopper) for row in world.rows()])
        assert scores[own].min() > scores[~own].max()
        assert (scores[world.rows() == fresh] > 0).all() == (is_small(fresh) == is_small(shopper))


def test_a_new_price_changes_what_is_foretold_at_once():
    recording = market()
    method = FactorsForetold(SMALL)
    world = played(recording, method, recording.begins + 3.5 * DAY)
    row = int(world.rows()[0])
    before = method.score(world, ask(world, 0), np.array([row]))
    world.price[row] *= 4
    method.repriced(world, row)
    assert method.score(world, ask(world, 0), np.array([row])) != before


def test_where_nobody_has_reacted_all_cars_are_level():
    world = at_split(a_recording(cars(5)))
    method = FactorsForetold(SMALL)
    method.begin(world)
    assert method.score(world, ask(world), world.rows()).tolist() == [0.0] * 5
