"""Nudges on a real Valkey: whoever listens hears of changed lists, also after an outage."""

import asyncio
import os
import signal
import time

import pytest

from carousel.storage import open_event_source, open_updates
from carousel.storage.embedded import EmbeddedServers, Server


def tell(servers, number):
    (pid,) = servers.pids.values()
    os.kill(pid, number)


def revive(servers):
    while not servers.revive():  # the dead take a moment to be noticed
        time.sleep(0.01)


@pytest.fixture
def own_log(open_directory):
    with EmbeddedServers(open_directory / "own-updates-log", servers=[Server.LOG]) as servers:
        yield servers


def test_updates_are_heard_before_and_after_the_server_was_away(own_log):
    async def go():
        heard = []

        async def listen():
            async with open_updates(own_log.log_url) as updates:
                async for update in updates:
                    heard.append(update)  # noqa: PERF401 (endless)

        async def nudge_until_heard(versions):
            # A listener may still be connecting, and what is sent meanwhile is lost.
            heard.clear()
            with open_event_source(own_log.log_url) as source:
                async with asyncio.timeout(5):
                    while not heard:
                        source.nudge(versions)
                        await asyncio.sleep(0.02)
            return set(heard)

        listening = asyncio.create_task(listen())
        assert await nudge_until_heard({1: 7, 2: 3}) == {(1, 7), (2, 3)}
        tell(own_log, signal.SIGKILL)
        revive(own_log)
        assert await nudge_until_heard({5: 1}) == {(5, 1)}
        listening.cancel()

    asyncio.run(go())
