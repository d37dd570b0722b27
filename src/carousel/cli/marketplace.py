"""The default marketplace: made once, when a demo starts on an empty database.

Owns:    the order in which it is made, so that an interrupted start is completed by the next.
Imports: settings, simulation, storage, domain.

Every part may be made again: a listing counts once by its ref, an account by its e-mail, an event
by its id. The operator's account is the last thing made, hence the sign that all is there. A
catalogue that somebody else began gets the accounts, but no cars.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from pydantic import SecretStr

from carousel.domain.events import Event, LogEntry
from carousel.domain.listing import Listing, ListingFacts
from carousel.settings import Settings
from carousel.simulation.listings import generate_listings
from carousel.simulation.shoppers import Account, demo_accounts, generate_histories
from carousel.storage import open_catalogue, open_event_sink
from carousel.storage.ports import Catalogue, User

BATCH = 2_000
ENTRIES_AT_ONCE = 500
FIRST_REF = "demo-000001"
T = TypeVar("T")


def fill(settings: Settings, progress: Callable[[int, int], None]) -> str:
    """Make the default marketplace where there is none; return one line that says what is there.

    Args:
        settings: with the database's and the log's URL.
        progress: is told how many cars are made, of how many.
    """
    database_url, log_url = _plain(settings.database_url), _plain(settings.log_url)
    *shoppers, operator = demo_accounts()
    with open_catalogue(database_url) as catalogue:
        if catalogue.account(operator.email) is None:
            now = datetime.now(UTC).replace(microsecond=0)
            listings: list[Listing] = []
            if catalogue.count() == 0 or catalogue.standing([FIRST_REF]):
                facts = generate_listings(settings.listings, settings.seed, now)
                with catalogue.bulk():
                    for batch in _batches(facts, BATCH):
                        ids = catalogue.upsert(batch).ids
                        listings += map(_with_id, batch, ids)
                        progress(len(listings), settings.listings)
            catalogue.ensure_space()
            catalogue.add_users(map(_user, shoppers))
            histories = generate_histories(shoppers, listings, settings.seed, now)
            _append(_entries(catalogue, histories), log_url, settings.log_shards)
            catalogue.add_users([_user(operator)])
        return f"{catalogue.count():,} cars"


def _append(entries: Iterable[LogEntry], log_url: str, shards: int) -> None:
    async def append() -> None:
        async with open_event_sink(log_url, shards=shards) as sink:
            for batch in _batches(entries, ENTRIES_AT_ONCE):
                await sink.append(batch)

    asyncio.run(append())


def _entries(catalogue: Catalogue, histories: Mapping[str, Sequence[Event]]) -> Iterator[LogEntry]:
    for email, events in histories.items():
        user = catalogue.account(email)
        for event in events:
            if user is not None and event.id is not None and event.occurred_at is not None:
                yield LogEntry(event.id, user.id, event.occurred_at, event)


def _user(account: Account) -> User:
    return User(0, account.email, account.first_name, account.surname, account.role)


def _with_id(facts: ListingFacts, listing_id: int) -> Listing:
    return Listing.model_construct(**dict(facts), id=listing_id)


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    each = iter(things)
    while batch := list(islice(each, size)):
        yield batch


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
