"""What another process tells, read back: its samples, and where it tells them.

Owns:    reading the text of a scrape, and the files of ``exposition``.
Imports: prometheus-client.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True)
class Target:
    """A process that tells its metrics. address: ``host:port``."""

    process: str
    kind: str
    address: str


def read_samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield the name, the labels and the value of every sample of a scrape.

    Raises:
        ValueError: the text is no exposition.
    """
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, float(sample.value)


def read_targets(directory: Path) -> list[Target]:
    """Return the processes that say where they tell their metrics, by name.

    A file that is gone meanwhile, or half of one, is left out.
    """
    found = []
    for file in sorted(directory.glob("*.json")):
        try:
            (said,) = json.loads(file.read_text())
            labels = said["labels"]
            target = Target(str(labels["process"]), str(labels["kind"]), str(said["targets"][0]))
        except (OSError, ValueError, KeyError, IndexError, TypeError):
            continue
        found.append(target)
    return found
