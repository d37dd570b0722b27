"""Names do not cover each other where there is room."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from carousel.evaluation.report.labels import beside, spaced

PLACES = st.lists(st.floats(0, 100), min_size=1, max_size=15).map(sorted)


@given(PLACES)
def test_names_along_a_line_keep_their_order_and_their_distance(wanted):
    placed = spaced(wanted, gap=5.0, low=0.0, high=100.0)
    assert all(b - a >= 5.0 - 1e-9 for a, b in itertools.pairwise(placed))
    assert placed[0] >= -1e-9
    assert placed[-1] <= 100.0 + 1e-9


@given(PLACES)
def test_names_far_apart_stay_where_they_are(wanted):
    apart = [place + 10 * index for index, place in enumerate(wanted)]
    placed = spaced(apart, gap=5.0, low=-1e3, high=1e3)
    assert max(abs(a - b) for a, b in zip(apart, placed, strict=True)) < 1e-9


def test_names_of_marks_on_top_of_each_other_go_round_them():
    size = (40.0, 12.0)
    found = beside([(100.0, 100.0)] * 4, [size] * 4, (0.0, 400.0))
    boxes = [(x, y - 6, x + 40, y + 6) for x, y in found]
    for one, other in itertools.combinations(boxes, 2):
        wide = min(one[2], other[2]) - max(one[0], other[0])
        high = min(one[3], other[3]) - max(one[1], other[1])
        assert wide <= 0 or high <= 0


def test_a_name_does_not_leave_the_picture():
    ((x, _),) = beside([(95.0, 50.0)], [(40.0, 12.0)], (0.0, 100.0))
    assert x + 40.0 <= 100.0
