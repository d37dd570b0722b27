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
    """A process that tells its metrics. address: ``host:port``; empty if its file says none."""

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

    A file that is gone meanwhile is left out; one that cannot be read is a process of that name,
    of no kind and at no address.
    """
    found = (_target(file) for file in sorted(directory.glob("*.json")))
    return [target for target in found if target is not None]


def _target(file: Path) -> Target | None:
    try:
        (said,) = json.loads(file.read_text())
        labels, (address,) = said["labels"], said["targets"]
        return Target(str(labels["process"]), str(labels["kind"]), str(address))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return Target(file.stem, "", "")
