"""How attention falls with position, estimated from a log.

Owns:    examination curves from random exposure and from ordinary lists.
Imports: numpy, recording.tables.

A car at position k is opened when it is examined, with probability e_k, and then attracts. Only
ratios can be known from clicks, so a curve is scaled to e_1 = 1.

Random exposure: cars put at a position by chance are alike on average, so e_k / e_1 is the ratio
of their opening rates.

Ordinary lists put the best on top, and position and attraction mix. Where the same car was shown
at several positions, expectation-maximisation takes them apart: with attraction a_i,

    P(examined | not opened) = e_k (1 - a_i) / (1 - e_k a_i)
    P(attracts | not opened) = a_i (1 - e_k) / (1 - e_k a_i)

both 1 where opened; e_k and a_i are the means of these over their impressions.

Source:  Craswell, Zoeter, Taylor & Ramsey, WSDM 2008 (the model); Wang, Golbandi, Bendersky,
         Metzler & Najork, WSDM 2018 (expectation-maximisation for it).
"""

import numpy as np

from carousel.recording.tables import Flags, Floats, Ints

ROUNDS = 200
SETTLED = 1e-5


def from_random(position: Ints, opened: Flags, depth: int) -> Floats:
    """Return e, shape (depth,), from impressions that chance placed; NaN where there are none.

    Args:
        position: of each, 1 is the top.
        opened: whether it was.
        depth: how far to look.

    >>> position = np.array([1, 1, 2, 2])
    >>> from_random(position, np.array([True, True, True, False]), 2).tolist()
    [1.0, 0.5]
    """
    inside = position <= depth
    shown = np.bincount(position[inside], minlength=depth + 1)[1:]
    hits = np.bincount(position[inside], opened[inside], minlength=depth + 1)[1:]
    rate = np.divide(hits, shown, out=np.full(depth, np.nan), where=shown > 0)
    return np.asarray(rate / rate[0] if rate[0] > 0 else np.full(depth, np.nan))


def steepness(examination: Floats, weight: Floats) -> float:
    """Return n of the curve e_k = k ** -n that fits best, by weighted least squares in logs.

    Args:
        examination: e, shape (depth,), positive where weighted.
        weight: how much each position counts, e.g. its impressions.

    >>> round(steepness(np.arange(1, 6) ** -0.5, np.ones(5)), 6)
    0.5
    """
    usable = (examination > 0) & (weight > 0) & np.isfinite(examination)
    log_position = np.log(np.arange(1, len(examination) + 1))[usable]
    log_examined, weights = np.log(examination[usable]), weight[usable]
    # The level is free: the first position is measured with error too.
    x = log_position - np.average(log_position, weights=weights)
    y = log_examined - np.average(log_examined, weights=weights)
    return float(-(weights @ (x * y)) / (weights @ (x * x)))


def by_expectation(position: Ints, thing: Ints, opened: Flags, depth: int) -> Floats:
    """Return e, shape (depth,), from ordinary lists, by expectation-maximisation.

    Args:
        position: of each impression, 1 is the top; deeper ones than ``depth`` are left out.
        thing: what was shown, any numbers: impressions of one number attract alike.
        opened: whether it was.
        depth: how far to look.
    """
    inside = position <= depth
    place, opened = position[inside] - 1, opened[inside]
    _, what = np.unique(thing[inside], return_inverse=True)
    shown_at = np.maximum(np.bincount(place, minlength=depth), 1)
    shown_of = np.maximum(np.bincount(what), 1)
    examined, attracts = np.linspace(0.9, 0.5, depth), np.full(len(shown_of), 0.2)
    for _ in range(ROUNDS):
        both = examined[place] * attracts[what]
        seen = np.where(opened, 1.0, (examined[place] - both) / (1 - both))
        liked = np.where(opened, 1.0, (attracts[what] - both) / (1 - both))
        before = examined
        examined = np.clip(np.bincount(place, seen, minlength=depth) / shown_at, 1e-6, 1 - 1e-6)
        attracts = np.clip(np.bincount(what, liked) / shown_of, 1e-6, 1 - 1e-6)
        if float(np.max(np.abs(examined - before))) < SETTLED:
            break
    return np.asarray(examined / examined[0])
