"""A study of a little simulated market, end to end, and the parts it is made of."""

from datetime import UTC, datetime

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError, RecordingError
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.evaluation.counterfactual.answers import ask_all
from carousel.evaluation.counterfactual.attention import Attention
from carousel.evaluation.counterfactual.decisions import (
    AMPLE,
    PLACES,
    Wanted,
    choose,
    contacted,
    widest,
)
from carousel.evaluation.counterfactual.duels import Side, duel
from carousel.evaluation.counterfactual.estimators import Log
from carousel.evaluation.counterfactual.histories import WEEK, Histories
from carousel.evaluation.counterfactual.judge import Judge
from carousel.evaluation.counterfactual.position import ORDINARY, RANDOM, TRUE, position_of
from carousel.evaluation.counterfactual.reward_model import FOLDS, fit, folds_of
from carousel.evaluation.counterfactual.study import Choices, study
from carousel.evaluation.counterfactual.values import (
    FEWEST_REWARDED,
    estimates,
    refusal,
    unsure,
    used,
)
from carousel.evaluation.market import Progress, open_market
from carousel.evaluation.provenance import of_run
from carousel.evaluation.report import document
from carousel.evaluation.results import Estimate
from carousel.evaluation.timing import Timed
from carousel.recording import files
from carousel.recording.tables import NONE
from carousel.simulation import attention, truth_files
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters
from tests.evaluation.worlds import DAY, HOUR, FansTruth, Preset, car, fans, market

METHODS = ("popular", "newest", "oracle")


def quiet(*told):
    del told


def everybody(recording):
    return np.zeros(len(recording.users), dtype=bool)


def anyone(shopper, at):
    del shopper, at
    return True


def wanted(recording, split=0.0, **changed):
    given = {
        "split": split, "left_out": everybody(recording), "pool": None, "most": None,
        "undivided": anyone,
    }  # fmt: skip
    return Wanted(**(given | changed))


@pytest.fixture(scope="module")
def simulated():
    return simulate(
        read_parameters(), shoppers=350, listings=900, days=20, seed=5,
        begins=datetime(2026, 3, 2, tzinfo=UTC), preferences="additive", hidden=None,
        progress=quiet,
    )  # fmt: skip


@pytest.fixture(scope="module")
def directory(simulated, tmp_path_factory):
    where = tmp_path_factory.mktemp("market")
    files.write(simulated.recording, where)
    truth_files.write(simulated.truth, where)
    attention.write(simulated.examined, where)
    return where


@pytest.fixture(scope="module")
def report(directory):
    silent = Progress(quiet, quiet)
    finish = study(open_market(directory), Choices(METHODS, split="0.3"), silent)
    return finish(
        of_run(
            command=["carousel"], made_at=datetime(2026, 3, 2, tzinfo=UTC), seed=0, data="little",
            data_hash="0" * 64, settings={}, seconds=1.0,
        )
    )  # fmt: skip


def figure(report, method, key):
    return next(one for one in report.methods if one.name == method).figures[key]


def test_a_study_tells_what_each_policy_would_truly_earn(report):
    truth = {name: figure(report, name, "open.truth").mean for name in METHODS}
    assert truth["oracle"] > truth["popular"] > 0
    assert truth["oracle"] > truth["newest"] > 0


def test_a_study_quotes_nothing_where_chance_and_policy_agree_too_seldom(report):
    for name in METHODS:
        row = next(one for one in report.methods if one.name == name)
        for step in ("open", "contact"):
            quoted = not np.isnan(row.figures[f"{step}.ips"].mean)
            assert quoted == (f"would be {step}" not in row.remark)


def test_a_study_counts_every_random_impression(report):
    left_out = sum(n for text, n in report.counts.items() if "left out" in text)
    assert (
        report.counts["random impressions used as decisions"] + left_out
        == report.counts["random impressions after the split"]
    )


def test_a_study_is_a_document_and_back(report):
    again = document.from_json(document.to_json(report))
    assert document.to_json(again) == document.to_json(report)
    assert {curve.method for curve in again.curves["examination"]} >= {RANDOM, ORDINARY, TRUE}


def test_the_oracle_wins_its_duel_against_what_is_popular(report):
    duels = [one for one in report.comparisons if one.metric == "duel.open"]
    won = next(one for one in duels if one.method == "oracle")
    assert won.difference.low > 0
    assert won.p < 0.001


def test_the_pools_of_a_simulated_market_are_rebuilt_to_the_last_car(simulated):
    recording = simulated.recording
    histories = Histories(recording)
    split = recording.begins + 0.3 * (recording.ends - recording.begins)
    decisions, _ = choose(
        recording, wanted(recording, split, pool=10_000, most=400), np.random.default_rng(0)
    )
    answers = ask_all(
        recording, decisions, [], split=split, histories=histories, judge=None,
        advance=quiet,
    )  # fmt: skip
    assert len(decisions) == 400
    assert answers.rebuilt.mean() > 0.99


def test_the_truth_of_a_page_is_what_shoppers_then_do(simulated):
    """Over many examined places chances and openings must agree: memory included."""
    recording, examined = simulated.recording, simulated.examined
    judge, shown = Judge(simulated.truth, Histories(recording)), recording.impressions
    rows = np.random.default_rng(0).permutation(np.flatnonzero(examined))[:4_000]
    chance, happened = [], []
    for row in rows.tolist():
        shopper, at = int(shown.shopper[row]), float(shown.at[row])
        if not simulated.truth.shoppers[shopper].needs or not judge.undivided(shopper, at):
            continue
        listing = shown.listing[row : row + 1]
        price = np.array([float(recording.listings[int(listing[0])].price)])
        chance.append(judge.chances(shopper, listing, at, price).open[0])
        happened.append(shown.outcome[row] >= 1)
    chance, happened = np.array(chance), np.array(happened)
    error = np.sqrt((chance * (1 - chance)).sum()) / len(chance)
    assert abs(happened.mean() - chance.mean()) < 4 * error + 0.05 * chance.mean()


def test_attention_is_read_as_it_was_written(simulated, directory, tmp_path):
    count = len(simulated.recording.impressions.at)
    assert (attention.read(directory, count) == simulated.examined).all()
    assert attention.read(tmp_path, count) is None
    with pytest.raises(RecordingError, match="speaks of"):
        attention.read(directory, count + 1)


def test_the_true_curve_falls_with_position_and_is_used_where_it_is_known(simulated):
    left_out = everybody(simulated.recording)
    position = position_of(simulated.recording, left_out, simulated.examined)
    curves = {curve.method: curve.y for curve in position.curves}
    assert curves[TRUE][0] == 1.0
    assert all(a >= b - 0.05 for a, b in zip(curves[TRUE], curves[TRUE][1:], strict=False))
    assert (position.best_known(5) == np.array(curves[TRUE][:5])).all()


def test_short_lists_of_sought_after_cars_do_not_bend_the_curve():
    """Half of the lists have 3 places and cars that everybody opens; attention stays flat."""
    dice, shown = np.random.default_rng(0), []
    for slate in range(3_000):
        short = slate % 2 == 0
        for place in range(1, 4 if short else 11):
            hit = dice.random() < (0.9 if short else 0.3)
            shown.append((slate, 0, slate, place, place - 1, "view" if hit else "nothing"))
    shown += [(3_000, 0, 3_000, place, place - 1, "nothing") for place in range(1, 11)]
    recording = market([car(n) for n in range(10)], shown=shown)
    lowest = position_of(recording, everybody(recording), None).attention.place(10)
    assert lowest.low < 1 < lowest.high


def test_without_random_exposure_nothing_can_be_estimated():
    with pytest.raises(ConfigurationError, match="no random exposure"):
        choose(fans(), wanted(fans(), split=99 * DAY), np.random.default_rng(0))


def test_pools_are_as_large_as_leaves_enough_to_learn_from():
    eligible = np.repeat([40, 400, 4_000], 10_000)
    limit = widest(eligible)
    inside = eligible[eligible <= limit]
    assert limit >= 400
    assert PLACES * len(inside) / inside.mean() >= AMPLE
    assert PLACES * len(eligible) / eligible.mean() < AMPLE


def test_a_contact_of_a_later_visit_is_not_this_lists():
    shown = [(HOUR, 0, 7, 1, 0, "contact"), (HOUR, 0, 7, 2, 1, "contact")]
    recording = market([car(0), car(1)], shown=shown, events=[
        (HOUR + 60, 0, "contact", 0), (2 * DAY, 0, "contact", 1),
    ])  # fmt: skip
    recording.events.slate[:] = 7
    assert contacted(recording).tolist() == [True, False]


def test_histories_know_only_what_lies_before():
    recording = market([car(0), car(1)], events=[
        (HOUR, 0, "view", 0), (2 * HOUR, 1, "view", 0), (3 * HOUR, 0, "dismiss", 1),
        (3 * HOUR, 1, "contact", 0),
    ])  # fmt: skip
    known, both = Histories(recording), np.array([0, 1])
    assert not known.opened(0, both, HOUR).any()
    assert known.opened(0, both, HOUR + 1).tolist() == [True, False]
    assert known.looks(both, 3 * HOUR).tolist() == [2, 0]
    assert known.looks(both, 3 * HOUR + WEEK).tolist() == [0, 0]
    assert known.dismissed(0, 3 * HOUR).tolist() == []
    assert known.dismissed(0, 4 * HOUR).tolist() == [1]
    assert known.contacted(1, both, 4 * HOUR).tolist() == [True, False]
    assert known.views(1, 4 * HOUR).tolist() == [0]


def test_cars_of_earlier_pages_and_dismissed_ones_are_not_in_the_pool():
    cars = [car(n, year=2000 + n) for n in range(20)]
    first = [(HOUR, 0, 1, place, place, "nothing") for place in (1, 2, 3)]
    second = [(HOUR + 60, 0, 2, 1, 9, "view")]
    recording = market(
        cars, shown=first + second, events=[(HOUR - 60, 0, "dismiss", 19), (DAY, 0, "view", 1)]
    )
    recording.impressions.random[:3] = False
    recording.impressions.eligible[3] = 20 - 1 - 3
    asked = []

    def scores(world, ask, rows):
        del world
        asked.append(ask)
        return rows * 1.0

    decisions, _ = choose(recording, wanted(recording), np.random.default_rng(0))
    answers = ask_all(
        recording, decisions, [Timed(Preset("highest", scores), lambda: 0.0)], split=1.0,
        histories=Histories(recording), judge=None, advance=quiet,
    )  # fmt: skip
    assert answers.rebuilt.tolist() == [True]
    assert answers.tops[0, 0].tolist() == list(range(18, 8, -1))
    assert asked[0].filters == NO_FILTERS


def test_a_pool_that_does_not_come_out_right_is_left_out():
    recording = market(
        [car(n) for n in range(20)], shown=[(HOUR, 0, 1, 1, 3, "view")],
        events=[(DAY, 0, "view", 1)], searches=(NO_FILTERS, Filters(make=("Nobody",))),
    )  # fmt: skip
    recording.impressions.eligible[:] = 15
    decisions, _ = choose(recording, wanted(recording), np.random.default_rng(0))
    answers = ask_all(
        recording, decisions, [], split=1.0, histories=Histories(recording), judge=None,
        advance=quiet,
    )  # fmt: skip
    assert not answers.rebuilt.any()


def test_electric_fans_are_worth_what_their_truth_says():
    """Where a policy shows everybody their own kind, the estimate meets a half."""
    recording, truth = fans(shoppers=60, days=20), FansTruth()
    histories = Histories(recording)
    recording.impressions.eligible[:] = 40  # each morning's cars
    decisions, _ = choose(recording, wanted(recording, split=DAY), np.random.default_rng(0))

    def own(world, ask, rows):
        del world
        return (rows % 2 == ask.shopper % 2) * 1.0

    kind = Preset("own", own)
    answers = ask_all(
        recording, decisions, [Timed(kind, lambda: 0.0)], split=DAY, histories=histories,
        judge=Judge(truth, histories), advance=quiet,
    )  # fmt: skip
    bucket = used(recording, decisions, answers.rebuilt, Attention(0.0, 0.0))
    answers = answers.only_rebuilt()
    nothing = np.zeros(len(bucket.listing))
    found = estimates(bucket, answers.tops[0], "open", nothing, nothing)
    assert answers.open[0].mean() == 0.5
    for name in ("ips", "snips", "dr"):
        assert found[name].low < 0.5 < found[name].high
        assert found[name].high - found[name].low < 0.2


def test_doubt_about_attention_widens_what_hangs_on_it():
    known, doubtful = Attention(0.5, 0.0), Attention(0.5, 0.0, ((0.4, 0.0),))

    def at(attention):
        middle = 10 * attention.power
        return {"ips": Estimate(middle, middle - 3, middle + 3, 40)}

    assert unsure(at, known) == {"ips": Estimate(5.0, 2.0, 8.0, 40)}
    assert unsure(at, doubtful) == {"ips": Estimate(5.0, 0.0, 10.0, 40)}  # 3, 4 and 5


def test_a_handful_of_rewards_is_no_estimate():
    count = 4_000
    reward = np.zeros(count)
    reward[: FEWEST_REWARDED - 1] = 1
    log = Log(reward, np.full(count, 0.1), np.full(count, 0.1), np.arange(count))
    assert "rewarded" in refusal(log)
    reward[FEWEST_REWARDED] = 1
    assert refusal(log) == ""


def test_the_reward_model_finds_what_moves_shoppers_through_the_fog_of_position():
    dice = np.random.default_rng(3)
    seen = np.column_stack([np.ones(60_000), dice.standard_normal(60_000), np.zeros(60_000)])
    chance = 1 / (1 + np.exp(2.0 - 0.8 * seen[:, 1]))
    examined = dice.choice([1.0, 0.5, 0.2], 60_000)
    model = fit(seen, (dice.random(60_000) < examined * chance) * 1.0, examined)
    assert np.abs(model.chance(seen) - chance).max() < 0.05


def test_folds_keep_shoppers_together():
    shopper = np.random.default_rng(0).integers(0, 40, 500)
    fold = folds_of(shopper, 0)
    assert set(fold.tolist()) == set(range(FOLDS))
    for one in np.unique(shopper):
        assert len(np.unique(fold[shopper == one])) == 1


def test_a_duel_of_equals_has_no_winner_and_no_number_of_lists_is_told():
    dice, lists = np.random.default_rng(0), 400
    rows = np.tile(np.arange(PLACES), (lists, 1))
    side = Side("one", rows, np.full((lists, PLACES), 0.2))
    other = Side("other", rows + 100, np.full((lists, PLACES), 0.2))
    found = duel(side, other, np.arange(lists), np.ones(PLACES), dice)
    assert found.verdict.p > 0.01
    assert found.difference.mean == 0.0
    assert np.isnan(found.lists)


def test_the_better_side_wins_and_a_larger_lead_needs_fewer_lists():
    lists = 400
    rows = np.tile(np.arange(PLACES), (lists, 1))
    rows[0, 5:] = NONE
    weak = np.where(rows == NONE, np.nan, 0.1)

    def against(chance):
        strong = Side("strong", rows + 100 * (rows != NONE), np.where(rows == NONE, np.nan, chance))
        return duel(
            strong, Side("weak", rows, weak), np.arange(lists) % 80, np.ones(PLACES),
            np.random.default_rng(0),
        )  # fmt: skip

    close, clear = against(0.14), against(0.3)
    assert clear.verdict.preference.low > 0
    assert clear.lists < close.lists
    assert clear.ab_lists < close.ab_lists
