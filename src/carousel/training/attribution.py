"""What came of showing a car: which impression an act followed, and which list it was part of.

Owns:    the time within which an act follows an impression, the end of a slate.
Imports: numpy, recording.tables.

An act follows the latest impression of the same car for the same shopper, if that is not longer ago
than half an hour. The outcome of an impression is the furthest step among the acts that follow it.
"""

import numpy as np

from carousel.recording.tables import EVENT_TYPES, NONE, OUTCOMES, Flags, Floats, Ints

FOLLOWS_SECONDS = 1_800.0
"""Within this time an act follows an impression; without one for this long a slate has ended."""

_STEP = np.array([OUTCOMES.index(name) if name in OUTCOMES else 0 for name in EVENT_TYPES])


def slate_numbers(at: Floats, shopper: Ints, named: Flags, name: Ints) -> Ints:
    """Return a number for the slate of each impression; numbers grow with a slate's first moment.

    Impressions of one shopper under one name are one slate, until none comes for half an hour. One
    without a name is a slate by itself.

    Args:
        at: epoch seconds, ascending.
        shopper: whose impression it is.
        named: whether it has a name at all.
        name: of the slate, a number.

    >>> one = np.ones(5, dtype=np.int64)
    >>> slate_numbers(np.array([0.0, 60.0, 70.0, 80.0, 9999.0]), one, one == 1,
    ...               np.array([7, 7, 8, 7, 7])).tolist()
    [0, 0, 1, 0, 2]
    """
    order = np.lexsort((name, shopper, named))  # stable: time goes on within a slate
    new = np.ones(len(at), dtype=np.bool_)
    new[1:] = (
        ~named[order[1:]]
        | (np.diff(named[order].astype(np.int8)) != 0)
        | (np.diff(shopper[order]) != 0)
        | (name[order[1:]] != name[order[:-1]])
        | (np.diff(at[order]) > FOLLOWS_SECONDS)
    )
    first = order[new]
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbers = np.empty(len(at), dtype=np.int64)
    numbers[order] = rank[np.cumsum(new) - 1]
    return numbers


def causes(acted: tuple[Floats, Ints, Ints], shown: tuple[Floats, Ints, Ints]) -> Ints:
    """Return the impression that each act follows, as its row; NONE where it follows none.

    An act at the very moment of an impression follows it.

    Args:
        acted: when, by whom and about which listing, NONE for none; in order of time.
        shown: when, to whom and which listing; in order of time.

    >>> acted = np.array([5.0, 25.0, 9e3]), np.array([1, 1, 1]), np.array([7, 7, 7])
    >>> shown = np.array([0.0, 20.0, 21.0]), np.array([1, 1, 1]), np.array([7, 7, 8])
    >>> causes(acted, shown).tolist()
    [0, 1, -1]
    """
    count = len(shown[0])
    at, shopper, listing = (np.concatenate(pair) for pair in zip(shown, acted, strict=True))
    is_act = np.arange(len(at)) >= count
    order = np.lexsort((is_act, at, listing, shopper))
    rank = np.arange(len(order))
    latest = np.maximum.accumulate(np.where(is_act[order], NONE, rank))
    place = rank[is_act[order] & (latest != NONE)]
    act, before = order[place], order[latest[place]]
    follows = (
        (shopper[act] == shopper[before])
        & (listing[act] == listing[before])
        & (listing[act] != NONE)
        & (at[act] - at[before] <= FOLLOWS_SECONDS)
    )
    found = np.full(len(at) - count, NONE, dtype=np.int64)
    found[act[follows] - count] = before[follows]
    return found


def outcomes(cause: Ints, type_: Ints, impressions: int) -> Ints:
    """Return the furthest step that came of each impression, as the index into OUTCOMES.

    Args:
        cause: the impression that each act follows.
        type_: of each act, the index into EVENT_TYPES.
        impressions: how many there are.

    >>> outcomes(np.array([1, 1, NONE]), np.array([0, 4, 4]), 2).tolist()  # a view and a contact
    [0, 3]
    """
    furthest = np.zeros(impressions, dtype=np.int64)
    caused = cause != NONE
    np.maximum.at(furthest, cause[caused], _STEP[type_[caused]])
    return furthest
