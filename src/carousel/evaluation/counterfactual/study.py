"""A counterfactual study of a recorded market, from its directory to a report.

Owns:    what is run by default, the order of its steps.
Imports: numpy, evaluation, recording, simulation.{attention,truth}.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from carousel.evaluation import market as markets
from carousel.evaluation.counterfactual.answers import Answers, ask_all
from carousel.evaluation.counterfactual.decisions import PLACES, Wanted, choose
from carousel.evaluation.counterfactual.duels import Side, duel
from carousel.evaluation.counterfactual.findings import Found, report_of, row_of, shown_row
from carousel.evaluation.counterfactual.histories import Histories
from carousel.evaluation.counterfactual.judge import Judge
from carousel.evaluation.counterfactual.position import position_of
from carousel.evaluation.counterfactual.values import STEPS, model_guesses, used
from carousel.evaluation.market import Market, Progress, moment_of
from carousel.evaluation.methods import METHODS, make
from carousel.evaluation.results import MethodResult, Provenance, Report
from carousel.evaluation.timing import Timed
from carousel.evaluation.visits import check_split
from carousel.simulation import attention

DEFAULT_SPLIT = "0.5"
"""Random places are few: half of the time is for learning, half for judging."""

DEFAULT_METHODS = (
    "carousel",
    "carousel-nightly",
    "bumps-mean",
    "prototype",
    "popular",
    "newest",
    "random",
    "oracle",
)
DEFAULT_REFERENCE = "carousel"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a study may be told.

    methods: names; none means DEFAULT_METHODS, as far as they can run here. The first is what the
             others are compared with, unless DEFAULT_REFERENCE takes part.
    split:   a share of the recording's time in (0, 1), or a date or moment, UTC.
    pool:    uses lists with at most so many cars to choose from; None finds how many.
    most:    uses so many random impressions at most, drawn evenly; None uses all.
    """

    methods: tuple[str, ...] = ()
    split: str = DEFAULT_SPLIT
    pool: int | None = None
    most: int | None = None
    seed: int = 0


def check_names(choices: Choices) -> None:
    """Refuse unknown methods before anything long is begun.

    Raises:
        ConfigurationError: there is no such method.
    """
    markets.check_names(markets.Choices(methods=choices.methods))


def study(market: Market, choices: Choices, progress: Progress) -> Callable[[Provenance], Report]:
    """Study a market and return what makes the report once the run's provenance is known.

    Raises:
        ConfigurationError: a choice does not fit the market, or nothing can be estimated.
    """
    recording, names = market.recording, _names(market, choices)
    split = moment_of(choices.split, recording)
    check_split(recording, split)
    dice = np.random.default_rng([choices.seed, 0xC0FFEE])
    noise = np.zeros(len(recording.users), dtype=bool)
    if market.truth is not None:
        noise[market.truth.noise()] = True
    progress.step("measuring how attention falls with position")
    looked = attention.read(market.directory, len(recording.impressions.at))
    position = position_of(recording, noise, looked)
    histories = Histories(recording)
    judge = None if market.truth is None else Judge(market.truth, histories)
    undivided = _anybody if judge is None else judge.undivided
    decisions, counts = choose(
        recording, Wanted(split, noise, choices.pool, choices.most, undivided), dice
    )
    timed = [Timed(make(name, market.truth), time.perf_counter) for name in names]
    progress.step(f"asking {len(names)} methods about {len(decisions):,} random impressions")
    answers = ask_all(
        recording,
        decisions,
        timed,
        split=split,
        histories=histories,
        judge=judge,
        advance=progress.advance,
    )
    counts |= _kept(answers)
    bucket = used(recording, decisions, answers.rebuilt, position.attention)
    answers = answers.only_rebuilt()
    progress.step("estimating, with intervals")
    guesses = {step: model_guesses(bucket, answers, step, choices.seed) for step in STEPS}
    rows = [shown_row(answers, bucket)]
    for number, method in enumerate(timed):
        mine = {step: (guess, expected[number]) for step, (guess, expected) in guesses.items()}
        rows.append(row_of(_blank(market, choices, method), number, answers, bucket, mine))
    duels = []
    if judge is not None:
        sides = [
            Side(name, tops, chance)
            for name, tops, chance in zip(names, answers.tops, answers.open, strict=True)
        ]
        progress.step(f"playing {len(sides) - 1} duels over {len(bucket.shopper):,} lists")
        examined = position.best_known(PLACES)
        for done, other in enumerate(sides[1:], start=1):
            duels.append(duel(sides[0], other, bucket.shopper, examined, dice))
            progress.advance(done, len(sides) - 1)
    found = Found(split, decisions.pool, bucket, position, rows, duels)
    return lambda provenance: report_of(market, found, counts, provenance)


def _anybody(shopper: int, at: float) -> bool:
    """Of a market without a truth nothing speaks against any decision."""
    del shopper, at
    return True


def _names(market: Market, choices: Choices) -> list[str]:
    """Return the methods to run, the reference first."""
    if choices.methods:
        names, _ = markets.chosen_methods(markets.Choices(methods=choices.methods), market.truth)
    else:
        names = [n for n in DEFAULT_METHODS if not METHODS[n].obstacle(market.truth)]
    return sorted(names, key=lambda name: name != DEFAULT_REFERENCE)


def _kept(answers: Answers) -> dict[str, int]:
    lost = int((~answers.rebuilt).sum())
    found = {"random impressions used as decisions": int(answers.rebuilt.sum())}
    if lost:
        why = "the cars it was drawn from could not be worked out"
        return {f"random impressions left out: {why}": lost, **found}
    return found


def _blank(market: Market, choices: Choices, method: Timed) -> MethodResult:
    """Return a method's result without any figures."""
    words = [f"./carousel evaluate counterfactual {market.directory}", f"--methods {method.name}"]
    if choices.split != DEFAULT_SPLIT:
        words.append(f"--split {choices.split}")
    for option, most in (("pool", choices.pool), ("most", choices.most)):
        if most is not None:
            words.append(f"--{option} {most}")
    words.append(f"--seed {choices.seed}")
    return MethodResult(
        method.name,
        METHODS[method.name].label,
        {},
        seconds=method.seconds,
        command=" ".join(words),
    )
