"""``carousel simulate``: a living market with shoppers, made from a seed, as files.

Owns:    the command's options, the order of its steps, its summary.
Imports: recording, simulation, domain.errors, the other files of cli.
"""

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console

from carousel.cli.import_listings import (
    MOMENTS,
    MappingOption,
    aware,
    constants_of,
    reading_progress,
)
from carousel.cli.listing_file import ListingFile, read_listing_file
from carousel.cli.screen import Screen
from carousel.cli.traffic import drive_lines, run_drive
from carousel.domain.errors import ConfigurationError
from carousel.recording import files
from carousel.simulation import attention, truth_files
from carousel.simulation.adverts import EARLIEST
from carousel.simulation.arrivals import draw_stock
from carousel.simulation.describing import describe
from carousel.simulation.driving.traffic import Drive
from carousel.simulation.fit import UNFITTED, Fit
from carousel.simulation.fit_report import FitReport, compare, report_lines
from carousel.simulation.fitting import fit
from carousel.simulation.living import Simulated, simulate
from carousel.simulation.parameters import Parameters, read_parameters
from carousel.simulation.preferences import PREFERENCES

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday. A fixed date, so that a seed means the same market next year."""

LATEST_YEAR = 2100
RANGES = {
    "shoppers": (1, 1_000_000),
    "listings": (1, 2_000_000),
    "days": (1, 1_000),
    "seed": (0, 2**63 - 1),
}
SUMMARY = "simulation.json"

Begins: TypeAlias = Annotated[
    datetime | None,
    typer.Option(
        formats=MOMENTS,
        metavar="DATE",
        help=f"First moment, UTC without an offset; else {BEGINS:%Y-%m-%d}, or that of --from.",
    ),
]


@dataclass(frozen=True, slots=True)
class Wish:
    """The market that was asked for. ``begins`` is aware; None of ``hidden`` is the parameters'."""

    shoppers: int
    listings: int
    days: int
    seed: int
    begins: datetime
    preferences: str
    hidden: float | None


def run(  # noqa: PLR0913 - one argument per option of the command line
    out: Annotated[
        Path | None, typer.Argument(metavar="[OUT]", help="A directory that is new, or empty.")
    ] = None,
    *,
    shoppers: Annotated[
        int, typer.Option(help="Accounts, crawlers and dealers among them.")
    ] = 12_000,
    listings: Annotated[int, typer.Option(help="Cars altogether, about.")] = 45_000,
    days: Annotated[int, typer.Option(help="How long the market is watched.")] = 60,
    seed: Annotated[int, typer.Option(help="Of all dice; the same seed, the same market.")] = 1,
    begins: Begins = None,
    preferences: Annotated[
        str, typer.Option(help=f"What moves the shoppers: {', '.join(PREFERENCES)}.")
    ] = PREFERENCES[0],
    hidden: Annotated[
        float | None,
        typer.Option(
            help="How much the look counts that no field shows; else as the parameters say."
        ),
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A TOML file that replaces some of the parameters."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Make cars like those of a listing file."),
    ] = None,
    mapping: MappingOption = None,
    rate: Annotated[
        float | None, typer.Option(help="What one unit of the file's currency is worth in EUR.")
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="One value for all rows of the file."),
    ] = None,
    listed_at: Annotated[
        datetime | None,
        typer.Option(
            formats=MOMENTS,
            metavar="DATE",
            help="When the file's cars were for sale; else guessed from it.",
        ),
    ] = None,
    drive: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Play on this running server instead of writing OUT."),
    ] = None,
    speed: Annotated[float, typer.Option(help="With --drive: simulated seconds a second.")] = 60.0,
    seconds: Annotated[
        float, typer.Option("--for", help="With --drive: seconds after which it ends.")
    ] = math.inf,
    operator: Annotated[
        str, typer.Option(help="With --drive: e-mail of the account that changes listings.")
    ] = "operator@example.com",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON, and nothing else.")
    ] = False,
) -> None:
    """Simulate a market for used cars: as files, or on a running server.

    Shoppers search, look, save, call and buy for some weeks; OUT gets every listing, event and
    impression, and apart from them what the shoppers truly wanted. With --drive the shoppers visit
    a running server instead and react to what it shows them; cars are sold and new ones come. Exit
    status: 0 when it is done, 2 when something was refused.
    """
    started = time.monotonic()
    screen = Screen(Console(stderr=True, quiet=as_json, highlight=False, soft_wrap=True))
    if file is None and (mapping or rate is not None or constant or listed_at):
        raise ConfigurationError(
            "--mapping, --rate, --set and --listed-at say how a file is read; name one with --from."
        )
    numbers = read_parameters(parameters)
    wish = Wish(shoppers, listings, days, seed, BEGINS, preferences, hidden)
    _check(wish, aware(begins))
    if drive is not None:
        if out is not None or file is not None or begins is not None:
            raise ConfigurationError(
                "--drive plays on the server as it is, now: leave out OUT, --from and --begins."
            )
        _driven(wish, numbers, (drive, operator, speed, seconds), as_json=as_json)
        return
    if out is None:
        raise ConfigurationError(
            "Name a directory to write to, or a server to play on: carousel simulate OUT, or "
            "carousel simulate --drive http://127.0.0.1:8000."
        )
    _make_room(out)
    found = None
    if file is not None:
        found = _fitted(
            read_listing_file(
                file,
                mapping=mapping,
                rate=rate,
                constants=constants_of(constant),
                moment=aware(listed_at),
                progress=lambda job: reading_progress(job, quiet=as_json),
            ),
            numbers,
            screen,
        )
    moment = aware(begins) or (BEGINS if found is None else _midnight(found.file.moment))
    wish = replace(wish, begins=moment)
    simulated = _simulated(numbers, wish, found, screen)
    with screen.step(f"Writing {out}"):
        _write(simulated, out)
    summary = _summary(simulated, wish, found, time.monotonic() - started)
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    (out / SUMMARY).write_text(text + "\n", "utf-8")
    typer.echo(text if as_json else "\n".join(_told(summary, found, out)))


def _driven(
    wish: Wish, parameters: Parameters, where: tuple[str, str, float, float], *, as_json: bool
) -> None:
    url, operator, speed, seconds = where
    if not 0 < speed < math.inf or seconds <= 0:
        raise ConfigurationError(
            f"--speed {speed:g} and --for {seconds:g} must be above 0, and the speed finite."
        )
    if not url.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"--drive {url} is no address; give one like http://127.0.0.1:8000."
        )
    found = run_drive(
        Drive(
            url=url,
            operator=operator,
            shoppers=wish.shoppers,
            days=wish.days,
            seed=wish.seed,
            speed=speed,
            preferences=wish.preferences,
            hidden=wish.hidden,
            seconds=seconds,
        ),
        parameters,
        quiet=as_json,
    )
    typer.echo(json.dumps(found, indent=2) if as_json else "\n".join(drive_lines(found)))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A file, what it changes, and how well."""

    file: ListingFile
    fit: Fit
    report: FitReport


def _fitted(file: ListingFile, parameters: Parameters, screen: Screen) -> Fitted:
    with screen.step(f"Fitting to {len(file.facts):,} cars") as step:
        found, used = fit(file.facts, parameters, file.moment)
        report = compare(file.facts, found, used, parameters, file.moment)
        step.outcome = f"{used.fitted:,} used"
    return Fitted(file, found, report)


def _simulated(
    parameters: Parameters, wish: Wish, found: Fitted | None, screen: Screen
) -> Simulated:
    with screen.step(f"Drawing about {wish.listings:,} cars") as step:
        stock = draw_stock(
            parameters,
            listings=wish.listings,
            seed=wish.seed,
            begins=wish.begins,
            days=wish.days,
            fit=UNFITTED if found is None else found.fit,
        )
        step.outcome = f"{len(stock.facts):,}"
    with screen.step(f"Living through {wish.days} days") as step:
        return simulate(parameters, **asdict(wish), stock=stock, progress=step.progress)


def _write(simulated: Simulated, out: Path) -> None:
    try:
        files.write(simulated.recording, out)
        truth_files.write(simulated.truth, out)
        attention.write(simulated.examined, out)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}.") from error


def _check(wish: Wish, begins: datetime | None) -> None:
    for name, (least, most) in RANGES.items():
        if not least <= getattr(wish, name) <= most:
            raise ConfigurationError(
                f"--{name} {getattr(wish, name)} makes no market; give {least:,} to {most:,}."
            )
    if wish.hidden is not None and not 0 <= wish.hidden < math.inf:
        raise ConfigurationError(f"--hidden {wish.hidden} is no strength; give 0 or more.")
    if wish.preferences not in PREFERENCES:
        raise ConfigurationError(
            f"There are no preferences {wish.preferences!r}; choose of {', '.join(PREFERENCES)}."
        )
    if begins is not None and not EARLIEST.year < begins.year < LATEST_YEAR:
        raise ConfigurationError(
            f"--begins {begins:%Y-%m-%d} is too far away; the simulation knows cars from "
            f"{EARLIEST.year + 1} on, before {LATEST_YEAR}."
        )


def _make_room(out: Path) -> None:
    """Make the directory, so that a wrong path is told before the work and not after."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = any(out.iterdir())
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be made a directory: {error.strerror}.") from error
    if taken:
        raise ConfigurationError(f"{out} is not empty; name a new directory, or empty this one.")


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _summary(
    simulated: Simulated, wish: Wish, found: Fitted | None, seconds: float
) -> dict[str, Any]:
    """Return what is written beside the recording: what was asked, what came out."""
    asked = asdict(wish) | {
        "begins": wish.begins.isoformat(),
        "hidden": simulated.truth.hidden,
        "parameters": simulated.truth.parameters.source,
        "from": None if found is None else found.file.path,
    }
    figures = {
        name: value if math.isfinite(value) else None for name, value in describe(simulated).items()
    }
    return {
        "asked": asked,
        "figures": figures,
        "fit": None if found is None else _fit_document(found),
        "seconds": round(seconds, 3),
    }


def _fit_document(found: Fitted) -> dict[str, Any]:
    file = found.file
    reading = {
        "mapping": file.mapping,
        "read": file.read,
        "repeated": file.repeated,
        "rejected": dict(file.rejected),
    }
    return {"file": reading} | found.report.to_dict()


def _told(summary: Mapping[str, Any], found: Fitted | None, out: Path) -> Iterator[str]:
    """Yield what a person is told at the end."""
    if found is not None:
        yield from found.file.lines()
        yield from report_lines(found.report)
    figures = summary["figures"]

    def told(name: str, form: str) -> str:
        return "-" if figures[name] is None else format(figures[name], form)

    yield f"{out}: a market of {told('days', '.0f')} days"
    yield f"  {told('accounts', ',.0f')} accounts, {told('active shoppers', ',.0f')} shoppers came"
    life = figures["median days a listing lived"]
    gone = "" if life is None else f", half of them gone within {life:.1f} days"
    yield (
        f"  {told('listings', ',.0f')} cars, {told('cars for sale, mean over days', ',.0f')} for "
        f"sale at a time{gone}; {told('share of listings sold', '.0%')} sold"
    )
    yield (
        f"  {told('impressions', ',.0f')} impressions, "
        f"{told('share of impressions opened', '.1%')} opened; {told('events', ',.0f')} events, "
        f"a contact for {told('contacts per view of shoppers', '.1%')} of the cars opened"
    )
    yield f"  {summary['seconds']:.1f} s"
