"""How long training takes and how much memory, from an archive of millions of events.

Owns:    one run of ``carousel train`` against an embedded PostgreSQL of its own.
Imports: carousel, numpy, psycopg.

A living market is simulated and archived as the pipeline would have done it. To get millions of
events in reasonable time each shopper has twins, who did the very same under other ids: so there
are as many events and shoppers to learn from as asked for, and what they do hangs together.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg

from carousel.domain.events import EVENT, Impression
from carousel.domain.listing import ListingFacts
from carousel.recording.tables import EVENT_TYPES, NONE, REASONS, Recording
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters
from carousel.storage import migrate, open_catalogue
from carousel.storage.embedded import EmbeddedServers, Server

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
Row = tuple[int, str, datetime, str, int | None, str]

COPY = "copy event (user_id, id, at, type, listing_id, body, shard, position) from stdin"

TWINS = """
insert into event (user_id, id, at, type, listing_id, body, shard, position)
select user_id + %s, id, at, type, listing_id, body, shard, position from event where user_id <= %s
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=12_000)
    parser.add_argument("--listings", type=int, default=45_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--twins", type=int, default=1, help="of each shopper")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


@contextmanager
def database() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="carousel-") as directory:
        Path(directory).chmod(0o755)  # as root the server runs as another user
        with EmbeddedServers(Path(directory) / "data", servers=[Server.DATABASE]) as servers:
            migrate(servers.database_url)
            yield servers.database_url


def market(asked: argparse.Namespace) -> Recording:
    return simulate(
        read_parameters(),
        shoppers=asked.shoppers,
        listings=asked.listings,
        days=asked.days,
        seed=1,
        begins=BEGINS,
        preferences="additive",
        hidden=None,
        progress=lambda day, days: sys.stderr.write(f"\rday {day} of {days}"),
    ).recording


def archived(recording: Recording, ids: list[int]) -> Iterator[Row]:
    """Yield what the pipeline would have archived."""
    events, shown = recording.events, recording.impressions
    for n in range(len(events.at)):
        said: dict[str, object] = {"type": EVENT_TYPES[events.type[n]]}
        if events.listing[n] != NONE:
            said["listing_id"] = ids[events.listing[n]]
        if events.reason[n] != NONE:
            said["reason"] = REASONS[events.reason[n]]
        if said["type"] == "search":
            said["filters"] = recording.searches[events.search[n]]
        body = EVENT.validate_python(said).model_dump_json(exclude_none=True)
        about = said.get("listing_id")
        kind, at = str(said["type"]), moment(events.at[n])
        yield int(events.shopper[n]) + 1, f"e{n}", at, kind, about, body  # type: ignore[misc]
    for n in range(len(shown.at)):
        chance = float(shown.propensity[n])
        impression = Impression(
            listing_id=ids[shown.listing[n]],
            slate=str(shown.slate[n]),
            position=int(shown.position[n]),
            propensity=None if np.isnan(chance) else chance,
        )
        body = impression.model_dump_json(exclude_none=True)
        user, at = int(shown.shopper[n]) + 1, moment(shown.at[n])
        yield user, f"i{n}", at, "impression", impression.listing_id, body


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(float(at), UTC)


def fill(url: str, recording: Recording, twins: int) -> int:
    """Write cars and archive; return how many events there are."""
    facts = [
        ListingFacts.model_validate(car.model_dump(exclude={"id", "revision"}))
        for car in recording.listings
    ]
    with open_catalogue(url) as catalogue, catalogue.bulk():
        ids = list(catalogue.upsert(facts).ids)
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in archived(recording, ids):
                copy.write_row((*row, 0, "1-0"))
        for twin in range(1, twins + 1):
            shoppers = len(recording.users)
            connection.execute(TWINS, [twin * shoppers, shoppers])
        left = [
            ("sold" if sold else "withdrawn", moment(at), listing_id)
            for listing_id, at, sold in zip(
                ids, recording.lives.left_at, recording.lives.sold, strict=True
            )
            if np.isfinite(at)
        ]
        connection.cursor().executemany(
            "update listing set status = %s, updated_at = %s where id = %s", left
        )
        connection.execute("vacuum analyze")
        (row,) = connection.execute("select count(*) from event")
    return int(row[0])


def train(url: str) -> dict[str, object]:
    """Run the command as an operator would, with one thread; return what it says, and its peak."""
    command = [sys.executable, "-m", "carousel", "train", "--json"]
    nowhere = dict.fromkeys(("CAROUSEL_LOG_URL", "CAROUSEL_CACHE_URL"), "unix:///nowhere")
    threads = {"OPENBLAS_NUM_THREADS": "1"}
    environment = os.environ | nowhere | threads | {"CAROUSEL_DATABASE_URL": url}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise SystemExit(done.stderr)
    told = json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "peak_mb": round(peak / 1024),
        "events": told["events"],
        "impressions": told["impressions"],
        "seconds_by_step": told["seconds"],
        "models": {
            one["kind"]: {"refused": one["refused"], "figures": one["figures"]}
            for one in told["models"]
        },
    }


def main() -> None:
    asked = arguments()
    recording = market(asked)
    with database() as url:
        archive = fill(url, recording, asked.twins)
        del recording
        report = {"archive": archive, **train(url)}
    if asked.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:16} {value}")


if __name__ == "__main__":
    main()
