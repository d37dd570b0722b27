"""The whole demo as a person runs it: start, look, break something, stop, start again."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psycopg


class Demo:
    """A running demo: its output, its address, its children."""

    def __init__(self, data: Path, *arguments: str, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "carousel", "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("CAROUSEL_")},
                "CAROUSEL_DATA_DIRECTORY": str(data),
                "CAROUSEL_PORT": "0",
                "CAROUSEL_LISTINGS": "200",
                **settings,
            },
        )
        self.output = ""
        self.address = self.read_until(r"ready after [\d.]+ s:  (\S+)\n")

    def read_until(self, pattern: str) -> str:
        found = None
        while not found:
            line = self.process.stdout.readline()
            assert line, f"the demo ended: {self.output}"
            self.output += line
            found = re.search(pattern, self.output)
        return found[1]

    def get(self, path: str) -> dict:
        return httpx2.get(self.address + path, timeout=10).raise_for_status().json()

    def children(self) -> dict[int, str]:
        pid = self.process.pid
        pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {
            int(pid): Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in pids
        }

    def child(self, words: str) -> int:
        return next(pid for pid, command in self.children().items() if words in command)

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.output += self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(30)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_demo_starts_survives_what_dies_stops_and_starts_again(open_directory):
    demo = Demo(open_directory / "demo")
    try:
        assert demo.get("/api/v1/cars/search?limit=1")["total"] > 0

        os.kill(demo.child("carousel serve"), signal.SIGKILL)
        assert demo.read_until("(api-[12]) was killed by SIGKILL")
        os.kill(demo.child("bin/postgres"), signal.SIGKILL)
        assert demo.read_until("(PostgreSQL) had died; it runs again")
        wait_until(lambda: searchable(demo))

        children = demo.children()
        assert len(children) >= 5
        assert demo.stop(signal.SIGTERM) == 0
        assert "your data is kept" in demo.output
        assert all(map(gone, children))
    finally:
        demo.process.kill()

    demo = Demo(open_directory / "demo")
    try:
        assert demo.get("/api/v1/cars/search?limit=1")["total"] > 0
        children = demo.children()
        demo.stop(signal.SIGKILL)
        wait_until(lambda: all(map(gone, children)))
    finally:
        demo.process.kill()


def test_a_demo_uses_the_servers_it_is_given(open_directory, database_url, log_url, cache_url):
    given = {
        "CAROUSEL_DATABASE_URL": database_url,
        "CAROUSEL_LOG_URL": log_url,
        "CAROUSEL_CACHE_URL": cache_url,
    }
    demo = Demo(open_directory / "given", **given)
    try:
        assert "Servers: given by URL" in demo.output
        assert not any("postgres" in c or "valkey" in c for c in demo.children().values())
        body = {"email": "john12@example.com"}
        answer = httpx2.post(demo.address + "/api/v1/token/fake-token", json=body)
        header = {"Authorization": f"Bearer {answer.json()['token']}"}
        url = demo.address + "/api/v1/cars/recommendations"
        wait_until(lambda: httpx2.get(url, headers=header).json()["personal"])
        assert demo.stop(signal.SIGTERM) == 0
    finally:
        demo.process.kill()
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from listing").fetchone() == (200,)


def searchable(demo: Demo) -> bool:
    try:
        return demo.get("/api/v1/cars/search?limit=1")["total"] > 0
    except httpx2.HTTPError:
        return False


def test_a_demo_with_traffic_is_visited(open_directory):
    demo = Demo(open_directory / "lively", "--traffic", "20000")
    try:
        # A child that was only just made still bears the command of its parent.
        wait_until(lambda: any("simulate --drive" in c for c in demo.children().values()))

        def advertised() -> bool:
            newest = demo.get("/api/v1/cars/search?sort=newest&limit=1")["listings"][0]
            return newest["id"] > 200

        wait_until(advertised)
    finally:
        assert demo.stop(signal.SIGTERM) == 0


def test_a_speed_that_is_none_is_refused_at_once():
    done = subprocess.run(
        [sys.executable, "-m", "carousel", "demo", "--traffic", "0"],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--traffic 0 is no speed" in done.stderr
