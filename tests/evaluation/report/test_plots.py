"""Pictures are drawn from whatever there is: one point, gaps, no interval."""

import math
from dataclasses import replace

import pytest

pytest.importorskip("matplotlib")

from carousel.evaluation.report import pictures, plots
from carousel.evaluation.report.drawn import Line, Point, Row
from carousel.evaluation.report.inline import embedded
from carousel.evaluation.results import Estimate

SURE, BARE, NOTHING = (
    Estimate(0.5, 0.4, 0.6, 9),
    Estimate(0.3, math.nan, math.nan, 9),
    Estimate(math.nan, math.nan, math.nan, 0),
)


def rows(*estimates):
    return [Row(f"m{n}", f"Method {n}", one, second=one) for n, one in enumerate(estimates)]


@pytest.mark.parametrize("estimates", [[SURE], [SURE, BARE, NOTHING], [NOTHING]])
@pytest.mark.parametrize(
    "draw",
    [
        plots.dots,
        lambda some: plots.dots(some, connected=True),
        lambda some: plots.pairs(some, "cold", "warm"),
        lambda some: plots.differences(some, left="worse", right="better"),
    ],
)
def test_rows_are_drawn_whatever_is_missing(draw, estimates):
    drawing = plots.drawing(draw(rows(*estimates)), "x")
    assert all(f"Method {n}" in drawing for n in range(len(estimates)))


@pytest.mark.parametrize("values", [[0.5], [0.1, math.nan, 0.3], [math.nan, math.nan, 0.2]])
def test_a_curve_is_named_wherever_it_ends(values):
    lines = [Line("m", "Method", range(len(values)), values)]
    ticks = [str(n) for n in range(len(values))]
    assert "Method" in plots.drawing(plots.curves(lines, ticks=ticks), "x")


def test_a_single_point_is_named():
    assert "Method" in plots.drawing(
        plots.scatter([Point("m", "Method", SURE, BARE)], along="x", up="y"), "x"
    )


def test_text_in_a_drawing_keeps_its_digits():
    figure = plots.dots([Row("m", "Method", SURE, note="p < 0.001")])
    page = embedded(plots.drawing(figure, "x"), "x", "a < b")
    assert "p &lt; 0.001" in page
    assert 'aria-label="a &lt; b"' in page


def test_what_is_no_drawing_is_refused():
    with pytest.raises(ValueError, match="viewBox"):
        embedded("<svg ></svg>", "x", "nothing")


def test_who_shows_cars_of_one_age_alone_presses_no_other_curve_flat(report):
    picture = pictures.ages(report)
    assert picture.caption.endswith("Above the picture: Newest first.")
    drawing = plots.drawing(picture.figure, "x")
    assert "Popularity" in drawing
    assert "Newest first" not in drawing
    assert picture.grid.head == ("method", "0-1 h", "1-6 h", "6-24 h", "1-3 d", ">3 d")
    assert ("Newest first", "60.0 ±0.1") in [row[:2] for row in picture.grid.rows]


def test_without_ages_there_is_no_such_picture(report):
    assert pictures.ages(replace(report, curves={})) is None


def test_a_name_stands_beside_its_point_in_a_picture_of_any_size():
    points = [Point(f"m{n}", f"Method {n}", Estimate(n, n, n, 9), SURE) for n in range(3)]
    figure = plots.scatter(points, along="x", up="y")
    apart = []
    for dots in (72, 144):
        figure.set_dpi(dots)
        [axes] = figure.axes
        marks = axes.transData.transform([(point.x.mean, point.y.mean) for point in points])
        names = [t.get_window_extent() for t in axes.texts if t.get_text().startswith("Method")]
        apart.append([(name.x0 - mark[0]) / dots for name, mark in zip(names, marks, strict=True)])
    assert apart[0] == pytest.approx(apart[1], abs=0.02)
