"""What a shadow is asked, and how its lists are compared; the story is in tests/api/test_shadow."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import Listing
from carousel.serving.experimenting import Asked
from carousel.serving.experiments import Assignment
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import Slate, SlateEntry
from carousel.serving.shadowing import LONGEST_QUEUE, Counts, Shadow, difference
from carousel.storage import open_memory
from tests.domain.cars import INVENTORY

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ASKED = Asked(1, NO_FILTERS, 10, frozenset(), NOON)
ONE = Assignment((Knobs(),))
cars = st.lists(st.integers(1, 30), unique=True, max_size=20)


def slate(ids, chance=0.1):
    """Return a list of these cars; the comparison reads ids and scores only."""
    first = INVENTORY[0]
    entries = tuple(
        SlateEntry(
            Listing.model_validate({**first.model_dump(), "id": one, "revision": 1}),
            chance, None, None, random=False, eligible=1,
        )
        for one in ids
    )  # fmt: skip
    return Slate("s", 1, "", personal=True, entries=entries)


@given(cars)
def test_a_list_is_like_itself(ids):
    found = difference(slate(ids), slate(ids), ranked=True)
    assert found.overlap == 1 or not ids
    assert found.order == 1 or len(ids) < 3
    assert found.chance == 0 or not ids


@given(cars, cars)
def test_it_does_not_matter_which_list_was_served(one, other):
    there, back = (
        difference(slate(a), slate(b), ranked=True) for a, b in ((one, other), (other, one))
    )
    for name in ("overlap", "order", "chance"):
        assert getattr(there, name) == pytest.approx(getattr(back, name), nan_ok=True)
    assert math.isnan(there.overlap) or 0 <= there.overlap <= 1
    assert math.isnan(there.order) or -1 <= there.order <= 1


def test_only_the_first_ten_places_overlap_and_scores_without_a_ranker_are_no_chances():
    found = difference(slate(range(1, 21), 0.3), slate(range(11, 31), 0.1), ranked=False)
    assert found.overlap == 0
    assert math.isnan(found.chance)
    assert difference(
        slate(range(1, 21), 0.3), slate(range(11, 31), 0.1), ranked=True
    ).chance == pytest.approx(0.2)


def test_every_so_many_lists_are_put_aside_and_never_more_than_fit():
    shadow = Shadow(open_memory(), 0.25)
    for _ in range(12):
        shadow.consider(ASKED, ONE, slate([1]))
    assert shadow.waiting == 3
    for _ in range(1000):
        shadow.consider(ASKED, ONE, slate([1]))
    assert shadow.waiting == LONGEST_QUEUE


def test_interleaved_lists_and_a_share_of_nothing_put_none_aside():
    shadow, off = Shadow(open_memory(), 1.0), Shadow(open_memory(), 0.0)
    shadow.consider(ASKED, replace(ONE, knobs=(Knobs(), Knobs(pool=60))), slate([1]))
    off.consider(ASKED, ONE, slate([1]))
    assert shadow.waiting == off.waiting == 0


def test_the_line_of_the_log_says_all_there_is():
    counts = Counts("v1")
    counts.add(difference(slate([1, 2, 3]), slate([3, 2, 1]), ranked=False), 0.004)
    assert counts.sentence() == (
        "shadow ranker v1: 1 slates, overlap@10 1, rank correlation -1, mean |chance difference| "
        "none, 4 ms each, 0 failures, 0 left out"
    )
