"""A demo that is watched: its monitor, a real Prometheus, ways to visit it and to hurt it."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
import valkey

from carousel.storage.embedded import EmbeddedServers
from tests.deploy.running import Prometheus
from tests.stories.conftest import Demo

PATIENCE = 120.0
SHOPPERS = [f"john{number}@example.com" for number in range(9, 25)]


@dataclass(frozen=True)
class Patient:
    """A demo and what watches it. data: its data directory."""

    demo: Demo
    watch: Prometheus
    data: Path

    def sql(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement behind everybody's back and return its rows."""
        url = EmbeddedServers(self.data).database_url
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def pid(self, name: str) -> int | None:
        """Return the process id of one of the demo's workers, None while there is none."""
        wanted = {f"CAROUSEL_PROCESS_NAME={name}", f"CAROUSEL_DATA_DIRECTORY={self.data}"}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if wanted <= set((process / "environ").read_text().split("\0")):
                    return int(process.name)
            except (OSError, UnicodeDecodeError):
                continue
        return None

    def broken(self) -> set[str]:
        """Return the checks that do not hold."""
        return {one["metric"]["check"] for one in self.watch.ask("carousel_check_ok == 0")}

    def reindex(self) -> None:
        """Compute all vectors and states anew."""
        done = self.demo.run("reindex")
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    @contextmanager
    def visited(self) -> Iterator[None]:
        """Let shoppers do a little of everything, wrong things too, for the length of the block."""
        over = threading.Event()
        shoppers = threading.Thread(target=_visit, args=(self.demo, over))
        shoppers.start()
        try:
            yield
        finally:
            over.set()
            shoppers.join(60)


@dataclass(frozen=True)
class Fault:
    """Something that is broken.

    checks: of the monitor that find it; alerts: that fire.
    repair: as its runbook says.
    """

    name: str
    checks: set[str]
    alerts: set[str]
    repair: Callable[[], object]


def wait_until(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(0.5)


def hanging_pipeline(patient: Patient) -> Fault:
    """Stop the process of the content-based pipeline; nobody ends it, so nobody starts it again."""
    pid = patient.pid("stream-1")
    os.kill(pid, signal.SIGSTOP)
    return Fault(
        "the content-based pipeline hangs",
        {"processes", "lag", "journey"},
        {"CheckProcesses", "ProcessGone", "CheckLag", "CheckJourney"},
        lambda: os.kill(pid, signal.SIGKILL),
    )


@contextmanager
def dying_pipeline(patient: Patient) -> Iterator[Fault]:
    """End the process of the content-based pipeline whenever it lives, until the repair."""
    enough = threading.Event()

    def kill() -> None:
        while not enough.wait(0.1):
            if pid := patient.pid("stream-1"):
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield Fault(
            "the content-based pipeline dies whenever it is started",
            {"processes"},
            {"CheckProcesses", "ProcessGone"},
            enough.set,
        )
    finally:
        enough.set()
        killer.join()


def hanging_log(patient: Patient) -> Fault:
    """Stop the Valkey that keeps the event log."""
    with valkey.Valkey.from_url(EmbeddedServers(patient.data).log_url) as client:
        pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    return Fault(
        "the event log hangs",
        {"servers"},
        {"CheckServers"},
        lambda: os.kill(pid, signal.SIGCONT),
    )


def corrupt_shopper(patient: Patient) -> Fault:
    """Write what is no number into what is known of a shopper."""
    ((user, evidence),) = patient.sql(
        "select user_id, evidence from shopper where mass > 0 order by mass desc, user_id limit 1"
    )
    broken = np.frombuffer(evidence).copy()
    broken[3] = np.nan
    patient.sql("update shopper set evidence = %s where user_id = %s", broken.tobytes(), user)
    return Fault(
        "a shopper's vector is corrupt",
        {"vector-values"},
        {"CheckVectorValues"},
        patient.reindex,
    )


def vector_of_another_space(patient: Patient) -> Fault:
    """Write a vector as long as ours and of unit length, of no space of ours."""
    ((listing, direction),) = patient.sql(
        "select listing_id, direction from listing_vector order by listing_id desc limit 1"
    )
    other = np.frombuffer(direction)[::-1].copy()
    patient.sql(
        "update listing_vector set direction = %s where listing_id = %s", other.tobytes(), listing
    )
    return Fault(
        "a vector is of another space",
        {"vector-versions"},
        {"CheckVectorVersions"},
        patient.reindex,
    )


def sold_behind_the_cache(patient: Patient) -> Fault:
    """Sell a car of a kept answer by plain SQL, which no memory is told of."""
    with patient.demo.client("john30@example.com") as shopper:
        for _ in range(2):
            shown = shopper.get("/api/v1/cars/recommendations").raise_for_status().json()
    car = shown["recommended"][0]["id"]
    patient.sql("update listing set status = 'sold' where id = %s", car)

    def repair() -> None:
        patient.sql(
            "delete from inventory where listing_id in "
            "(select id from listing where status <> 'active')"
        )
        patient.sql(
            "update listing set revision = revision + 1, updated_at = now() where id = %s", car
        )

    return Fault(
        "a listing is sold behind the cache's back",
        {"sold-in-cache", "sold-in-index"},
        {"CheckSoldInCache", "CheckSoldInIndex"},
        repair,
    )


def _visit(demo: Demo, over: threading.Event) -> None:
    while not over.is_set():
        for number, email in enumerate(SHOPPERS):
            if over.wait(0.2):
                return
            _look_around(demo, email, number)


def _look_around(demo: Demo, email: str, number: int) -> None:
    with demo.client(email) as shopper:
        make = ("Skoda", "Ford", "BMW")[number % 3]
        found = shopper.get("/api/v1/cars/search", params={"brand": make}).json()["listings"]
        dear = {"brand": make, "max_price": 900}
        shopper.get("/api/v1/cars/recommendations", params=dear)
        for car in found[:4]:
            shopper.get(f"/api/v1/cars/detail/{car['id']}")
            shopper.get("/api/v1/cars/recommendations")
        twice = {"type": "favourite", "listing_id": found[0]["id"], "id": f"d-{time.time_ns()}"}
        shopper.post("/api/v1/events", json=twice)
        shopper.post("/api/v1/events", json=twice)
        shopper.post("/api/v1/events", json={"type": "no such type"})
        shopper.get("/api/v1/cars/detail/999999999")
        shopper.get("/api/v1/cars/popular")
