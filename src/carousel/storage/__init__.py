"""Where everything is kept: the doors through which the rest of the system comes to it.

Owns:    opening each store by its URL; ``ports`` says what may be asked of it.
Imports: storage.engines, storage.migrations, storage.ports, domain.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress

from carousel.domain.listing import ListingId
from carousel.domain.preference import Params
from carousel.storage.engines import postgres_archive
from carousel.storage.engines.memory import MemoryStore
from carousel.storage.engines.mirror import LOOK_SECONDS, Mirror
from carousel.storage.engines.postgres_appraisals import PostgresAppraisals
from carousel.storage.engines.postgres_catalogue import PostgresCatalogue
from carousel.storage.engines.postgres_forgetting import PostgresForgetting
from carousel.storage.engines.postgres_latent import PostgresLatent
from carousel.storage.engines.postgres_latent_spaces import PostgresLatentSpaces
from carousel.storage.engines.postgres_learning import PostgresLearning
from carousel.storage.engines.postgres_models import PostgresModels
from carousel.storage.engines.postgres_notices import PostgresNotices
from carousel.storage.engines.postgres_noticing import PostgresNoticing
from carousel.storage.engines.postgres_own import PostgresOwn
from carousel.storage.engines.postgres_pool import open_pool
from carousel.storage.engines.postgres_serving import PostgresServing
from carousel.storage.engines.postgres_source import ArchiveSource
from carousel.storage.engines.postgres_synthetic import PostgresSynthetic
from carousel.storage.engines.postgres_tail import PostgresTail
from carousel.storage.engines.postgres_visitors import PostgresVisitors
from carousel.storage.engines.postgres_watching import open_watching
from carousel.storage.engines.postgres_watching_rows import open_watching_rows
from carousel.storage.engines.postgres_watching_shoppers import open_watching_shoppers
from carousel.storage.engines.postgres_watching_vectors import open_watching_vectors
from carousel.storage.engines.valkey_cache import open_cache
from carousel.storage.engines.valkey_nudges import open_nudges
from carousel.storage.engines.valkey_sink import open_event_sink
from carousel.storage.engines.valkey_source import open_event_source
from carousel.storage.engines.valkey_tail import ValkeyTail
from carousel.storage.engines.valkey_updates import open_notice_updates, open_updates
from carousel.storage.engines.valkey_watching import open_watched_cache, open_watched_log
from carousel.storage.ports import Archive

__all__ = [
    "MemoryStore",
    "migrate",
    "open_appraisals",
    "open_archive",
    "open_archive_source",
    "open_cache",
    "open_catalogue",
    "open_event_sink",
    "open_event_source",
    "open_forgetting",
    "open_latent",
    "open_latent_spaces",
    "open_learning",
    "open_log_tail",
    "open_memory",
    "open_mirror",
    "open_models",
    "open_notice_updates",
    "open_notices",
    "open_noticing",
    "open_nudges",
    "open_own",
    "open_serving",
    "open_synthetic",
    "open_tail_names",
    "open_updates",
    "open_visitors",
    "open_watched_cache",
    "open_watched_log",
    "open_watching",
    "open_watching_rows",
    "open_watching_shoppers",
    "open_watching_vectors",
]

DEFAULT_PARAMS = Params()


def migrate(database_url: str) -> None:
    """Bring a database up to the newest schema; see ``storage.migrations``."""
    # What migrates weighs 20 MB and takes 0.2 s to load; the workers, which do not, are spared it.
    from carousel.storage import migrations  # noqa: PLC0415 (see above)

    migrations.migrate(database_url)


@contextmanager
def open_appraisals(database_url: str) -> Iterator[PostgresAppraisals]:
    """Open the kept appraisals of a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresAppraisals(database_url)) as appraisals:
        yield appraisals


@contextmanager
def open_archive(database_url: str) -> Iterator[Archive]:
    """Open the archive of a migrated database as it is now; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with postgres_archive.opened(database_url) as archive:
        yield archive


@contextmanager
def open_catalogue(
    database_url: str, params: Params = DEFAULT_PARAMS
) -> Iterator[PostgresCatalogue]:
    """Open the catalogue of a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresCatalogue(database_url, params)) as catalogue:
        yield catalogue


@contextmanager
def open_archive_source(database_url: str, *, shards: int) -> Iterator[ArchiveSource]:
    """Open the archive of a migrated database as a source of events; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(ArchiveSource(database_url, shards)) as source:
        yield source


@contextmanager
def open_latent(database_url: str, version: str) -> Iterator[PostgresLatent]:
    """Open the latent store of a migrated database in one version; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresLatent(database_url, version)) as latent:
        yield latent


@contextmanager
def open_latent_spaces(database_url: str) -> Iterator[PostgresLatentSpaces]:
    """Open the versions of the latent space of a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresLatentSpaces(database_url)) as spaces:
        yield spaces


@contextmanager
def open_learning(database_url: str) -> Iterator[PostgresLearning]:
    """Open the learning store of a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresLearning(database_url)) as learning:
        yield learning


@contextmanager
def open_models(database_url: str) -> Iterator[PostgresModels]:
    """Open the models of a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresModels(database_url)) as models:
        yield models


@contextmanager
def open_noticing(database_url: str) -> Iterator[PostgresNoticing]:
    """Open what writes notices on a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresNoticing(database_url)) as noticing:
        yield noticing


@asynccontextmanager
async def open_notices(
    database_url: str, *, connections: int = 2
) -> AsyncIterator[PostgresNotices]:
    """Open what readers of notices may ask of a migrated database; for one event loop.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    notices = PostgresNotices(await open_pool(database_url, connections, "notices"))
    try:
        yield notices
    finally:
        await notices.close()


@contextmanager
def open_visitors(database_url: str, params: Params = DEFAULT_PARAMS) -> Iterator[PostgresVisitors]:
    """Open the visitors of a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresVisitors(database_url, params)) as visitors:
        yield visitors


@contextmanager
def open_synthetic(database_url: str) -> Iterator[PostgresSynthetic]:
    """Open the synthetic shoppers of a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresSynthetic(database_url)) as synthetic:
        yield synthetic


@contextmanager
def open_log_tail(log_url: str) -> Iterator[ValkeyTail]:
    """Open the end of the log, to look at; for one thread."""
    with closing(ValkeyTail(log_url)) as tail:
        yield tail


@contextmanager
def open_tail_names(database_url: str) -> Iterator[PostgresTail]:
    """Open what the latest events are about; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresTail(database_url)) as names:
        yield names


@contextmanager
def open_forgetting(
    database_url: str, params: Params = DEFAULT_PARAMS
) -> Iterator[PostgresForgetting]:
    """Open what forgets on a migrated database; for one thread.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with closing(PostgresForgetting(database_url, params)) as forgetting:
        yield forgetting


@asynccontextmanager
async def open_own(database_url: str, *, connections: int = 4) -> AsyncIterator[PostgresOwn]:
    """Open what shoppers may ask of what is kept of them; for one event loop.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    own = PostgresOwn(await open_pool(database_url, connections, "own"))
    try:
        yield own
    finally:
        await own.close()


@asynccontextmanager
async def open_serving(
    database_url: str, *, connections: int = 8
) -> AsyncIterator[PostgresServing]:
    """Open the serving store of a migrated database; for one event loop.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    serving = PostgresServing(await open_pool(database_url, connections))
    try:
        yield serving
    finally:
        await serving.close()


@asynccontextmanager
async def open_mirror(
    database_url: str,
    *,
    connections: int = 8,
    look_seconds: float = LOOK_SECONDS,
    gone: Callable[[Collection[ListingId]], None] = lambda _: None,
    priced: Callable[[Mapping[ListingId, int]], None] = lambda _: None,
) -> AsyncIterator[Mirror]:
    """Open the serving store of a migrated database, with retrieval from memory.

    It answers at once; ``filled`` waits until the answers come from memory. ``look_seconds`` is how
    long a change may go unnoticed; ``gone`` is told of listings that are no longer for sale,
    ``priced`` of those that have another price or are for sale again, and what they cost.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    mirror = Mirror(await open_pool(database_url, connections), look_seconds, gone, priced)
    following = asyncio.create_task(mirror.follow())
    try:
        yield mirror
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await mirror.close()


def open_memory() -> MemoryStore:
    """Return an empty serving store that lives in memory, with a writing side; for one thread."""
    return MemoryStore()
