"""The commands: each reads the settings, builds what it needs and starts one thing.

Owns:    the list of commands; how a failure is shown.
Imports: api.wording, domain.errors, pydantic, typer; a command's module only when it runs.

To add a command, add a module here with a function ``run`` (or a typer ``app`` with commands of
its own) and name it in ``COMMANDS``.
"""

import gc
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from carousel.api.wording import words
from carousel.domain.errors import CarouselError

COMMANDS: Mapping[str, str] = {
    "demo": "demo",
    "serve": "serve",
    "stream": "stream",
    "monitor": "monitor",
    "migrate": "migrate",
    "import": "import_listings",
    "reindex": "reindex",
    "train": "train",
    "model": "model",
    "knobs": "knobs",
    "dead-letters": "dead_letters",
    "request": "request",
    "simulate": "simulate",
    "evaluate": "evaluate",
    "openapi": "openapi",
    "version": "version",
}
"""Command to module. Loading only the one that runs keeps each worker process small."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command named in the arguments; an expected failure is one sentence and exit 2."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _app(words)(words, prog_name="carousel")
    except CarouselError as error:
        if not _said_by_worker(error):
            sys.stderr.write(f"carousel: {error}\n")
        sys.exit(2)
    except Exception as error:
        if not _said_by_worker(error):
            raise
        sys.exit(1)


def _said_by_worker(error: Exception) -> bool:
    """Say why a worker ends as a line of its log; False where a person is told instead."""
    name = os.environ.get("CAROUSEL_PROCESS_NAME")
    if not name:
        return False
    # Only here, since nobody else needs them: a tenth of a second.
    from carousel.observability.last_words import say  # noqa: PLC0415

    say(name, error, expected=isinstance(error, CarouselError))
    return True


def _app(words: Sequence[str]) -> typer.Typer:
    """Return an app with the command that the arguments name, or with all of them."""
    app = typer.Typer(
        name="carousel",
        help="Real-time hybrid recommender for car marketplaces.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        cls=_Commands,
    )
    app.callback()(_nothing_before_a_command)
    named = words[0] if words and words[0] in COMMANDS else None
    modules = _loaded([named] if named else COMMANDS)
    for command, module in modules.items():
        if hasattr(module, "app"):
            app.add_typer(module.app, name=command)
        else:
            app.command(command)(module.run)
    return app


def _loaded(commands: Iterable[str]) -> dict[str, ModuleType]:
    """Load the modules of commands.

    What is loaded stays, so looking for garbage among it would only take a fifth of the time.
    """
    gc.disable()
    try:
        return {name: import_module(f"carousel.cli.{COMMANDS[name]}") for name in commands}
    finally:
        gc.enable()


def _nothing_before_a_command() -> None:
    """Keep typer from leaving out the command's name when there is only one command."""


class _Commands(TyperGroup):
    """All commands; what none of them can read is told in our words, not in pydantic's."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 (typer's own context is a private class)
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if isinstance(error.__cause__, ValidationError):
                error.message = words(error.__cause__.errors()[0])
            raise
