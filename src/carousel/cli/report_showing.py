"""How the reports of ``carousel evaluate`` are shown, and where they are written.

Owns:    the options that all its commands share, the table on the screen, the files of ``--out``.
Imports: evaluation, domain.errors, cli.screen. What the extra ``lab`` brings is imported when used.
"""

import shutil
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console

from carousel.cli.screen import Screen, Step
from carousel.domain.errors import ConfigurationError
from carousel.evaluation.report import document, tables
from carousel.evaluation.results import Report

INSTALL = "./carousel setup --lab brings it; elsewhere pip install 'carousel[lab]'."

WIDE = 200
"""Characters of a line that is not written to a terminal."""

Seed: TypeAlias = Annotated[int, typer.Option(help="Of all dice.")]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write a page (HTML) and a document (JSON) for each report."),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print the document and nothing else.")
]
AsMarkdown: TypeAlias = Annotated[bool, typer.Option("--markdown", help="Print it as markdown.")]
WithCommands: TypeAlias = Annotated[
    bool, typer.Option("--commands", help="Say for every row what repeats it.")
]


@dataclass(frozen=True, slots=True)
class Look:
    """How results are shown, and where they are written."""

    as_json: bool
    as_markdown: bool
    commands: bool
    out: Path | None


@dataclass(slots=True)
class Steps:
    """Steps of a run on standard error, one after the other."""

    screen: Screen
    running: ExitStack = field(default_factory=ExitStack)
    current: Step | None = None

    def begin(self, text: str) -> None:
        """End the step under way, begin another."""
        self.running.close()
        self.current = self.running.enter_context(self.screen.step(text))

    def advance(self, done: int, total: int) -> None:
        """Show how far the step is."""
        if self.current is not None:
            self.current.progress(done, total)


def show(reports: Mapping[str, Report], look: Look) -> None:
    """Write the reports' files, print their tables or documents."""
    for name, one in reports.items():
        if look.out is not None:
            _write(look.out, name, one)
        if look.as_json:
            sys.stdout.write(document.to_json(one))
        elif look.as_markdown:
            sys.stdout.write(tables.markdown(one, commands=look.commands))
        else:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
            console = Console(width=width, highlight=False)
            console.print(tables.terminal(one, width, commands=look.commands))


def _write(directory: Path, name: str, one: Report) -> None:
    from carousel.evaluation.report import page  # noqa: PLC0415 (draws with the lab's matplotlib)

    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{name}.json").write_text(document.to_json(one), "utf-8")
        (directory / f"{name}.html").write_text(page.html(one), "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"--out {directory} cannot be written: {error.strerror}."
        ) from None
    stderr_screen().say(f"  {directory / name}.html and .json")


def look_of(as_json: bool, markdown: bool, commands: bool, out: Path | None) -> Look:  # noqa: FBT001 (flags of the command line)
    """Return how to show results.

    Raises:
        ConfigurationError: two ways at once, or ``--out`` cannot be written or drawn for.
    """
    if as_json and markdown:
        raise ConfigurationError("--json and --markdown exclude each other; choose one.")
    if out is not None:
        needs("matplotlib")
        if out.exists() and not out.is_dir():
            raise ConfigurationError(f"--out {out} is a file; name a directory.")
    return Look(as_json, markdown, commands, out)


def needs(*packages: str) -> None:
    """Refuse to go on without packages that the extra ``lab`` brings."""
    if lacking := missing(*packages):
        raise ConfigurationError(f"{' and '.join(lacking)} not installed. {INSTALL}")


def missing(*packages: str) -> list[str]:
    """Return those of some packages that are not installed."""
    return [package for package in packages if find_spec(package) is None]


def stderr_screen() -> Screen:
    """Return a screen on standard error, for standard output is the result's."""
    return Screen(Console(stderr=True, highlight=False, soft_wrap=True))
