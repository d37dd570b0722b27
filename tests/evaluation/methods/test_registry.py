"""The list of methods, and what must hold for every one of them."""

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError
from carousel.evaluation import methods
from carousel.evaluation.leaks import find_leaks
from carousel.evaluation.methods import METHODS, Entry, make
from carousel.evaluation.methods.choosing import ByScore
from carousel.evaluation.methods.knobs import VARIANTS
from carousel.evaluation.timeline import walk
from carousel.serving.channels import CHANNELS
from carousel.simulation.truth import Chances
from tests.evaluation.methods.tiny import DAY, SPLIT, a_recording, ask, cars

KNOBS = VARIANTS["carousel"].knobs
USERS, SLATE = 6, 20
STOPS = SPLIT + np.array([0.2, 0.7, 1.2, 1.7]) * DAY


class TrueTastes:
    """Every shopper likes cars of about a price of their own."""

    def chances(self, shopper, cars, at, prices):
        del cars, at
        chance = np.exp(-(((prices / 1_000 - 4 * shopper) / 5) ** 2))
        return Chances(chance, chance / 5)

    def noise(self):
        return np.empty(0, np.int64)


CAN_RUN = [name for name, entry in METHODS.items() if not entry.obstacle(TrueTastes())]
"""All but those whose library is not installed."""


def lively(seed=0, born=20):
    """Return a market of 200 cars in which everything happens, before and after the split."""
    dice = np.random.default_rng(seed)
    first = 200 - born
    kinds = ("view", "view", "view", "favourite", "unfavourite", "contact", "dismiss")
    happened = [
        (hour, int(dice.integers(USERS - 1)), str(dice.choice(kinds)), int(dice.integers(first)))
        for hour in np.sort(dice.uniform(0, 90, 150))
    ]
    return a_recording(
        cars(200),
        happened,
        users=USERS,
        born=[(50 + n, first + n) for n in range(born)],
        prices=[(60 + n / 10, int(row), 4_000) for n, row in enumerate(dice.permutation(50)[:10])],
        left=[(55 + 2 * n, int(row)) for n, row in enumerate(range(60, 75))],
    )


def answers(named, recording):
    """Return every slate and score that methods give when played side by side."""
    fresh = [make(name, TrueTastes()) for name in named]
    given = {name: [] for name in named}
    for _, world in walk(recording, SPLIT, STOPS, fresh):
        for method in fresh:
            for shopper in range(USERS):
                question = ask(world, shopper, limit=SLATE)
                ranking = method.rank(world, question)
                scores = method.score(world, question, world.rows()[:30])
                given[method.name].append((ranking.rows, ranking.scores, scores))
    return given


@pytest.fixture(scope="module")
def together():
    return answers(CAN_RUN, lively())


@pytest.mark.parametrize("name", CAN_RUN)
def test_every_method_answers_alone_as_it_does_beside_others(name, together):
    alone = answers([name], lively())[name]
    for one, other in zip(alone, together[name], strict=True):
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", CAN_RUN)
def test_every_slate_is_full_distinct_and_scored(name, together):
    for rows, scores, some in together[name]:
        assert len(rows) == len(scores) == SLATE
        assert len(set(rows.tolist())) == SLATE
        assert np.isfinite(scores).all()
        assert some.shape == (30,)
        assert np.isfinite(some).all()


@pytest.mark.parametrize("name", CAN_RUN)
def test_no_method_but_the_nightly_one_shows_a_car_that_left(name, together):
    recording = lively()
    stops = np.repeat(STOPS, USERS)
    gone = [
        (recording.lives.left_at[rows] <= at).any()
        for at, (rows, _, _) in zip(stops, together[name], strict=True)
    ]
    assert any(gone) == (name == "carousel-nightly")


def test_no_method_but_the_oracle_sees_the_future():
    honest = [name for name in CAN_RUN if not METHODS[name].cheats]
    assert find_leaks(lambda: [make(name) for name in honest], lively(), SPLIT, 4) == []


OF_A_CHANNEL = {name for name, one in VARIANTS.items() if one.knobs.channels != KNOBS.channels}


# Nothing is shown in this market, so no ranker can be trained and the one that comes with the
# program ranks; and so few cars are for sale that most are found by several channels.
@pytest.mark.parametrize(
    "name", sorted(VARIANTS.keys() - {"carousel", "carousel-starter"} - OF_A_CHANNEL)
)
def test_every_variant_changes_something(name, together):
    pairs = zip(together[name], together["carousel"], strict=True)
    assert any(mine[0].tolist() != ours[0].tolist() for mine, ours in pairs)


@pytest.mark.parametrize("channel", CHANNELS)
def test_of_every_channel_one_variant_tells_what_it_is_worth(channel):
    (name,) = OF_A_CHANNEL & {f"carousel-without-{channel}", f"carousel-with-{channel}"}
    assert set(VARIANTS[name].knobs.channels) ^ set(KNOBS.channels) == {channel}


@pytest.mark.parametrize("name", CAN_RUN)
def test_every_method_is_called_as_it_is_listed_and_says_what_it_does(name):
    entry = METHODS[name]
    assert make(name, TrueTastes()).name == name
    assert entry.label
    assert entry.sentence.endswith(".")


def test_an_unknown_method_is_refused_with_the_names_there_are():
    with pytest.raises(ConfigurationError, match=r"no method 'prototpye'; .*prototype"):
        make("prototpye")


def test_the_oracle_needs_a_truth():
    assert METHODS["oracle"].obstacle(None) == methods.NO_TRUTH
    assert METHODS["oracle"].obstacle(TrueTastes()) == ""
    with pytest.raises(ConfigurationError, match="simulated market"):
        make("oracle")


def test_a_method_whose_library_is_missing_says_so():
    entry = Entry("X", "Y.", lambda _: ByScore("x"), packages=("scipy", "no_such_library"))
    assert entry.obstacle(None).startswith("Not installed: no_such_library;")
    assert METHODS["popular"].obstacle(None) == ""


def test_a_method_without_filters_of_its_own_chooses_among_the_rows_asked_for():
    named = [name for name in CAN_RUN if not name.startswith("carousel")]
    fresh = [make(name, TrueTastes()) for name in named]
    _, world = next(walk(lively(), SPLIT, STOPS[:1], fresh))
    few = world.rows()[::40]
    for method in fresh:
        shown = method.rank(world, ask(world, 1, rows=few)).rows
        assert sorted(shown.tolist()) == few.tolist()
