from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from carousel.domain.audience import Audience
from carousel.domain.reranking.caps import Params as Caps
from carousel.domain.reranking.exploration import Params as Exploration
from carousel.domain.reranking.exposure import Params as Exposure
from carousel.domain.reranking.mixing import Params as Needs
from carousel.domain.reranking.orders import best_first, ranks
from carousel.domain.reranking.slate import RELEVANCE, RELEVANCE_ALONE, RULES, Params, Pool, lay
from carousel.domain.reranking.variety import Params as Variety
from carousel.domain.reranking.variety import Widths, likeness
from tests.domain.reranking.pools import cars, pools, seeds, sizes

ALONE = {
    "exposure": replace(RELEVANCE_ALONE, exposure=Exposure()),
    "variety": replace(RELEVANCE_ALONE, variety=Variety()),
    "needs": replace(RELEVANCE_ALONE, needs=Needs(least=0.1)),
    "caps": replace(RELEVANCE_ALONE, caps=Caps(seller=1)),
    "exploration": replace(RELEVANCE_ALONE, exploration=Exploration()),
}


def dice(seed=0):
    return np.random.default_rng(seed)


def one_need(count, seed=0, **changes):
    """Return a pool of known cars that nobody asks about, worth less and less."""
    known = Audience(np.full(count, 999.0), np.full(count, 99.0), np.zeros(count))
    chance = np.linspace(0.2, 0.1, count)
    pool = Pool(cars(count, dice(seed)), chance, known, np.zeros(count, dtype=int), [1.0])
    return replace(pool, **changes)


@given(pools(), sizes, seeds)
@settings(deadline=None)
def test_a_slate_has_the_asked_size_and_no_car_twice(pool, size, seed):
    slate = lay(pool, size, Params(), dice(seed))
    assert len(slate.rows) == min(size, len(pool.chance))
    assert len(set(slate.rows.tolist())) == len(slate.rows)
    assert ((slate.propensity > 0) & (slate.propensity <= 1)).all()
    assert slate.eligible == len(pool.chance)


@given(pools(), sizes, seeds)
@settings(deadline=None)
def test_without_rules_it_is_the_order_of_the_probabilities_for_certain(pool, size, seed):
    one = replace(pool, need=np.zeros(len(pool.chance), dtype=int), weights=[1.0])
    slate = lay(one, size, RELEVANCE_ALONE, dice(seed))
    assert slate.rows.tolist() == best_first(pool.chance)[:size].tolist()
    assert (slate.propensity == 1).all()
    assert not slate.moved.any()
    assert {slate.rule(place) for place in range(len(slate.rows))} <= {RELEVANCE}


@given(pools(), sizes, seeds)
@settings(deadline=None)
def test_what_the_rules_moved_adds_up(pool, size, seed):
    slate = lay(pool, size, Params(), dice(seed))
    rank = ranks(best_first(pool.chance))[slate.rows]
    assert (slate.moved.sum(axis=1) == rank - np.arange(len(slate.rows))).all()


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_is_alone_is_named_for_all_that_moved(rule):
    count, draw = 60, dice(2)
    new = Audience(np.zeros(count), np.zeros(count), draw.exponential(10.0, count))
    need = draw.integers(0, 2, count)
    for seed in range(3):
        pool = one_need(count, seed, had=new)
        if rule == "needs":
            pool = replace(pool, need=need, weights=[0.3, 0.7])
        slate = lay(pool, 20, ALONE[rule], dice(seed))
        named = {slate.rule(place) for place in range(20)}
        assert rule in named
        assert named <= {rule, RELEVANCE}
        assert not np.delete(slate.moved, RULES.index(rule), axis=1).any()


@given(pools(), sizes, seeds)
@settings(deadline=None)
def test_a_repeated_request_is_answered_the_same(pool, size, seed):
    once, again = (lay(pool, size, Params(), dice(seed)) for _ in range(2))
    assert once.rows.tolist() == again.rows.tolist()
    assert once.propensity.tolist() == again.propensity.tolist()


def test_a_shopper_for_a_van_and_a_city_car_finds_both():
    count = 200
    need = np.repeat([0, 1], 100)
    chance = np.concatenate([np.linspace(0.3, 0.2, 100), np.linspace(0.15, 0.1, 100)])
    params = Params(exploration=Exploration(places=0.0))
    pool = one_need(count, need=need, chance=chance, weights=[0.7, 0.3])
    first_ten = lay(pool, 20, params, dice()).rows[:10]
    assert np.count_nonzero(need[first_ten] == 1) in {2, 3, 4}
    alone = lay(one_need(count, chance=chance), 20, params, dice()).rows[:10]
    assert np.count_nonzero(need[alone] == 1) == 0


def test_variety_is_kept_within_each_need():
    facts = np.concatenate([cars(50, dice(1)), cars(50, dice(2))])
    facts["model"][50:60], facts["make"][50:60], facts["seller"] = 10, 1, 0
    facts[50:60] = facts[50]  # the second need's ten best are one car ten times
    chance = np.concatenate([np.linspace(0.3, 0.28, 50), np.linspace(0.2, 0.18, 50)])
    pool = one_need(100, facts=facts, chance=chance, need=np.repeat([0, 1], 50), weights=[0.5, 0.5])
    params = replace(RELEVANCE_ALONE, variety=Variety(trade=0.5), needs=Needs())
    second = [row for row in lay(pool, 20, params, dice()).rows if row >= 50]
    alike = likeness(facts[second], Widths()) - np.eye(len(second))
    assert len(second) == 10
    assert alike.max() < 1


def test_a_new_car_and_a_car_in_great_demand_change_places():
    pool = one_need(10, chance=np.full(10, 0.1), facts=cars(10, dice(), sellers=0))
    had = Audience(np.full(10, 999.0), np.full(10, 99.0), np.zeros(10))
    had.impressions[9], had.views[9], had.contacts[0] = 0.0, 0.0, 20.0
    params = replace(RELEVANCE_ALONE, exposure=Exposure())
    firsts = []
    for seed in range(200):
        slate = lay(replace(pool, had=had), 10, params, dice(seed))
        assert slate.rows[-1] == 0
        firsts.append(int(slate.rows[0]))
    assert 20 < firsts.count(9) < 180  # a draw decides, so sometimes it has to wait


def test_a_random_car_may_be_any_of_the_pool():
    pool = one_need(100)
    params = Params(exploration=Exploration(places=2.0))
    drawn = set()
    for seed in range(600):
        slate = lay(pool, 10, params, dice(seed))
        assert slate.random.sum() == 2
        assert all(slate.rule(place) == "exploration" for place in np.flatnonzero(slate.random))
        drawn |= set(slate.rows[slate.random].tolist())
    assert drawn == set(range(100))


def test_the_propensity_is_how_often_a_slate_shows_the_car_there():
    pool, many = one_need(15), 4_000
    draw, happens, told = dice(8), np.zeros((4, 15)), np.zeros((4, 15))
    for _ in range(many):
        slate = lay(pool, 4, Params(), draw)  # all are known, so the order before chance is certain
        happens[np.arange(4), slate.rows] += 1 / many
        told[np.arange(4), slate.rows] = slate.propensity
    seen = told > 0
    assert seen.all()
    assert (np.abs(happens - told) < 5 * np.sqrt(told * (1 - told) / many)).all()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"chance": np.full(5, 1.5)}, "a chance is a probability"),
        ({"chance": np.full(5, np.nan)}, "a chance is a probability"),
        ({"need": np.full(5, 1)}, "a need of a pool is one of its 1 weights"),
        ({"need": np.zeros(4, dtype=int)}, "5 entries"),
        ({"facts": cars(6, dice())}, "5 entries"),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        lay(one_need(5, **changes), 3, Params(), dice())
