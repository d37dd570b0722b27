"""The laws of the schedule: none delays another, the last result is kept, the metrics follow."""

import asyncio
import itertools
import threading
import time

import pytest
from prometheus_client import generate_latest

from carousel.monitoring.check import Check, Family, Finding
from carousel.monitoring.schedule import Clock, Outcome, Schedule
from carousel.monitoring.threads import InThread
from carousel.observability.declaring import Process, registry_of

HELD = Finding(held=True, sentence="All is well.")
BROKEN = Finding(held=False, sentence="2 cars are wrong.", evidence={"cars": 2})


def check(ask, name="some-check", interval=0.02, timeout=0.1):
    return Check(name, Family.COMPUTE, "It holds.", interval, timeout, ask)


def asked(*answers):
    """Return what answers these one after the other, the last for ever; an exception is raised."""
    kept = itertools.chain(answers, itertools.repeat(answers[-1]))

    async def ask():
        answer = next(kept)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return ask


def schedule(*checks, **kept):
    return Schedule(checks, draw=lambda: 0.0, **kept)


async def run_for(seconds, *checks):
    made = schedule(*checks)
    task = asyncio.create_task(made.run())
    await asyncio.sleep(seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return made.results


async def ask_times(times, one):
    made = schedule(one)
    return [await made.ask(one) for _ in range(times)]


def told(name, **labels):
    text = generate_latest(registry_of(Process.MONITOR)).decode()
    inner = ",".join(f'{key}="{value}"' for key, value in labels.items())
    line = next(line for line in text.splitlines() if line.startswith(f"{name}{{{inner}}}"))
    return float(line.split()[-1])


def test_a_check_that_hangs_delays_no_other():
    async def hang():
        await asyncio.sleep(60)

    runs = []

    async def count():
        runs.append(time.monotonic())
        return HELD

    results = asyncio.run(run_for(0.5, check(hang, "hangs", timeout=0.2), check(count, "counts")))
    assert len(runs) > 10
    assert max(b - a for a, b in itertools.pairwise(runs)) < 0.2
    assert results["hangs"].outcome is Outcome.LATE
    assert results["hangs"].sentence == "No answer within 0.2 s."


def test_a_check_that_raises_goes_on_being_asked():
    one = check(asked(ValueError("no such table"), HELD))
    first, second = asyncio.run(ask_times(2, one))
    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.HELD)
    assert first.sentence == "The check itself failed: ValueError: no such table"


def test_what_a_failed_check_says_holds_no_secret():
    error = OSError("postgresql://app:hunter2@db/cars and john@example.com")
    (result,) = asyncio.run(ask_times(1, check(asked(error))))
    assert "hunter2" not in result.sentence
    assert "john" not in result.sentence


def test_a_thread_that_never_returns_stays_one_thread():
    forever = threading.Event()
    begun = []

    def wait():
        begun.append(1)
        forever.wait(30)
        return HELD

    async def story():
        one = check(InThread(wait), timeout=0.02)
        made = schedule(one)
        late = [await made.ask(one) for _ in range(5)]
        forever.set()
        await asyncio.sleep(0.05)
        return late, await made.ask(one)

    late, after = asyncio.run(story())
    assert [result.outcome for result in late] == [Outcome.LATE] * 5
    assert late[-1].in_a_row == 5
    assert after.outcome is Outcome.HELD
    assert len(begun) == 2


def test_a_run_that_does_not_heed_its_cancellation_is_not_begun_again():
    begun = []

    async def stubborn():
        begun.append(1)
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                continue
        return HELD

    async def story():
        one = check(stubborn, timeout=0.05)
        made = schedule(one)
        first = await made.ask(one)
        second = await made.ask(one)
        await asyncio.sleep(0.4)
        return first, second, len(begun)

    first, second, runs = asyncio.run(story())
    assert (first.outcome, second.outcome) == (Outcome.LATE, Outcome.LATE)
    assert second.sentence == "The run before has still not ended."
    assert runs == 1


def test_a_blocking_check_does_not_hold_up_the_event_loop():
    async def story():
        one = check(InThread(lambda: time.sleep(0.3) or HELD), timeout=1)
        made = schedule(one)
        asking = asyncio.create_task(made.ask(one))
        begun = time.monotonic()
        await asyncio.sleep(0.01)
        return time.monotonic() - begun, await asking

    waited, result = asyncio.run(story())
    assert waited < 0.2
    assert result.outcome is Outcome.HELD
    assert result.seconds >= 0.3


def test_what_a_thread_raises_is_a_failure_of_the_check():
    def fail():
        raise ConnectionError("refused")

    (result,) = asyncio.run(ask_times(1, check(InThread(fail))))
    assert (result.outcome, result.sentence) == (
        Outcome.FAILED,
        "The check itself failed: ConnectionError: refused",
    )


def test_the_last_result_says_when_it_last_held_and_how_often_it_ended_so():
    moments = itertools.count(100)
    one = check(asked(HELD, BROKEN, BROKEN, HELD))
    made = schedule(one, clock=Clock(now=lambda: float(next(moments))))

    async def story():
        return [await made.ask(one) for _ in range(4)]

    results = asyncio.run(story())
    assert [r.in_a_row for r in results] == [1, 1, 2, 1]
    assert [r.held_at for r in results] == [100, 100, 100, 103]
    assert [r.at for r in results] == [100, 101, 102, 103]
    assert results[1].evidence == {"cars": 2}
    assert made.results == {"some-check": results[-1]}


def test_a_check_that_never_held_says_so():
    (result,) = asyncio.run(ask_times(1, check(asked(BROKEN))))
    assert result.held_at is None


def test_the_metrics_follow_each_run():
    moments = itertools.count(1_000)
    one = check(asked(HELD, BROKEN, ValueError()), "told")
    made = schedule(one, clock=Clock(now=lambda: float(next(moments))))

    async def story():
        told_of = []
        for _ in range(3):
            await made.ask(one)
            told_of.append(
                (
                    told("carousel_check_ok", check="told"),
                    told("carousel_check_ran_timestamp_seconds", check="told"),
                )
            )
        return told_of

    # One that failed came to no result, so the moment of the last result stays.
    assert asyncio.run(story()) == [(1, 1_000), (0, 1_001), (0, 1_001)]
    runs = [
        told("carousel_check_runs_total", check="told", outcome=outcome)
        for outcome in ("held", "broken", "failed")
    ]
    assert runs == [1, 1, 1]
    assert told("carousel_check_seconds", check="told") < 1


def test_the_first_runs_are_spread():
    draws = iter([0.0, 0.5])
    begun = []

    def noting(name):
        async def ask():
            begun.append((name, time.monotonic()))
            return HELD

        return check(ask, name, interval=0.6, timeout=1)

    async def story():
        made = Schedule([noting("a"), noting("b")], draw=lambda: next(draws))
        task = asyncio.create_task(made.run())
        await asyncio.sleep(0.45)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())
    (first, at), (second, later) = begun
    assert (first, second) == ("a", "b")
    assert 0.25 < later - at < 0.45


def test_an_interval_begins_when_a_run_ends():
    spans = []

    async def ask():
        begun = time.monotonic()
        await asyncio.sleep(0.1)
        spans.append((begun, time.monotonic()))
        return HELD

    asyncio.run(run_for(0.6, check(ask, interval=0.1, timeout=1)))
    assert all(after[0] - before[1] >= 0.09 for before, after in itertools.pairwise(spans))
    assert len(spans) >= 2


def test_two_checks_of_one_name_are_refused():
    with pytest.raises(ValueError, match="same name"):
        schedule(check(asked(HELD), "one"), check(asked(HELD), "one"))
