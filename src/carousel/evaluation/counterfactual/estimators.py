"""Off-policy estimates: inverse propensity, self-normalised, doubly robust; each with its interval.

Owns:    the three estimators and their intervals by shopper.
Imports: numpy, evaluation.results, recording.

A log holds n decisions: in context x_i the logging policy took a_i with probability p_i and earned
r_i. A target policy would have taken the same with probability t_i. With w_i = t_i / p_i,

    IPS   = mean(w r)
    SNIPS = sum(w r) / sum(w)
    DR    = mean(q(x, target) + w (r - q(x, a)))

where q is any model of the reward: q(x, a) its guess for the logged action, q(x, target) its mean
over the target's actions. IPS and DR are unbiased where p > 0 wherever t > 0; DR has the smaller
variance the better q is. SNIPS is consistent and never leaves the range of the rewards.

Decisions of one shopper hang together, so intervals are by shopper: the variance of the sum of
each shopper's influence, with Student's correction for few of them.

Source:  Horvitz & Thompson, JASA 1952; Swaminathan & Joachims, NIPS 2015 (SNIPS); Dudík, Langford
         & Li, ICML 2011 (DR).
"""

import math
from dataclasses import dataclass

import numpy as np

from carousel.evaluation.results import Estimate
from carousel.recording.tables import Floats, Ints

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Log:
    """Logged decisions; every array has one entry a decision.

    reward:     what it earned.
    propensity: p in (0, 1], of the logged action under the logging policy.
    target:     t in [0, 1], of the same action under the target policy.
    shopper:    whose it was.
    """

    reward: Floats
    propensity: Floats
    target: Floats
    shopper: Ints

    @property
    def weights(self) -> Floats:
        """Return w, shape (n,)."""
        return self.target / self.propensity


def ips(log: Log, *, clip: float = math.inf) -> Estimate:
    """Return the inverse-propensity estimate of the reward per decision.

    Args:
        log: the decisions.
        clip: largest weight; a finite one trades variance for a bias towards 0.

    >>> half = Log(np.array([1.0, 0.0]), np.full(2, 0.5), np.array([1.0, 0.0]), np.array([0, 1]))
    >>> ips(half).mean
    1.0
    """
    weights = np.minimum(log.weights, clip)
    return _mean(weights * log.reward, log.shopper)


def snips(log: Log) -> Estimate:
    """Return the self-normalised estimate; NaN where the target never acts as logged.

    >>> log = Log(np.array([1.0, 3.0]), np.array([0.5, 0.25]), np.ones(2), np.array([0, 1]))
    >>> round(snips(log).mean, 3)  # (2 * 1 + 4 * 3) / (2 + 4)
    2.333
    """
    weights = log.weights
    total = float(weights.sum())
    if total <= 0:
        return _nothing(log.shopper)
    value = float(weights @ log.reward) / total
    influence = weights * (log.reward - value) / total
    return _interval(value, influence, log.shopper)


def doubly_robust(log: Log, guessed: Floats, expected: Floats) -> Estimate:
    """Return the doubly-robust estimate of the reward per decision.

    Args:
        log: the decisions.
        guessed: q(x, a), shape (n,), for the logged action. Fit q on other shoppers than these.
        expected: q(x, target), shape (n,), its mean over what the target would do.
    """
    return _mean(expected + log.weights * (log.reward - guessed), log.shopper)


def _mean(values: Floats, shopper: Ints) -> Estimate:
    if len(values) == 0:
        return _nothing(shopper)
    value = float(values.mean())
    return _interval(value, (values - value) / len(values), shopper)


def _interval(value: float, influence: Floats, shopper: Ints) -> Estimate:
    """Return the estimate with an interval from each shopper's summed influence."""
    _, cluster = np.unique(shopper, return_inverse=True)
    sums = np.bincount(cluster, influence)
    count = len(sums)
    if count < 2:  # noqa: PLR2004 (one shopper tells nothing about the spread between shoppers)
        return Estimate(value, math.nan, math.nan, count)
    error = math.sqrt(float(sums @ sums) * count / (count - 1))
    reach = _student(count - 1) * error
    return Estimate(value, value - reach, value + reach, count)


def _student(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t by the Cornish-Fisher expansion.

    >>> round(_student(10), 2), round(_student(1_000), 2)
    (2.23, 1.96)
    """
    z = _Z
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return z + first + second


def _nothing(shopper: Ints) -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, len(np.unique(shopper)))
