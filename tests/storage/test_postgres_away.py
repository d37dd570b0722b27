"""What happens when the database is not there."""

import asyncio

import pytest

from carousel.domain.errors import StoreUnavailableError
from carousel.storage import migrate, open_serving
from carousel.storage.embedded import EmbeddedServers, Server


def test_a_server_that_went_away_is_said_and_found_again(open_directory):
    servers = EmbeddedServers(
        open_directory / "away", servers=[Server.DATABASE], shared_buffers="16MB"
    )

    async def story():
        with servers:
            migrate(servers.database_url)
            opened = open_serving(servers.database_url)
            store = await opened.__aenter__()
            assert await store.user(1) is None
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="PostgreSQL did not answer"):
                await store.user(1)
        with servers:
            assert await store.user(1) is None
            await opened.__aexit__(None, None, None)

    asyncio.run(story())
