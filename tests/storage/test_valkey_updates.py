"""Nudges on a real Valkey: whoever listens hears of changed lists, also after an outage."""

import asyncio
import os
import signal
import time

import pytest

from carousel.storage import open_event_source, open_updates
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.engines.valkey_updates import _updates
from carousel.storage.ports import NO_CAUSES, Cause, Update

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


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

        async def nudge_until_heard(versions, causes=NO_CAUSES):
            # A listener may still be connecting, and what is sent meanwhile is lost.
            heard.clear()
            with open_event_source(own_log.log_url) as source:
                async with asyncio.timeout(5):
                    while not heard:
                        source.nudge(versions, causes)
                        await asyncio.sleep(0.02)
            return set(heard)

        listening = asyncio.create_task(listen())
        assert await nudge_until_heard({1: 7, 2: 3}) == {Update(1, 7), Update(2, 3)}
        tell(own_log, signal.SIGKILL)
        revive(own_log)
        cause = Cause(1_767_225_600_001, TRACE)
        heard_of = await nudge_until_heard({5: 1, 6: 2}, {5: cause, 7: cause})
        assert heard_of == {Update(5, 1, cause), Update(6, 2)}
        listening.cancel()

    asyncio.run(go())


@pytest.mark.parametrize(
    "word",
    [
        "", ":", "@", "1", "1:", ":1", "1:2:3", "-1:2", "1:2x", "\u0661:2", "1:" + "9" * 5_000,
        "9" * 5_000 + "@1", "1@", "1@x", "1@1@", "1@1@00-0-0-01", f"1@1@{TRACE}x",
        f"1@{TRACE}", "1@1@" + "f" * 100_000, "\ud800", "{}", "1@99999999999999999999999",
    ],
)  # fmt: skip
def test_a_word_of_no_known_form_is_passed_over_and_the_others_are_heard(word):
    said = f"{word} 1:7 {word} 2@5@{TRACE} 2:3 {word}".encode(errors="surrogatepass")
    assert _updates({"data": said}) == [Update(1, 7), Update(2, 3, Cause(5, TRACE))]
    assert _updates({"data": said.replace(b" ", b"\r\n")})[0] == Update(1, 7)


def test_a_carousel_that_knows_of_no_causes_hears_the_versions():
    """Its reading of a message, as it was: pairs of numbers with a colon, all else passed over."""
    words = f"2@5@{TRACE} 2:3 1:7".split()
    pairs = [word.split(":") for word in words]
    assert [tuple(map(int, p)) for p in pairs if len(p) == 2] == [(2, 3), (1, 7)]
