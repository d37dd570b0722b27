"""Which file each dashboard is written to.

Owns:    deploy/grafana/provisioned.
Imports: deploy.grafana.
"""

from pathlib import Path

from deploy.grafana.dashboards import BOARDS
from deploy.grafana.panels import as_json

PROVISIONED = Path(__file__).parent / "provisioned"


def files() -> dict[Path, str]:
    """Return the JSON of every dashboard."""
    return {PROVISIONED / f"{board.uid}.json": as_json(board) for board in BOARDS}
