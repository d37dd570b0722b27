"""A report as JSON, for programs, and back without loss.

Owns:    the document's form and version.
Imports: domain.errors, evaluation.results, pydantic.

JSON knows no NaN and no infinity: the first is written as null, the second as "inf" or "-inf".
"""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from carousel.domain.errors import UnreadableFileError
from carousel.evaluation.results import Report

FORMAT = "carousel-report"
VERSION = 1


def to_json(report: Report) -> str:
    """Return the document, ending in a newline.

    A reader may rely on it: a field keeps its meaning while ``version`` stays the same.
    """
    document = {"format": FORMAT, "version": VERSION, "report": _plain(dataclasses.asdict(report))}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def from_json(text: str, source: str = "the document") -> Report:
    """Return the report of a document; ``source`` names it where it cannot be read.

    Raises:
        UnreadableFileError: it is no such document, or one of another version.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableFileError(
            f"{source} is not JSON (line {error.lineno}: {error.msg}); give the report.json of a "
            "run of carousel evaluate."
        ) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UnreadableFileError(
            f"{source} is no report; give the report.json of a run of carousel evaluate."
        )
    if document.get("version") != VERSION:
        raise UnreadableFileError(
            f"{source} is a report of version {document.get('version')}, this program reads "
            f"version {VERSION}; make it again with carousel evaluate."
        )
    try:
        return TypeAdapter(Report).validate_python(_full(document.get("report")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnreadableFileError(
            f"{source} is a damaged report ({where or 'report'}: {first['msg']}); make it again "
            "with carousel evaluate."
        ) from None


def read(path: Path) -> Report:
    """Return the report in a file.

    Raises:
        UnreadableFileError: there is no such file, or it is no report.
    """
    try:
        return from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UnreadableFileError(f"{path} cannot be read: {reason}.") from None


def _plain(value: Any) -> Any:  # noqa: ANN401 (any part of a JSON document)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _full(value: Any) -> Any:  # noqa: ANN401 (any part of a JSON document)
    if isinstance(value, dict):
        return {key: _full(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_full(one) for one in value]
    return math.nan if value is None else value
