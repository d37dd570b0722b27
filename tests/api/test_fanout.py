"""One slot for each open stream: the newest version wins, and nothing is queued."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from carousel.api.fanout import MOST_GONE, Fanout, News
from carousel.storage.ports import Cause, Update


@given(st.lists(st.integers(1, 100), min_size=1))
def test_a_slow_listener_hears_the_newest_version_once(versions):
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as listener:
            for version in versions:
                fanout.tell(1, version)
            return await listener.take(1), await listener.take(0.001)

    assert asyncio.run(story()) == (News(versions[-1]), None)


def test_all_of_a_users_streams_hear_and_leave_no_trace():
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as first, fanout.listen(1) as second, fanout.listen(2) as other:
            fanout.tell(1, 5)
            heard = [await first.take(1), await second.take(1), await other.take(0.001)]
        return heard, fanout.open_streams, fanout._listeners

    assert asyncio.run(story()) == ([News(5), News(5), None], 0, {})


def test_every_stream_hears_once_what_is_gone():
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as first, fanout.listen(2) as second:
            fanout.tell_gone([7, 8])
            fanout.tell_gone([8, 9])
            fanout.tell(2, 3)
            return await first.take(1), await second.take(1), await first.take(0.001)

    assert asyncio.run(story()) == (News(None, (7, 8, 9)), News(3, (7, 8, 9)), None)


def test_a_slow_listener_never_holds_more_than_a_page_could_show():
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as listener:
            fanout.tell_gone(range(MOST_GONE + 1))
            fanout.tell_gone([5])
            return await listener.take(1)

    assert asyncio.run(story()) == News(None, (5,))


def test_every_stream_hears_the_newest_price_and_the_last_thing_that_became_of_a_car():
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as first, fanout.listen(2) as second:
            fanout.tell_priced({7: 900, 8: 500})
            fanout.tell_priced({7: 800})
            fanout.tell_gone([8, 9])
            fanout.tell_priced({9: 100})
            return await first.take(1), await second.take(1), await first.take(0.001)

    told = News(None, (8,), None, ((7, 800), (9, 100)))
    assert asyncio.run(story()) == (told, told, None)


def test_a_slow_listener_never_holds_more_prices_than_a_page_could_show():
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as listener:
            fanout.tell_priced(dict.fromkeys(range(MOST_GONE + 1), 100))
            fanout.tell_priced({5: 90})
            return await listener.take(1)

    assert asyncio.run(story()) == News(None, priced=((5, 90),))


def test_the_newest_number_of_notices_is_told_beside_the_rest():
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as mine, fanout.listen(2) as other:
            fanout.tell_notices(1, 1)
            fanout.tell(1, 5)
            fanout.tell_notices(1, 2)
            return await mine.take(1), await mine.take(0.001), await other.take(0.001)

    assert asyncio.run(story()) == (News(5, (), 2), None, None)


def test_the_trace_of_the_newest_version_is_told_with_it_and_never_with_another():
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as listener:
            fanout.tell(1, 5, Cause(0, "of five"))
            fanout.tell(1, 6)
            heard = [await listener.take(1)]
            fanout.tell(1, 7, Cause(0, "of seven"))
            heard.append(await listener.take(1))
            fanout.tell_gone([3])
            return [*heard, await listener.take(1)]

    assert asyncio.run(story()) == [News(6), News(7, trace="of seven"), News(None, (3,))]


def test_closing_wakes_every_stream_and_those_that_come_later():
    async def story():
        fanout = Fanout()
        with fanout.listen(1) as listener:
            waiting = asyncio.create_task(listener.take(60))
            await asyncio.sleep(0)
            fanout.close()
            await asyncio.wait_for(waiting, 1)
            with fanout.listen(2) as late:
                return listener.closed, late.closed, await late.take(60)

    assert asyncio.run(story()) == (True, True, None)


def test_listening_that_breaks_off_is_started_again(monkeypatch):
    monkeypatch.setattr("carousel.api.fanout.RETRY_SECONDS", 0.001)

    class Shaky:
        times = 0

        async def __aiter__(self):
            self.times += 1
            yield Update(1, self.times)
            raise OSError

    async def story():
        fanout, shaky = Fanout(), Shaky()
        with fanout.listen(1) as listener:
            following = asyncio.create_task(fanout.follow(shaky))
            while (await listener.take(1) or News(0)).version < 3:
                pass
            following.cancel()
        return shaky.times

    assert asyncio.run(story()) >= 3
