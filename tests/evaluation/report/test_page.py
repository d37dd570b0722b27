"""The page stands alone, can be heard as well as seen, and shows every number it draws."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

pytest.importorskip("matplotlib")

from carousel.evaluation.report import palette
from carousel.evaluation.report.page import html

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Tree(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.wrong, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def parsed(page):
    tree = Tree()
    tree.feed(page)
    return tree


@pytest.fixture(scope="module")
def page(report):
    return html(report)


@pytest.fixture(scope="module")
def tree(page):
    return parsed(page)


def test_it_asks_nobody_for_anything(page, tree):
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", page)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tree.tags}
    assert not [a for _, a in tree.tags if a.get("src") or not a.get("href", "#").startswith("#")]
    assert len(page.encode()) < 1_500_000


def test_every_tag_is_closed_and_no_id_used_twice(tree):
    assert (tree.open, tree.wrong) == ([], [])
    ids = Counter(attrs["id"] for _, attrs in tree.tags if "id" in attrs)
    assert [name for name, count in ids.items() if count > 1] == []


def test_what_drawings_refer_to_is_there(page, tree):
    ids = {attrs["id"] for _, attrs in tree.tags if "id" in attrs}
    referred = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", page))
    assert referred
    assert referred <= ids


def test_every_picture_has_a_name_and_its_numbers(page, tree):
    drawings = [attrs for tag, attrs in tree.tags if tag == "svg" and attrs.get("role") == "img"]
    figures = page.count("<figure>")
    assert len(drawings) == figures >= 12
    assert all(attrs["aria-label"] for attrs in drawings)
    assert all("<table>" in part and "<details>" in part for part in page.split("<figure>")[1:])


def test_drawings_take_their_colours_from_the_page(page):
    body = page.split("</style>")[1]
    assert "var(--ours)" in body
    assert re.findall(r"#[0-9a-f]{6}\b", body) == []
    assert "font-family" not in body


def test_both_colour_schemes_are_given(page):
    for one in palette.COLOURS:
        assert f"--{one.variable}:{one.day}" in page
        assert f"--{one.variable}:{one.night}" in page


def brightness(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("text", [palette.INK, palette.MUTED, palette.OURS, palette.PROTOTYPES])
@pytest.mark.parametrize("ground", [palette.SURFACE, palette.GROUND])
@pytest.mark.parametrize("scheme", ["day", "night"])
def test_text_can_be_read(text, ground, scheme):
    one, other = (brightness(getattr(colour, scheme)) for colour in (text, ground))
    assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5


def test_everything_a_run_was_made_from_is_told(tree):
    text = " ".join(" ".join(tree.text).split())
    for told in (
        "9f2c" * 16,
        "seed of the run 7",
        "numpy 2.4.1",
        "2 cores",
        "moments replayed 3,206",
    ):
        assert told in text
    for told in ("--methods popular", "Eight ways to recommend", "The oracle knows", "split 0.8"):
        assert told in text


def test_every_metric_is_explained(tree, report):
    text = " ".join(tree.text)
    assert [metric.key for metric in report.metrics if metric.meaning not in text] == []


def test_what_has_no_data_has_no_chapter(report):
    bare = replace(
        report,
        methods=tuple(replace(one, slices={}) for one in report.methods),
        comparisons=(),
        curves={},
    )
    ids = {attrs.get("id") for tag, attrs in parsed(html(bare)).tags if tag == "section"}
    assert ids == {"table", "families", "slates", "all", "meaning", "data", "again"}


def test_a_run_in_which_nothing_was_measured_is_still_a_page(report):
    bare = replace(report, methods=report.methods[-1:], comparisons=(), curves={}, notes=())
    assert "Nothing could be measured." in html(bare)


def test_labels_are_text_and_not_markup(report):
    odd = replace(report.methods[1], label="<b>A & B</b>")
    page = html(replace(report, methods=(odd, *report.methods[2:])))
    assert "<b>A" not in page
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in page


def test_the_same_report_gives_the_same_page(page, report):
    assert html(report) == page
