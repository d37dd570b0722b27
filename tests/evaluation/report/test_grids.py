"""The tables and pictures of a counterfactual study, from a report that could be one."""

import dataclasses
import math

import pytest

from carousel.evaluation.report import chapters, counterfactual, figures, grids, page, tables
from carousel.evaluation.results import Comparison, Curve, Estimate, MethodResult, Metric


def around(mean, reach, count=90):
    return Estimate(mean, mean - reach, mean + reach, count)


NOTHING = Estimate(math.nan, math.nan, math.nan, 0)


@pytest.fixture
def study(report):
    """A study of three methods: one estimate holds its truth, one does not, one was refused."""
    methods = tuple(
        MethodResult(name, label, {
            "open.ips": ips, "open.truth": around(truth, 0.01),
            "duel.lists": around(lists, math.nan), "duel.ab_lists": NOTHING,
        })
        for name, label, ips, truth, lists in (
            ("carousel", "Carousel", around(0.30, 0.05), 0.31, math.nan),
            ("popular", "Popularity", around(0.20, 0.02), 0.10, 1_234.0),
            ("random", "Random", NOTHING, 0.05, 87.0),
        )
    )  # fmt: skip
    return dataclasses.replace(
        report,
        metrics=(
            Metric("open.ips", "bucket", "opened, IPS", 1, "Estimated."),
            Metric("open.truth", "truth", "opened", 1, "True."),
        ),
        headline=("open.ips", "open.truth"),
        methods=methods,
        comparisons=(
            Comparison("popular", "carousel", "duel.open", around(-0.1, 0.03, 400), 0.0004),
            Comparison("random", "carousel", "duel.open", around(-0.2, 0.03, 300), 0.0),
        ),
        curves={
            "examination": (
                Curve("random exposure", (1.0, 2.0), (1.0, 0.6), (0.9, 0.5), (1.1, 0.7)),
                Curve("truth", (1.0, 2.0), (1.0, 0.73)),
            )
        },
    )


def test_a_table_says_which_intervals_hold_the_truth(study):
    rows = {label: cells for label, *cells in grids.insides(study).rows}
    assert rows["Carousel"] == ["0.250 to 0.350  yes", "0.310"]
    assert rows["Popularity"] == ["0.180 to 0.220  no ", "0.100"]
    assert "Random" not in rows


def test_a_table_of_duels_counts_lists_with_two_digits_or_says_more_than_played(study):
    first, second = grids.duels(study).rows
    assert first == (
        *("Popularity against Carousel", "40.0%", "37.0% to 43.0%", "< 0.001", "400", "1,200"),
        "more than played",
    )
    assert second[-2] == "87"


def test_attention_is_told_at_the_places_worth_a_column(study):
    grid = grids.examination(study.curves["examination"])
    assert grid.head[:3] == ("place", "1", "2")
    assert grid.rows[0][:4] == ("random exposure", "1.00", "0.60", figures.MISSING)


def test_terminal_markdown_and_page_show_the_same_tables(study):
    written = tables.markdown(study)
    shown = page.html(study)
    for one in grids.grids(study):
        assert one.title in written
        assert one.grid.rows[0][0] in shown
    assert {one.key for one in chapters.chapters(study)} >= {"attention", "estimates", "duels"}


def test_a_report_that_is_no_study_has_none_of_it(report):
    assert not list(grids.grids(report))
    assert counterfactual.examination(report) is None
    assert counterfactual.duels(report) is None
    assert not {one.key for one in chapters.chapters(report)} & {"attention", "estimates", "duels"}
