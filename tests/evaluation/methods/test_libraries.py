"""Collaborative models of the libraries in a checkerboard world: odd shoppers like odd cars."""

import numpy as np
import pytest

from carousel.evaluation.methods.implicit_als import ImplicitAls, Params
from carousel.evaluation.methods.item_knn import ItemKnn
from tests.evaluation.methods.tiny import DAY, SPLIT, a_recording, ask, at_split, cars, played

pytest.importorskip("implicit", reason="the lab's libraries are not installed")

CARS, SHOPPERS = 20, 30
SEEN = np.random.default_rng(5).random((SHOPPERS, CARS)) < 0.7
BOARD = [
    (1 + n / 1_000, shopper, "view", car)
    for n, (shopper, car) in enumerate(np.argwhere(SEEN).tolist())
    if shopper % 2 == car % 2
]
NEWCOMER = SHOPPERS

methods = pytest.mark.parametrize(
    "make",
    [lambda: ImplicitAls(Params(factors=2, regularization=0.05)), ItemKnn],
    ids=["als", "knn"],
)


def board(*more, **different):
    return a_recording(cars(CARS), [*BOARD, *more], users=SHOPPERS + 1, **different)


@methods
def test_a_newcomer_who_likes_one_odd_car_gets_the_odd_cars(make):
    world = played(board((49, NEWCOMER, "view", 7)), method := make(), SPLIT + 7_200)
    slate = method.rank(world, ask(world, NEWCOMER))
    assert (slate.rows % 2 == 1).all()
    assert (np.diff(slate.scores) <= 0).all()


@methods
def test_what_nobody_reacted_to_before_midnight_is_last_until_the_next(make):
    others = [(60 + n / 100, 2 * n + 1, "contact", CARS) for n in range(10)]
    listings = cars(CARS + 1)
    recording = a_recording(
        listings, [*BOARD, *others, (61, NEWCOMER, "view", 7)], born=[(50, CARS)], users=31
    )
    world = played(recording, method := make(), SPLIT + 0.9 * DAY)
    scores = method.score(world, ask(world, NEWCOMER), np.arange(CARS + 1))
    assert scores.argmin() == CARS
    world = played(recording, method := make(), SPLIT + 1.1 * DAY)
    scores = method.score(world, ask(world, NEWCOMER), np.arange(CARS + 1))
    assert scores[CARS] > scores[0:CARS:2].max()


@methods
def test_a_stranger_gets_no_opinion(make):
    world = at_split(board())
    (method := make()).begin(world)
    assert method.score(world, ask(world, NEWCOMER), np.arange(CARS)).tolist() == [0.0] * CARS


@methods
def test_a_model_trained_again_is_the_same(make):
    world = at_split(board((1, NEWCOMER, "view", 3)))
    first, second = make(), make()
    first.begin(world)
    second.begin(world)
    rows = np.arange(CARS)
    question = ask(world, NEWCOMER)
    assert (
        first.score(world, question, rows).tolist() == second.score(world, question, rows).tolist()
    )
