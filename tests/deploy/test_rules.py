"""Every alert fires when it should, is over when it should, and lets pass what is nearly one."""

import re
from collections.abc import Sequence
from pathlib import Path

import promql_parser
import pytest
import yaml

from carousel.observability.metrics import EFFECT_SECONDS, REQUEST_SECONDS, STAGE_SECONDS
from deploy.build import RULES
from deploy.prometheus import checks, parts, slo
from deploy.prometheus.rules import Alert, Severity, alerts_of
from tests.deploy.programs import PROMETHEUS, ROOT, run
from tests.deploy.rule_cases import (
    Case,
    Series,
    all_cases,
    burst,
    quiet_cases,
    side_by_side,
    worst_cases,
)

RUNBOOKS = ROOT / "docs" / "runbooks"
ALERTS = alerts_of([*slo.groups(), *checks.groups(), *parts.groups()])
CASES = all_cases()
IN_SECONDS = {"h": 3600, "m": 60, "s": 1}


def identity(alert: Alert | Case) -> tuple[str, tuple[tuple[str, str], ...]]:
    labels = alert.labels if isinstance(alert, Alert) else alert.rule
    name = alert.name if isinstance(alert, Alert) else alert.alert
    return name, tuple(sorted(labels.items()))


FILE_OF = {
    alert.name: name
    for name, module in (("slo", slo), ("checks", checks), ("parts", parts))
    for alert in alerts_of(module.groups())
}
CHECK_NAMES = {check.name for check in checks.CHECKS}
NONE = [{"labels": "{}", "value": 0}]
RULE_OF = {identity(alert): alert for alert in ALERTS}


def seconds(duration: str) -> int:
    return sum(int(n) * IN_SECONDS[unit] for n, unit in re.findall(r"(\d+)([hms])", duration))


def firing(case: Case) -> str:
    chosen = "".join(f',{name}="{value}"' for name, value in case.rule.items())
    return f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"{chosen}}}) or vector(0)'


def promtool_tests(cases: Sequence[Case]) -> list[dict[str, object]]:
    """Return both situations of cases as promtool reads them, the paces of promises at once."""
    windows = sorted({case.rule["window"] for case in cases if "window" in case.rule})
    alike = [[case for case in cases if case.rule.get("window") == one] for one in windows]
    alone = [[case] for case in cases if "window" not in case.rule]
    return [test for group in (*alike, *alone) for test in situations(group)]


def situations(cases: Sequence[Case]) -> list[dict[str, object]]:
    case = side_by_side(cases)
    fires = [asked(one, case.fires_at, 1) for one in cases]
    over = [asked(one, case.over_at, 0) for one in cases]
    near = [asked(one, case.near_at, 0) for one in cases]
    fault = situation(case, case.fires, [*fires, *over])
    if not case.rule:
        fault["alert_rule_test"] = [told(case)]
    return [fault, situation(case, case.near, near)]


def asked(case: Case, at: str, number: int) -> dict[str, object]:
    samples = [{"labels": "{}", "value": number}]
    return {"expr": firing(case), "eval_time": at, "exp_samples": samples}


def situation(case: Case, series: Series, questions: list[dict[str, object]]) -> dict[str, object]:
    return {
        "name": f"{case.alert} {dict(case.rule)}",
        "interval": case.interval,
        "input_series": [{"series": s, "values": v} for s, v in series.items()],
        "promql_expr_test": questions,
    }


def told(case: Case) -> dict[str, object]:
    rule = RULE_OF[identity(case)]
    alert = {
        "exp_labels": {"severity": str(rule.severity), **rule.labels, **case.labels},
        "exp_annotations": {
            "summary": rule.summary,
            "description": case.said,
            "runbook_url": f"docs/runbooks/{rule.runbook}.md",
        },
    }
    return {"eval_time": case.fires_at, "alertname": case.alert, "exp_alerts": [alert]}


def test_every_rule_that_alerts_has_a_case():
    assert sorted(map(identity, CASES)) == sorted(map(identity, ALERTS))
    for case in CASES:
        assert seconds(case.over_at) > seconds(case.fires_at), case.alert


@pytest.mark.parametrize(
    ("rules", "interval"), sorted({(FILE_OF[c.alert], c.interval) for c in CASES})
)
def test_every_alert_fires_is_over_and_lets_pass_what_is_nearly_one(rules, interval, tmp_path):
    cases = [c for c in CASES if (FILE_OF[c.alert], c.interval) == (rules, interval)]
    promtool(rules, interval, promtool_tests(cases), tmp_path)


def test_the_alerts_of_a_promise_say_how_much_is_lost(tmp_path):
    tests = [
        {
            "interval": "2m",
            "input_series": [{"series": s, "values": v} for s, v in series.items()],
            "alert_rule_test": [
                {
                    "eval_time": "1h",
                    "alertname": promise.alert,
                    "exp_alerts": [alert_of(promise, pace, said) for pace, said in said_of],
                }
            ],
        }
        for promise, series, said_of in worst_cases()
    ]
    promtool("slo", "2m", tests, tmp_path)


def test_a_quiet_market_alerts_nobody(tmp_path):
    asked = [
        {"expr": "count(ALERTS) or vector(0)", "eval_time": at, "exp_samples": NONE}
        for at in ("4m", "10m", "24m", "40m", "1h", "2h")
    ]
    tests = [
        {
            "name": name,
            "interval": "2m",
            "input_series": [{"series": s, "values": v} for s, v in series.items()],
            "promql_expr_test": asked,
        }
        for name, series in quiet_cases().items()
    ]
    promtool("slo", "2m", tests, tmp_path)


def test_a_short_burst_wakes_nobody(tmp_path):
    pages = 'count(ALERTS{severity="page"}) or vector(0)'
    questions = [
        {"expr": pages, "eval_time": at, "exp_samples": NONE} for at in ("48m", "50m", "52m", "1h")
    ]
    share = 'slo:error_ratio:rate5m{slo="availability"} > bool 0.0144'
    above = [{"labels": '{slo="availability"}', "value": 1}]
    questions.append({"expr": share, "eval_time": "50m", "exp_samples": above})
    series = [{"series": s, "values": v} for s, v in burst().items()]
    test = {"interval": "2m", "input_series": series, "promql_expr_test": questions}
    promtool("slo", "2m", [test], tmp_path)


def alert_of(promise: slo.Promise, pace: slo.Pace, said: str) -> dict[str, object]:
    return {
        "exp_labels": {
            "severity": str(pace.severity),
            "slo": promise.name,
            "window": pace.long,
        },
        "exp_annotations": {
            "summary": f"Too many {promise.worse}.",
            "description": said,
            "runbook_url": f"docs/runbooks/{promise.runbook}.md",
        },
    }


def promtool(rules: str, interval: str, tests: list[dict[str, object]], directory: Path) -> None:
    document = {
        "rule_files": [str(RULES / f"{rules}.yml")],
        "evaluation_interval": interval,
        "tests": tests,
    }
    file = directory / "test.yml"
    file.write_text(yaml.safe_dump(document))
    assert "SUCCESS" in run("promtool", "test", "rules", file)


def test_prometheus_accepts_its_configuration_and_its_rules():
    said = run("promtool", "check", "config", PROMETHEUS / "prometheus.yml")
    assert said.count("SUCCESS") >= 4, "the configuration and three rule files"
    assert "FAILED" not in said


def test_the_alertmanager_accepts_its_configuration():
    file = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    assert "SUCCESS" in run("amtool", "check-config", file)


@pytest.mark.parametrize(
    ("labels", "receiver"), [("severity=page", "page"), ("severity=ticket", "ticket")]
)
def test_an_alert_reaches_whom_its_severity_names(labels, receiver):
    file = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    said = run("amtool", "config", "routes", "test", f"--config.file={file}", labels)
    assert said.splitlines()[0] == receiver


@pytest.mark.parametrize("alert", ALERTS, ids=lambda a: "-".join([a.name, *a.labels.values()]))
def test_an_alert_is_complete(alert):
    promql_parser.parse(alert.query)
    assert alert.summary.endswith(".")
    assert "{{" in alert.description or alert.runbook in CHECK_NAMES | {"monitor-gone"}
    assert (RUNBOOKS / f"{alert.runbook}.md").exists(), "write its page"
    assert seconds(alert.lasting) <= 30 or alert.severity is not Severity.PAGE


def test_each_runbook_belongs_to_an_alert():
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages - {alert.runbook for alert in ALERTS} == set()


def test_every_recording_is_a_query_that_parses():
    for path in RULES.glob("*.yml"):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                promql_parser.parse(rule["expr"])


def test_a_promise_names_the_buckets_that_its_histogram_has():
    known = {
        "carousel_http_request_seconds": REQUEST_SECONDS,
        "carousel_event_effect_seconds": EFFECT_SECONDS,
    }
    asked = re.findall(r'(\w+)_bucket\{[^}]*le="([\d.]+)"', "".join(p.bad for p in slo.PROMISES))
    assert len(asked) == 3
    for name, end in asked:
        assert end in {str(float(bucket)) for bucket in known[name]}
    assert str(parts.SLOW_APPEND_SECONDS) in {str(float(bucket)) for bucket in STAGE_SECONDS}
