"""Who comes to the market: households, their needs, and accounts that are no buyers."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError
from carousel.simulation.catalogue import generations
from carousel.simulation.households import DAY, WEEK, draw_shoppers
from carousel.simulation.needs import ASPECTS, Kind
from carousel.simulation.parameters import Parameters
from tests.simulation.small_market import BEGINS, ENDS, PARAMETERS


def drawn(count=4_000, seed=1, parameters=PARAMETERS):
    return draw_shoppers(parameters, count=count, seed=seed, begins=BEGINS, ends=ENDS)


def changed(**entries):
    households = {**PARAMETERS.tables["households"], **entries}
    return Parameters({**PARAMETERS.tables, "households": households}, "changed.toml")


@pytest.fixture(scope="module")
def shoppers():
    return drawn()


@pytest.fixture(scope="module")
def households(shoppers):
    return [s for s in shoppers if s.kind is Kind.SHOPPER]


@pytest.fixture(scope="module")
def needs(households):
    return [need for s in households for need in s.needs]


def test_the_same_seed_draws_the_same_shoppers_and_another_seed_others():
    assert repr(drawn(200)) == repr(drawn(200))
    assert repr(drawn(200)) != repr(drawn(200, seed=2))


def test_noise_has_its_shares_no_needs_and_no_fixed_place_among_the_accounts(shoppers):
    kinds = Counter(s.kind for s in shoppers)
    assert kinds[Kind.CRAWLER] == 20
    assert kinds[Kind.DEALER] == 40
    rows = [row for row, s in enumerate(shoppers) if s.kind is not Kind.SHOPPER]
    assert all(not shoppers[row].needs for row in rows)
    assert max(rows) > 2_000


def test_a_third_of_the_households_looks_for_more_than_one_car():
    settled = drawn(parameters=changed(changed=0.0))
    many = Counter(len(s.needs) for s in settled if s.kind is Kind.SHOPPER)
    total = sum(many.values())
    assert set(many) == {1, 2, 3}
    assert many[2] / total == pytest.approx(0.30, abs=0.03)
    assert many[3] / total == pytest.approx(0.05, abs=0.015)


def test_a_changed_need_takes_over_where_the_old_one_ends():
    for shopper in drawn(500, parameters=changed(changed=1.0, two_needs=0.0, three_needs=0.0)):
        if shopper.kind is Kind.SHOPPER:
            old, new = shopper.needs
            assert old.ends == new.begins
            assert old.begins < old.ends < new.ends


def test_searches_last_1_to_10_weeks_and_the_first_touches_the_period():
    for shopper in drawn(parameters=changed(changed=0.0)):
        for need in shopper.needs:
            assert 0.999 * WEEK <= need.ends - need.begins <= 10.001 * WEEK
        if shopper.needs:
            assert shopper.needs[0].begins < ENDS
            assert shopper.needs[0].ends > BEGINS


def test_shoppers_keep_arriving_until_the_end(households):
    first = np.array([min(need.begins for need in s.needs) for s in households])
    assert np.mean(first < BEGINS) > 0.2
    by_week = np.histogram(first, np.arange(BEGINS, ENDS, WEEK))[0]
    assert by_week.min() > 0.6 * by_week.max()
    assert np.any(first > ENDS - 2 * DAY)


def test_a_few_shoppers_do_a_large_part_of_everything(households):
    sessions = np.sort([s.sessions_per_day for s in households])
    assert sessions[-len(sessions) // 10 :].sum() > 0.3 * sessions.sum()


def test_needs_of_one_stage_differ_and_want_something(needs):
    assert all(max(need.stage.bodies.values()) == 1.0 for need in needs)
    assert all(max(need.stage.fuels.values()) == 1.0 for need in needs)
    assert all(need.stage.oldest >= 1 for need in needs)
    assert len({repr(need.stage) for need in needs}) > len(needs) / 2


def test_budgets_are_round_sums_and_stretch_is_small(needs):
    assert all(need.budget % 500 == 0 and need.budget >= 1_000 for need in needs)
    assert all(0 <= need.stretch <= 0.3 for need in needs)


def test_hidden_tastes_have_unit_norm_and_are_alike_within_a_stage(needs):
    needs = needs[:1_000]
    tastes = np.array([need.taste for need in needs])
    assert np.allclose(np.linalg.norm(tastes, axis=1), 1)
    middle = np.array([need.stage.budget for need in needs])
    same = middle[:, None] == middle[None, :]
    np.fill_diagonal(same, val=False)
    alike = tastes @ tastes.T
    other = ~same & ~np.eye(len(same), dtype=bool)
    assert alike[same].mean() > alike[other].mean() + 0.2
    assert alike[same].mean() < 0.7


def test_needs_of_one_household_share_a_home_and_some_taste(households):
    several = [s.needs for s in households if len(s.needs) > 1]
    assert all(need.home is needs[0].home for needs in several for need in needs)
    shared = np.mean([needs[0].taste @ needs[1].taste for needs in several])
    assert shared > 0.2


def test_loved_makes_build_a_car_of_a_wanted_body(needs):
    bodies = {}
    for generation in generations():
        bodies.setdefault(generation.make, set()).update(generation.bodies)
    loved = [(need, make) for need in needs for make in need.makes]
    hits = [bool(bodies[make] & set(need.stage.bodies)) for need, make in loved]
    assert len(loved) > len(needs)
    assert np.mean(hits) > 0.97


def test_every_need_checks_every_aspect_mostly_the_price_or_body_first(needs):
    assert all(sorted(need.order) == sorted(ASPECTS) for need in needs)
    first = Counter(need.order[0] for need in needs)
    assert (first["price"] + first["body"]) / len(needs) > 0.4
    assert len(first) > 8


def test_a_table_that_forgets_a_stage_is_refused_in_one_sentence():
    stages = dict(PARAMETERS.tables["households"]["stages"])
    del stages["commuter"]
    with pytest.raises(ConfigurationError, match=r"changed\.toml: .*unknown: commuter\."):
        drawn(10, parameters=changed(stages=stages))


def test_a_shopper_may_be_replaced_without_touching_the_others(shoppers):
    calmer = replace(shoppers[0], patience=1.0)
    assert calmer.needs is shoppers[0].needs
