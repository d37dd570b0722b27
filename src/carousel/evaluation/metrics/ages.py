"""How places are shared out between cars just listed and cars long for sale.

Owns:    the classes of age, what each holds of the places and would hold of an even share.
Imports: numpy, evaluation.metrics.column, evaluation.{played,targets}, recording.
"""

import numpy as np

from carousel.evaluation.metrics.column import Column
from carousel.evaluation.played import TRUTH_PLACES, Played, Rows
from carousel.evaluation.targets import on_sale
from carousel.recording.tables import NONE, Floats, Ints

HOURS = (0.0, 6.0, 24.0, 72.0, 168.0, 336.0)
"""Of a car on the market, where each class begins; the last has no end."""


def classes(ages: Floats) -> Ints:
    """Return the class of each age, given in seconds.

    >>> classes(np.array([0.0, 6 * 3_600.0, 30 * 86_400.0])).tolist()
    [0, 1, 5]
    """
    return np.searchsorted(np.array(HOURS[1:]) * 3_600, ages, side="right")


def for_sale(played: Played) -> Floats:
    """Return the share of the cars for sale in each class, shape (moments, classes)."""
    lives = played.recording.lives
    order = np.argsort(lives.listed_at)
    listed, left = lives.listed_at[order], lives.left_at[order]
    oldest = -np.array(HOURS) * 3_600
    shares = np.zeros((len(played.moments), len(HOURS)))
    for row, at in enumerate(played.moments.at.tolist()):
        ends = np.searchsorted(listed, at + oldest, side="right")
        alive = np.concatenate([[0], np.cumsum(left[: ends[0]] > at)])
        many = -np.diff(alive[np.append(ends, 0)])
        shares[row] = many / max(int(many.sum()), 1)
    return shares


def age_columns(played: Played, alive: Floats, rows: Rows) -> list[Column]:
    """Return one column a class: the places its cars hold, of what an even share would be.

    Places are the first ten of every slate. An even share gives every car for sale as many as any
    other, so the ratio of cars put there by chance is 1.

    Args:
        played: the replay.
        alive: of ``for_sale``.
        rows: one method's slates.
    """
    moments = played.moments
    top = rows[:, :TRUTH_PLACES]
    there = on_sale(played.recording, top, moments.at[:, None])
    ages = moments.at[:, None] - played.recording.lives.listed_at[np.where(there, top, 0)]
    held = np.where(there, classes(ages), NONE)
    taken = there.sum(axis=1)
    return [
        Column(
            f"age {hours:g}",
            moments.shopper,
            (held == number).sum(axis=1).astype(np.float64),
            taken * alive[:, number],
        )
        for number, hours in enumerate(HOURS)
    ]
