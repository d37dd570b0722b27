"""What simulated shoppers truly want: the mixture of their needs, and the same from files."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.errors import RecordingError
from carousel.simulation.households import DAY, draw_shoppers
from carousel.simulation.needs import Kind, Shopper
from carousel.simulation.preferences import PREFERENCES
from carousel.simulation.truth import KnownTruth, in_mind, progress_of
from carousel.simulation.truth_files import read, write
from tests.simulation.small_market import BEGINS, ENDS, PARAMETERS, small_stock

STOCK = small_stock(500)
EVERY = np.arange(len(STOCK.price))
SHOPPERS = draw_shoppers(PARAMETERS, count=300, seed=5, begins=BEGINS, ends=ENDS)
LOOKING = [row for row, shopper in enumerate(SHOPPERS) if shopper.needs]

a_shopper = st.sampled_from(LOOKING)
a_moment = st.floats(BEGINS - 100 * DAY, ENDS + 100 * DAY)


def known(preferences="additive", hidden=1.0, shoppers=SHOPPERS):
    return KnownTruth(STOCK, shoppers, PARAMETERS, preferences=preferences, hidden=hidden)


TRUTHS = {preferences: known(preferences) for preferences in PREFERENCES}


@pytest.fixture
def written(tmp_path):
    write(TRUTHS["aspects"], tmp_path)
    return tmp_path


@pytest.mark.parametrize("preferences", PREFERENCES)
@settings(max_examples=30, deadline=None)
@given(shopper=a_shopper, at=a_moment)
def test_a_contact_is_never_likelier_than_the_opening_it_needs(preferences, shopper, at):
    chances = TRUTHS[preferences].chances(shopper, EVERY, at, STOCK.price)
    assert np.all((chances.contact >= 0) & (chances.contact <= chances.open))
    assert np.all(chances.open <= 1)


@settings(max_examples=60, deadline=None)
@given(shopper=a_shopper, at=a_moment)
def test_the_needs_in_mind_are_the_open_ones_and_share_by_weight(shopper, at):
    needs = SHOPPERS[shopper].needs
    found = in_mind(needs, at)
    still = [need for need in needs if need.begins <= at <= need.ends]
    assert sum(share for _, share in found) == pytest.approx(1.0)
    if still:
        assert [need for need, _ in found] == still
        assert found[0][1] == pytest.approx(still[0].weight / sum(n.weight for n in still))
    else:
        assert len(found) == 1


def test_the_chances_of_two_open_needs_are_their_weighted_mean():
    one, other = (
        replace(SHOPPERS[row].needs[0], begins=BEGINS, ends=BEGINS + 20 * DAY, weight=weight)
        for row, weight in ((LOOKING[0], 1.0), (LOOKING[1], 0.5))
    )
    household = [
        Shopper(Kind.SHOPPER, needs, 1.0, 10.0) for needs in ((one, other), (one,), (other,))
    ]
    at = BEGINS + 5 * DAY
    both, first, second = (
        known(shoppers=household).chances(row, EVERY, at, STOCK.price) for row in range(3)
    )
    assert np.allclose(both.open, (2 * first.open + second.open) / 3)
    assert np.allclose(both.contact, (2 * first.contact + second.contact) / 3)


def test_who_is_not_looking_has_the_need_next_in_time_in_mind():
    need = SHOPPERS[LOOKING[0]].needs[0]
    early, late = (
        replace(need, begins=begins, ends=begins + 10 * DAY) for begins in (0.0, 100 * DAY)
    )
    assert in_mind((early, late), 40 * DAY) == [(early, 1.0)]
    assert in_mind((early, late), 70 * DAY) == [(late, 1.0)]
    assert in_mind((early, late), -40 * DAY) == [(early, 1.0)]


def test_progress_runs_from_0_to_1_and_stays_there():
    need = replace(SHOPPERS[LOOKING[0]].needs[0], begins=10.0, ends=20.0)
    assert [progress_of(need, at) for at in (0.0, 10.0, 15.0, 20.0, 99.0)] == [0, 0, 0.5, 1, 1]


def test_noise_is_known_by_row_and_wants_nothing():
    truth = TRUTHS["additive"]
    rows = truth.noise()
    assert len(rows) == 5
    assert all(SHOPPERS[row].kind is not Kind.SHOPPER for row in rows)
    for row in rows:
        chances = truth.chances(int(row), EVERY, BEGINS, STOCK.price)
        assert not chances.open.any()
        assert not chances.contact.any()


@pytest.mark.parametrize("preferences", PREFERENCES)
def test_a_truth_read_from_files_gives_the_very_same_chances(tmp_path, preferences):
    truth = known(preferences, hidden=0.7)
    write(truth, tmp_path)
    again = read(tmp_path)
    assert (again.preferences, again.hidden) == (preferences, 0.7)
    assert np.array_equal(again.noise(), truth.noise())
    for shopper in range(0, 300, 7):
        at = BEGINS + shopper / 300 * (ENDS - BEGINS)
        before, after = (t.chances(shopper, EVERY, at, STOCK.price) for t in (truth, again))
        assert np.array_equal(before.open, after.open)
        assert np.array_equal(before.contact, after.contact)


def test_shoppers_and_cars_come_back_whole(written):
    again = read(written)
    for before, after in zip(SHOPPERS, again.shoppers, strict=True):
        assert replace(before, needs=()) == replace(after, needs=())
        for need, same in zip(before.needs, after.needs, strict=True):
            assert np.array_equal(need.taste, same.taste)
            assert replace(need, taste=None) == replace(same, taste=None)
    for column in ("make", "seller", "dealer", "patience", "quality", "looks", "drop_at"):
        assert np.array_equal(getattr(again.stock, column), getattr(STOCK, column))


def test_the_parameters_that_were_in_force_are_kept(tmp_path):
    tables = {**PARAMETERS.tables, "null": {"opening": 0.5, "saving": 0.1, "contacting": 0.2}}
    changed = replace(PARAMETERS, tables=tables)
    write(KnownTruth(STOCK, SHOPPERS, changed, preferences="null", hidden=0.0), tmp_path)
    chances = read(tmp_path).chances(LOOKING[0], EVERY, BEGINS, STOCK.price)
    assert np.allclose(chances.open, 0.5)
    assert np.allclose(chances.contact, 0.1)


def test_a_market_of_noise_alone_is_written_and_read(tmp_path):
    crawler = Shopper(Kind.CRAWLER, (), 1.0, 10.0)
    write(known(shoppers=[crawler]), tmp_path)
    assert read(tmp_path).shoppers == (crawler,)


def test_a_file_cut_short_is_refused_in_one_sentence(written):
    file = written / "truth" / "needs.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(RecordingError, match=r"needs\.parquet is not the file that truth\.json"):
        read(written)


def test_a_missing_table_is_refused_in_one_sentence(written):
    (written / "truth" / "cars.parquet").unlink()
    with pytest.raises(RecordingError, match=r"cars\.parquet is missing"):
        read(written)


def test_where_there_is_no_truth_that_is_said(tmp_path):
    with pytest.raises(RecordingError, match="holds no truth"):
        read(tmp_path)


def test_a_foreign_manifest_is_refused_in_one_sentence(written):
    (written / "truth" / "truth.json").write_text('{"format": "something else"}')
    with pytest.raises(RecordingError, match="does not describe a truth: format"):
        read(written)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ('"preferences": "aspects"', '"preferences": "psychic"', "no preference model 'psychic'"),
        ('"catalogue": "', '"catalogue": "0', "another table of models"),
    ],
)
def test_a_truth_of_another_version_is_refused_in_one_sentence(written, ours, theirs, said):
    manifest = written / "truth" / "truth.json"
    manifest.write_text(manifest.read_text().replace(ours, theirs))
    with pytest.raises(RecordingError, match=said):
        read(written)


def test_writing_that_was_interrupted_leaves_no_truth(written):
    broken = known("null")
    broken.shoppers = (object(),)
    with pytest.raises(AttributeError):
        write(broken, written)
    with pytest.raises(RecordingError, match="holds no truth"):
        read(written)
