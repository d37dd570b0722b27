"""What deploy/alloy/config.alloy makes of real log lines is what Loki takes.

Alloy itself is not run here: its stages are read from the file and applied to the lines, then
pushed over HTTP to an endpoint that holds Loki's rules.
"""

import json
import logging
import re
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from carousel.observability.lines import LONGEST_LINE, SAID, line_of
from tests.observability.loki_door import LARGEST_LINE, MOST_LABELS, loki
from tests.observability.test_logs import SPEAK

CONFIG = (Path(__file__).parents[2] / "deploy" / "alloy" / "config.alloy").read_text()
SAYING = """
log = logger("ours")
with speaking_of(request_id="ab" * 16, trace_id="cd" * 16):
    log.info("request", status=200, route="/a", level="x")
    log.warning('it "said" \\r\\n {"level":"critical"}')
logging.getLogger("uvicorn.error").error("no request")
"""


def block(kind: str) -> str:
    """Return what stands in the braces of the only block of a kind."""
    (found,) = re.findall(rf"^  {re.escape(kind)} {{\n(.*?)^  }}", CONFIG, re.DOTALL | re.MULTILINE)
    return found


def mapping(text: str) -> dict[str, str]:
    """Return a map of the configuration; an empty value stands for its own name."""
    inner = re.search(r"{(.*)}", text, re.DOTALL)[1]
    return {k: v or k for k, v in re.findall(r'(\w+)\s*=\s*"([^"]*)"', inner)}


def shipped(line: bytes) -> tuple[dict[str, str], list]:
    """Return the labels and the entry that the stages of the file make of a line."""
    stages = re.findall(r"^  stage\.(\w+)", CONFIG, re.MULTILINE)
    labels, metadata, at = {"job": "carousel", "filename": "/x.log"}, {}, None
    extracted: dict[str, str] = {}
    text = line.decode().removesuffix("\n")
    for stage in stages:
        body = block(f"stage.{stage}")
        match stage:
            case "json":
                said = json.loads(text)
                found = {name: said.get(path) for name, path in mapping(body).items()}
                extracted = {name: str(v) for name, v in found.items() if v is not None}
            case "timestamp":
                assert 'format = "RFC3339Nano"' in body
                source = re.search(r'source = "(\w+)"', body)[1]
                stated = extracted[source]
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", stated)
                seconds, micros = stated.removesuffix("Z").split(".")
                whole = int(datetime.fromisoformat(f"{seconds}+00:00").timestamp())
                at = whole * 10**9 + int(micros) * 1_000
            case "labels":
                chosen = mapping(body)
                labels |= {n: extracted[of] for n, of in chosen.items() if of in extracted}
            case "structured_metadata":
                chosen = mapping(body)
                metadata = {n: extracted[of] for n, of in chosen.items() if of in extracted}
            case "label_drop":
                for name in re.findall(r'"(\w+)"', body):
                    labels.pop(name, None)
            case other:
                pytest.fail(f"this test does not know the stage {other}")
    assert at is not None
    return labels, [str(at), text, *([metadata] if metadata else [])]


def push(url: str, lines: list[bytes]) -> httpx2.Response:
    streams = [{"stream": labels, "values": [entry]} for labels, entry in map(shipped, lines)]
    return httpx2.post(url, json={"streams": streams}, timeout=10)


def real_lines() -> list[bytes]:
    command = [sys.executable, "-c", SPEAK + SAYING]
    done = subprocess.run(command, capture_output=True, check=True, env={"PYTHONPATH": "src"})
    return done.stderr.splitlines(keepends=True)


def test_lines_of_a_process_arrive_with_few_labels_and_their_ids():
    lines = real_lines()
    with loki() as taken:
        assert push(taken.url, lines).status_code == 204
    assert len(lines) == 3
    assert set(taken.streams) == {
        (("job", "carousel"), ("level", level), ("process", "api-1"))
        for level in ("info", "warning", "error")
    }
    ids = {"request_id": "ab" * 16, "trace_id": "cd" * 16}
    for labels, entries in taken.streams.items():
        for at, line, metadata in entries:
            assert line.encode() + b"\n" in lines
            assert abs(at / 1e9 - time.time()) < 60
            assert metadata == ({} if ("level", "error") in labels else ids)


def test_the_longest_line_fits():
    made = logging.LogRecord("x", logging.INFO, __file__, 1, "\U000e0001" * 9_000, (), None)
    setattr(made, SAID, {f"f{n}": "\U000e0001" * 9_000 for n in range(60)})
    line = line_of(made, "api-1")
    assert LONGEST_LINE / 2 < len(line) <= LONGEST_LINE < LARGEST_LINE
    with loki() as taken:
        assert push(taken.url, [line]).status_code == 204


@pytest.mark.parametrize(
    ("labels", "entry", "why"),
    [
        ({"a b": "c"}, [str(time.time_ns()), "x"], "label name"),
        ({f"l{n}": "x" for n in range(MOST_LABELS + 1)}, [str(time.time_ns()), "x"], "labels"),
        ({"a": "b"}, [str(int(time.time())), "x"], "nanoseconds"),
        ({"a": "b"}, [str(time.time_ns() - 30 * 86_400 * 10**9), "x"], "too far behind"),
        ({"a": "b"}, [str(time.time_ns()), "x" * (LARGEST_LINE + 1)], "too long"),
        ({"a": "b"}, [str(time.time_ns()), "x", {"n": 1}], "metadata"),
    ],
)
def test_what_loki_refuses_is_refused_here(labels, entry, why):
    with loki() as taken:
        body = {"streams": [{"stream": labels, "values": [entry]}]}
        answer = httpx2.post(taken.url, json=body, timeout=10)
    assert answer.status_code == 400
    assert why in answer.text


def test_every_receiver_that_something_is_sent_to_exists():
    components = set(re.findall(r'^([\w.]+) "(\w+)" {', CONFIG, re.MULTILINE))
    names = {f"{kind}.{name}" for kind, name in components}
    for sent_to in re.findall(r"forward_to\s*=\s*\[([\w.]+)\.receiver\]", CONFIG):
        assert sent_to in names
    assert CONFIG.count("{") == CONFIG.count("}")
    assert len(CONFIG.splitlines()) <= 45
