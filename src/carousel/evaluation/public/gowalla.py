"""Gowalla: places people checked in at, in the split on which graph models are compared.

Owns:    reading it.
Imports: evaluation.public, evaluation.provenance.

Source:  check-ins from SNAP (Cho, Myers & Leskovec, KDD 2011), at least ten a user and a place;
         the split of He et al., SIGIR 2020. Its training part is here in two: training and
         validation together are what others train on.
"""

from pathlib import Path

import numpy as np

from carousel.evaluation.provenance import hash_of
from carousel.evaluation.public import reading
from carousel.evaluation.public.reactions import PublicSet

FILES = ("train.txt", "valid.txt", "test.txt")
PUBLISHED = 719_081 + 91_047 + 217_242


def load(root: Path, published: int | None = PUBLISHED) -> PublicSet:
    """Return the set.

    Raises:
        ConfigurationError, UnreadableFileError: the files are not there or not whole.
    """
    return user_line_set(
        reading.folder(root, "gowalla", FILES),
        "gowalla",
        "Gowalla",
        published,
        (
            (
                "Check-ins in the split of LightGCN: the 10 places of a list are ranked among all "
                "40,981; training and validation together are the past."
            ),
            "The set does not tell the order of the check-ins.",
        ),
    )


def user_line_set(
    where: Path, key: str, title: str, published: int | None, notes: tuple[str, ...]
) -> PublicSet:
    """Return a set of ids alone, whose parts are files of "user item item ..."."""
    split = reading.checked(where, *(reading.user_lines(where / name) for name in FILES))
    reading.whole_set(where, split, published)
    parts = (split.train, split.valid, split.test)
    users = 1 + max(int(part.user.max()) for part in parts)
    items = 1 + max(int(part.item.max()) for part in parts)
    everything = np.arange(items)
    return PublicSet(
        key=key,
        title=title,
        users=users,
        items=items,
        train=split.train,
        valid=split.valid,
        test=split.test,
        ranked_valid=everything,
        ranked_test=everything,
        grows=True,
        attributes=None,
        counts=reading.sizes(split, users, items),
        notes=notes,
        data_hash=hash_of(where / name for name in FILES),
    )
