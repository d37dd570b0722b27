"""The shell of the operator's page: its places and words; ``assets/operator.js`` fills them.

Owns:    what the page shows, in which order.
Imports: monitoring.{check, pages}.

A place says "no data yet" until something is known. ``data-at`` names the figure of a place,
``data-as`` how it is written.
"""

from collections.abc import Sequence
from html import escape

from carousel.monitoring.check import Check
from carousel.monitoring.pages import icon, page

NOTHING = "no data yet"

GOALS = (
    ("availability", "Availability", "requests answered without a fault of ours"),
    ("lists", "Lists within 200 ms", "lists of recommendations answered in time"),
    ("effect-2s", "Effect within 2 s", "events seen in answers in time"),
    ("effect-5s", "Effect within 5 s", "events seen in answers in time"),
)


def operator_page(checks: Sequence[Check]) -> str:
    """Return the page before anything is known."""
    body = (
        '<div class="top live"><h1>Operator</h1>'
        '<p id="line" class="line waiting" role="status">Connecting</p>'
        f'<p class="verdict">{icon("unknown")}<a id="all-checks" href="#checks">'
        "Checks: no data yet</a></p>"
        '<p class="asof">The last minute, unless a tile says otherwise. '
        '<a href="/operator/figures">All figures as JSON</a></p></div>'
        '<noscript><p class="note">This page is filled by a script. '
        '<a href="/checks">Checks</a> work without one.</p></noscript>'
        f"{_goals()}{_traffic()}{_pipelines()}"
        f'<div class="pair">{_checks(checks)}{_latest()}</div>'
        f'<div class="pair">{_lists()}{_processes()}</div>'
    )
    return page("Operator", "/operator", body, "operator.js")


def _place(at: str, written: str, css: str = "") -> str:
    return f'<span class="value empty {css}" data-at="{at}" data-as="{written}">{NOTHING}</span>'


def _goals() -> str:
    tiles = "".join(
        f'<li class="tile goal" data-goal="{name}"><h3>{title}</h3>'
        f'<p class="big"><span class="value empty" data-share>{NOTHING}</span></p>'
        f'<div class="scale" aria-hidden="true"><i></i><b></b></div>'
        f'<p class="verdict">{icon("unknown")}<span data-verdict>nothing to judge</span></p>'
        f'<p class="small">{words}<span data-seen></span></p></li>'
        for name, title, words in GOALS
    )
    return (
        '<section aria-labelledby="goals"><h2 id="goals">Promises, last 15 minutes</h2>'
        f'<ul class="tiles four">{tiles}</ul></section>'
    )


def _traffic() -> str:
    requests = _plots(
        "requests", "Requests", ("requests.rate", "rate"),
        [("requests", "Requests a second", "rate"), ("lists_p95", "Lists, 95 of 100 within", "s")],
        [("Half within", "requests.p50", "s"), ("95 of 100", "requests.p95", "s"),
         ("99 of 100", "requests.p99", "s"), ("Faults", "requests.fault_share", "share"),
         ("Open streams", "streams", "number")],
    )  # fmt: skip
    events = _plots(
        "events", "Events", ("events.rate", "rate"),
        [("events", "Events a second", "rate"), ("effect_p95", "Effect, 95 of 100 within", "s")],
        [("Effect, half within", "events.effect_p50", "s"),
         ("95 of 100", "events.effect_p95", "s"), ("Refused", "events.refused_rate", "rate"),
         ("Journey, half within", "journeys.p50", "s"), ("Dead letters", "dead_letters", "number")],
    )  # fmt: skip
    return f'<div class="pair">{requests}{events}</div>'


def _plots(
    name: str,
    title: str,
    big: tuple[str, str],
    plots: Sequence[tuple[str, str, str]],
    facts: Sequence[tuple[str, str, str]],
) -> str:
    drawn = "".join(
        f'<figure class="plot" data-series="{series}" data-as="{written}">'
        f"<figcaption>{label}</figcaption>"
        f'<div class="canvas"><p class="value empty">{NOTHING}</p></div></figure>'
        for series, label, written in plots
    )
    told = "".join(
        f"<div><dt>{label}</dt><dd>{_place(at, written)}</dd></div>" for label, at, written in facts
    )
    return (
        f'<section class="tile" aria-labelledby="{name}"><div class="row"><h2 id="{name}">{title}'
        f'</h2><p class="big">{_place(*big)}</p></div>{drawn}'
        f'<dl class="facts">{told}</dl></section>'
    )


def _pipelines() -> str:
    columns = ("Pipeline", "Behind", "Oldest waits", "Events", "Batches", "In state, 95 of 100")
    heads = "".join(f'<th scope="col">{one}</th>' for one in columns)
    return (
        '<section class="tile" aria-labelledby="pipelines"><h2 id="pipelines">Pipelines</h2>'
        '<div class="wide" tabindex="0" role="region" aria-label="Table of pipelines">'
        f'<table id="lag"><thead><tr>{heads}<th scope="col">Shards</th></tr></thead>'
        f'<tbody><tr><td colspan="7" class="value empty">{NOTHING}</td></tr></tbody></table></div>'
        '<figure class="plot" data-series="lag" data-as="number">'
        "<figcaption>Entries not applied yet, all pipelines</figcaption>"
        f'<div class="canvas"><p class="value empty">{NOTHING}</p></div></figure></section>'
    )


def _checks(checks: Sequence[Check]) -> str:
    rows = "".join(
        f'<li data-check="{one.name}">{icon("unknown")}<div><p><a href="/checks/{one.name}">'
        f'{one.name}</a> <span data-state class="small">Not asked yet</span></p>'
        f'<p class="small" data-said>{escape(one.promise)}</p></div></li>'
        for one in checks
    )
    return (
        '<section class="tile" aria-labelledby="checks"><h2 id="checks">Checks</h2>'
        f'<ul class="list" id="checklist">{rows}</ul></section>'
    )


def _latest() -> str:
    return (
        '<section class="tile" aria-labelledby="latest"><h2 id="latest">Latest events</h2>'
        '<p class="small">Shoppers by pseudonym. The monitor\'s own are marked.</p>'
        f'<ol class="list events" id="events-list"><li class="value empty">{NOTHING}</li></ol>'
        "</section>"
    )


def _lists() -> str:
    return (
        '<section class="tile" aria-labelledby="lists"><div class="row"><h2 id="lists">Lists</h2>'
        f'<p class="big">{_place("lists.rate", "rate")}</p></div>'
        "<h3>Served by</h3>"
        f'<ul class="bars" id="rungs"><li class="value empty">{NOTHING}</li></ul>'
        "<h3>Remembered answers that were still true</h3>"
        f'<ul class="bars" id="caches"><li class="value empty">{NOTHING}</li></ul>'
        "<h3>Models that rank</h3>"
        f'<ul class="list" id="models"><li class="value empty">{NOTHING}</li></ul>'
        f'<dl class="facts"><div><dt>Cars in memory</dt><dd>{_place("index", "number")}</dd></div>'
        f"<div><dt>Lists, half within</dt><dd>{_place('lists.p50', 's')}</dd></div>"
        f"<div><dt>99 of 100</dt><dd>{_place('lists.p99', 's')}</dd></div></dl></section>"
    )


def _processes() -> str:
    heads = "".join(
        f'<th scope="col">{one}</th>' for one in ("Process", "State", "Memory", "Core", "Up for")
    )
    return (
        '<section class="tile" aria-labelledby="processes"><h2 id="processes">Processes</h2>'
        '<div class="wide" tabindex="0" role="region" aria-label="Table of processes">'
        f'<table id="process-list"><thead><tr>{heads}</tr></thead><tbody>'
        f'<tr><td colspan="5" class="value empty">{NOTHING}</td></tr></tbody></table></div>'
        "<h3>Log lines in the last minute</h3>"
        f'<ul class="bars" id="lines"><li class="value empty">{NOTHING}</li></ul></section>'
    )
