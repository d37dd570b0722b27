"""The first table: three families side by side, what is best marked, what is missing said."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from carousel.evaluation.report.figures import MISSING
from carousel.evaluation.report.tables import markdown, terminal
from carousel.evaluation.results import Estimate


def shown(report, width, **choices):
    text = io.StringIO()
    console = Console(file=text, width=width, color_system=None)
    console.print(terminal(report, width, **choices))
    return text.getvalue()


def line_of(text, label):
    return next(line for line in text.splitlines() if line.lstrip(" |*").startswith(label))


def test_the_families_stand_side_by_side_where_there_is_room(report):
    text = shown(report, 160)
    head = next(line for line in text.splitlines() if "logged" in line)
    assert head.index("logged") < head.index("random exposure") < head.index("truth")
    assert max(map(len, text.splitlines()[:5])) <= 160


def test_on_a_narrow_terminal_they_stand_below_each_other_and_no_number_is_cut(report):
    text = shown(report, 60)
    assert all(len(line) <= 60 for line in text.splitlines())
    for number in ("0.0479", "0.275", "0.610", "0.710"):
        assert number in text
    assert "…" not in text


def test_the_best_and_those_not_distinguishable_are_marked(report):
    text = shown(report, 160)
    assert line_of(text, "Carousel ").count("▲") == 2
    assert line_of(text, "Carousel without popularity").count("≈") == 2
    assert "▲ 0.0479" in line_of(text, "Popularity")
    assert "▲" not in line_of(text, "Oracle")


def test_the_bounds_come_last(report):
    rows = [line.strip() for line in shown(report, 160).splitlines()]
    at = {
        name: next(i for i, r in enumerate(rows) if r.startswith(name)) for name in ("SLIM", "Or")
    }
    assert rows[at["SLIM"] + 1] == ""
    assert at["Or"] == at["SLIM"] + 2


def test_a_missing_row_says_why(report):
    text = shown(report, 160)
    assert line_of(text, "SLIM ").split() == ["SLIM", *4 * [MISSING]]
    assert "SLIM: Left out: the package fastslim is not installed." in text


def test_the_seed_the_data_the_drops_and_the_command_stand_below(report):
    text = " ".join(shown(report, 160).split())
    assert "Seed 7, data 9f2c9f2c9f2c, 2 min 23 s" in text
    assert "moments dropped: nothing left to rank 12" in text
    assert "./carousel evaluate market data/market --seed 7" in text


def test_each_row_can_be_repeated(report):
    assert "--methods popular" not in shown(report, 200)
    told = shown(report, 200, commands=True)
    for one in report.methods:
        assert one.command in told


def test_markdown_has_a_row_for_every_method(report):
    lines = markdown(report).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 1 + len(report.methods)
    assert len({line.count("|") for line in rows}) == 1
    assert "**0.610 ±0.015** ▲" in line_of(markdown(report), "Carousel |")


@pytest.mark.parametrize("width", [40, 200])
def test_a_report_in_which_nothing_was_measured_is_still_a_table(report, nothing, width):
    bare = replace(
        report,
        methods=tuple(
            replace(one, figures=dict.fromkeys(one.figures, nothing), slices={})
            for one in report.methods
        ),
        comparisons=(),
    )
    text = shown(bare, width)
    assert "▲ the best" in " ".join(text.split())
    assert "nan" not in text


def test_a_mean_without_an_interval_stands_alone(report):
    bare = replace(
        report.methods[0],
        figures={"slate.diversity": Estimate(0.5, float("nan"), float("nan"), 3)},
    )
    text = shown(replace(report, methods=(bare,), comparisons=()), 160)
    assert line_of(text, "Newest first").split()[-1] == "0.500"
