"""A real Prometheus with the real rules, in a hurry: everything each second, ``for`` as shipped."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import httpx2
import yaml

from deploy.build import RULES
from tests.deploy.programs import PROMETHEUS, needed

PATIENCE = 60.0


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    client: httpx2.Client

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return what a query finds now."""
        answer = self.client.post("/api/v1/query", data={"query": query}).json()
        assert answer["status"] == "success", (query, answer)
        return answer["data"]["result"]

    def number(self, query: str) -> float | None:
        """Return the first number that a query finds now."""
        found = self.ask(query)
        return float(found[0]["value"][1]) if found else None

    def alerts(self, state: str = "firing") -> list[dict[str, Any]]:
        """Return the alerts that are in a state."""
        answer = self.client.get("/api/v1/alerts").json()
        return [alert for alert in answer["data"]["alerts"] if alert["state"] == state]

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        return {alert["labels"]["alertname"] for alert in self.alerts()}


@contextmanager
def prometheus(targets: Path, directory: Path) -> Iterator[Prometheus]:
    """Run Prometheus on a free port for the length of the block."""
    program = needed("prometheus")
    config = hurried(targets, directory)
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'tsdb'}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    ]
    with (directory / "prometheus.txt").open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        with httpx2.Client(base_url=f"http://{address}", timeout=30) as client:
            _wait_until_ready(client, process, directory / "prometheus.txt")
            yield Prometheus(client)
    finally:
        process.terminate()
        process.wait(30)


def hurried(targets: Path, directory: Path) -> Path:
    """Write the shipped configuration and rules with other intervals, and return the former."""
    document = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    del document["alerting"]
    document["global"].update(scrape_interval="1s", scrape_timeout="1s", evaluation_interval="1s")
    (discovery,) = document["scrape_configs"][0]["file_sd_configs"]
    discovery.update(files=[str(targets / "*.json")], refresh_interval="1s")
    rules = directory / "rules"
    rules.mkdir()
    for path in RULES.glob("*.yml"):
        text = re.sub(r"^  interval: \w+$", "  interval: 1s", path.read_text(), flags=re.MULTILINE)
        (rules / path.name).write_text(text)
    document["rule_files"] = [str(rules / "*.yml")]
    config = directory / "prometheus.yml"
    config.write_text(yaml.safe_dump(document))
    return config


def _wait_until_ready(client: httpx2.Client, process: subprocess.Popen, said: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, said.read_text()[-3000:]
        try:
            if client.get("/-/ready").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(said.read_text()[-3000:])
