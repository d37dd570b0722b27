"""A scrape held against the table of metrics: what a process tells, and nothing else.

Owns:    reading a scrape, comparing it with what is declared.
"""

import urllib.request
from typing import TypeAlias

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from carousel.observability import metrics as _all_are_declared  # noqa: F401  # by being imported
from carousel.observability.declaring import DECLARED, Process

Family: TypeAlias = Metric

OURS = "carousel_"
OF_HISTOGRAMS = frozenset({"le"})


def scrape(url: str) -> dict[str, Family]:
    """Return what is told at a URL, by the names of the table (a counter's ends in ``_total``)."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # of our own process
        text = answer.read().decode()
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: family
        for family in text_string_to_metric_families(text)
    }


def compare(families: dict[str, Family], process: Process) -> list[str]:
    """Return how a scrape of a process differs from the table: a sentence for each difference."""
    declared = {one.name: one for one in DECLARED if process in one.processes}
    wrong = [f"{name} is not told" for name in declared if name not in families]
    for name, family in families.items():
        if not name.startswith(OURS):
            continue
        if name not in declared:
            wrong.append(f"{name} is told and is not of this process in the table")
            continue
        one = declared[name]
        if family.type != one.type:
            wrong.append(f"{name} is a {family.type}, in the table a {one.type}")
        if family.documentation != one.meaning:
            wrong.append(f"{name} says {family.documentation!r}, the table {one.meaning!r}")
        labels = {frozenset(sample.labels) - OF_HISTOGRAMS for sample in family.samples}
        if labels - {frozenset(one.labels)}:
            found = sorted(map(sorted, labels))
            wrong.append(f"{name} has the labels {found}, in the table {one.labels}")
    return wrong


def without_samples(families: dict[str, Family]) -> list[str]:
    """Return our metrics of which a scrape has no sample: labelled ones that nothing happened to.

    A histogram or counter without labels tells zeros from the beginning.
    """
    return [name for name, one in families.items() if name.startswith(OURS) and not one.samples]


def series(families: dict[str, Family]) -> int:
    """Return how many series a scrape has."""
    return sum(len(family.samples) for family in families.values())
