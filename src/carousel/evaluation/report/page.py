"""One HTML file that a person enjoys reading: no script, nothing fetched, day and night.

Owns:    the page's text and order.
Imports: evaluation.results, the rest of this package.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby

from carousel.evaluation.report import figures, palette, plots, standing, summary, tables
from carousel.evaluation.report.chapters import Chapter, chapters
from carousel.evaluation.report.drawn import Grid
from carousel.evaluation.report.inline import embedded
from carousel.evaluation.report.pictures import Picture
from carousel.evaluation.results import MethodResult, Provenance, Report

LOGO = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" '
    'fill="var(--ours)"/><circle cx="16" cy="16" r="9" fill="none" stroke="var(--surface)" '
    'stroke-width="3.2" stroke-dasharray="44 12.5" stroke-dashoffset="-6" '
    'stroke-linecap="round"/><circle cx="16" cy="16" r="2.6" fill="var(--surface)"/></svg>'
)


def html(report: Report) -> str:
    """Return the page."""
    body = "\n".join(_body(report))
    style = files("carousel.evaluation.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n"
        f"<style>{palette.style_sheet()}\n{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    yield "<header><div>"
    yield f'<div class="mark">{LOGO}<span>Carousel, the lab</span></div>'
    yield f"<h1>{escape(report.title)}</h1>"
    words = " ".join(summary.sentences(report))
    yield f'<p class="lead">{escape(words)}</p>'
    yield f"<p>{escape(report.summary)}</p>"
    yield f'<p class="meta">{_origin(report.provenance)}</p>'
    yield _tiles(report)
    yield "</div></header><main>"
    yield _headline(report)
    for chapter in chapters(report):
        yield _chapter(chapter)
    yield _everything(report)
    yield _meanings(report)
    yield _data(report)
    yield _again(report)
    yield "</main>"
    made = report.provenance
    again = f"<code>{escape(made.command)}</code>"
    yield f"<footer><div>Made {escape(made.made_at)} by {again}</div></footer>"


def _origin(made: Provenance) -> str:
    parts = [
        f"seed of the run {made.seed}",
        f"data {made.data_hash[:12]}",
        figures.duration(made.seconds),
        made.machine,
    ]
    return escape(" · ".join(part for part in parts if part))


def _tiles(report: Report) -> str:
    tiles = [
        f"<div class=tile><b>{escape(big)}</b><span>{escape(small)}</span></div>"
        for big, small in _facts(report)
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>' if tiles else ""


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the few numbers worth a large print, each with its words."""
    metric = standing.deciding(report)
    top = standing.best(report, metric) if metric else None
    if metric is None or top is None:
        return
    shown = [top]
    shown += [one for one in report.methods if one.name == "prototype" and one is not top]
    for one in shown:
        estimate = standing.figure(one, metric)
        if math.isfinite(estimate.mean):
            places = min(3, figures.decimals([estimate]))
            words = f"{one.label}: {figures.inside(standing.named(report, metric))}"
            yield figures.number(estimate.mean, places), words
    for family, words in (("logged", "logged metrics"), ("bucket", "random exposure")):
        other = standing.leading(report, family)
        if other is not None and other is not metric:
            tau = standing.agreement(report, other, metric)
            if math.isfinite(tau):
                judge = standing.FAMILY_NAMES[metric.family].lower()
                little = "" if standing.decided(report, other) else ", from too little data"
                yield (
                    f"τ {figures.number(tau, 2)}",
                    f"how alike {words} and {judge} order the methods{little}",
                )


def _headline(report: Report) -> str:
    words = (
        f"Mean and half its 95 % interval. {tables.BEST} the best real method of a column, "
        f"{tables.TIED} not distinguishable from it."
    )
    if standing.bounds(report):
        words += (
            " The oracle and the random order stand apart: they say how high and how low a number "
            "can be."
        )
    sheet = _sheet(report, tables.columns(report))
    return _section("table", "The table", f'<p class="quiet">{words}</p>{sheet}{_remarks(report)}')


def _sheet(report: Report, columns: Sequence[tables.Column]) -> str:
    groups = [
        (name, sum(1 for _ in some))
        for name, some in groupby(columns, lambda one: _family(one.metric.family))
    ]
    families = "".join(
        f'<th class="family" scope="colgroup" colspan="{span}">{escape(name)}</th>'
        for name, span in groups
    )
    heads = "".join(
        f'<th scope="col" title="{escape(one.metric.meaning)}">{escape(one.heading())}</th>'
        for one in columns
    )
    limits = standing.bounds(report)
    rows = [
        _row(one, columns, first=bool(limits) and one is limits[0])
        for one in (*standing.contenders(report), *limits)
    ]
    return (
        f'<div class="sheet"><table><thead><tr><th></th>{families}</tr><tr>'
        f"<th scope=col>Method</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(method: MethodResult, columns: Sequence[tables.Column], *, first: bool) -> str:
    kind = palette.colour(method.name).variable
    if method.name == standing.OURS:
        kind += " main"
    if standing.is_bound(method.name):
        kind = "bound first" if first else "bound"
    cells = []
    for column in columns:
        one, mark = standing.figure(method, column.metric), column.mark(method)
        spread = figures.spread(one, column.places)
        best = ' class="best"' if mark == tables.BEST else ""
        cells.append(
            f"<td{best}><i>{mark}</i>{figures.number(one.mean, column.places)}"
            f"{f' <small>{spread}</small>' if spread else ''}</td>"
        )
    return f'<tr class="{kind}"><th scope="row">{escape(method.label)}</th>{"".join(cells)}</tr>'


def _remarks(report: Report) -> str:
    return _list(tables.remarks(report, everything=False), "meta")


def _chapter(chapter: Chapter) -> str:
    pictures = "".join(
        _picture(picture, f"{chapter.key}{index}") for index, picture in enumerate(chapter.pictures)
    )
    words = f'<p class="quiet">{escape(chapter.words)}</p>'
    return _section(chapter.key, chapter.title, f'{words}<div class="pictures">{pictures}</div>')


def _picture(picture: Picture, key: str) -> str:
    drawing = embedded(plots.drawing(picture.figure, key), key, picture.heading)
    return (
        f"<figure><h3>{escape(picture.heading)}</h3><figcaption>{escape(picture.caption)}"
        f"</figcaption>{drawing}<details><summary>The numbers</summary>{_grid(picture.grid)}"
        "</details></figure>"
    )


def _grid(grid: Grid) -> str:
    heads = "".join(f"<th scope=col>{escape(cell)}</th>" for cell in grid.head)
    rows = []
    for label, *cells in grid.rows:
        numbers = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f"<tr><th scope=row>{escape(label)}</th>{numbers}</tr>")
    table = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="scroll"><table>{table}</table></div>'


def _everything(report: Report) -> str:
    parts = [
        f"<details><summary>{escape(standing.FAMILY_NAMES[family])}: {len(metrics)} measures"
        f"</summary>{_sheet(report, tables.columns(report, metrics))}</details>"
        for family, metrics in tables.glossary(report).items()
    ]
    said = list(tables.remarks(report, everything=True))
    if said:
        words = f"Remarks on {len(said)} methods" if len(said) > 1 else "A remark on one method"
        parts.append(f"<details><summary>{words}</summary>{_list(said, 'meta')}</details>")
    return _section("all", "Everything measured", "".join(parts))


def _meanings(report: Report) -> str:
    parts = []
    for family, metrics in tables.glossary(report).items():
        parts.append(
            f"<h3>{escape(standing.FAMILY_NAMES[family])}</h3>"
            f"<p class=quiet>{escape(standing.FAMILY_MEANINGS[family])}</p>"
        )
        parts.append(_terms((metric.label, metric.meaning) for metric in metrics))
    return _section("meaning", "What the words mean", "".join(parts))


def _data(report: Report) -> str:
    if not report.counts and not report.notes:
        return ""
    counts = _terms((text, f"{count:,}") for text, count in report.counts.items())
    return _section("data", "What went in, and what was left out", counts + _list(report.notes))


def _again(report: Report) -> str:
    made = report.provenance
    facts = [
        ("data", f"{made.data}; SHA-256 {made.data_hash}"),
        ("seed", str(made.seed)),
        ("settings", ", ".join(f"{key} {value}" for key, value in made.settings.items())),
        ("versions", ", ".join(f"{name} {number}" for name, number in made.versions.items())),
        ("machine", made.machine),
        ("time", figures.duration(made.seconds)),
    ]
    commands = "".join(
        f"<dt>{escape(one.label)}</dt><dd><code>{escape(one.command)}</code>"
        f" <span class=quiet>{figures.duration(one.seconds)}</span></dd>"
        for one in (*standing.contenders(report), *standing.bounds(report))
        if one.command
    )
    rows = f"<details><summary>Each row by itself</summary><dl>{commands}</dl></details>"
    command = f"<p><code>{escape(made.command)}</code></p>"
    terms = _terms((name, text) for name, text in facts if text)
    return _section("again", "How to repeat it", command + terms + (rows if commands else ""))


def _section(key: str, title: str, body: str) -> str:
    return f'<section id="{key}"><h2>{escape(title)}</h2>{body}</section>'


def _family(name: str) -> str:
    return standing.FAMILY_NAMES.get(name, name)


def _terms(pairs: Iterable[tuple[str, str]]) -> str:
    items = (f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in pairs)
    return f"<dl>{''.join(items)}</dl>"


def _list(lines: Iterable[str], kind: str = "") -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul class="{kind}">{items}</ul>' if items else ""
