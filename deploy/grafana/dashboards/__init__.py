"""One dashboard a file.

Owns:    their questions and queries.
Imports: deploy.grafana.panels.
"""

from deploy.grafana.dashboards.consistency import CONSISTENCY
from deploy.grafana.dashboards.log_lines import LOG_LINES
from deploy.grafana.dashboards.overview import OVERVIEW
from deploy.grafana.dashboards.pipelines import PIPELINES
from deploy.grafana.dashboards.quality import QUALITY
from deploy.grafana.dashboards.serving import SERVING

BOARDS = (OVERVIEW, SERVING, PIPELINES, QUALITY, CONSISTENCY, LOG_LINES)
