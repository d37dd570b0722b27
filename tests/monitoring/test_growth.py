"""What grew: laws of increases, windows and quantiles, as Prometheus defines them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.monitoring.growth import START, Growth, Heard, Window, quantile
from carousel.monitoring.scraping import wanted_of

C = "carousel_http_requests_total"
INF = float("inf")


def heard(value, *, process="api-1", started=5.0, **labels):
    samples = {(C, tuple(sorted(labels.items()))): value, (START, ()): started}
    return Heard(process, "api", samples if value is not None else None)


def grown(*looks, seconds=60.0):
    """Return the growth after looks, each ``(at, *heard)``."""
    made = Growth({C}, 900.0)
    for at, *told in looks:
        made.take(at, told)
    return made.window(seconds)


def test_what_was_there_before_the_first_look_is_not_growth():
    assert grown((100, heard(40)), (102, heard(43))).sum(C) == 3


def test_nothing_is_known_after_a_single_look():
    window = grown((100, heard(40)))
    assert window.sum(C) is None
    assert window.rate(C) is None
    assert Growth({C}, 900.0).window(60).sum(C) is None


def test_a_counter_that_begins_anew_counts_from_nothing():
    assert grown((100, heard(40)), (102, heard(43)), (104, heard(2))).sum(C) == 5


def test_another_process_of_the_same_name_counts_from_nothing_even_if_it_is_ahead():
    before, after = heard(40), heard(50, started=101.0)
    assert grown((100, before), (102, after)).sum(C) == 50


def test_a_process_that_started_since_is_new_altogether():
    late = heard(7, process="api-2", started=101.0)
    assert grown((100, heard(40)), (102, heard(40), late)).sum(C) == 7


def test_a_process_that_was_only_found_late_brings_no_past():
    old = heard(7_000, process="api-2", started=50.0)
    assert grown((100, heard(40)), (102, heard(40), old)).sum(C) == 0


def test_a_series_that_appears_counts_from_nothing():
    first = Heard("api-1", "api", {(START, ()): 5.0})
    assert grown((100, first), (102, heard(1, status="5xx"))).sum(C, status="5xx") == 1


def test_a_process_that_does_not_answer_loses_nothing():
    looks = [(100, heard(40)), (102, heard(None)), (104, heard(46))]
    assert grown(*looks).sum(C) == 6


def test_growth_of_all_processes_is_summed_by_labels():
    looks = [
        (100, heard(1, route="/a"), heard(1, process="b", route="/a")),
        (110, heard(4, route="/a"), heard(6, process="b", route="/a")),
    ]
    window = grown(*looks)
    assert (window.sum(C, route="/a"), window.sum(C, route="/b")) == (8, 0)
    assert window.rate(C) == pytest.approx(0.8)
    assert window.by(C, "route") == {"/a": 8}


def test_a_window_looks_no_further_back_than_it_says():
    looks = [(100 + 2 * n, heard(10.0 * n)) for n in range(50)]
    window = grown(*looks, seconds=20)
    assert (window.sum(C), window.seconds, window.rate(C)) == (100, 20, 5)


def test_memory_ends_after_fifteen_minutes():
    made = Growth({C}, 900.0)
    for n in range(2_000):
        made.take(2.0 * n, [heard(float(n))])
    assert len(list(made.ticks)) <= 451
    assert made.window(900).sum(C) == 450


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20))
def test_growth_is_never_negative_and_at_least_the_final_rise(values):
    looks = [(100.0 + n, heard(value)) for n, value in enumerate(values)]
    total = grown(*looks).sum(C)
    assert total >= max(0.0, values[-1] - values[0]) - 1e-9


# As documented for histogram_quantile, worked out by hand.
@pytest.mark.parametrize(
    ("q", "buckets", "expected"),
    [
        (0.5, {0.1: 10, 0.2: 20, INF: 20}, 0.1),
        (0.75, {0.1: 10, 0.2: 20, INF: 20}, 0.15),
        (0.25, {0.1: 10, 0.2: 20, INF: 20}, 0.05),  # the first bucket begins at 0
        (0.95, {0.1: 10, 0.2: 10, 0.5: 20, INF: 20}, 0.47),  # an empty bucket between
        (0.99, {0.1: 10, 0.2: 20, INF: 100}, 0.2),  # in the last one: the end before it
        (0.5, {0.1: 0, INF: 0}, None),
        (0.5, {}, None),
        (0.5, {0.1: 3}, None),  # without the last bucket it is no histogram
    ],
)
def test_quantiles_are_those_of_prometheus(q, buckets, expected):
    found = quantile(q, buckets)
    assert found == (expected if expected is None else pytest.approx(expected))


@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=8),
    st.floats(0.01, 1),
)
def test_a_quantile_lies_where_its_rank_does(counts, q):
    ends = [0.1 * 2**n for n in range(len(counts) - 1)] + [INF]
    cumulative = [sum(counts[: n + 1]) for n in range(len(counts))]
    found = quantile(q, dict(zip(ends, cumulative, strict=True)))
    if not cumulative[-1]:
        assert found is None
        return
    rank = q * cumulative[-1]
    place = next(n for n, count in enumerate(cumulative) if count >= rank)
    if math.isinf(ends[place]):
        assert found == ends[-2]
    else:
        assert (ends[place - 1] if place else 0) - 1e-9 <= found <= ends[place] + 1e-9


def test_the_share_within_a_bound_is_that_of_its_bucket():
    key = "carousel_http_request_seconds"
    grew = {
        (f"{key}_bucket", (("le", "0.2"), ("route", "/a"))): 9.0,
        (f"{key}_bucket", (("le", "+Inf"), ("route", "/a"))): 10.0,
    }
    assert Window(grew, 60).share_within(0.2, key, route="/a") == 0.9
    assert Window(grew, 60).share_within(0.2, key, route="/b") is None


def test_only_what_is_wanted_is_read_of_a_scrape():
    text = (
        "# HELP carousel_http_requests_total requests\n"
        "# TYPE carousel_http_requests_total counter\n"
        'carousel_http_requests_total{method="GET",route="/a b\\"c",status="2xx"} 3.0\n'
        "python_gc_objects_collected_total 3.0\n"
        "process_start_time_seconds 1.7e+09\n"
    )
    labels = (("method", "GET"), ("route", '/a b"c'), ("status", "2xx"))
    assert wanted_of(text) == {(C, labels): 3.0, (START, ()): 1.7e9}


def test_what_is_no_exposition_is_refused():
    with pytest.raises(ValueError, match=r".+"):
        wanted_of("process_start_time_seconds what is this\n")
