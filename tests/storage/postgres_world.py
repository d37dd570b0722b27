"""A small car market, and how the tests of the PostgreSQL engines ask it.

Owns:    cars, events and entries by their differences from a plain one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

import numpy as np
import psycopg

from carousel.domain.events import Event, LogEntry
from carousel.domain.listing import Body, Fuel, ListingFacts, Place, Transmission
from carousel.storage import open_serving
from carousel.storage.engines.postgres_serving import PostgresServing
from carousel.storage.ports import Archived

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PRAGUE = Place(region="Praha", latitude=50.08, longitude=14.43)

_Answer = TypeVar("_Answer")


def car(ref: str = "1", **different: Any) -> ListingFacts:
    """Return a plain car, but for what is different."""
    plain: dict[str, Any] = {
        "make": "Škoda",
        "model": "Fabia",
        "name": "Škoda Fabia 1.2",
        "year": 2015,
        "price": 7_000,
        "mileage_km": 90_000,
        "fuel": Fuel.PETROL,
        "transmission": Transmission.MANUAL,
        "body": Body.HATCHBACK,
        "power_hp": 75,
        "colour": "red",
        "place": PRAGUE,
        "listed_at": NOON,
    }
    return ListingFacts(ref=ref, **(plain | different))


def market(size: int, seed: int = 1) -> list[ListingFacts]:
    """Return cars that differ in everything, some of them stating little."""
    dice = np.random.default_rng(seed)

    def maybe(value: Any) -> Any:
        return None if dice.random() < 0.1 else value

    def one_of(*values: Any) -> Any:
        return values[int(dice.integers(len(values)))]

    def place() -> Place:
        return Place(
            region=one_of("Praha", "Brno", "Plzeň"),
            latitude=float(dice.uniform(48.5, 51)),
            longitude=float(dice.uniform(12, 18)),
        )

    return [
        car(
            ref=f"car-{number}",
            make=one_of("Škoda", "SKODA", "Audi", "Citroën"),
            model=maybe(one_of("Fabia", "A-4", "C4", "Octavia", "A6", "C3")),
            year=int(dice.integers(2000, 2026)),
            price=int(np.exp(dice.normal(9, 0.7))),
            mileage_km=maybe(int(dice.integers(0, 300_000))),
            fuel=maybe(one_of(*Fuel)),
            transmission=maybe(one_of(*Transmission)),
            body=maybe(one_of(*Body)),
            power_hp=maybe(int(dice.integers(50, 300))),
            colour=maybe(one_of("red", "Red", "modrá")),
            seller_type=maybe(one_of("individual", "dealer")),
            owners=maybe(int(dice.integers(1, 6))),
            place=maybe(place()),
            listed_at=datetime.fromtimestamp(NOON.timestamp() - int(dice.integers(90)) * 3600, UTC),
        )
        for number in range(size)
    ]


_numbers = count(1)


def happened(
    event: Event, user_id: int = 1, at: datetime = NOON, event_id: str | None = None
) -> Archived:
    """Return an event as the pipelines find it in the log, with an id of its own."""
    number = next(_numbers)
    return Archived(0, f"{number}-0", LogEntry(event_id or f"e{number}", user_id, at, event))


def asked(database_url: str, question: Callable[[PostgresServing], Awaitable[_Answer]]) -> _Answer:
    """Open the serving store, ask it and return the answer."""

    async def ask() -> _Answer:
        async with open_serving(database_url, connections=2) as store:
            return await question(store)

    return asyncio.run(ask())


def disconnect_all(database_url: str) -> None:
    """End every session of a database, as a server that restarts does."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
