import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.audience import Audience
from carousel.domain.reranking.exposure import Params, availability, bonus, worth_of
from tests.domain.reranking.pools import audience, seeds

fairness = st.builds(
    Params,
    enough=st.floats(1, 200),
    prior=st.floats(0.1, 100),
    most=st.floats(1, 5),
    buyer=st.floats(0, 0.5),
    least=st.floats(0, 1),
)


def had(impressions, views=0.0, contacts=0.0, count=1):
    return Audience(*(np.full(count, float(number)) for number in (impressions, views, contacts)))


def mean_bonus(chance, impressions, views=0.0, params=Params()):  # noqa: B008 (frozen)
    many = 20_000
    told = had(impressions, views, count=many)
    return bonus(np.full(many, chance), told, params, np.random.default_rng(1)).mean()


@given(seeds, fairness)
def test_a_bonus_is_bounded_and_the_bound_falls_with_every_impression(seed, params):
    dice = np.random.default_rng(seed)
    chance, told = dice.uniform(0, 1, 30), audience(30, dice)
    gained = bonus(chance, told, params, dice)
    assert (gained >= 0).all()
    left = np.maximum(0, 1 - told.impressions / params.enough)
    assert (gained <= left * (params.most - 1) * np.maximum(chance, 1e-6) * (1 + 1e-12)).all()


@given(seeds, fairness)
def test_worth_is_a_probability(seed, params):
    dice = np.random.default_rng(seed)
    worth = worth_of(dice.integers(0, 2, 30).astype(float), audience(30, dice), params, dice)
    assert (worth >= 0).all()
    assert (worth <= 1).all()


@given(seeds, st.floats(0, 19), st.integers(1, 30))
def test_where_all_are_equally_new_the_less_is_known_the_less_is_left_to_chance(seed, seen, count):
    dice = np.random.default_rng(seed)
    chance, told = dice.uniform(0, 0.5, count), had(seen, count=count)
    worth = worth_of(chance, told, Params(), np.random.default_rng(seed))
    least = bonus(chance, told, Params(), np.random.default_rng(seed)) * seen / Params().enough
    assert worth == pytest.approx(np.minimum(chance + least, 1.0))


def test_in_a_market_that_has_just_opened_the_order_is_the_models():
    chance = np.linspace(0.01, 0.3, 50)
    assert (worth_of(chance, had(0, count=50), Params(), np.random.default_rng(0)) == chance).all()


def test_no_listings_are_worth_nothing():
    assert len(worth_of(np.empty(0), had(0, count=0), Params(), np.random.default_rng(0))) == 0


def test_a_known_listing_is_worth_its_probability():
    told = had(impressions=Params().enough, views=40)
    worth = worth_of(np.array([0.1]), told, Params(), np.random.default_rng(0))
    assert worth.tolist() == [0.1]


def test_the_bonus_falls_with_impressions_that_led_to_nothing():
    shares = (0, 0.1, 0.3, 0.6, 0.9, 1)
    means = [mean_bonus(0.1, share * Params().enough) for share in shares]
    assert means == sorted(means, reverse=True)
    assert means[0] > 0.01
    assert means[-1] == 0


def test_a_new_listing_that_is_opened_more_often_than_expected_earns_more_of_its_bonus():
    assert mean_bonus(0.1, 8, views=3) > mean_bonus(0.1, 8, views=1) > mean_bonus(0.1, 8)


def test_the_surer_the_model_the_smaller_the_bonus():
    params = [Params(prior=k) for k in (1_000.0, 100.0, 10.0)]
    means = [mean_bonus(0.1, 0, params=one) for one in params]
    assert means == sorted(means)


def test_the_draw_is_the_click_rates_posterior():
    # Beta(10 * 0.2 + 3, 10 * 0.8 + 17): without a bound below it, the mean of what lies above p
    params = Params(enough=1e12, prior=10.0, most=1e6)
    theta = np.random.default_rng(5).beta(5, 25, 200_000)
    expected = np.maximum(theta - 0.2, 0).mean()
    assert mean_bonus(0.2, 20, views=3, params=params) == pytest.approx(expected, rel=0.1)


def test_views_from_elsewhere_do_not_make_more_clicks_than_impressions():
    told = had(impressions=1, views=30)
    assert worth_of(np.array([0.1]), told, Params(), np.random.default_rng(0))[0] <= 0.2


def test_what_one_listing_had_does_not_change_the_luck_of_others_that_are_drawn_before_it():
    chance = np.full(5, 0.1)
    once = bonus(chance, had(0, count=5), Params(), np.random.default_rng(3))
    last = Audience(np.array([0.0] * 4 + [30.0]), np.zeros(5), np.zeros(5))
    again = bonus(chance, last, Params(), np.random.default_rng(3))
    assert once[:4].tolist() == again[:4].tolist()


@given(st.lists(st.floats(0, 500), min_size=2, max_size=30), fairness)
def test_more_contacts_never_make_a_car_worth_more_and_never_nothing(contacts, params):
    kept = availability(np.sort(contacts), params)
    assert (np.diff(kept) <= 0).all()
    assert (kept >= params.least).all()
    assert (kept <= 1).all()
    assert availability(np.zeros(1), params)[0] == 1


def test_the_demotion_is_smooth():
    kept = availability(np.linspace(0, 100, 10_001), Params())
    assert np.abs(np.diff(kept)).max() < 0.001
