"""Errors reach a server that speaks Sentry's protocol, with their place and without the shopper."""

import json
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg

from carousel.observability.errors import MOST_A_MINUTE, SAME_AGAIN_SECONDS, Seldom
from tests.api.conftest import EMAILS, filled
from tests.observability.api_process import api_process
from tests.observability.kent_server import kent

HEAD = """
import logging, sys, threading, time
from carousel.observability.declaring import Process
from carousel.observability.errors import is_reporting, reporting
from carousel.observability.identity import Identity
from carousel.observability.logs import logger, speaking_of, write_logs
identity = Identity(Process.TRAINING, "training", "1.2.3", "development")
write_logs(identity, "info", "key")
dsn = sys.argv[1] or None
class ExpectedError(Exception): pass
"""


def run(code: str, dsn: str) -> str:
    command = [sys.executable, "-c", HEAD + code, dsn]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                          env={"PYTHONPATH": "src"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_fault_of_the_api_arrives_with_its_place_and_nobody(
    servers, new_database, tmp_path: Path
):
    database_url = new_database()
    filled(database_url)
    with (
        kent(tmp_path) as sentry,
        api_process(tmp_path, servers, database_url, SENTRY_DSN=sentry.dsn) as api,
        api.client(EMAILS[0]) as shopper,
    ):
        for path in ("/api/v1/no/such", "/api/v1/cars/search?limit=x", "/api/v1/cars/detail/0"):
            assert 400 <= shopper.get(path).status_code < 500
        with psycopg.connect(database_url, autocommit=True) as database:
            database.execute("DROP TABLE saved_search CASCADE")
        headers = {"Cookie": "session=cookie-of-mine"}
        secret = {"name": "a-secret-search", "filters": {"brand": "Skoda"}}
        answer = shopper.get("/api/v1/users/me/searches?mine=query-of-mine", headers=headers)
        shopper.post("/api/v1/users/me/searches", json=secret, headers=headers)
        assert answer.status_code == 500
        report = sentry.wait_for(1)[0]
        said = api.said_of(answer.headers["X-Request-Id"], 2)
        log = api.lines.read_text()
        reports = json.dumps(sentry.reports())
    request = answer.headers["X-Request-Id"]
    assert report["tags"] == {"kind": "api", "process": "api-1", "request_id": request}
    assert report["release"].startswith("carousel@")
    frames = report["exception"]["values"][-1]["stacktrace"]["frames"]
    assert any(str(one["filename"]).startswith("carousel/") for one in frames)
    assert not {"user", "request", "breadcrumbs", "modules", "extra"} & report.keys()
    assert all("vars" not in one and "abs_path" not in one for one in frames)
    (line,) = [one for one in said if one["level"] == "error"]
    assert line["report"] == report["event_id"]
    token = shopper.headers["Authorization"].removeprefix("Bearer ")
    for text in (reports, log):
        for secret_part in (EMAILS[0], token, "cookie-of-mine", "query-of-mine", "a-secret-search"):
            assert secret_part not in text
        assert "127.0.0.1" not in text or text is log
    assert socket.gethostname() not in reports
    assert "cookie" not in reports.lower()


def test_without_a_dsn_nothing_is_loaded_started_or_sent():
    said = run(
        """
with reporting(identity, dsn):
    logger("x").error("it broke")
    print(is_reporting(), "sentry_sdk" in sys.modules, threading.active_count())
""",
        "",
    )
    assert said == "False False 1\n"


def test_the_same_is_reported_once_what_is_expected_never_and_threads_too(tmp_path: Path):
    code = """
def broken(): return 1 / 0
with reporting(identity, dsn, (ExpectedError,)), speaking_of(request_id="ab" * 16):
    for _ in range(50):
        try: broken()
        except ZeroDivisionError: logger("x").exception("it broke")
        try: raise ExpectedError
        except ExpectedError: logger("x").exception("a server is away")
        logger("x").warning("a warning")
    thread = threading.Thread(target=broken); thread.start(); thread.join()
    logger("y").error("said of john@example.com")
"""
    with kent(tmp_path) as sentry:
        run(code, sentry.dsn)
        reports = sentry.wait_for(2)
    assert len(reports) == 2
    assert reports[0]["exception"]["values"][0]["type"] == "ZeroDivisionError"
    assert reports[0]["tags"]["request_id"] == "ab" * 16
    assert reports[0]["tags"]["kind"] == "training"
    assert reports[0]["release"] == "carousel@1.2.3"
    assert reports[1]["logentry"]["formatted"] == "said of (e-mail)"


def test_a_server_that_never_answers_costs_the_caller_nothing():
    code = """
with reporting(identity, dsn):
    begun = time.perf_counter()
    for n in range(500):
        try: exec(f"def f{n}():\\n raise ValueError({n})\\nf{n}()")
        except ValueError: logger(f"x{n}").exception("it broke")
    print(time.perf_counter() - begun)
    begun = time.perf_counter()
print(time.perf_counter() - begun)
"""
    with closing(socket.socket()) as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(1)
        said = run(code, f"http://key@127.0.0.1:{hole.getsockname()[1]}/1")
    busy, closing_ = map(float, said.split())
    assert busy < 5
    assert closing_ < 4


def test_reports_are_seldom():
    seldom, now = Seldom(), time.monotonic()
    for number in range(10 * MOST_A_MINUTE):
        if seldom.earlier(str(number), now) is None:
            seldom.note(str(number), now, f"r{number}")
    assert seldom.earlier("0", now) == "r0"
    assert seldom.earlier("another", now) == ""
    assert len(seldom._reported) == MOST_A_MINUTE
    assert seldom.earlier("another", now + SAME_AGAIN_SECONDS) is None
