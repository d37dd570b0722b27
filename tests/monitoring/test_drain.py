"""The check ``drain``: whether a pipeline applies what comes as fast as it comes."""

import time

import pytest

from carousel.monitoring.compute.drain import drain
from carousel.observability.metrics import ARRIVAL_RATE, DRAIN_RATE
from tests.monitoring.watched import asked, told


class Passing:
    """A clock that the test moves."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


def arrive(watched, how_many):
    with watched.log() as client:
        client.set("carousel:shards", 8)
        moment, pipe = int((time.time() - 60) * 1000), client.pipeline()
        for _ in range(how_many):
            pipe.xadd("carousel:events:4", {"id": "x"}, id=f"{moment}-*")
        pipe.execute()


def test_rates_are_of_the_time_between_two_looks(watched):
    clock = Passing()
    check = drain(watched.reach, clock)
    asked(check)
    watched.happen(80)
    clock.now += 10
    found = asked(check)
    assert found.held
    assert told(ARRIVAL_RATE)[()] == pytest.approx(8)
    assert told(DRAIN_RATE)["content-based",] == pytest.approx(8)


def test_a_long_backlog_that_grows_for_a_minute_is_broken_until_it_shrinks(watched):
    clock = Passing()
    check = drain(watched.reach, clock)
    for _ in range(2):
        arrive(watched, 600)
        assert asked(check).held  # who knows yet whether it grows
        clock.now += 31
    arrive(watched, 300)
    found = asked(check)
    assert not found.held
    assert found.evidence["backlog, content-based"] == 1_500
    assert found.evidence["drained, content-based"] == "never, at these rates"
    watched.apply()
    clock.now += 5
    assert asked(check).held


def test_a_backlog_that_is_being_worked_off_is_none_to_worry_about(watched):
    clock = Passing()
    check = drain(watched.reach, clock)
    arrive(watched, 3_000)
    asked(check)
    watched.log().xtrim("carousel:events:4", maxlen=2_000)  # as if a thousand had been applied
    clock.now += 61
    found = asked(check)
    assert found.held
    assert found.evidence["drained, content-based"].startswith("in ")
