"""Estimates of what another policy would have earned, beside what it truly earns."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.evaluation.counterfactual.estimators import (
    Log,
    doubly_robust,
    ips,
    snips,
)
from carousel.evaluation.effective import effective_size

SHOPPERS, VISITS, CARS = 120, 12, 8
SEEDS = 100


class World:
    """Shoppers of a few kinds, cars of their own chances; the logging policy is lukewarm."""

    def __init__(self, seed):
        dice = np.random.default_rng(seed)
        self.chance = dice.beta(1, 3, (4, CARS))  # of each kind of shopper for each car
        heat = self.chance + 0.3 * dice.standard_normal((4, CARS))
        self.logging = _softmax(2.0 * heat)
        self.target = _softmax(6.0 * self.chance)
        self.truth = float((self.target * self.chance).sum(axis=1).mean())
        shopper = np.repeat(np.arange(SHOPPERS), VISITS)
        # Each kind is equally common, so the truth above is that of the population drawn here.
        self.kind = shopper % 4
        luck = dice.random(len(shopper))
        cumulated = np.cumsum(self.logging, axis=1)[self.kind]
        self.action = np.minimum((cumulated < luck[:, None]).sum(axis=1), CARS - 1)
        reward = dice.random(len(shopper)) < self.chance[self.kind, self.action]
        self.log = Log(
            reward.astype(float),
            self.logging[self.kind, self.action],
            self.target[self.kind, self.action],
            shopper,
        )

    def doubly_robust(self, model):
        guessed = model[self.kind, self.action]
        expected = (self.target * model).sum(axis=1)[self.kind]
        return doubly_robust(self.log, guessed, expected)


def _softmax(heat):
    raised = np.exp(heat - heat.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def worlds():
    return [World(seed) for seed in range(SEEDS)]


def covered(estimate, truth):
    return estimate.low <= truth <= estimate.high


@pytest.mark.parametrize(
    "estimator",
    [
        lambda world: ips(world.log),
        lambda world: snips(world.log),
        lambda world: world.doubly_robust(world.chance),
        lambda world: world.doubly_robust(np.full((4, CARS), 0.25)),
    ],
    ids=["ips", "snips", "doubly robust, good model", "doubly robust, poor model"],
)
def test_the_truth_lies_in_the_interval_as_often_as_promised(worlds, estimator):
    """Of 100 intervals of 95 % about 95 hold; fewer than 90 happen once in 90 such tests."""
    hits = sum(covered(estimator(world), world.truth) for world in worlds)
    assert 90 <= hits <= 100


def test_ips_recovers_the_truth_in_95_of_100_seeds(worlds):
    assert sum(covered(ips(world.log), world.truth) for world in worlds) >= 95


def test_the_plain_mean_of_the_log_is_not_what_the_target_earns(worlds):
    def naive(log):
        return ips(Log(log.reward, np.ones(len(log.reward)), np.ones(len(log.reward)), log.shopper))

    assert sum(covered(naive(world.log), world.truth) for world in worlds) < 30


def test_a_good_model_of_the_reward_narrows_the_interval(worlds):
    def width(estimate):
        return estimate.high - estimate.low

    robust = np.mean([width(world.doubly_robust(world.chance)) for world in worlds])
    plain = np.mean([width(ips(world.log)) for world in worlds])
    assert robust < 0.8 * plain


def test_a_policy_that_is_its_own_target_earns_what_was_logged():
    log = World(1).log
    same = Log(log.reward, log.propensity, log.propensity, log.shopper)
    assert ips(same).mean == pytest.approx(log.reward.mean())
    assert snips(same).mean == pytest.approx(log.reward.mean())
    assert effective_size(same.weights) == pytest.approx(len(log.reward))


def test_clipping_only_lowers_an_estimate_of_rewards_that_are_never_negative():
    log = World(2).log
    assert ips(log, clip=1.0).mean < ips(log).mean


def test_a_target_that_never_acts_as_logged_is_not_quoted():
    log = Log(np.ones(3), np.full(3, 0.5), np.zeros(3), np.arange(3))
    assert math.isnan(snips(log).mean)
    assert ips(log).mean == 0


def test_an_empty_log_says_nothing():
    nothing = np.empty(0)
    log = Log(nothing, nothing, nothing, np.empty(0, dtype=np.int64))
    assert math.isnan(ips(log).mean)


def test_a_single_shopper_has_no_interval():
    log = Log(np.ones(3), np.full(3, 0.5), np.full(3, 0.5), np.zeros(3, dtype=np.int64))
    assert ips(log).mean == 1
    assert math.isnan(ips(log).low)


@given(
    rewards=st.lists(st.floats(0, 1), min_size=2, max_size=20),
    data=st.data(),
)
def test_the_self_normalised_estimate_never_leaves_the_rewards(rewards, data):
    size = len(rewards)
    propensity = data.draw(st.lists(st.floats(0.01, 1), min_size=size, max_size=size))
    log = Log(np.array(rewards), np.array(propensity), np.ones(size), np.arange(size))
    assert min(rewards) - 1e-9 <= snips(log).mean <= max(rewards) + 1e-9


@given(weights=st.lists(st.floats(0.1, 10), min_size=1, max_size=30))
def test_the_effective_size_is_at_most_the_size(weights):
    assert 1 - 1e-9 <= effective_size(np.array(weights)) <= len(weights) + 1e-9
