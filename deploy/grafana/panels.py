"""What a dashboard is made of: rows of panels, each of which answers one question.

Owns:    the kinds of panel, how they look, where they lie.
Imports: grafana-foundation-sdk.

A panel says its question in its description, in plain words; its title names the quantity.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    logs,
    loki,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as boards
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model

WIDE = 24
ROW_HEIGHT = 1
METRICS = model.DataSourceRef(type_val="prometheus", uid="${metrics}")
LOGS = model.DataSourceRef(type_val="loki", uid="${logs}")
GOOD, WORSE, BAD, PLAIN = "green", "orange", "red", "text"


class Kind(StrEnum):
    """How a panel shows its answer."""

    LINES = "lines"
    AREAS = "areas"
    NUMBER = "number"
    BARS = "bars"
    STATES = "states"
    LOG_LINES = "log lines"
    LOG_COUNTS = "log counts"


@dataclass(frozen=True, slots=True)
class Query:
    """A question to Prometheus or Loki, and how its answers are named."""

    text: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One question and its answer.

    question: in plain words, a whole sentence.
    unit:     as Grafana names it: ``s``, ``percentunit``, ``reqps``, ``short``, ``bytes``.
    steps:    from which value on which colour; below the first it is plain, or ``good``.
    width:    of 24.
    """

    title: str
    question: str
    queries: Sequence[Query]
    kind: Kind = Kind.LINES
    unit: str = "short"
    steps: Sequence[tuple[float, str]] = ()
    low: str = PLAIN
    width: int = 8
    height: int = 8
    decimals: int | None = None
    named: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard; ``uid`` is its address and the name of its file."""

    uid: str
    title: str
    about: str
    rows: Sequence[Row]
    logs: bool = False

    @property
    def panels(self) -> list[Panel]:
        """Return all panels in the order in which they are read."""
        return [panel for row in self.rows for panel in row.panels]


def lines(title: str, question: str, *queries: Query, **more: Any) -> Panel:  # noqa: ANN401  # Panel's
    """Return a panel of lines over time."""
    return Panel(title, question, queries, **more)


def areas(title: str, question: str, *queries: Query, **more: Any) -> Panel:  # noqa: ANN401  # Panel's
    """Return a panel of areas on top of each other, for parts of a whole."""
    return Panel(title, question, queries, Kind.AREAS, **more)


def number(title: str, question: str, *queries: Query, **more: Any) -> Panel:  # noqa: ANN401  # Panel's
    """Return a panel of large numbers: the latest."""
    return Panel(title, question, queries, Kind.NUMBER, **{"width": 4, "height": 5, **more})


def bars(title: str, question: str, *queries: Query, **more: Any) -> Panel:  # noqa: ANN401  # Panel's
    """Return a panel of one bar for each answer: the latest."""
    return Panel(title, question, queries, Kind.BARS, **more)


def states(title: str, question: str, *queries: Query, **more: Any) -> Panel:  # noqa: ANN401  # Panel's
    """Return a panel of one band for each answer, whose colour is its state."""
    return Panel(title, question, queries, Kind.STATES, **more)


def as_json(board: Board) -> str:
    """Return a dashboard as Grafana reads it."""
    builder = (
        boards.Dashboard(f"Carousel: {board.title}")
        .uid(f"carousel-{board.uid}")
        .description(board.about)
        .tags(["carousel"])
        .readonly()
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .refresh("10s")
        .time("now-1h", "now")
        .with_variable(_source("metrics", "Metrics", "prometheus"))
        .link(
            boards.DashboardLink("Carousel")
            .type(model.DashboardLinkType.DASHBOARDS)
            .tags(["carousel"])
            .as_dropdown(True)
            .keep_time(True)
        )
    )
    if board.logs:
        builder = builder.with_variable(_source("logs", "Logs", "loki"))
        builder = builder.with_variable(
            boards.TextBoxVariable("request").label("Request id").default_value("")
        )
    built = builder.build()
    built.panels = _laid_out(board)
    text: str = JSONEncoder(sort_keys=True, indent=1).encode(built)
    return text + "\n"


def _source(name: str, label: str, kind: str) -> boards.DatasourceVariable:
    return boards.DatasourceVariable(name).label(label).type(kind)


def _laid_out(board: Board) -> list[model.Panel | model.RowPanel]:
    """Return the panels, each at its place: from left to right, a new line where one is full."""
    panels: list[model.Panel | model.RowPanel] = []
    top = 0
    for row in board.rows:
        place = model.GridPos(h=ROW_HEIGHT, w=WIDE, x=0, y=top)
        heading = boards.Row(row.title).id(len(panels) + 1).grid_pos(place).build()
        panels.append(heading)
        top, left, highest = top + ROW_HEIGHT, 0, 0
        for panel in row.panels:
            if left + panel.width > WIDE:
                top, left, highest = top + highest, 0, 0
            place = model.GridPos(h=panel.height, w=panel.width, x=left, y=top)
            built = _MAKERS[panel.kind](panel).build()
            built.id_val, built.grid_pos = len(panels) + 1, place
            panels.append(built)
            left, highest = left + panel.width, max(highest, panel.height)
        top += highest
    return panels


def _dressed(builder: Any, panel: Panel) -> Any:  # noqa: ANN401  # the builders share no type
    """Give a panel what all kinds have: title, question, unit, colours, queries."""
    in_logs = panel.kind in (Kind.LOG_LINES, Kind.LOG_COUNTS)
    builder = (
        builder.title(panel.title)
        .description(panel.question)
        .datasource(LOGS if in_logs else METRICS)
        .unit(panel.unit)
    )
    if panel.decimals is not None:
        builder = builder.decimals(panel.decimals)
    steps = [(None, panel.low), *panel.steps]
    builder = builder.thresholds(
        boards.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=value, color=color) for value, color in steps])
    )
    latest = panel.kind in (Kind.NUMBER, Kind.BARS)
    for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
        ask = _log_query(panel, query) if in_logs else _query(query, latest=latest)
        builder = builder.with_target(ask.ref_id(letter))
    return builder


def _query(query: Query, *, latest: bool) -> prometheus.Dataquery:
    ask = prometheus.Dataquery().expr(query.text).legend_format(query.legend).datasource(METRICS)
    return ask.instant() if latest else ask.range()


def _log_query(panel: Panel, query: Query) -> loki.Dataquery:
    ask = loki.Dataquery().expr(query.text).legend_format(query.legend).datasource(LOGS)
    return ask.max_lines(500) if panel.kind is Kind.LOG_LINES else ask


def _lines(panel: Panel) -> timeseries.Panel:
    stacked = looks.StackingMode.NORMAL if panel.kind is Kind.AREAS else looks.StackingMode.NONE
    shown = (
        looks.GraphTresholdsStyleMode.DASHED if panel.steps else looks.GraphTresholdsStyleMode.OFF
    )
    builder = (
        timeseries.Panel()
        .min(0)
        .line_width(1)
        .fill_opacity(30 if panel.kind is Kind.AREAS else 5)
        .show_points(looks.VisibilityMode.NEVER)
        .stacking(common.StackingConfig().mode(stacked))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(shown))
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI))
    )
    return _dressed(builder, panel)


def _latest() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def _number(panel: Panel) -> stat.Panel:
    colour = looks.BigValueColorMode.VALUE if panel.steps else looks.BigValueColorMode.NONE
    return _dressed(stat.Panel().reduce_options(_latest()).color_mode(colour), panel)


def _bars(panel: Panel) -> bargauge.Panel:
    builder = (
        bargauge.Panel()
        .min(0)
        .reduce_options(_latest())
        .orientation(looks.VizOrientation.HORIZONTAL)
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
    )
    return _dressed(builder, panel)


def _states(panel: Panel) -> statetimeline.Panel:
    words = {
        value: model.ValueMappingResult(text=word, color=color, index=place)
        for place, (value, (word, color)) in enumerate(
            {"1": (panel.named["1"], GOOD), "0": (panel.named["0"], BAD)}.items()
        )
    }
    return _dressed(
        statetimeline.Panel().merge_values(True).mappings([model.ValueMap(options=words)]), panel
    )


def _log_lines(panel: Panel) -> logs.Panel:
    builder = (
        logs.Panel()
        .show_time(True)
        .wrap_log_message(True)
        .enable_log_details(True)
        .sort_order(looks.LogsSortOrder.DESCENDING)
    )
    return _dressed(builder, panel)


_MAKERS: dict[Kind, Callable[[Panel], Any]] = {
    Kind.LINES: _lines,
    Kind.AREAS: _lines,
    Kind.NUMBER: _number,
    Kind.BARS: _bars,
    Kind.STATES: _states,
    Kind.LOG_COUNTS: _lines,
    Kind.LOG_LINES: _log_lines,
}
