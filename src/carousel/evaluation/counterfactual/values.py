"""What a policy's ten best cars are worth: the share of examined places from which it is opened.

Owns:    the naive figure, the three estimates and the truth of one policy; when none is quoted.
Imports: numpy, evaluation.counterfactual, evaluation.results, recording.

One decision is one random impression: chance took the car with probability 1 / E, the policy would
have taken it with probability 1 / 10 were it among its first ten, and it earned what came of it,
divided by how likely its place is examined.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from carousel.evaluation.counterfactual.answers import Answers
from carousel.evaluation.counterfactual.attention import Attention
from carousel.evaluation.counterfactual.decisions import Decisions
from carousel.evaluation.counterfactual.estimators import Log, doubly_robust, ips, snips
from carousel.evaluation.counterfactual.reward_model import FOLDS, fit, folds_of
from carousel.evaluation.effective import FEWEST_EFFECTIVE, effective_size
from carousel.evaluation.results import Estimate
from carousel.recording.tables import NONE, Flags, Floats, Ints, Recording

FEWEST_REWARDED = 10
"""Below so many rewarded decisions that agree with the policy no interval can be believed."""

STEPS = ("open", "contact")
ESTIMATORS = ("ips", "snips", "dr")


@dataclass(frozen=True, slots=True)
class Bucket:
    """The decisions that are used, as arrays over them; n decisions.

    recording: that they are from.
    listing, shopper, eligible, position: their columns, shape (n,).
    attention: how likely each place is examined.
    earned:    step -> whether it came to that, shape (n,).
    """

    recording: Recording
    listing: Ints
    shopper: Ints
    eligible: Ints
    position: Ints
    attention: Attention
    earned: Mapping[str, Flags]


def used(recording: Recording, decisions: Decisions, kept: Flags, attention: Attention) -> Bucket:
    """Return the decisions to use, ``kept``."""
    return Bucket(
        recording,
        decisions.listing[kept],
        decisions.shopper[kept],
        decisions.eligible[kept],
        decisions.position[kept],
        attention,
        {"open": decisions.opened[kept], "contact": decisions.contacted[kept]},
    )


def log_of(bucket: Bucket, tops: Ints, step: str, attention: Attention | None = None) -> Log:
    """Return the log in which a policy is looked for.

    Args:
        bucket: the decisions.
        tops: its first places, NONE where shorter, shape (n, places).
        step: one of STEPS.
        attention: the bucket's unless said otherwise.
    """
    length = (tops != NONE).sum(axis=1)
    there = (tops == bucket.listing[:, None]).any(axis=1)
    attention = attention or bucket.attention
    return Log(
        reward=bucket.earned[step] / attention.at(bucket.position),
        propensity=1.0 / bucket.eligible,
        target=np.where(there, 1.0 / np.maximum(length, 1), 0.0),
        shopper=bucket.shopper,
    )


def model_guesses(bucket: Bucket, answers: Answers, step: str, seed: int) -> tuple[Floats, Floats]:
    """Return the reward model's guesses, each from other shoppers.

    Args:
        bucket: the decisions, n of them.
        answers: to these, of m policies.
        step: one of STEPS.
        seed: deals the shoppers into folds.

    Returns:
        For the car chance took, shape (n,), and the mean over each policy's, shape (m, n).
    """
    seen, there = answers.seen, answers.tops != NONE
    guessed, expected = np.zeros(len(seen)), np.zeros(there.shape[:2])
    fold = folds_of(bucket.shopper, seed)
    for number in range(FOLDS):
        inside = fold == number
        if not inside.any() or inside.all():
            continue
        others = ~inside
        happened = bucket.earned[step][others].astype(np.float64)
        examined = bucket.attention.at(bucket.position[others])
        model = fit(seen[others], happened, examined)
        guessed[inside] = model.chance(seen[inside])
        chances = model.chance(answers.seen_tops[:, inside]) * there[:, inside]
        expected[:, inside] = chances.sum(axis=2) / np.maximum(there[:, inside].sum(axis=2), 1)
    return guessed, expected


def estimates(
    bucket: Bucket, tops: Ints, step: str, guessed: Floats, expected: Floats
) -> dict[str, Estimate]:
    """Return each estimator's value; NaN where it is not to be quoted, see ``refusal``.

    Args:
        bucket: the decisions.
        tops: the policy's first places, NONE where shorter, shape (n, places).
        step: one of STEPS.
        guessed: the reward model's guesses of the cars chance took, shape (n,).
        expected: the mean of those of the policy's cars, shape (n,).
    """
    log = log_of(bucket, tops, step)
    if refusal(log):
        nothing = Estimate(math.nan, math.nan, math.nan, len(np.unique(log.shopper)))
        return dict.fromkeys(ESTIMATORS, nothing)

    def at(attention: Attention) -> dict[str, Estimate]:
        log = log_of(bucket, tops, step, attention)
        robust = doubly_robust(log, guessed, expected)
        return {"ips": ips(log), "snips": snips(log), "dr": robust}

    return unsure(at, bucket.attention)


def unsure(
    at: Callable[[Attention], dict[str, Estimate]], attention: Attention
) -> dict[str, Estimate]:
    """Return estimates whose intervals also hold how unsure the curve of attention is.

    The reach is the root of a sum of squares: of the reach with the curve that was found, and of
    half of what the estimate moves by along each axis of the curve's doubts.
    """
    found = at(attention)
    moves = [(at(attention.moved(d, 1)), at(attention.moved(d, -1))) for d in attention.doubts]
    wide = {}
    for name, one in found.items():
        sides = [(up[name].mean - down[name].mean) / 2 for up, down in moves]
        reach = math.hypot((one.high - one.low) / 2, *sides)
        wide[name] = Estimate(one.mean, one.mean - reach, one.mean + reach, one.count)
    return wide


def refusal(log: Log) -> str:
    """Return why nothing is quoted; empty where something is."""
    size = effective_size(log.weights)
    if size < FEWEST_EFFECTIVE:
        return (
            f"policy and chance agree in an effective {size:.0f} decisions, "
            f"{FEWEST_EFFECTIVE} are needed"
        )
    rewarded = int(((log.target > 0) & (log.reward > 0)).sum())
    if rewarded < FEWEST_REWARDED:
        return (
            f"of the decisions in which policy and chance agree {rewarded} were rewarded, "
            f"{FEWEST_REWARDED} are needed"
        )
    return ""


def by_shopper(values: Floats, shopper: Ints) -> Estimate:
    """Return a mean over decisions with an interval by shopper; NaN among values is left out."""
    known = ~np.isnan(values)
    ones = np.ones(int(known.sum()))
    return ips(Log(values[known], ones, ones, shopper[known]))


def ratio_by_shopper(total: Floats, weight: Floats, shopper: Ints) -> Estimate:
    """Return sum(total) / sum(weight) with an interval by shopper; ``weight`` at least 0."""
    counted = weight > 0
    if not counted.any():
        return Estimate(math.nan, math.nan, math.nan, 0)
    ones = np.ones(int(counted.sum()))
    value = total[counted] / weight[counted]
    return snips(Log(value, ones, weight[counted], shopper[counted]))
