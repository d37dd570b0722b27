"""What a command shows while it works: one line per step, with the time it took.

Owns:    the look of the terminal output.
Imports: rich.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

WAITING = (TextColumn(" "), SpinnerColumn(), TextColumn("{task.description}"))
COUNTING = (*WAITING, BarColumn(), MofNCompleteColumn())


@dataclass(slots=True)
class Step:
    """A step under way. ``outcome`` is shown behind it when it is done."""

    text: str
    outcome: str = ""
    bar: Progress | None = None

    def progress(self, done: int, total: int) -> None:
        """Show how far the step is, as a bar; may be called as often as one likes."""
        if self.bar is not None:
            self.bar.columns = COUNTING
            self.bar.update(self.bar.task_ids[0], completed=done, total=total)


@dataclass(frozen=True, slots=True)
class Screen:
    """Lines for a person; bars only on a terminal, so that a log file stays readable."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))

    def say(self, text: str) -> None:
        """Print text as it is; a closed terminal or pipe must not end the work."""
        with suppress(OSError):
            self.console.print(text, markup=False)

    @contextmanager
    def step(self, text: str) -> Iterator[Step]:
        """Show a step while it runs; leave one line with its seconds behind."""
        begun = time.monotonic()
        step = Step(text)
        with Progress(
            *WAITING, console=self.console, transient=True, disable=not self.console.is_terminal
        ) as bar:
            bar.add_task(text, total=None)
            step.bar = bar
            yield step
        line = f"  {text}{': ' if step.outcome else ''}{step.outcome}"
        self.say(f"{line:<62} {time.monotonic() - begun:6.1f} s")
