"""A report written and read again is the same report; what is none is refused in a sentence."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import UnreadableFileError
from carousel.evaluation.report.document import from_json, read, to_json
from carousel.evaluation.results import Comparison, Estimate

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


def test_written_and_read_again_it_is_the_same_report(report):
    assert from_json(to_json(report)) == report


@given(NUMBERS, NUMBERS, st.integers(0, 10**9))
def test_no_number_is_lost_not_even_those_json_does_not_know(report, mean, p, count):
    told = Comparison("a", "b", "c", Estimate(mean, -math.inf, math.nan, count), p)
    document = to_json(replace(report, comparisons=(told,)))
    again = from_json(document)
    assert repr(again.comparisons) == repr((told,))
    assert "NaN" not in document
    assert "Infinity" not in document


def test_a_missing_number_is_null(report, nothing):
    first = replace(report.methods[0], figures={"contact.ndcg@10": nothing})
    plain = json.loads(to_json(replace(report, methods=(first,))))
    told = plain["report"]["methods"][0]["figures"]["contact.ndcg@10"]
    assert told == {"mean": None, "low": None, "high": None, "count": 0}


def test_settings_keep_their_kind(report):
    made = replace(report.provenance, settings={"a": 1, "b": 1.0, "c": True, "d": "1"})
    again = from_json(to_json(replace(report, provenance=made)))
    assert [type(value) for value in again.provenance.settings.values()] == [int, float, bool, str]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[1, 2]", "is no report"),
        ('{"format": "carousel-report", "version": 99}', "of version 99, this program reads"),
        ('{"format": "carousel-report", "version": 1, "report": {}}', "damaged report (title:"),
    ],
)
def test_what_is_no_report_is_refused(text, said):
    with pytest.raises(UnreadableFileError, match=r"run\.json is") as refused:
        from_json(text, "run.json")
    assert said in str(refused.value)


def test_a_number_where_words_belong_is_found(report):
    plain = json.loads(to_json(report))
    plain["report"]["methods"][2]["figures"]["contact.ndcg@10"]["mean"] = "high"
    with pytest.raises(UnreadableFileError, match=r"methods\.2\.figures\.contact\.ndcg@10\.mean"):
        from_json(json.dumps(plain))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="cannot be read: No such file"):
        read(tmp_path / "report.json")
    (tmp_path / "report.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFileError, match="it is not text"):
        read(tmp_path / "report.json")
