"""An import from beginning to end, a thousand rows at a time.

Owns:    the order of things: fit, convert, number, write; what makes a second import a no-op.
Imports: domain.errors, storage.ports, the other modules of ingest.

Importing a file again changes nothing: a listing's ref is the file's own key, or else is made from
what the row says and how often the file said it before; and a listing that the file gives no date
keeps the date it has in the catalogue.
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import ListingFacts
from carousel.ingest.convert import Accepted, Plan, convert, fit
from carousel.ingest.mapping import FileMapping, recognise
from carousel.ingest.report import Remark, Report, Tally
from carousel.ingest.rows import Advance, Rejection, printable, shorten
from carousel.ingest.table import Table, open_table
from carousel.storage.ports import Catalogue, Standing

BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator decides about an import.

    currency:  of the marketplace, ISO 4217.
    rate:      what one unit of the file's currency is worth in the marketplace's; None: the same.
    listed_at: of rows without a date; None: what the catalogue knows, else the import's moment.
    encoding:  of the file; None: the mapping's.
    """

    currency: str
    rate: float | None = None
    listed_at: datetime | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """An import of which everything is known but the rows.

    rate: what one unit of the file's currency is worth in the marketplace's.
    """

    table: Table
    mapping: FileMapping
    plan: Plan
    terms: Terms
    rate: float


def prepare(
    path: Path,
    terms: Terms,
    mapping: FileMapping | None = None,
    *,
    constants: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Job:
    """Open a file, choose its mapping by its columns where none is given, and fit the two.

    All refusals come from here, before anything is changed.

    Args:
        path: the file.
        terms: the operator's decisions.
        mapping: what the columns mean.
        constants: values of fields for all rows, which the file lacks or gets wrong.
        source: begins every ref instead of the mapping's own source.

    Raises:
        UnreadableFileError: the file is no table, no mapping fits it, or it lacks a column.
        ConfigurationError: its prices are in another currency and no rate was given, or a constant
            is no value of its field.
    """
    encoding = terms.encoding
    if mapping is None:
        mapping = recognise(path.name, open_table(path, encoding or "utf-8").columns)
    mapping = mapping.with_constants(constants or {})
    if source is not None:
        mapping = mapping.from_source(source)
    table = open_table(path, encoding or mapping.encoding, mapping.delimiter)
    rate = _rate(mapping, terms)
    now = datetime.now(UTC)
    plan = fit(mapping, path.name, table.columns, now, sparse=table.sparse, rate=rate)
    return Job(table, mapping, plan, terms, rate)


def run(
    job: Job,
    catalogue: Catalogue | None,
    *,
    remark: Remark | None = None,
    advance: Advance | None = None,
) -> Report:
    """Put a file's cars into the catalogue and report what happened to each row.

    Every batch is one transaction: an import that is broken off has imported some batches, and is
    completed by running it again.

    Args:
        job: from ``prepare``.
        catalogue: where the cars go; None only tries every row (a dry run).
        remark: told every rejected row, omitted value and replaced row.
        advance: told how much has been read, in ``table.size``'s unit.

    Raises:
        StoreUnavailableError: the database went away; batches before stay imported.
    """
    table, plan = job.table, job.plan
    started = time.perf_counter()
    tally = Tally(remark)
    cars = _numbered(_converted(table, plan, tally, advance), _winners(table, plan), tally)
    batches = _batches(cars)
    with nullcontext() if catalogue is None else catalogue.bulk():
        for batch in batches:
            tally.accepted += len(batch)
            if catalogue is not None:
                _write(batch, catalogue, job.terms, tally)
    if catalogue is not None and tally.accepted:
        catalogue.ensure_space()
    if advance:
        advance(table.size)
    return Report(
        file=printable(str(table.path)),
        kind=table.kind.value,
        mapping=job.mapping.name,
        source=plan.prefix.rstrip(":"),
        currency=job.mapping.currency or job.terms.currency,
        rate=job.rate,
        dry_run=catalogue is None,
        read=tally.read,
        accepted=tally.accepted,
        new=tally.new,
        changed=tally.changed,
        unchanged=tally.unchanged,
        replaced=tally.replaced,
        rejected=tally.rejected.total(),
        rejected_by_reason=dict(tally.rejected.most_common()),
        omitted_by_reason=dict(tally.omitted.most_common()),
        first_rejected=tally.first,
        seconds=round(time.perf_counter() - started, 3),
    )


def _rate(mapping: FileMapping, terms: Terms) -> float:
    if terms.rate is None:
        if mapping.currency in {None, terms.currency}:
            return 1.0
        raise ConfigurationError(
            f"The prices of the mapping {mapping.name} are in {mapping.currency}, this "
            f"marketplace's in {terms.currency}; say what one {mapping.currency} is worth, e.g. "
            f"--rate 0.011, or run the marketplace with CAROUSEL_CURRENCY={mapping.currency}."
        )
    if not (math.isfinite(terms.rate) and terms.rate > 0):
        raise ConfigurationError(f"The rate {terms.rate} is no exchange rate; give one above 0.")
    return terms.rate


def _converted(
    table: Table, plan: Plan, tally: Tally, advance: Advance | None
) -> Iterator[Accepted]:
    for row in table.rows(advance):
        tally.read += 1
        outcome = row if isinstance(row, Rejection) else convert(row, plan)
        if isinstance(outcome, Rejection):
            tally.note("rejected", outcome)
            continue
        for omission in outcome.omitted:
            tally.note("omitted", omission)
        yield outcome


def _numbered(
    cars: Iterable[Accepted], winners: dict[int, int] | None, tally: Tally
) -> Iterator[Accepted]:
    """Give equal rows refs of their own, or drop those whose ref a later row takes.

    winners: from ``_winners``; None when the refs are made from the rows' content.
    """
    seen: set[int] = set()
    again: dict[int, int] = {}
    for car in cars:
        ref = car.facts.ref
        key = hash(ref)
        if winners is not None:
            if winners.get(key, car.number) == car.number:
                yield car
            else:
                reason = f"line {winners[key]} gives the same listing again"
                tally.note("replaced", Rejection(car.number, "ref", shorten(ref), reason))
        elif key in seen:
            again[key] = again.get(key, 1) + 1
            numbered = car.facts.model_copy(update={"ref": f"{ref}-{again[key]}"})
            yield replace(car, facts=numbered)
        else:
            seen.add(key)
            yield car


def _winners(table: Table, plan: Plan) -> dict[int, int] | None:
    """Return, by the hash of each ref that comes more than once, the last line that has it.

    Reads the file once more, so that no batch writes what a later one takes back: otherwise a
    second import of the same file would change rows to and fro. A rejected row does not win.
    """
    if not plan.has_refs:
        return None
    seen: set[int] = set()
    last: dict[int, int] = {}
    for row in table.rows():
        outcome = row if isinstance(row, Rejection) else convert(row, plan)
        if isinstance(outcome, Accepted):
            key = hash(outcome.facts.ref)
            if key in seen:
                last[key] = outcome.number
            seen.add(key)
    return last


def _batches(cars: Iterable[Accepted]) -> Iterator[list[Accepted]]:
    batch: list[Accepted] = []
    for car in cars:
        batch.append(car)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(batch: list[Accepted], catalogue: Catalogue, terms: Terms, tally: Tally) -> None:
    """Upsert a batch; what the file leaves unsaid stays as the catalogue knows it."""
    known = catalogue.standing([car.facts.ref for car in batch if car.unstated])
    facts = [_completed(car, known.get(car.facts.ref), terms) for car in batch]
    done = catalogue.upsert(facts)
    tally.new += done.new
    tally.changed += done.changed
    tally.unchanged += done.unchanged


def _completed(car: Accepted, standing: Standing | None, terms: Terms) -> ListingFacts:
    said: dict[str, object] = {}
    if standing is not None:
        said = {"listed_at": standing.listed_at, "status": standing.status}
    if terms.listed_at is not None:
        said["listed_at"] = terms.listed_at
    update = {name: value for name, value in said.items() if name in car.unstated}
    return car.facts.model_copy(update=update) if update else car.facts
