"""A run over a recorded market: from its directory to a report.

Owns:    what is run by default, where time is split, the words of such a report.
Imports: threadpoolctl (with the lab), evaluation, recording, simulation.truth_files, domain.errors.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.leaks import find_leaks
from carousel.evaluation.methods import METHODS, make
from carousel.evaluation.played import Options, Played
from carousel.evaluation.replay import replay
from carousel.evaluation.results import MethodResult, Provenance, Report
from carousel.evaluation.summary import Telling, summarise
from carousel.recording.checking import checked
from carousel.recording.files import data_hash, read
from carousel.recording.tables import Recording
from carousel.simulation import truth_files
from carousel.simulation.truth import Truth

DEFAULT_REFERENCE, DEFAULT_SPLIT = "carousel", "0.8"
LEAK_MOMENTS = 3
"""At so many moments the future is cut off and all methods are played again."""


@dataclass(frozen=True, slots=True)
class Market:
    """A recording fit to be replayed, what was dropped from it, the truth if it is simulated."""

    directory: Path
    recording: Recording
    dropped: Mapping[str, int]
    data_hash: str
    truth: Truth | None

    def described(self) -> str:
        """Return the data in words."""
        one = self.recording
        days = (one.ends - one.begins) / 86_400
        return (
            f"{one.name}: {len(one.listings):,} listings, {len(one.users):,} shoppers, "
            f"{len(one.events.at):,} events, {days:.0f} days"
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """What a run may be told.

    methods:   names; none means all that can run here.
    split:     a share of the recording's time in (0, 1), or a date or moment, UTC.
    moments:   asks at so many test moments at most; None asks at all.
    slates:    asks about so many random slates at most; None asks about all.
    reference: what the others are compared with; None is Carousel, where it takes part.
    leaks:     whether to look for methods that see the future.
    """

    methods: tuple[str, ...] = ()
    split: str = DEFAULT_SPLIT
    moments: int | None = None
    slates: int | None = None
    seed: int = 0
    reference: str | None = None
    leaks: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Is told what is done: ``step`` begins something, ``advance`` says how far it is."""

    step: Callable[[str], None]
    advance: Callable[[int, int], None]


def open_market(directory: Path) -> Market:
    """Read a recording and, if it lies beside it, the truth.

    Raises:
        RecordingError: see ``recording.files.read`` and ``recording.checking.checked``.
    """
    found = checked(read(directory))
    simulated = (directory / truth_files.FOLDER).is_dir()
    truth = truth_files.read(directory) if simulated else None
    return Market(directory, found.recording, found.counts, data_hash(directory), truth)


def check_names(choices: Choices) -> None:
    """Refuse unknown methods before anything long is begun.

    Raises:
        ConfigurationError: there is no such method.
    """
    for name in (*choices.methods, choices.reference):
        if name is not None and name not in METHODS:
            make(name)


def chosen_methods(choices: Choices, truth: Truth | None) -> tuple[list[str], list[MethodResult]]:
    """Return the methods to run, and a row that says why for each that cannot run here.

    A method that was named and cannot run is refused, one that was not is left out.

    Raises:
        ConfigurationError: a name is unknown, or the method cannot run here.
    """
    named = list(dict.fromkeys(choices.methods))
    if choices.reference is not None and named and choices.reference not in named:
        named.append(choices.reference)
    check_names(choices)
    for name in named:
        if METHODS[name].obstacle(truth):
            make(name, truth)
    if named:
        return named, []
    able = [name for name, entry in METHODS.items() if not entry.obstacle(truth)]
    left_out = [
        MethodResult(name, entry.label, {}, remark=entry.obstacle(truth))
        for name, entry in METHODS.items()
        if name not in able
    ]
    return able, left_out


def moment_of(split: str, recording: Recording) -> float:
    """Return the epoch seconds at which a recording is split.

    Raises:
        ConfigurationError: it is no share in (0, 1), no date and no moment.
    """
    try:
        share = float(split)
    except ValueError:
        share = math.nan
    if 0 < share < 1:
        return recording.begins + share * (recording.ends - recording.begins)
    try:
        moment = datetime.fromisoformat(split)
    except ValueError:
        raise ConfigurationError(
            f"--split {split} is neither a share between 0 and 1 nor a date such as 2026-03-31."
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def evaluate(
    market: Market, choices: Choices, progress: Progress
) -> Callable[[Provenance], Report]:
    """Replay a market and return what makes its report once the run's provenance is known.

    Raises:
        ConfigurationError: a choice does not fit the market, or nothing can be measured.
    """
    names, left_out = chosen_methods(choices, market.truth)
    split = moment_of(choices.split, market.recording)
    options = Options(moments=choices.moments, slates=choices.slates, seed=choices.seed)
    progress.step(f"replaying {len(names)} methods")
    with _one_thread():
        played = replay(
            market.recording,
            [make(name, market.truth) for name in names],
            split=split,
            options=options,
            truth=market.truth,
            progress=progress.advance,
        )
    progress.step("measuring, with intervals")
    reference = choices.reference or (DEFAULT_REFERENCE if DEFAULT_REFERENCE in names else None)
    telling = Telling(
        reference=reference,
        labels={name: METHODS[name].label for name in names},
        commands={name: command(market, choices, name) for name in names},
        bounds=[name for name in names if METHODS[name].cheats],
        seed=choices.seed,
    )
    found = summarise(played, telling)
    notes = found.notes
    if choices.leaks:
        progress.step(f"looking for leaks at {LEAK_MOMENTS} moments")
        notes = (*notes, _leaks(market, names, split, options))

    def report(provenance: Provenance) -> Report:
        return Report(
            title=f"{_count(len(names))} to recommend cars, replayed",
            summary=_summary(market, played),
            metrics=found.metrics,
            headline=found.headline,
            methods=(*found.methods, *left_out),
            comparisons=found.comparisons,
            counts={**market.dropped, **found.counts},
            curves=found.curves,
            provenance=provenance,
            notes=notes,
        )

    return report


def _one_thread() -> AbstractContextManager[object]:
    """Keep BLAS to one thread: vectors are short, and threads cost a product more than they save.

    Raises:
        ConfigurationError: the lab's packages are missing.
    """
    try:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 (comes with the lab)
    except ModuleNotFoundError:
        raise ConfigurationError(
            "threadpoolctl is not installed; ./carousel setup --lab brings it, elsewhere "
            "pip install 'carousel[lab]'."
        ) from None
    limits: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limits


def command(market: Market, choices: Choices, name: str) -> str:
    """Return what repeats one method's row."""
    words = [f"./carousel evaluate market {market.directory}", f"--methods {name}"]
    if choices.split != DEFAULT_SPLIT:
        words.append(f"--split {choices.split}")
    for option, most in (("moments", choices.moments), ("slates", choices.slates)):
        if most is not None:
            words.append(f"--{option} {most}")
    return " ".join([*words, f"--seed {choices.seed}"])


def _count(methods: int) -> str:
    """Return the number of ways, as a title begins.

    >>> _count(1), _count(9), _count(16)
    ('One way', 'Nine ways', '16 ways')
    """
    words = (
        *("One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"),
        *("Eleven", "Twelve"),
    )
    number = words[methods - 1] if methods <= len(words) else str(methods)
    return f"{number} way{'' if methods == 1 else 's'}"


def _summary(market: Market, played: Played) -> str:
    day = datetime.fromtimestamp(played.split, UTC)
    return (
        f"The market: {market.described()}. All methods learn from what lies before "
        f"{day.day} {day:%B %Y}; from then on they are asked at the same {len(played.moments):,} "
        "moments, knowing what had happened by then, and rank every car for sale."
    )


def _leaks(market: Market, names: Sequence[str], split: float, options: Options) -> str:
    honest = [name for name in names if not METHODS[name].cheats]
    leaks = find_leaks(
        lambda: [make(name, market.truth) for name in honest],
        market.recording,
        split,
        LEAK_MOMENTS,
        options,
    )
    if not leaks:
        return (
            f"Leak check: with the future cut off at {LEAK_MOMENTS} moments, every method but the "
            "oracle gives the same slates as with it."
        )
    guilty = sorted({leak.method for leak in leaks})
    return (
        f"LEAK: {', '.join(guilty)} gave other slates once the future was cut off "
        f"({len(leaks)} of them); their numbers are worth nothing."
    )
