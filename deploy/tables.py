"""The tables of docs/alerts.md and docs/dashboards.md, made from what they are about.

Owns:    their rows, where they stand.
Imports: deploy.
"""

from pathlib import Path

from deploy.grafana.dashboards import BOARDS
from deploy.grafana.panels import Board
from deploy.prometheus import checks, parts, slo
from deploy.prometheus.rules import Alert, alerts_of

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- begin: python -m deploy.build -->\n", "<!-- end -->\n"


def files() -> dict[Path, str]:
    """Return both pages, their tables renewed."""
    tables = {"alerts.md": _alerts(), "dashboards.md": _dashboards()}
    return {DOCS / name: _renewed(DOCS / name, table) for name, table in tables.items()}


def _renewed(page: Path, table: str) -> str:
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _alerts() -> str:
    rows = ["| Alert | Means | Tells | After | Runbook |", "|---|---|---|---|---|"]
    alerts = alerts_of([*slo.groups(), *checks.groups(), *parts.groups()])
    rows += dict.fromkeys(map(_alert, alerts))
    return "\n".join(rows) + "\n"


def _alert(alert: Alert) -> str:
    which = alert.labels.get("window") or alert.labels.get("kind")
    name = f"`{alert.name}`" + (f" ({which})" if which else "")
    page = f"[{alert.runbook}](runbooks/{alert.runbook}.md)"
    after = "at once" if alert.lasting == "0s" else alert.lasting
    return f"| {name} | {alert.summary} | {alert.severity} | {after} | {page} |"


def _dashboards() -> str:
    return "\n".join(map(_dashboard, BOARDS))


def _dashboard(board: Board) -> str:
    rows = [f"### {board.title.capitalize()}", "", board.about, ""]
    rows += ["| Panel | Answers |", "|---|---|"]
    rows += [f"| {panel.title} | {panel.question} |" for panel in board.panels]
    return "\n".join(rows) + "\n"
