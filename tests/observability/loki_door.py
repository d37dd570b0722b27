"""A push endpoint that refuses what Loki refuses, with the limits of deploy/loki/loki.yaml.

Owns:    POST /loki/api/v1/push with a JSON body, over real HTTP.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LIMITS = (Path(__file__).parents[2] / "deploy" / "loki" / "loki.yaml").read_text()
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
LONGEST_LABEL_NAME, LONGEST_LABEL_VALUE = 1_024, 2_048
GRACE_SECONDS = 600
MOST_METADATA, LARGEST_METADATA = 128, 65_536


def limit(name: str) -> str:
    return re.search(rf"^  {name}: (\S+)$", LIMITS, re.MULTILINE)[1]


MOST_LABELS = int(limit("max_label_names_per_series"))
LARGEST_LINE = int(limit("max_line_size").removesuffix("KB")) * 1024
OLDEST_SECONDS = int(limit("reject_old_samples_max_age").removesuffix("h")) * 3_600


@dataclass
class Loki:
    """What was taken: the entries of each stream, by its labels."""

    url: str = ""
    streams: dict[tuple, list[tuple[int, str, dict]]] = field(default_factory=dict)

    def take(self, body: bytes) -> None:
        """Take a push whole or refuse it with a ValueError that says why."""
        for stream in json.loads(body)["streams"]:
            labels = stream["stream"]
            if not 1 <= len(labels) <= MOST_LABELS:
                raise ValueError(f"{len(labels)} labels")
            for name, value in labels.items():
                if not NAME.fullmatch(name) or len(name) > LONGEST_LABEL_NAME:
                    raise ValueError(f"label name {name}")
                if not isinstance(value, str) or len(value) > LONGEST_LABEL_VALUE:
                    raise ValueError(f"label value {value}")
            entries = [_entry(one) for one in stream["values"]]
            self.streams.setdefault(tuple(sorted(labels.items())), []).extend(entries)


def _entry(given: list) -> tuple[int, str, dict]:
    if not 2 <= len(given) <= 3 or not all(isinstance(one, str) for one in given[:2]):
        raise ValueError("an entry is a time and a line, both text")
    if not re.fullmatch(r"\d{19}", given[0]):
        raise ValueError(f"{given[0]} are no nanoseconds")
    at, now = int(given[0]), time.time()
    if at / 1e9 < now - OLDEST_SECONDS:
        raise ValueError("entry too far behind")
    if at / 1e9 > now + GRACE_SECONDS:
        raise ValueError("entry has timestamp too new")
    if len(given[1].encode()) > LARGEST_LINE:
        raise ValueError("line too long")
    metadata = given[2] if len(given) == 3 else {}
    if not all(isinstance(v, str) and NAME.fullmatch(k) for k, v in metadata.items()):
        raise ValueError("structured metadata is text by name")
    size = sum(len(k) + len(v) for k, v in metadata.items())
    if len(metadata) > MOST_METADATA or size > LARGEST_METADATA:
        raise ValueError("structured metadata too large")
    return at, given[1], metadata


@contextmanager
def loki() -> Iterator[Loki]:
    """Answer pushes for the length of the block."""
    taken = Loki()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = 204, b""
            if self.path != "/loki/api/v1/push":
                status = 404
            elif self.headers["Content-Type"] != "application/json":
                status = 415
            else:
                try:
                    taken.take(body)
                except (ValueError, KeyError, TypeError) as error:
                    status, said = 400, str(error).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    taken.url = f"http://127.0.0.1:{server.server_port}/loki/api/v1/push"
    try:
        yield taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
