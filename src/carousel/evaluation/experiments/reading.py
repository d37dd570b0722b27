"""What shoppers of an experiment were shown and did, as columns.

Owns:    which impressions and reactions belong to an experiment, who is left out.
Imports: numpy, domain.errors, recording, serving.experiments, storage.ports, training.

A reaction follows the latest impression of the same car for the same shopper, if that is not longer
ago than half an hour, as everywhere where models learn (training/attribution.py); so a car opened
from a list that had no arm, say of a search, is none of the experiment's.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.recording.tables import NONE, REASONS, Flags, Floats, Ints
from carousel.serving.configuration import nearest
from carousel.serving.experiments import Experiment, Plan
from carousel.storage.ports import Archive, ArchivedEvents, ArchivedImpressions
from carousel.training.archive import gathered, in_order
from carousel.training.attribution import causes, slate_numbers

STEPS = ("view", "favourite", "contact", "dismiss")
"""What may follow an impression and is counted."""

CONTACT = STEPS.index("contact")


@dataclass(frozen=True, slots=True)
class Seen:
    """The impressions of an experiment, and what its shoppers did; n impressions.

    shoppers: user ids, ascending, each once.
    shopper:  index into them, shape (n,).
    arm:      index into the experiment's arms, the control is 0, shape (n,).
    slate:    number of the list, shape (n,); a list shown again later has another one.
    name:     a number for the id of the list, shape (n,).
    place:    1 is the top, shape (n,).
    followed: by which of STEPS, shape (n, steps).
    contacts: of each shopper since their first list of the experiment, from wherever, shape
              (shoppers,).
    counts:   what was read and what was left out: text -> number.
    data:     SHA-256 of all this, hexadecimal.
    """

    experiment: Experiment
    shoppers: Ints
    shopper: Ints
    arm: Ints
    slate: Ints
    name: Ints
    place: Ints
    followed: Flags
    contacts: Ints
    counts: dict[str, int]
    data: str


def chosen(plan: Plan, name: str, archive: Archive, ends: float) -> Experiment:
    """Return an experiment of a plan.

    Raises:
        ConfigurationError: there is none of this name; says which there are.
    """
    for one in plan.experiments:
        if one.name == name:
            return one
    known = [one.name for one in plan.experiments]
    recorded = {arm.partition("/")[0] for arm in archive.arms(ends)}
    if name in recorded:
        raise ConfigurationError(
            f"The archive has impressions of {name}, but the file of experiments does not state "
            "it; give the file it ran with: --file FILE."
        )
    hint = nearest(name, known) or f"; there are: {', '.join(known) or 'none'}."
    raise ConfigurationError(f"There is no experiment {name}{hint}")


def read_experiment(archive: Archive, experiment: Experiment, ends: float) -> Seen:
    """Return what an experiment's shoppers saw and did up to a moment, in epoch seconds.

    Shoppers who saw lists of several arms are left out, unless lists are interleaved: they tell
    nothing of either. That happens when a file is changed while it runs, and when a visitor logs
    in to an account of another arm.

    Raises:
        ConfigurationError: the archive has no impression of it.
    """
    shown = in_order(
        gathered(
            ArchivedImpressions, archive.impressions(ends, experiment.arm_names()), lambda _: None
        )
    )
    done = in_order(gathered(ArchivedEvents, archive.events(STEPS, REASONS, ends), lambda _: None))
    inside = (shown.arm != NONE) & _during(experiment, shown.at)
    if not inside.any():
        raise ConfigurationError(
            f"The archive has no impression of {experiment.name}; whoever shows a list has to send "
            "each card's arm back with its impression."
        )
    slate = slate_numbers(shown.at, shown.user, shown.named == 1, shown.slate)
    cause = causes((done.at, done.user, done.listing), (shown.at, shown.user, shown.listing))
    followed = np.zeros((len(shown.at), len(STEPS)), dtype=np.bool_)
    caused = cause != NONE
    followed[cause[caused], done.type[caused]] = True
    shoppers, shopper = np.unique(shown.user[inside], return_inverse=True)
    arm = shown.arm[inside]
    counts = {"impressions of the experiment": int(inside.sum())}
    kept = np.ones(len(shoppers), dtype=np.bool_)
    if not experiment.interleaved:
        kept = ~_mixed(shopper, arm, len(shoppers))
        counts["left out: shoppers who saw several arms"] = int((~kept).sum())
    rows = np.flatnonzero(inside)[kept[shopper]]
    numbers = np.cumsum(kept) - 1
    first = np.full(len(shoppers), np.inf)
    np.minimum.at(first, shopper, shown.at[inside])
    columns = (
        *(shoppers[kept], shown.arm[rows], slate[rows]),
        *(shown.slate[rows], shown.position[rows], followed[rows]),
    )
    counts |= {
        "shoppers": int(kept.sum()),
        "lists": len(np.unique(slate[rows])),
        "left out: impressions after or before the experiment": int(
            ((shown.arm != NONE) & ~inside).sum()
        ),
    }
    return Seen(
        experiment,
        columns[0],
        numbers[shopper][kept[shopper]],
        *columns[1:],
        contacts=_contacts(done, experiment, columns[0], first[kept]),
        counts=counts,
        data=_hash(*columns),
    )


def _during(experiment: Experiment, at: Floats) -> Flags:
    since = -np.inf if experiment.since is None else experiment.since.timestamp()
    until = np.inf if experiment.until is None else experiment.until.timestamp()
    return (at >= since) & (at < until)


def _mixed(shopper: Ints, arm: Ints, count: int) -> Flags:
    """Return which of ``count`` shoppers saw several arms."""
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, NONE)
    np.minimum.at(low, shopper, arm)
    np.maximum.at(high, shopper, arm)
    return np.asarray(low < high)


def _contacts(done: ArchivedEvents, experiment: Experiment, shoppers: Ints, first: Floats) -> Ints:
    """Return how many contacts each shopper made since a moment of their own."""
    calls = np.flatnonzero((done.type == CONTACT) & _during(experiment, done.at))
    place = np.minimum(np.searchsorted(shoppers, done.user[calls]), max(len(shoppers) - 1, 0))
    if not len(shoppers):
        return np.zeros(0, dtype=np.int64)
    counted = (shoppers[place] == done.user[calls]) & (done.at[calls] >= first[place])
    return np.bincount(place[counted], minlength=len(shoppers)).astype(np.int64)


def _hash(*columns: Ints | Flags) -> str:
    total = hashlib.sha256()
    for column in columns:
        total.update(np.ascontiguousarray(column).tobytes())
    return total.hexdigest()
