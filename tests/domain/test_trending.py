"""More interest than is usual for how often a car was shown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.audience import Audience
from carousel.domain.trending import Params, lifts

USUAL = Params()

counts = st.floats(0, 1e4).map(lambda x: 0.0 if x < 1e-6 else x)
listings = st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=12)


def audience(rows):
    return Audience(*np.array(rows, dtype=np.float64).reshape(-1, 3).T)


def test_where_nothing_is_known_all_are_as_usual():
    assert lifts(audience([(0.0, 0.0, 0.0)] * 3), USUAL).tolist() == [1.0, 1.0, 1.0]


def test_a_market_that_shows_nobody_anything_is_ordered_by_interest():
    assert lifts(audience([(0, 6, 0), (0, 0, 0)]), USUAL).tolist() == [3.0, 1.0]


@given(listings, st.integers(1, 9))
def test_all_do_as_usual_where_all_do_alike(rows, times):
    shown, views, contacts = rows[0]
    assert lifts(audience([(shown, views, contacts)] * times), USUAL) == pytest.approx(
        np.ones(times) if shown else np.full(times, lifts(audience([rows[0]]), USUAL)[0])
    )


@given(listings)
def test_the_order_of_listings_makes_no_difference(rows):
    assert lifts(audience(rows), USUAL)[::-1] == pytest.approx(
        lifts(audience(rows[::-1]), USUAL), rel=1e-6
    )


@given(listings, st.floats(0.5, 100))
def test_one_more_contact_lifts_a_car_over_itself(rows, more):
    others = rows[1:]
    shown, views, contacts = rows[0]
    before = lifts(audience([rows[0], *others]), USUAL)[0]
    after = lifts(audience([(shown, views, contacts + more), *others]), USUAL)[0]
    # It also raises what is usual: for a car that is the market, no more than before.
    assert after >= before * (1 - 1e-9)


def test_being_shown_more_for_the_same_interest_is_less():
    lift = lifts(audience([(10, 5, 0), (40, 5, 0)]), USUAL)
    assert lift[0] > 1 > lift[1]


def test_little_proof_lifts_little():
    lift = lifts(audience([(1, 1, 0), (100, 30, 0), (1_000, 100, 0)]), USUAL)
    assert 1 < lift[0] < lift[1]


def test_the_more_doubt_the_less_a_few_views_lift():
    heard = audience([(1, 3, 0), (100, 30, 0)])
    trusting, usual, doubting = (lifts(heard, Params(doubt=doubt))[0] for doubt in (0.5, 3.0, 30.0))
    assert trusting > usual > doubting > 1


def test_a_contact_is_worth_as_many_views_as_is_said():
    one, other = lifts(audience([(10, 7, 0), (10, 0, 1)]), Params(contact=7.0))
    assert one == pytest.approx(other)
