"""``carousel evaluate``: compare ways of recommending, and show what was found.

Owns:    the commands ``market``, ``counterfactual``, ``public``, ``report`` and ``list``.
Imports: evaluation, domain.errors, cli. What the extra ``lab`` brings is imported when used.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from carousel.cli import evaluate_experiment
from carousel.cli.report_showing import (
    INSTALL,
    WIDE,
    AsJson,
    AsMarkdown,
    Out,
    Seed,
    Steps,
    WithCommands,
    look_of,
    missing,
    needs,
    show,
    stderr_screen,
)
from carousel.domain.errors import ConfigurationError
from carousel.evaluation.counterfactual import study
from carousel.evaluation.market import (
    DEFAULT_SPLIT,
    Choices,
    Market,
    Progress,
    check_names,
    open_market,
)
from carousel.evaluation.market import evaluate as evaluate_market
from carousel.evaluation.methods import METHODS
from carousel.evaluation.metrics.catalogue import METRICS
from carousel.evaluation.provenance import Settings, of_run
from carousel.evaluation.report import document
from carousel.evaluation.results import Provenance
from carousel.settings import CHECKOUT

DATA = CHECKOUT.parent / "shared" / "data"
"""Where public sets are looked for: beside the checkout."""

app = typer.Typer(
    help="Compare ways of recommending: on a replayed market, on public data, on real shoppers.",
    no_args_is_help=True,
)
app.command("experiment")(evaluate_experiment.run)


@app.command("market")
def market(  # noqa: PLR0913 - one argument per option of the command line
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="A recording, as carousel simulate writes.")
    ],
    *,
    methods: Annotated[
        str, typer.Option(metavar="A,B,C", help="Names from carousel evaluate list; else all.")
    ] = "",
    split: Annotated[
        str, typer.Option(help="Learn from what lies before: a share of the time, or a date.")
    ] = DEFAULT_SPLIT,
    moments: Annotated[
        int | None,
        typer.Option(min=1, help="Ask at so many moments at most, drawn evenly; else at all."),
    ] = None,
    slates: Annotated[
        int | None,
        typer.Option(min=1, help="Ask about so many random slates at most; else about all."),
    ] = None,
    seed: Seed = 0,
    reference: Annotated[
        str | None, typer.Option(help="Compare the others with it; else with carousel.")
    ] = None,
    check_leaks: Annotated[
        bool, typer.Option("--check-leaks", help="Find methods that see the future; slow.")
    ] = False,
    out: Out = None,
    as_json: AsJson = False,
    markdown: AsMarkdown = False,
    commands: WithCommands = False,
) -> None:
    """Replay a recorded market and ask every method at the same moments.

    Each hears only of the past and ranks the cars for sale at that moment. Exit status: 0 when the
    table was made, 2 when something was refused.
    """
    look, begun = look_of(as_json, markdown, commands, out), time.monotonic()
    choices = Choices(
        methods=_names(methods),
        split=split,
        moments=moments,
        slates=slates,
        seed=seed,
        reference=reference,
        leaks=check_leaks,
    )
    check_names(choices)
    steps = Steps(stderr_screen())
    with steps.running:
        steps.begin(f"reading {directory}")
        opened = open_market(directory)
        finish = evaluate_market(opened, choices, Progress(steps.begin, steps.advance))
    settings: Settings = {
        "split": split,
        "seed": seed,
        **_given(
            methods=methods,
            moments=moments,
            slates=slates,
            reference=reference,
            check_leaks=check_leaks,
        ),
    }
    made = _made("market", opened, settings, seed, begun)
    show({"report": finish(made)}, look)


@app.command("counterfactual")
def counterfactual(  # noqa: PLR0913 - one argument per option of the command line
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="A recording with random exposure.")
    ],
    *,
    methods: Annotated[
        str, typer.Option(metavar="A,B,C", help="Names from carousel evaluate list; else a choice.")
    ] = "",
    split: Annotated[
        str, typer.Option(help="Learn from what lies before: a share of the time, or a date.")
    ] = study.DEFAULT_SPLIT,
    pool: Annotated[
        int | None,
        typer.Option(min=11, help="Use lists of at most so many cars; else as can be learned of."),
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help="Use so many random places at most; else all.")
    ] = None,
    seed: Seed = 0,
    out: Out = None,
    as_json: AsJson = False,
    markdown: AsMarkdown = False,
    commands: WithCommands = False,
) -> None:
    """Estimate what other policies would have earned, from the places that chance filled.

    A simulated market also tells the truth, and plays duels. Exit status: 0 when the table was
    made, 2 when something was refused.
    """
    look, begun = look_of(as_json, markdown, commands, out), time.monotonic()
    choices = study.Choices(_names(methods), split, pool, most, seed)
    study.check_names(choices)
    steps = Steps(stderr_screen())
    with steps.running:
        steps.begin(f"reading {directory}")
        opened = open_market(directory)
        finish = study.study(opened, choices, Progress(steps.begin, steps.advance))
    settings: Settings = {
        "split": split,
        "seed": seed,
        **_given(methods=methods, pool=pool, most=most),
    }
    made = _made("counterfactual", opened, settings, seed, begun)
    show({"counterfactual": finish(made)}, look)


@app.command("public")
def public(  # noqa: PLR0913 - one argument per option of the command line
    sets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SET]...", help="Names from carousel evaluate list; else all."),
    ] = None,
    *,
    data: Annotated[
        Path, typer.Option(metavar="PATH", help="Folder that holds interactions/.")
    ] = DATA,
    only: Annotated[
        str, typer.Option(metavar="A,B,C", help="Models from carousel evaluate list; else all.")
    ] = "",
    seed: Seed = 0,
    out: Out = None,
    as_json: AsJson = False,
    markdown: AsMarkdown = False,
    commands: WithCommands = False,
) -> None:
    """Measure models on public data sets, each with the protocol others report it by.

    Exit status: 0 when the tables were made, 2 when something was refused.
    """
    needs("scipy", "threadpoolctl")
    from carousel.evaluation.public.measuring import SETS, evaluate_public  # noqa: PLC0415 (the lab)

    look = look_of(as_json, markdown, commands, out)
    names = sets or list(SETS)
    if as_json and len(names) > 1:
        raise ConfigurationError("--json prints one document; name one set, or use --out.")
    reports = {}
    steps = Steps(stderr_screen())
    with steps.running:
        for name in names:
            begun = time.monotonic()

            def tell(what: str, share: float, name: str = name) -> None:
                if not share:
                    steps.begin(f"{name}: {what}")
                steps.advance(round(100 * share), 100)

            found = evaluate_public(name, data, _names(only), seed, tell)
            settings: Settings = {"seed": seed, **_given(only=only)}
            reports[name] = found.report(
                of_run(
                    command=["./carousel", "evaluate", "public", name, *_options(settings)],
                    made_at=datetime.now(UTC),
                    seed=seed,
                    data=found.data.title,
                    data_hash=found.data.data_hash,
                    settings=settings,
                    seconds=time.monotonic() - begun,
                )
            )
    show(reports, look)


@app.command("report")
def report(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.json", help="A document of an earlier run.")
    ],
    *,
    out: Out = None,
    as_json: AsJson = False,
    markdown: AsMarkdown = False,
    commands: WithCommands = False,
) -> None:
    """Show an earlier run again: its table, and with --out its page."""
    look = look_of(as_json, markdown, commands, out)
    show({file.stem: document.read(file)}, look)


@app.command("list")
def list_names() -> None:
    """Show the methods, public sets, models and metrics there are."""
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    console.print(
        _listing(
            "Methods, for evaluate market", ((n, e.label, e.sentence) for n, e in METHODS.items())
        )
    )
    console.print(_listing("Metrics", ((m.key, m.label, m.meaning) for m in METRICS)))
    if missing("scipy", "threadpoolctl"):
        console.print(f"Public sets and their models: {INSTALL}")
        return
    from carousel.evaluation.public.measuring import SETS  # noqa: PLC0415 (the lab)
    from carousel.evaluation.public.models import MODELS  # noqa: PLC0415 (the lab)

    console.print(_listing("Public sets, for evaluate public", ((name, "", "") for name in SETS)))
    console.print(
        _listing("Models, for evaluate public", ((n, m.label, m.remark) for n, m in MODELS.items()))
    )


def _made(command: str, opened: Market, settings: Settings, seed: int, begun: float) -> Provenance:
    """Return the provenance of a run over a recording, begun at a monotonic moment."""
    return of_run(
        command=["./carousel", "evaluate", command, str(opened.directory), *_options(settings)],
        made_at=datetime.now(UTC),
        seed=seed,
        data=opened.described(),
        data_hash=opened.data_hash,
        settings=settings,
        seconds=time.monotonic() - begun,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _given(**options: str | int | None) -> dict[str, str | int]:
    """Return the options that were given, as settings of the run."""
    return {key: value for key, value in options.items() if value}


def _options(settings: Settings) -> Iterator[str]:
    """Yield settings as words of a command line."""
    for key, value in settings.items():
        yield f"--{key.replace('_', '-')}"
        if value is not True:
            yield str(value)


def _listing(title: str, rows: Iterable[tuple[str, str, str]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(no_wrap=True)
    table.add_column()
    for row in rows:
        table.add_row(*row)
    return table
