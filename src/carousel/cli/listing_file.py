"""A real listing file, read so that the simulation can be fitted to it.

Owns:    which of its rows count, and the moment for which it stands.
Imports: domain, ingest.

The simulation counts in EUR. A row that is said twice counts once, for dealers advertise their cars
again and again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import ListingFacts
from carousel.ingest import importing
from carousel.ingest.convert import convert
from carousel.ingest.importing import Job, Terms
from carousel.ingest.mapping import load
from carousel.ingest.rows import Advance, Rejection

CURRENCY = "EUR"
EARLY_SHARE = 0.999
"""Of a file without dates, this share of the cars is registered before its moment."""

SHOWN_REASONS = 5


@dataclass(frozen=True, slots=True)
class ListingFile:
    """What a file says.

    facts:    the different cars, prices in EUR.
    moment:   when they were for sale, aware.
    read:     rows; repeated: those that say the same car again; rejected: by reason.
    """

    path: str
    mapping: str
    facts: tuple[ListingFacts, ...]
    moment: datetime
    read: int
    repeated: int
    rejected: Mapping[str, int]

    def lines(self) -> Iterator[str]:
        """Yield what a person is told about the reading."""
        yield (
            f"{self.path}: {self.read:,} rows read as {self.mapping}, {len(self.facts):,} cars, "
            f"{self.repeated:,} said again, {sum(self.rejected.values()):,} rejected"
        )
        for reason, count in list(self.rejected.items())[:SHOWN_REASONS]:
            yield f"  {count:>7,}  {reason}"
        if len(self.rejected) > SHOWN_REASONS:
            yield f"    and for {len(self.rejected) - SHOWN_REASONS} more reasons"


def read_listing_file(  # noqa: PLR0913 (what an import may be told)
    path: Path,
    *,
    mapping: str | None,
    rate: float | None,
    constants: Mapping[str, str],
    moment: datetime | None,
    progress: Callable[[Job], AbstractContextManager[Advance]],
) -> ListingFile:
    """Read a file the way ``carousel import`` would.

    Args:
        path: CSV, Parquet or JSON lines.
        mapping: name or file of a mapping; None recognises the columns.
        rate: what one unit of the file's currency is worth in EUR.
        constants: values of fields for all rows.
        moment: when the cars were for sale; None takes the middle date of the file or, if it
            states none, the summer of the newest year of registration but for a few errors.
        progress: shows how far the reading is.

    Raises:
        UnreadableFileError: the file is no table, no mapping fits it, or it lacks a column.
        ConfigurationError: its prices are in another currency and no rate was given.
    """
    chosen = load(mapping) if mapping else None
    terms = Terms(CURRENCY, 1.0 if rate is None else rate)
    job = importing.prepare(path, terms, chosen, constants=constants)
    theirs = job.mapping.currency
    if rate is None and theirs not in {None, CURRENCY}:
        raise ConfigurationError(
            f"The prices of {path} are in {theirs} and the simulation counts in {CURRENCY}; say "
            f"what one {theirs} is worth, e.g. --rate 1.15."
        )
    cars: dict[str, ListingFacts] = {}
    dates: list[datetime] = []
    rejected: Counter[str] = Counter()
    read = 0
    with progress(job) as advance:
        for row in job.table.rows(advance):
            read += 1
            outcome = row if isinstance(row, Rejection) else convert(row, job.plan)
            if isinstance(outcome, Rejection):
                rejected[outcome.reason] += 1
                continue
            cars[outcome.facts.ref] = outcome.facts
            if "listed_at" not in outcome.unstated:
                dates.append(outcome.facts.listed_at)
    return ListingFile(
        path=str(path),
        mapping=job.mapping.name,
        facts=tuple(cars.values()),
        moment=moment or _moment(list(cars.values()), dates),
        read=read,
        repeated=read - len(cars) - rejected.total(),
        rejected=dict(rejected.most_common()),
    )


def _moment(cars: Sequence[ListingFacts], dates: list[datetime]) -> datetime:
    if dates:
        return sorted(dates)[len(dates) // 2].astimezone(UTC)
    years = sorted(car.year for car in cars) or [datetime.now(UTC).year]
    return datetime(years[int(EARLY_SHARE * (len(years) - 1))], 7, 1, tzinfo=UTC)
