"""The table of metrics that people read is the list of names that processes use."""

from pathlib import Path

from carousel.observability import metrics as _all_are_declared  # noqa: F401  # by being imported
from carousel.observability.declaring import DECLARED, metrics_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_document_shows_the_table():
    shown = DOCUMENT.read_text()
    assert metrics_table() in shown, "renew the table in docs/metrics.md"
    assert shown.count("| Metric |") == 1


def test_every_metric_has_one_name_and_one_sentence():
    names = [one.name for one in DECLARED]
    assert len(set(names)) == len(names)
    for one in DECLARED:
        assert one.name.startswith("carousel_"), one.name
        assert one.name.endswith("_total") == (one.type == "counter"), one.name
        assert one.meaning
        assert not one.meaning.endswith("."), one.name
        assert one.processes, one.name
