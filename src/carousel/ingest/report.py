"""What an import did: counted while it runs, told at its end.

Owns:    the tally, the report, and the file of rejected rows.
Imports: domain.errors, ingest.rows.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TextIO, TypeAlias

from carousel.domain.errors import ConfigurationError
from carousel.ingest.rows import Rejection

FIRST = 10

Outcome: TypeAlias = Literal["rejected", "omitted", "replaced"]
"""A row not imported; a value left out of an imported row; a row that a later one replaced."""

Remark: TypeAlias = Callable[[Outcome, Rejection], None]


@dataclass(frozen=True, slots=True)
class Report:
    """An import in numbers; the keys of ``carousel import --json``.

    read = accepted + rejected + replaced, and, unless it was a dry run,
    accepted = new + changed + unchanged. ``rejected_by_reason`` counts rows, most frequent first;
    ``omitted_by_reason`` counts values left out of rows that were accepted.
    """

    file: str
    kind: str
    mapping: str
    source: str
    currency: str
    rate: float
    dry_run: bool
    read: int
    accepted: int
    new: int
    changed: int
    unchanged: int
    replaced: int
    rejected: int
    rejected_by_reason: dict[str, int]
    omitted_by_reason: dict[str, int]
    first_rejected: list[Rejection]
    seconds: float

    def to_json(self) -> str:
        """Return the report as one JSON object on one line."""
        rejected = [_named(rejection) for rejection in self.first_rejected]
        return json.dumps({**asdict(self), "first_rejected": rejected}, ensure_ascii=False)


@dataclass(slots=True)
class Tally:
    """The counts of an import under way; each remark is also told to ``remark`` at once."""

    remark: Remark | None = None
    read: int = 0
    accepted: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    replaced: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    omitted: Counter[str] = field(default_factory=Counter)
    first: list[Rejection] = field(default_factory=list)

    def note(self, outcome: Outcome, what: Rejection) -> None:
        """Count one remark about a row."""
        match outcome:
            case "rejected":
                self.rejected[what.summary] += 1
                if len(self.first) < FIRST:
                    self.first.append(what)
            case "omitted":
                self.omitted[what.summary] += 1
            case "replaced":
                self.replaced += 1
        if self.remark:
            self.remark(outcome, what)


@contextmanager
def rejections_file(path: Path, imported: Path) -> Iterator[Remark]:
    """Open a file for every remark: JSON lines where its name says so, else CSV.

    Raises:
        ConfigurationError: the file cannot be written, or is the one being imported.
    """
    if path.exists() and imported.exists() and path.samefile(imported):
        raise ConfigurationError(f"The report {path} would overwrite the file to be imported.")
    try:
        handle = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigurationError(
            f"The report {path} cannot be written: {error.strerror}."
        ) from None
    with handle:
        yield _json_lines(handle) if path.suffix in {".jsonl", ".ndjson", ".json"} else _csv(handle)


def _json_lines(handle: TextIO) -> Remark:
    def write(outcome: Outcome, what: Rejection) -> None:
        said = {"outcome": outcome, **_named(what)}
        handle.write(json.dumps(said, ensure_ascii=False) + "\n")

    return write


def _csv(handle: TextIO) -> Remark:
    writer = csv.writer(handle)
    writer.writerow(("outcome", "line", "column", "value", "reason"))

    def write(outcome: Outcome, what: Rejection) -> None:
        cells = (str(cell) for cell in (outcome, *_named(what).values()))
        writer.writerow([_harmless(cell) for cell in cells])

    return write


def _named(what: Rejection) -> dict[str, str | int]:
    return {
        "line": what.number,
        "column": what.column,
        "value": what.value,
        "reason": what.reason,
    }


def _harmless(cell: str) -> str:
    """Return a cell that a spreadsheet shows instead of running."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell
