"""Dashboards are what the code says, can be read by what they ask, and leave no metric out."""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import combinations

import promql_parser
import pytest
import yaml

from carousel.observability import metrics as _all_are_declared  # noqa: F401  # by being imported
from carousel.observability.declaring import DECLARED
from deploy import build
from deploy.grafana.build import PROVISIONED
from deploy.grafana.dashboards import BOARDS
from deploy.grafana.panels import Board, Kind, as_json
from tests.deploy.programs import ROOT

IN_LOGS = (Kind.LOG_LINES, Kind.LOG_COUNTS)
WEB = ROOT / "web"
LOGQL = WEB / "node_modules" / "@grafana" / "lezer-logql"
UNITS = {"short", "s", "percentunit", "reqps", "cps", "bytes"}


def promql(board: Board) -> list[str]:
    return [q.text for p in board.panels if p.kind not in IN_LOGS for q in p.queries]


def logql(board: Board) -> list[str]:
    return [q.text for p in board.panels if p.kind in IN_LOGS for q in p.queries]


def filled(query: str) -> str:
    """Return a query as Grafana sends it."""
    for variable, value in (("$__rate_interval", "1m"), ("$__auto", "1m"), ("$request", "r-1")):
        query = query.replace(variable, value)
    assert "$" not in query, query
    return query


@pytest.mark.parametrize("path", build.files(), ids=lambda path: path.name)
def test_what_is_made_from_code_is_fresh(path):
    assert path.read_text() == build.files()[path], "run python -m deploy.build"


def test_nothing_is_provisioned_that_no_code_makes():
    assert set(PROVISIONED.glob("*")) == set(build.grafana.files())


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_dashboard_is_in_order(board):
    document = json.loads(as_json(board))
    panels = document["panels"]
    identities = [panel["id"] for panel in panels]
    assert len(set(identities)) == len(identities)
    for one, other in combinations(panels, 2):
        assert not overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] <= place["x"] + place["w"] <= 24
    names = {variable["name"]: variable for variable in document["templating"]["list"]}
    assert names["metrics"]["query"] == "prometheus"
    titles = [panel["title"] for panel in panels if panel["type"] != "row"]
    assert len(set(titles)) == len(titles)
    for panel in panels:
        if panel["type"] != "row":
            in_order(panel, names)


def in_order(panel, names):
    assert panel["description"].endswith(("?", ".")), panel["title"]
    assert "?" in panel["description"], f"{panel['title']}: a panel answers a question"
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["targets"], panel["title"]
    references = [target["refId"] for target in panel["targets"]]
    assert len(set(references)) == len(references)
    for source in [panel["datasource"], *(target["datasource"] for target in panel["targets"])]:
        variable = re.fullmatch(r"\$\{(\w+)\}", source["uid"])[1]
        assert names[variable]["query"] == source["type"]
        assert source == panel["datasource"]
    if panel["type"] not in ("stat", "logs"):
        for target in panel["targets"]:
            assert target["legendFormat"], f"{panel['title']}: which is which?"


def overlap(one, other):
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def test_addresses_of_dashboards_are_their_own():
    uids = [json.loads(as_json(board))["uid"] for board in BOARDS]
    assert len(set(uids)) == len(uids) == 6


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_query_for_numbers_parses(board):
    for query in promql(board):
        promql_parser.parse(filled(query))


def test_a_wrong_query_for_numbers_does_not_parse():
    with pytest.raises(ValueError, match="parenthesis"):
        promql_parser.parse("sum(rate(carousel_slates_total[1m])")


def test_every_query_for_log_lines_parses():
    queries = [filled(query) for board in BOARDS for query in logql(board)]
    assert len(queries) >= 6
    assert wrong_logql(queries) == []


def test_a_wrong_query_for_log_lines_does_not_parse():
    wrong = ['{process="api-1"', "rate({process=api}[1m])", 'sum by (level ({process="a"})']
    assert [one["query"] for one in wrong_logql(['{level="error"}', *wrong])] == wrong


def wrong_logql(queries):
    places = os.pathsep.join([str(ROOT / ".node" / "bin"), os.environ["PATH"]])
    node = shutil.which("node", path=places)
    if node is None or not LOGQL.exists():
        said = "NO GRAMMAR OF LOG QUERIES: ./carousel build-page installs it"
        sys.stderr.write(f"\n==> {said}; a test is skipped\n")
        pytest.skip(said)
    done = subprocess.run(
        [node, ROOT / "deploy" / "grafana" / "check_logql.mjs", WEB],
        input=json.dumps(queries), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_log_queries_ask_by_labels_that_are_shipped():
    asked = {name for b in BOARDS for q in logql(b) for name in re.findall(r"\{(\w+)\s*=", q)}
    config = (ROOT / "deploy" / "alloy" / "config.alloy").read_text()
    shipped = re.search(r"stage\.labels \{\s*values = \{([^}]*)\}", config)[1]
    assert asked == set(re.findall(r"(\w+) =", shipped)) == {"level", "process"}


def test_every_metric_has_a_panel():
    asked = " ".join(query for board in BOARDS for query in promql(board))
    shown = set(re.findall(r"\bcarousel_\w+", asked))
    missing = [
        one.name
        for one in DECLARED
        if not shown & {one.name, f"{one.name}_bucket", f"{one.name}_sum", f"{one.name}_count"}
    ]
    assert missing == []


def test_every_metric_that_is_asked_for_exists():
    known = {
        name + end
        for one in DECLARED
        for name in [one.name]
        for end in (("_bucket", "_sum", "_count") if one.type == "histogram" else ("",))
    }
    rules = [path.read_text() for path in build.RULES.glob("*.yml")]
    queries = [query for board in BOARDS for query in promql(board)]
    asked = {name for text in (*rules, *queries) for name in re.findall(r"\bcarousel_\w+", text)}
    assert asked - known == set()


def test_the_provisioning_names_what_the_dashboards_ask():
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    sources = yaml.safe_load((folder / "datasources" / "carousel.yml").read_text())["datasources"]
    assert {source["type"] for source in sources} == {"prometheus", "loki"}
    assert [source["type"] for source in sources if source.get("isDefault")] == ["prometheus"]
    (provider,) = yaml.safe_load((folder / "dashboards" / "carousel.yml").read_text())["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"]
