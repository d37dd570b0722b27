"""How attention falls with position in one recording, seen in four ways.

Owns:    the curves side by side, the one that estimates are corrected with.
Imports: numpy, evaluation.counterfactual.{attention,decisions,examination}, evaluation.results,
         recording.

Only lists of full length count. A short list is one of few cars, mostly a narrow search whose cars
are opened more often; with it among the rest, the upper places would seem to get more attention
than they do.

The curve by random exposure is noisy at the lower places, where little is opened; estimates divide
by it, so they use the smooth curve that is fitted to the same impressions.
"""

import math
from dataclasses import dataclass

import numpy as np

from carousel.evaluation.counterfactual import attention, examination
from carousel.evaluation.counterfactual.attention import Attention
from carousel.evaluation.counterfactual.decisions import opened
from carousel.evaluation.results import Curve
from carousel.recording.tables import Flags, Floats, Ints, Recording

DEPTH = 20
RANDOM, FITTED, ORDINARY, TRUE = "random exposure", "fitted", "ordinary lists", "truth"
"""Names of the curves."""


@dataclass(frozen=True, slots=True)
class Position:
    """What is known of attention by place, the first place being 1.

    attention: the smooth curve.
    curves:    RANDOM, FITTED and ORDINARY, and TRUE where the simulation told.
    """

    attention: Attention
    curves: tuple[Curve, ...]

    def examined(self, position: Ints) -> Floats:
        """Return by the fitted curve how likely places are examined, in (0, 1], shape (n,)."""
        return self.attention.at(position)

    def best_known(self, depth: int) -> Floats:
        """Return the true curve where it is known, else the fitted one, shape (depth,)."""
        fitted = self.examined(np.arange(1, depth + 1))
        true = [c for c in self.curves if c.method == TRUE]
        if true:
            known = np.array(true[0].y)[:depth]
            fitted[: len(known)] = np.where(np.isnan(known), fitted[: len(known)], known)
        return fitted


def position_of(recording: Recording, left_out: Flags, examined: Flags | None) -> Position:
    """Return how attention falls in a recording.

    Args:
        recording: what happened, with random exposure.
        left_out: shape (shoppers,), accounts that are no shoppers.
        examined: whether each impression was looked at, where the simulation told.
    """
    shown, hits = recording.impressions, opened(recording)
    length = _lengths(shown.slate)
    depth = min(DEPTH, int(np.bincount(length[shown.position == 1], minlength=2).argmax()))
    people = ~left_out[shown.shopper] & (length >= depth)
    random, ordinary = people & shown.random, people & ~shown.random
    by_chance, lucky = shown.position[random], hits[random]
    smooth = attention.fit(by_chance, lucky)
    places = np.arange(1, depth + 1)
    curves = [
        _measured(by_chance, lucky, smooth, depth),
        _curve(FITTED, places, smooth.at(places)),
        _curve(
            ORDINARY,
            places,
            examination.by_expectation(
                shown.position[ordinary], shown.listing[ordinary], hits[ordinary], depth
            ),
        ),
    ]
    if examined is not None:
        looked = np.bincount(shown.position[people], examined[people], minlength=depth + 1)
        all_ = np.bincount(shown.position[people], minlength=depth + 1)
        share = looked[1 : depth + 1] / np.maximum(all_[1 : depth + 1], 1)
        curves.append(_curve(TRUE, places, share / share[0]))
    return Position(smooth, tuple(curves))


def _lengths(slate: Ints) -> Ints:
    """Return of each impression how many places its list has.

    >>> _lengths(np.array([7, 7, 9])).tolist()
    [2, 2, 1]
    """
    _, which, count = np.unique(slate, return_inverse=True, return_counts=True)
    return np.asarray(count[which])


def _measured(position: Ints, hits: Flags, smooth: Attention, depth: int) -> Curve:
    """Return the curve by random exposure with intervals.

    Places are scaled by the fitted curve's level, not by the first place alone: its own rate is
    measured with error and would bend all others.
    """
    shown = np.bincount(position, minlength=depth + 1)[1 : depth + 1]
    count = np.bincount(position, hits, minlength=depth + 1)[1 : depth + 1]
    places = np.arange(1, depth + 1)
    due = float(shown @ smooth.at(places))
    level = float(count.sum()) / due if due > 0 else math.nan
    scale = np.where(shown > 0, np.maximum(shown, 1) * level, np.nan)
    reach = 1.959964 * np.sqrt(count)
    return Curve(
        RANDOM,
        tuple(places.astype(float).tolist()),
        tuple((count / scale).tolist()),
        tuple((np.maximum(count - reach, 0.0) / scale).tolist()),
        tuple(((count + reach) / scale).tolist()),
    )


def _curve(name: str, places: Ints, examined: Floats) -> Curve:
    return Curve(name, tuple(places.astype(float).tolist()), tuple(examined.tolist()))
