"""Whatever is said, by whomever, is one bounded line of JSON that tells it and no secret."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carousel.cli.processes import Program, Workers, worker_environment
from carousel.observability.lines import LONGEST_LINE, OURS, SAID, line_of
from carousel.storage.embedded import children
from tests.observability.secrets_said import SECRETS, leaks

SPEAK = """
import logging, sys, threading, warnings
from carousel.observability.declaring import Process
from carousel.observability.identity import Identity
from carousel.observability.logs import logger, speaking_of, write_logs
from carousel.observability.redaction import never_write
never_write("0123456789abcdef0123456789abcdef")
write_logs(Identity(Process.API, "api-1", "1", "development"), "info", "key")
"""

NASTY = st.one_of(
    st.text(max_size=50),
    st.sampled_from(
        [
            "a\r\nb",
            "\x1b[31mred",
            "\u2028",
            "\ud800",
            '{"level": "x"}',
            "%s %d",
            "\x00",
            "\x85",
            "é",
        ]
    ),
    st.text(alphabet="a\n\ud800\U000e0001\x1b", min_size=1).map(lambda one: one * 3_000),
)


class Hostile:
    """What cannot be shown."""

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __repr__


VALUES = st.one_of(
    NASTY,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.binary(max_size=40),
    st.just(10**4_000),
    st.builds(Hostile),
    st.dictionaries(NASTY, NASTY, max_size=3),
    st.lists(st.floats(), max_size=3),
)


def record(text, *args, level=logging.INFO, error=None, **said):
    made = logging.LogRecord("tests", level, __file__, 1, text, args, error)
    setattr(made, SAID, said)
    return made


def read(line: bytes) -> dict:
    """Return a line, read as strictly as anybody may read it."""
    assert line.endswith(b"\n")
    assert len(line) <= LONGEST_LINE
    text = line.decode("utf-8")[:-1]
    assert text.isprintable(), "nothing that ends a line or that a terminal obeys"
    return json.loads(text, parse_constant=pytest.fail)


def raised(error: Exception):
    try:
        raise error
    except type(error):
        return sys.exc_info()


@settings(deadline=None)
@given(NASTY, st.dictionaries(NASTY, VALUES, max_size=60), st.integers(-10, 1_000))
@example("x" * 1_000_000, {f"f{n}": "\U000e0001" * 9_000 for n in range(60)}, 20)
def test_anything_said_is_one_line_of_json(text, fields, level):
    made = record(text, level=level)
    setattr(made, SAID, fields)
    line = read(line_of(made, "api-1"))
    assert line["process"] == "api-1"
    assert line["level"] in {"debug", "info", "warning", "error", "critical"}
    assert line["logger"] == "tests"


@given(st.sampled_from(OURS), NASTY)
def test_a_field_never_takes_the_place_of_ours(name, value):
    made = record("said")
    setattr(made, SAID, {name: value})
    line = read(line_of(made, "api-1"))
    assert line["event"] == "said"
    assert line["process"] == "api-1"
    assert line["level"] == "info"
    assert f"{name}_" in line


@given(st.text(alphabet=st.characters(exclude_characters="@:=.", exclude_categories=["Cs"])))
def test_what_holds_no_secret_is_read_back_as_it_was_said(text):
    line = read(line_of(record("%s", text, field=text), "api-1"))
    if all(word not in text.lower() for word in ("bearer", "basic", "eyj")):
        assert line["event"] == line["field"] == text


@given(NASTY)
def test_an_exception_is_within_its_line_however_it_is_called(text):
    for error in (ValueError(text), ValueError(Hostile()), KeyError(text)):
        line = read(line_of(record("it broke", error=raised(error)), "api-1"))
        assert type(error).__name__ in line["exception"]


def test_a_long_exception_keeps_its_end():
    error = ValueError("a" * 50_000 + " the very end")
    line = read(line_of(record("it broke", error=raised(error)), "api-1"))
    assert line["exception"].startswith("Traceback")
    assert line["exception"].rstrip().endswith("the very end")


@pytest.mark.parametrize("secret", SECRETS)
@settings(deadline=None, max_examples=20)
@given(before=st.integers(0, 2_600), after=st.sampled_from(["", " b", "x" * 40_000, "\n" * 3_000]))
def test_no_secret_comes_through_wherever_it_stands(secret, before, after):
    text = "a " * before + secret + " " + after
    error = raised(ValueError(text))
    for line in (
        line_of(record(text), "p"),
        line_of(record("%s", text), "p"),
        line_of(record("said", field=text, nested={"of": [text]}), "p"),
        line_of(record("said", **{secret: 1}), "p"),
        line_of(record("said", error=error), "p"),
        line_of(record("%d", text), "p"),
    ):
        assert leaks(line.decode()) == []


def speak(code: str, *, code_of_exit: int = 0) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-c", SPEAK + code], capture_output=True, check=False, timeout=60,
        env=worker_environment({"PYTHONPATH": "src", "PYTHONIOENCODING": "ascii"}),
    )  # fmt: skip
    assert done.returncode == code_of_exit, done.stderr
    assert done.stdout == b""
    return [read(line + b"\n") for line in done.stderr.splitlines()]


def test_everybody_in_a_process_speaks_in_lines_of_json():
    lines = speak(
        """
log = logger("ours")
with speaking_of(request_id="r1"):
    log.info("request", status=200, route="/č")
    logging.getLogger("uvicorn.error").info("Started %d", 3)
logging.getLogger("asyncio").error("a task\\nbroke")
logging.getLogger("x").info("%d of %s", "no number")
log.info("%s cars", 3)
warnings.warn("old")
thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()
class Broken:
    def __del__(self): raise ValueError("in the end")
Broken()
log.debug("not said")
raise KeyError("john@example.com")
""",
        code_of_exit=1,
    )
    said = [one["event"] for one in lines]
    assert said[:3] == ["request", "Started 3", "a task\nbroke"]
    assert [one.get("request_id") for one in lines[:3]] == ["r1", "r1", None]
    assert (lines[0]["status"], lines[0]["route"]) == (200, "/č")
    assert "no number" in said[3]
    assert said[4] == "3 cars"
    assert lines[5]["logger"] == "py.warnings"
    assert "ZeroDivisionError" in lines[6]["exception"]
    assert "in the end" in lines[7]["exception"]
    assert lines[8]["level"] == "critical"
    assert "(e-mail)" in lines[8]["exception"]
    assert len(lines) == 9


@pytest.mark.parametrize(
    ("setting", "value", "word"),
    [("CAROUSEL_LOG_SHARDS", "many", "CAROUSEL_LOG_SHARDS"), ("CAROUSEL_LOG_URL", "x://", "")],
)
def test_a_worker_that_cannot_even_begin_leaves_a_line_and_a_person_gets_a_sentence(
    setting, value, word, tmp_path
):
    command = [sys.executable, "-m", "carousel", "stream", "--worker", "0"]
    given_ = {setting: value, "CAROUSEL_DATA_DIRECTORY": str(tmp_path), "PYTHONPATH": "src"}
    if word == "":
        given_ |= {"CAROUSEL_DATABASE_URL": "postgresql://u:hunter2hunter2@/x?host=/nowhere"}
    for name in ("stream-1", None):
        environment = worker_environment(given_ | ({"CAROUSEL_PROCESS_NAME": name} if name else {}))
        done = subprocess.run(
            command, capture_output=True, check=False, timeout=60, env=environment
        )
        assert done.returncode in (1, 2)
        assert b"hunter2" not in done.stderr
        if name:
            lines = [read(one + b"\n") for one in done.stderr.splitlines()]
            assert lines[-1]["process"] == "stream-1"
            assert word in lines[-1]["event"]
            assert [one["level"] for one in lines].count("error") <= 1
        elif word:
            assert done.stderr.startswith(b"carousel: CAROUSEL_LOG_SHARDS")


def test_a_person_is_shown_what_was_said_not_json(tmp_path: Path):
    log = tmp_path / "x.log"
    error = record("it broke", error=raised(ValueError("why")), level=logging.ERROR)
    plain = b"a panic of somebody else\n"
    log.write_bytes(b"{" + b"x" * 200_000 + b"\n" + line_of(error, "p") + plain)
    assert children.last_lines(log) == "it broke: ValueError: why\na panic of somebody else"


def test_the_log_of_a_worker_that_talks_does_not_grow_without_bound(tmp_path, monkeypatch):
    monkeypatch.setattr("carousel.cli.processes.LARGEST_LOG", 200_000)
    monkeypatch.setattr("carousel.cli.processes.LOOK_AT_LOGS_SECONDS", 0.1)
    code = (
        SPEAK
        + """
import os, time
for n in range(12_000):
    logger("x").info("line", n=n)
    if n % 200 == 0: time.sleep(0.02)
    # However late the watch comes, as where the machine is busy.
    while n % 200 == 0 and os.path.getsize(sys.argv[1]) > 400_000: time.sleep(0.02)
print("done", flush=True)
time.sleep(600)
"""
    )
    workers = Workers(worker_environment({"PYTHONPATH": "src"}), tmp_path, print)
    command = [sys.executable, "-c", code, str(tmp_path / "talker.log")]
    workers.start([Program("talker", command)])
    try:
        for _ in range(12_000):
            workers.watch()
            if (tmp_path / "talker.log").read_text().endswith("done\n"):
                break
            sys.modules["time"].sleep(0.02)
        else:
            pytest.fail("the worker never came to its end")
    finally:
        workers.stop()
    logs = sorted(tmp_path.glob("talker*.log"))
    assert len(logs) == children.OLD_LOGS_KEPT + 1
    assert all(one.stat().st_size < 800_000 for one in logs)
    numbers = []
    for one in (*reversed(logs[:-1]), logs[-1]):
        text = one.read_text().removesuffix("done\n")
        numbers += [json.loads(line)["n"] for line in text.splitlines()]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 11_999
