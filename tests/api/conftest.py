"""A running API on a unix socket, over real servers, with thirty cars and three accounts."""

import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from carousel.api.app import ApiParams
from carousel.api.server import api_server
from carousel.domain.listing import Body, Fuel, ListingFacts, Place, SellerType, Transmission
from carousel.serving.knobs import Knobs
from carousel.storage import open_catalogue, open_event_source
from carousel.storage.ports import BEGINNING, User

SECRET = "a secret for tests, thirty-two bytes or more"  # noqa: S105  # it guards nothing
SHARDS = 4
PATIENCE = 60.0
PATIENT = Knobs(deadline=PATIENCE)
"""So that no list lacks the cars of a channel that the tests beside it kept waiting."""
MAKES = (("Škoda", "Octavia"), ("Škoda", "Fabia"), ("Audi", "A4"), ("BMW", "320"), ("Fiat", "500"))
BRNO = Place(region="Brno", latitude=49.195, longitude=16.607)
PARIS = Place(region="Paris", latitude=48.857, longitude=2.352)
EMAILS = ("john0@example.com", "john1@example.com", "operator@example.com")


def car(number: int) -> ListingFacts:
    make, model = MAKES[number % len(MAKES)]
    return ListingFacts(
        ref=f"test-{number}",
        make=make,
        model=model,
        name=f"{make} {model} {number}",
        year=2000 + number % 25,
        price=1_000 + 500 * number,
        mileage_km=None if number == 7 else 10_000 * number,
        fuel=Fuel.DIESEL if number % 2 else Fuel.PLUGIN_HYBRID,
        transmission=Transmission.MANUAL,
        body=Body.ESTATE if number % 3 else Body.SUV,
        power_hp=60 + 5 * number,
        colour="Silver",
        seller_type=SellerType.DEALER,
        owners=number % 5,
        place=BRNO if number % 4 else PARIS,
        listed_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number),
    )


@dataclass
class RunningApi:
    """An API over a unix socket. ids: of the cars, by their number."""

    params: ApiParams
    path: Path
    ids: tuple[int, ...]
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, email: str | None = None) -> httpx2.Client:
        """Return a client, logged in when an e-mail is given."""
        client = httpx2.Client(
            transport=httpx2.HTTPTransport(uds=str(self.path)), base_url="http://api", timeout=30
        )
        if email:
            client.headers["Authorization"] = f"Bearer {self.token(email)}"
        return client

    def token(self, email: str) -> str:
        if email not in self.tokens:
            with self.client() as client:
                answer = client.post("/api/v1/token/fake-token", json={"email": email})
                self.tokens[email] = answer.json()["token"]
        return self.tokens[email]

    def logged(self) -> list[dict]:
        """Return what is in the log, oldest first within a shard."""
        with open_event_source(self.params.log_url, shards=SHARDS) as source:
            found = source.read(dict.fromkeys(range(source.shards), BEGINNING), 100_000)
            entries = [entry for shard in sorted(found) for entry in found[shard]]
        return [{k.decode(): v.decode() for k, v in e.fields.items()} for e in entries]

    def logged_since(self, before: list[dict], wanted: int) -> list[dict]:
        """Wait until there are so many new entries, and return all new ones, oldest first."""
        known = {entry["id"] for entry in before}
        deadline = time.monotonic() + PATIENCE
        while True:
            new = [entry for entry in self.logged() if entry["id"] not in known]
            if len(new) >= wanted or time.monotonic() > deadline:
                return sorted(new, key=lambda entry: int(entry["at"]))
            time.sleep(0.01)


@contextmanager
def running(params: ApiParams, ids: tuple[int, ...] = ()) -> Iterator[RunningApi]:
    directory = Path(tempfile.mkdtemp(prefix="api-"))
    path = directory / "socket"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    server = api_server(params)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert server.started
    try:
        yield RunningApi(params, path, ids)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()
        shutil.rmtree(directory, ignore_errors=True)
        assert not thread.is_alive()


def filled(database_url: str) -> tuple[int, ...]:
    """Put the cars and the accounts into a database and return the cars' ids."""
    with open_catalogue(database_url) as catalogue:
        stored = catalogue.upsert([car(number) for number in range(30)])
        catalogue.ensure_space()
        catalogue.add_users(
            User(0, email, "John", email[:5], "operator" if "operator" in email else "shopper")
            for email in EMAILS
        )
    return tuple(stored.ids)


@pytest.fixture(scope="module")
def params(servers, new_database) -> ApiParams:
    return ApiParams(
        database_url=new_database(),
        log_url=servers.log_url,
        cache_url=servers.cache_url,
        log_shards=SHARDS,
        currency="EUR",
        development_login=True,
        token_secret=SECRET,
        heartbeat=0.2,
        knobs=PATIENT,
    )


@pytest.fixture(scope="module")
def api(params) -> Iterator[RunningApi]:
    """Return an API shared by the tests of one file; they may add but not take away."""
    with running(params, filled(params.database_url)) as api:
        yield api


@pytest.fixture
def client(api) -> Iterator[httpx2.Client]:
    """Return a client without a token."""
    with api.client() as client:
        yield client


@pytest.fixture
def shopper(api) -> Iterator[httpx2.Client]:
    """Return a client logged in as a shopper."""
    with api.client(EMAILS[1]) as client:
        yield client


@pytest.fixture
def operator(api) -> Iterator[httpx2.Client]:
    """Return a client logged in as the operator."""
    with api.client(EMAILS[2]) as client:
        yield client
