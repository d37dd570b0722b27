"""A public set whose answer is visible to the eye: two tastes, and items new to everybody."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from carousel.domain.features import Bumps, OneHot
from carousel.evaluation.public.reactions import (
    Attributes,
    PublicSet,
    Reactions,
    rare_counts_more,
)

USERS, ITEMS, NEW = 40, 24, 4
"""Even users like even items, odd users odd ones; the last NEW items have no past."""


def two_tastes(*, attributes, cold=False):
    """Return the set; ``cold`` ranks the new items alone."""
    dice = np.random.default_rng(3)
    parts = {"train": [], "valid": [], "test": []}
    for user in range(USERS):
        liked = [item for item in range(user % 2, ITEMS - NEW, 2) if item % 5 != user % 5]
        order = dice.permutation(liked)
        parts["train"] += [(user, item) for item in order[:-3]]
        known = [(user, item) for item in order[-3:]]
        fresh = [(user, ITEMS - NEW + user % 2), (user, ITEMS - NEW + 2 + user % 2)]
        parts["valid"] += fresh[:1] if cold else known[:1]
        parts["test"] += fresh[1:] if cold else known[1:]
    everything = np.arange(ITEMS)
    parity = everything % 2
    presence = csr_matrix(np.eye(2)[parity])
    described = Attributes(
        rare_counts_more(presence),
        presence,
        () if cold else (OneHot("taste", 1.0), Bumps("year", 4, 0.1)),
        ()
        if cold
        else tuple({"taste": [f"t{p}"], "year": [2000.0 + n]} for n, p in enumerate(parity)),
    )
    return PublicSet(
        key="two-tastes",
        title="Two tastes",
        users=USERS,
        items=ITEMS,
        **{name: told(pairs) for name, pairs in parts.items()},
        ranked_valid=everything[ITEMS - NEW : ITEMS - NEW + 2] if cold else everything,
        ranked_test=everything[ITEMS - NEW + 2 :] if cold else everything,
        grows=not cold,
        attributes=described if attributes else None,
        counts={"users": USERS},
        notes=("Even like even.",),
        data_hash="0" * 64,
    )


def told(pairs):
    table = np.array(pairs, np.int64)
    return Reactions(table[:, 0], table[:, 1], 1e9 + np.arange(len(table), dtype=float))


@pytest.fixture(scope="session")
def tastes():
    return two_tastes(attributes=True)


@pytest.fixture(scope="session")
def ids_only():
    return two_tastes(attributes=False)


@pytest.fixture(scope="session")
def cold():
    return two_tastes(attributes=True, cold=True)
