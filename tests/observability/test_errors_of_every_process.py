"""Whatever breaks, in whichever process: it is reported under that process's name."""

import os
import subprocess
import sys
import time

import psycopg
import pytest

from carousel.observability.declaring import Process
from carousel.observability.metrics import FOLLOWERS
from tests.observability.kent_server import kent
from tests.streaming.market import append, make_market, some_entries

PATIENCE = 60.0
COMMANDS = {
    **{
        which: ("stream", "--worker", "0", "--pipeline", which)
        for which in (*FOLLOWERS, Process.APPRAISALS, Process.NOTICES)
    },
    Process.TRAINING: ("train",),
    Process.MONITOR: ("monitor",),
}
assert {*COMMANDS, Process.API} == {*Process}  # the API's errors have a file of their own


@pytest.mark.parametrize("process", COMMANDS)
def test_a_database_without_a_table_is_reported_by_every_process(
    process, servers, database_url, log_url, tmp_path
):
    market = make_market(database_url)
    append(log_url, some_entries(market, 50, seed=1))
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("ALTER TABLE listing RENAME TO mislaid")
    with kent(tmp_path) as sentry, (tmp_path / "lines.txt").open("wb") as lines:
        stated = {
            "DATA_DIRECTORY": str(tmp_path),
            "DATABASE_URL": database_url,
            "LOG_URL": log_url,
            "CACHE_URL": servers.cache_url,
            "METRICS_PORT": "0",
            "MONITOR_PORT": "0",
            "PIPELINE_RUNNER": "plain",
            "DEVELOPMENT_LOGIN": "true",
            "PROCESS_NAME": f"{process}-7",
            "SENTRY_DSN": sentry.dsn,
        }
        running = subprocess.Popen(
            [sys.executable, "-m", "carousel", *COMMANDS[process]],
            env={**os.environ, **{f"CAROUSEL_{name}": value for name, value in stated.items()}},
            stdout=lines,
            stderr=lines,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not (reports := sentry.reports()):
                assert time.monotonic() < deadline, (tmp_path / "lines.txt").read_text()
                time.sleep(0.2)
        finally:
            running.kill()
            running.wait()
    report = reports[0]
    assert (report["tags"]["kind"], report["tags"]["process"]) == (process, f"{process}-7")
    assert report["exception"]["values"][0]["type"] == "UndefinedTable"
    assert report["release"].startswith("carousel@")
