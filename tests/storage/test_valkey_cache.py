"""The cache on a real Valkey: fast or not at all, and never an error."""

import asyncio
import os
import signal
import time

import pytest

from carousel.domain.errors import ConfigurationError
from carousel.storage import open_cache
from carousel.storage.embedded import EmbeddedServers, Server


def tell(servers, number):
    (pid,) = servers.pids.values()
    os.kill(pid, number)


@pytest.fixture
def own_cache(open_directory):
    with EmbeddedServers(open_directory / "own-cache", servers=[Server.CACHE]) as servers:
        yield servers


def test_what_was_put_is_there_until_its_time_is_over(cache_url):
    async def go():
        async with open_cache(cache_url) as cache:
            assert await cache.get("k") is None
            await cache.put("k", b"\x00v", 1)
            assert await cache.get("k") == b"\x00v"
            await asyncio.sleep(1.1)
            assert await cache.get("k") is None

    asyncio.run(go())


def test_a_frozen_cache_costs_its_deadline_once_and_then_nothing(own_cache):
    async def go():
        async with open_cache(own_cache.cache_url) as cache:
            await cache.put("k", b"v", 60)
            tell(own_cache, signal.SIGSTOP)
            try:
                first = await timed(cache.get("k"))
                second = await timed(cache.put("k", b"w", 60))
            finally:
                tell(own_cache, signal.SIGCONT)
            await asyncio.sleep(1.1)
            return first, second, await cache.get("k")

    first, second, later = asyncio.run(go())
    assert first < 0.5
    assert second < 0.01
    assert later == b"v"


async def timed(call):
    began = time.monotonic()
    assert await call is None
    return time.monotonic() - began


def test_an_absent_cache_is_an_empty_one(tmp_path):
    async def go():
        async with open_cache(f"unix://{tmp_path}/nothing.sock") as cache:
            await cache.put("k", b"v", 60)
            return await cache.get("k")

    assert asyncio.run(go()) is None


def test_a_url_of_another_kind_is_refused():
    async def go():
        async with open_cache("http://localhost"):
            pass

    with pytest.raises(ConfigurationError):
        asyncio.run(go())
