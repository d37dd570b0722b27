"""Experiments: which shopper is served by which configuration, and who is in none.

Owns:    what a configuration and an experiment are, who is assigned to what.
Imports: domain.listing, serving.knobs.

Every shopper has a place on one line from 0 to 1, a hash of their id; every experiment has a piece
of that line, and pieces that are in use at the same time never overlap: so nobody is in two
experiments at once. Which arm of it they are in is a second hash, of the experiment's salt and
their id, which knows nothing of the first: the arms of all experiments are drawn independently.

Source:  Kohavi, Tang & Xu, Trustworthy Online Controlled Experiments, 2020, chapters 4 and 14;
         layers of disjoint experiments: Tang, Agarwal, O'Brien & Meyer, KDD 2010.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from carousel.domain.listing import UserId
from carousel.serving.knobs import Knobs

PARTS = 1_000_000
"""Of the line; a share has at most six decimals."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One comparison.

    begin, end:  its piece of the line, in PARTS.
    arms:        configuration -> share, which add up to 1; the first is the control.
    interleaved: whether every list is of both configurations; else everybody sees one of them.
    salt:        draws the arms; another salt draws them anew.
    since, until: when it runs, aware; until is no part of it.
    """

    name: str
    begin: int
    end: int
    arms: Mapping[str, float]
    interleaved: bool
    salt: str
    since: datetime | None = None
    until: datetime | None = None

    def runs(self, now: datetime) -> bool:
        """Return whether it runs at a moment."""
        return (self.since is None or self.since <= now) and (
            self.until is None or now < self.until
        )

    def arm_names(self) -> tuple[str, ...]:
        """Return the names of its arms as impressions carry them, the control first."""
        return tuple(f"{self.name}/{configuration}" for configuration in self.arms)

    def sentence(self) -> str:
        """Return what it does, for a person."""
        shares = " and ".join(
            one if self.interleaved else f"{one} {share:.4g}" for one, share in self.arms.items()
        )
        when = (f" since {self.since.isoformat()}" if self.since else "") + (
            f" until {self.until.isoformat()}" if self.until else ""
        )
        how = "interleaves" if self.interleaved else "compares"
        piece = f"{self.begin / PARTS:g} to {self.end / PARTS:g}"
        return f"{self.name}: {how} {shares}, for shoppers at {piece} of the line{when}."


@dataclass(frozen=True, slots=True)
class Assignment:
    """By what a shopper is served.

    knobs:      one set; two where their lists are interleaved, the control's first.
    arm:        named to the client; None in no experiment.
    arms:       of each set of knobs; empty in no experiment.
    salt:       of the experiment.
    remembered: tells its answers from those of other arms and of other knobs.
    """

    knobs: tuple[Knobs, ...]
    arm: str | None = None
    arms: tuple[str, ...] = ()
    salt: str = ""
    remembered: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a file states.

    serving: the configuration of everybody who is in no experiment; None: the process's own.
    """

    configurations: Mapping[str, Knobs] = field(default_factory=dict)
    experiments: tuple[Experiment, ...] = ()
    serving: str | None = None

    def experiment_of(self, user_id: UserId, now: datetime) -> Experiment | None:
        """Return the one experiment a shopper is in, None for most."""
        place = int(_fraction(f"place:{user_id}") * PARTS)
        running = (one for one in self.experiments if one.begin <= place < one.end)
        return next((one for one in running if one.runs(now)), None)

    def assigned(self, user_id: UserId, now: datetime, knobs: Knobs) -> Assignment:
        """Return by what a shopper is served: always the same, as long as the file is.

        Args:
            user_id: account or visitor.
            now: aware.
            knobs: of everybody else, where the file names none.
        """
        experiment = self.experiment_of(user_id, now) if self.experiments else None
        if experiment is None:
            if self.serving is None:
                return Assignment((knobs,))
            own = self.configurations[self.serving]
            return Assignment((own,), remembered=_stamp(own))
        configurations = tuple(experiment.arms)
        if not experiment.interleaved:
            configurations = (arm_of(experiment, user_id),)
        sets = tuple(self.configurations[one] for one in configurations)
        arm = f"{experiment.name}/{'+'.join(configurations)}"
        return Assignment(
            sets,
            arm,
            tuple(f"{experiment.name}/{one}" for one in configurations),
            experiment.salt,
            f"{arm}@{'.'.join(map(_stamp, sets))}",
        )


NO_EXPERIMENTS = Plan()


def arm_of(experiment: Experiment, user_id: UserId) -> str:
    """Return the configuration that a shopper's arm is served by.

    >>> even = Experiment("even", 0, PARTS, {"a": 0.5, "b": 0.5}, interleaved=False, salt="even")
    >>> [arm_of(even, user) for user in (1, 2, 3, 4)]
    ['b', 'a', 'b', 'b']
    """
    place, reached = _fraction(f"arm:{experiment.salt}:{user_id}"), 0.0
    *others, last = experiment.arms
    for name in others:
        reached += experiment.arms[name]
        if place < reached:
            return name
    return last


@lru_cache(maxsize=256)  # a busy server asks for every list
def _stamp(knobs: Knobs) -> str:
    return hashlib.blake2b(repr(knobs).encode(), digest_size=6).hexdigest()


def _fraction(key: str) -> float:
    """Return a text's hash as a number in [0, 1), to 53 bits."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
