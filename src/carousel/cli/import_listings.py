"""``carousel import``: a file of listings into the catalogue, with a report of every bad row.

Owns:    the command's options, its progress bar and how its report looks.
Imports: ingest, settings, storage, the other files of cli.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from carousel.cli.servers import reachable_servers
from carousel.domain.errors import ConfigurationError
from carousel.ingest import importing
from carousel.ingest.importing import Job, Terms
from carousel.ingest.mapping import checked_encoding, load
from carousel.ingest.report import Report, rejections_file
from carousel.ingest.rows import Advance, Rejection
from carousel.settings import Settings, read_settings
from carousel.storage import migrate, open_catalogue
from carousel.storage.ports import Catalogue

SHOWN_REASONS = 20
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]

MappingOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Name of a mapping, or a .toml file; else the columns decide."),
]


def run(  # noqa: PLR0913 - one argument per option of the command line
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Parquet or JSON lines.")],
    *,
    mapping: MappingOption = None,
    source: Annotated[
        str | None, typer.Option(help="Begins every ref; else the mapping's name.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="What one unit of the file's currency is worth here.")
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="One value for all rows; repeatable."),
    ] = None,
    listed_at: Annotated[
        datetime | None,
        typer.Option(
            formats=MOMENTS, metavar="DATE", help="Of rows that have none; UTC without an offset."
        ),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a text file, if not the mapping's, e.g. latin-1.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try every row, change nothing.")] = (
        False
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="Write every rejected row to this file: JSON for .jsonl, else CSV."),
    ] = None,
) -> None:
    """Import listings from a file. Importing the same file again changes nothing.

    Exit status: 0 when the file was read, whether or not rows were rejected; 2 when it was refused.
    """
    settings = read_settings()
    terms = Terms(
        currency=settings.currency,
        rate=rate,
        listed_at=aware(listed_at),
        encoding=_encoding(encoding),
    )
    chosen = load(mapping) if mapping else None
    job = importing.prepare(file, terms, chosen, constants=constants_of(constant), source=source)
    done = _run(job, None if dry_run else settings, report, quiet=as_json)
    typer.echo(done.to_json() if as_json else "\n".join(report_lines(done)))
    if report and not as_json:
        typer.echo(f"  every one of them: {report}")


def _run(job: Job, settings: Settings | None, report: Path | None, *, quiet: bool) -> Report:
    """Run a job: into the catalogue the settings lead to, or, without settings, to try it."""
    with ExitStack() as stack:
        remark = stack.enter_context(rejections_file(report, job.table.path)) if report else None
        catalogue = stack.enter_context(_catalogue(settings)) if settings else None
        advance = stack.enter_context(reading_progress(job, quiet=quiet))
        return importing.run(job, catalogue, remark=remark, advance=advance)


@contextmanager
def _catalogue(settings: Settings) -> Iterator[Catalogue]:
    if settings.database_url is None:
        with reachable_servers(settings) as reachable, _catalogue(reachable) as catalogue:
            yield catalogue
        return
    url = settings.database_url.get_secret_value()
    migrate(url)
    with open_catalogue(url) as catalogue:
        yield catalogue


@contextmanager
def reading_progress(job: Job, *, quiet: bool) -> Iterator[Advance]:
    """Show how much of a file is read, as a bar on standard error."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    silent = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=silent) as bar:
        task = bar.add_task(job.table.path.name, total=max(1, job.table.size))
        yield lambda done: bar.update(task, completed=done)


def constants_of(given: list[str] | None) -> dict[str, str]:
    """Return the values that ``--set FIELD=VALUE`` gave.

    Raises:
        ConfigurationError: one of them is no such pair.
    """
    pairs = {}
    for text in given or ():
        field, equals, value = text.partition("=")
        if not equals:
            raise ConfigurationError(f"--set {text} names no value; write --set make=Ford.")
        pairs[field.strip()] = value.strip()
    return pairs


def aware(moment: datetime | None) -> datetime | None:
    """Return a moment of the command line with its offset; without one it is in UTC."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _encoding(name: str | None) -> str | None:
    try:
        return checked_encoding(name) if name else None
    except ValueError as error:
        raise ConfigurationError(f"--encoding: {error}.") from None


def report_lines(report: Report) -> Iterator[str]:
    """Yield what a person is told about an import, line by line."""
    tried = "would be imported" if report.dry_run else "imported"
    yield (
        f"{report.file}: {report.read:,} rows of {report.kind} read as {report.mapping} in "
        f"{report.seconds:.1f} s, {report.accepted:,} {tried}"
    )
    if not report.dry_run:
        yield (f"  {report.new:,} new, {report.changed:,} changed, {report.unchanged:,} unchanged")
    if report.rate != 1:
        yield f"  prices: one {report.currency} counted as {report.rate:g}"
    if report.replaced:
        yield f"  {report.replaced:,} replaced by a later row with the same ref"
    yield from _counts("rejected", "rows", report.rejected_by_reason)
    yield from _counts("left out", "values", report.omitted_by_reason)
    if report.first_rejected:
        yield f"  first rejected {'row' if report.kind == 'Parquet' else 'line'}s"
        yield from (f"    {_told(rejection)}" for rejection in report.first_rejected)


def _counts(verb: str, things: str, by_reason: dict[str, int]) -> Iterator[str]:
    if not by_reason:
        return
    yield f"  {sum(by_reason.values()):,} {things} {verb}"
    for reason, count in list(by_reason.items())[:SHOWN_REASONS]:
        yield f"    {count:>7,}  {reason}"
    if len(by_reason) > SHOWN_REASONS:
        yield f"    and for {len(by_reason) - SHOWN_REASONS} more reasons"


def _told(rejection: Rejection) -> str:
    if not rejection.column:
        return f"{rejection.number}: {rejection.reason}: {rejection.value}"
    return f'{rejection.number}: {rejection.column} "{rejection.value}" {rejection.reason}'
