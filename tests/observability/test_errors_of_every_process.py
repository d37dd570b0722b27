"""Whatever breaks, in whichever process: it is reported under that process's name."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest

from carousel.observability.declaring import Process
from tests.observability.kent_server import Kent, kent
from tests.streaming.market import append, make_market, some_entries

FOLLOWING = ("stream", "--worker", "0", "--pipeline")
MISLAID = {
    Process.CONTENT_BASED: ((*FOLLOWING, Process.CONTENT_BASED), "listing"),
    Process.COLLABORATIVE: ((*FOLLOWING, Process.COLLABORATIVE), "latent_space"),
    Process.APPRAISALS: ((*FOLLOWING, Process.APPRAISALS), "listing"),
    Process.NOTICES: ((*FOLLOWING, Process.NOTICES), "listing"),
    Process.TRAINING: (("train",), "event"),
}
"""The command of a process, and a table that it cannot do without."""
assert {*MISLAID, Process.API, Process.MONITOR} == {*Process}


@contextmanager
def telling(
    process: Process, command: tuple[str, ...], directory: Path, **settings: str
) -> Iterator[Kent]:
    """Run a process that reports its errors."""
    with kent(directory) as sentry, (directory / "lines.txt").open("wb") as lines:
        stated = {
            "DATA_DIRECTORY": str(directory),
            "METRICS_PORT": "0",
            "PIPELINE_RUNNER": "plain",
            "DEVELOPMENT_LOGIN": "true",
            "PROCESS_NAME": f"{process}-7",
            "SENTRY_DSN": sentry.dsn,
            **settings,
        }
        running = subprocess.Popen(
            [sys.executable, "-m", "carousel", *command],
            env={**os.environ, **{f"CAROUSEL_{name}": value for name, value in stated.items()}},
            stdout=lines,
            stderr=lines,
        )
        try:
            yield sentry
        finally:
            running.kill()
            running.wait()


def first_report(sentry: Kent, process: Process) -> dict:
    """Return the first report, which has to be of a process."""
    report = sentry.wait_for(1)[0]
    tags = report["tags"]
    assert (tags["kind"], tags["process"]) == (process, f"{process}-7")
    assert report["release"].startswith("carousel@")
    return report


@pytest.mark.parametrize("process", MISLAID)
def test_a_pipeline_or_training_without_a_table_is_reported(
    process, database_url, log_url, cache_url, tmp_path
):
    command, table = MISLAID[process]
    market = make_market(database_url)
    append(log_url, some_entries(market, 50, seed=1))
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO mislaid")
    places = {"DATABASE_URL": database_url, "LOG_URL": log_url, "CACHE_URL": cache_url}
    with telling(process, command, tmp_path, **places) as sentry:
        report = first_report(sentry, process)
    assert f'"{table}" does not exist' in json.dumps(report).replace("\\", "")


class Odd(BaseHTTPRequestHandler):
    """An API that lets everybody in and then answers with what no page could use."""

    def answer(self) -> None:
        body = json.dumps({"token": "a-token"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = answer  # noqa: N815  # the library calls it so

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_check_of_the_monitor_that_breaks_is_reported(database_url, log_url, cache_url, tmp_path):
    make_market(database_url)
    places = {"DATABASE_URL": database_url, "LOG_URL": log_url, "CACHE_URL": cache_url}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api = f"http://127.0.0.1:{server.server_port}"
    try:
        with telling(
            Process.MONITOR, ("monitor",), tmp_path, MONITOR_PORT="0", API_URL=api, **places
        ) as sentry:
            report = first_report(sentry, Process.MONITOR)
    finally:
        server.shutdown()
        server.server_close()
    assert report["exception"]["values"][-1]["type"] == "KeyError"
    assert report["logentry"]["formatted"] == "a check broke"
