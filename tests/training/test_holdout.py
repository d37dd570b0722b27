"""What is held out is asked about in blocks: no more at once, and nothing else comes of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.training import holdout
from carousel.training.factors import FactorTraining, latent_before
from carousel.training.holdout import Occasion, best_places, days, figures, occasion_of
from carousel.training.reactions import Reactions, reactions_until
from tests.training.two_camps import BEGINS, DAY, market


@pytest.fixture(scope="module")
def recording():
    return market()


@pytest.fixture(scope="module")
def latent(recording):
    return latent_before(recording, BEGINS + 9 * DAY, FactorTraining(factors=4))


@given(
    scores=st.integers(1, 40).flatmap(
        lambda width: st.lists(
            st.lists(
                st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0]), min_size=width, max_size=width
            ),
            min_size=1,
            max_size=5,
        )
    ),
    most=st.integers(1, 25),
)
def test_the_best_places_are_the_start_of_a_stable_sort(scores, most):
    rows = np.array(scores)
    assert np.array_equal(
        best_places(rows, most), np.argsort(-rows, axis=1, kind="stable")[:, :most]
    )


@given(n=st.integers(1, 30), width=st.integers(0, 9), cells=st.integers(1, 60))
def test_blocks_ask_everybody_once_in_order_and_not_too_many_at_once(n, width, cells):
    places = [np.array([shopper]) for shopper in range(n)]
    whole = Occasion(np.arange(n), np.arange(width), places, places[::-1])
    blocks = list(whole.blocks(cells))
    assert np.concatenate([block.shoppers for block in blocks]).tolist() == list(range(n))
    assert [p for block in blocks for p in block.known] == places
    assert [p for block in blocks for p in block.liked] == places[::-1]
    for block in blocks:
        assert len(block.shoppers) == 1 or len(block.shoppers) * width <= cells


def test_the_figures_do_not_depend_on_the_blocks(recording, latent, monkeypatch):
    told = figures(recording, latent, BEGINS + 9 * DAY, recording.ends)
    assert told["cases"] > 50
    monkeypatch.setattr(holdout.Occasion.blocks, "__defaults__", (200,))
    assert figures(recording, latent, BEGINS + 9 * DAY, recording.ends) == pytest.approx(told)


def test_what_a_shopper_knows_is_not_asked_of_them(recording):
    known = {}
    asked = 0
    for begins, day in days(reactions_until(recording, recording.ends)):
        occasion = occasion_of(recording, known, day, begins)
        for n, shopper in enumerate(occasion.shoppers.tolist() if occasion else ()):
            liked = set(occasion.rows[occasion.liked[n]].tolist())
            past = set(occasion.rows[occasion.known[n]].tolist())
            assert liked
            assert not liked & past
            assert past <= set(known[shopper])
            assert liked <= set(day.listing[day.shopper == shopper].tolist())
            asked += 1
        for shopper, listing in zip(day.shopper.tolist(), day.listing.tolist(), strict=True):
            known.setdefault(shopper, []).append(listing)
    assert asked > 100


def test_of_very_many_shoppers_some_are_drawn_evenly(recording, monkeypatch):
    alive = np.flatnonzero(recording.lives.listed_at < BEGINS)[20:]
    shoppers = np.arange(40)
    day = Reactions(np.full(40, BEGINS + 1.0), shoppers, alive[shoppers % 2], np.ones(40))
    known = {shopper: [int(alive[5])] for shopper in range(40)}
    everybody = occasion_of(recording, known, day, BEGINS)
    assert everybody.shoppers.tolist() == list(range(40))
    monkeypatch.setattr(holdout, "MOST_ASKED", 4)
    assert occasion_of(recording, known, day, BEGINS).shoppers.tolist() == [0, 13, 26, 39]
