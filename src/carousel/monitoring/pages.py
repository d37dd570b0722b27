"""The monitor's pages as HTML: all checks, one check, a runbook, a refusal, the operator's shell.

Owns:    the markup; ``assets`` has its style and scripts.
Imports: monitoring.views, the standard library.
"""

from collections.abc import Iterable
from html import escape
from itertools import groupby

from carousel.monitoring.views import ChecksView, CheckView

IN_WORDS = {
    "held": "Holds",
    "broken": "Broken",
    "failed": "Could not be checked",
    "late": "No answer in time",
    "unknown": "Not asked yet",
}
FAMILIES = {"end to end": "End to end", "compute": "Compute", "data consistency": "Consistency"}
# Shapes that differ without any colour.
_PATHS = {
    "held": "M4.5 10.5l3.5 3.5 7.5-8",
    "broken": "M5.5 5.5l9 9m0-9l-9 9",
    "failed": "M10 4v7.5m0 3.5v.5",
    "late": "M10 5v5l3.5 2.5",
    "unknown": "M5 10h10",
}
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def icon(state: str) -> str:
    """Return the sign of a state; the words beside it say the same."""
    path = _PATHS[state]
    return (
        f'<svg class="icon {state}" viewBox="0 0 20 20" aria-hidden="true">'
        f'<circle cx="10" cy="10" r="9"/><path d="{path}"/></svg>'
    )


def page(title: str, here: str, body: str, script: str | None = None) -> str:
    """Return a whole page.

    Args:
        title: of the window.
        here: path of the link that leads here.
        body: markup of ``main``.
        script: name of a file in ``assets``, if any.
    """
    links = "".join(
        f'<a href="{path}"{" aria-current=page" if path == here else ""}>{name}</a>'
        for path, name in (("/operator", "Operator"), ("/checks", "Checks"))
    )
    loaded = f'<script src="/assets/{script}" defer></script>' if script else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)} · Carousel monitor</title>"
        '<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/assets/monitor.css">{loaded}</head><body>'
        '<a class="skip" href="#main">To the content</a>'
        '<header class="head"><p class="brand">'
        '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M2 11h4l2-6 4 11 2.5-5H18"/></svg>'
        f'Carousel <span>monitor</span></p><nav aria-label="Pages">{links}</nav></header>'
        f'<main id="main" tabindex="-1">{body}</main></body></html>'
    )


def checks_page(view: ChecksView, runbooks: Iterable[str]) -> str:
    """Return the page of all checks. runbooks: names of those that can be read here."""
    known = frozenset(runbooks)
    parts = [
        f"<section><h2>{FAMILIES[family]}</h2>"
        f'<div class="checks">{"".join(check_card(one, known) for one in members)}</div></section>'
        for family, members in groupby(view["checks"], lambda one: one["family"])
    ]
    body = (
        f'<div class="top"><h1>Checks</h1><p class="verdict">{_verdict(view)}</p>'
        f'<p class="asof">As of {_time(view["as_of"])}. '
        '<a href="/checks">Look again</a> · <a href="/checks.json">as JSON</a></p></div>'
        f"{''.join(parts)}"
    )
    return page("Checks", "/checks", body)


def check_page(view: CheckView, runbooks: Iterable[str]) -> str:
    """Return the page of one check."""
    body = (
        f'<p class="back"><a href="/checks">All checks</a></p>'
        f'<div class="checks alone">{check_card(view, frozenset(runbooks), whole=True)}</div>'
    )
    return page(view["name"], "/checks/…", body)


def check_card(view: CheckView, runbooks: frozenset[str], *, whole: bool = False) -> str:
    """Return a check with its last result and evidence, which is open where it is bad."""
    name, state = view["name"], view["state"]
    heading = f"<h1>{name}</h1>" if whole else f'<h3><a href="/checks/{name}">{name}</a></h3>'
    said = escape(view["sentence"] or "It will be asked in a moment.")
    opened = " open" if whole or state not in ("held", "unknown") else ""
    return (
        f'<article class="check {state}" aria-label="{name}">'
        f'<div class="title">{icon(state)}{heading}<p class="state">{IN_WORDS[state]}</p></div>'
        f'<p class="promise">{escape(view["promise"])}</p>'
        f'<p class="said">{said}</p>'
        f"{_evidence(view, opened)}{_facts(view, runbooks)}</article>"
    )


def runbook_page(name: str, text: str) -> str:
    """Return a runbook as it is written."""
    body = f'<p class="back"><a href="/checks/{name}">{name}</a></p><pre>{escape(text)}</pre>'
    return page(f"Runbook {name}", "/runbooks/…", body)


def refusal_page(title: str, sentence: str) -> str:
    """Return the page of what is not here."""
    return page(title, "", f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>")


def lasted(seconds: float) -> str:
    """Return a length of time as people say it.

    >>> [lasted(s) for s in (0.2, 42, 90, 7_200, 200_000)]
    ['0.2 s', '42 s', '2 min', '2 h', '2 days']
    """
    if seconds < MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 and seconds % 1 else f"{seconds:.0f} s"  # noqa: PLR2004
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.0f} h" if seconds < DAY else f"{seconds / DAY:.0f} days"


def _verdict(view: ChecksView) -> str:
    checks = view["checks"]
    bad = sum(one["state"] not in ("held", "unknown") for one in checks)
    waiting = sum(one["state"] == "unknown" for one in checks)
    if bad:
        words = f"{bad} of {len(checks)} {'do' if bad > 1 else 'does'} not hold"
        return f"{icon('broken')}{words}"
    if waiting:
        return f"{icon('unknown')}{waiting} of {len(checks)} not asked yet"
    return f"{icon('held')}All {len(checks)} hold" if checks else f"{icon('unknown')}No checks"


def _evidence(view: CheckView, opened: str) -> str:
    if not view["evidence"]:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(str(key))}</th><td>{_value(value)}</td></tr>'
        for key, value in view["evidence"].items()
    )
    return (
        f"<details{opened}><summary>Evidence</summary>"
        f"<table><tbody>{rows}</tbody></table></details>"
    )


def _value(value: object) -> str:
    if isinstance(value, list):
        return escape(", ".join(map(str, value))) or "none"
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(f"{value:,}" if isinstance(value, int) else str(value))


def _facts(view: CheckView, runbooks: frozenset[str]) -> str:
    name = view["name"]
    facts = [
        ("Asked", f"{lasted(view['age_seconds'])} ago" if view["age_seconds"] is not None else "—"),
        ("Took", lasted(view["seconds"]) if view["seconds"] is not None else "—"),
        ("In a row", str(view["in_a_row"])),
        ("Held last", _time(view["held_at"]) if view["held_at"] else "never"),
        ("Every", lasted(view["interval_seconds"])),
        ("Given up after", lasted(view["timeout_seconds"])),
    ]
    told = "".join(f"<div><dt>{name}</dt><dd>{fact}</dd></div>" for name, fact in facts)
    to_do = (
        f'<a href="/runbooks/{name}">What to do</a>'
        if name in runbooks
        else f"<code>{view['runbook']}</code>"
    )
    return f'<dl class="facts">{told}<div><dt>Runbook</dt><dd>{to_do}</dd></div></dl>'


def _time(iso: str) -> str:
    return f'<time datetime="{iso}">{iso[11:19]} UTC</time>'
