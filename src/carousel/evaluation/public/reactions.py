"""A public set in one form, whatever its files look like.

Owns:    reactions, a set and its split, the task a model is given, what is counted when both fail.
Imports: numpy, scipy, domain, recording.tables.

A model sees a task and nothing else: no test reaction is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from carousel.domain.factors import Ints, Sparse
from carousel.domain.features import Block, Description, Vector
from carousel.recording.tables import Flags

Csr: TypeAlias = Any
"""A scipy ``csr_matrix``; scipy has no types."""


@dataclass(frozen=True, slots=True)
class Reactions:
    """Who reacted to what; the reactions of one user stand in the order in which they were told.

    user, item: rows and columns. at: epoch seconds, NaN where the set does not say.
    """

    user: Ints
    item: Ints
    at: Vector

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.user)

    def matrix(self, users: int, items: int) -> Csr:
        """Return them as ones, shape (users, items)."""
        return csr_matrix((np.ones(len(self)), (self.user, self.item)), shape=(users, items))

    def only(self, chosen: Flags | Ints) -> "Reactions":
        """Return some of them, by a mask or by places."""
        return Reactions(self.user[chosen], self.item[chosen], self.at[chosen])

    def followed_by(self, later: "Reactions") -> "Reactions":
        """Return these and later ones."""
        return Reactions(
            np.concatenate([self.user, later.user]),
            np.concatenate([self.item, later.item]),
            np.concatenate([self.at, later.at]),
        )


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is known of the items besides who liked them.

    weighted: items x attributes, rare attributes weigh more, rows of unit norm.
    plain:    items x attributes as the prototype would encode them: one-hot and min-max.
    blocks:   how ``things`` become a feature space; empty where attributes are too many for one.
    things:   one description an item; empty likewise.
    """

    weighted: Csr
    plain: Csr
    blocks: tuple[Block, ...] = ()
    things: tuple[Description, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """All that a model may know.

    told:       the past, in the order it was told.
    matrix:     the past as ones, shape (users, items).
    candidates: items to be ranked, ascending.
    seed:       of all dice.
    """

    told: Reactions
    matrix: Csr
    candidates: Ints
    attributes: Attributes | None
    seed: int


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A public set, split.

    key:        name on the command line. title: as a person reads it.
    ranked_valid, ranked_test: items that are ranked for validation and for the test.
    grows:      whether the test's past is training and validation together; else training alone.
    attributes: None where the set has ids only.
    counts:     what was read and what was dropped, text -> number.
    notes:      what a reader must know to compare the numbers.
    data_hash:  SHA-256 of the files it was read from.
    """

    key: str
    title: str
    users: int
    items: int
    train: Reactions
    valid: Reactions
    test: Reactions
    ranked_valid: Ints
    ranked_test: Ints
    grows: bool
    attributes: Attributes | None
    counts: Mapping[str, int]
    notes: tuple[str, ...]
    data_hash: str

    def for_test(self, seed: int) -> tuple[Task, Csr]:
        """Return what the models learn from before the test, and what they must find."""
        past = self.train.followed_by(self.valid) if self.grows else self.train
        return self._task(past, self.ranked_test, seed), self.test.matrix(self.users, self.items)

    def for_tuning(self, seed: int) -> tuple[Task, Csr]:
        """Return the same with the validation part in the place of the test."""
        return (
            self._task(self.train, self.ranked_valid, seed),
            self.valid.matrix(self.users, self.items),
        )

    def _task(self, past: Reactions, candidates: Ints, seed: int) -> Task:
        matrix = past.matrix(self.users, self.items)
        return Task(past, matrix, candidates, self.attributes, seed)


def sparse_of(matrix: Csr) -> Sparse:
    """Return a scipy matrix in the form the domain computes with."""
    rows = csr_matrix(matrix)
    return Sparse(
        rows.indptr.astype(np.int64),
        rows.indices.astype(np.int64),
        rows.data.astype(np.float64),
        int(rows.shape[1]),
    )


def rare_counts_more(presence: Csr) -> Csr:
    """Return attributes weighted by log(items / items that have it), rows of unit norm.

    >>> weighted = rare_counts_more(csr_matrix(np.array([[1.0, 1.0], [1.0, 0.0]])))
    >>> weighted.toarray().round(3)
    array([[0., 1.],
           [0., 0.]])
    """
    having = np.maximum(np.asarray((presence != 0).sum(axis=0)).ravel(), 1)
    weighted = csr_matrix(presence.multiply(np.log(presence.shape[0] / having)))
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return csr_matrix(weighted.multiply(scale[:, None]))
