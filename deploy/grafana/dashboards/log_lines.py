"""What do the processes say?

Owns:    the dashboard of log lines.
Imports: deploy.grafana.

Loki knows the labels ``level`` and ``process``; all else stands in the line, which is JSON.
"""

from deploy.grafana.panels import Board, Kind, Panel, Query, Row, areas
from deploy.grafana.queries import rate

_ALL = '{process=~".+"}'
_BAD = '{level=~"error|critical"}'


def _counts(title: str, question: str, query: Query) -> Panel:
    return Panel(title, question, [query], Kind.LOG_COUNTS, width=12)


def _said(title: str, question: str, query: str) -> Panel:
    return Panel(title, question, [Query(query)], Kind.LOG_LINES, width=24, height=10)


LOG_LINES = Board(
    uid="logs",
    title="logs",
    about="Log lines of all processes, and the lines of one request by its id.",
    logs=True,
    rows=[
        Row(
            "How much is said",
            [
                areas(
                    "Lines written",
                    "How much does each process say, and how loudly? The processes count it "
                    "themselves, so this is known without Loki.",
                    Query(
                        rate("carousel_log_lines_total", "process, level"), "{{process}} {{level}}"
                    ),
                    unit="cps",
                    width=12,
                ),
                _counts(
                    "Lines that arrived",
                    "How many lines of each level reached Loki? Much less than was written means "
                    "that some are lost on the way.",
                    Query(f"sum by (level) (rate({_ALL}[$__auto]))", "{{level}}"),
                ),
                _counts(
                    "Errors by process",
                    "Which process reports errors?",
                    Query(f"sum by (process) (count_over_time({_BAD}[$__auto]))", "{{process}}"),
                ),
                _counts(
                    "Slow requests by route",
                    "To which routes did requests take longer than 200 ms?",
                    Query(
                        "sum by (route) (count_over_time("
                        f'{_ALL} | json | event = "request" | ms > 200 [$__auto]))',
                        "{{route}}",
                    ),
                ),
            ],
        ),
        Row(
            "Lines",
            [
                _said(
                    "One request",
                    "What was said on behalf of the request whose id stands in the field above?",
                    f'{_ALL} |= "$request" | json | request_id = "$request"',
                ),
                _said("Errors", "What went wrong?", f"{_BAD} | json"),
                _said(
                    "Warnings",
                    "What is not as it should be?",
                    '{level="warning"} | json | line_format "{{.process}}: {{.event}}"',
                ),
                _said(
                    "Checks that did not hold",
                    "What did the monitor find?",
                    '{process="monitor"} | json | event = "check" | outcome != "held"',
                ),
            ],
        ),
    ],
)
