"""CiteULike-a: articles people kept, with whole articles held out: nobody kept them before.

Owns:    reading its split, tags and citations as attributes.
Imports: numpy, scipy, evaluation.public, evaluation.provenance.

Source:  Wang, Chen & Li, IJCAI 2013.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack

from carousel.domain.errors import UnreadableFileError
from carousel.domain.factors import Ints
from carousel.evaluation.provenance import hash_of
from carousel.evaluation.public import reading
from carousel.evaluation.public.reactions import Attributes, Csr, PublicSet, rare_counts_more

PARTS = tuple(f"cold_split/{part}.csv" for part in ("train", "vali", "test"))
TAGS, CITATIONS = "item-tag.dat", "citations.dat"
PUBLISHED = 164_210 + 13_037 + 27_739
TAGGED, CITED = 5, 3
"""A tag of fewer articles, or a citation by fewer, is left out: it says next to nothing."""


def load(root: Path, published: int | None = PUBLISHED) -> PublicSet:
    """Return the set.

    Raises:
        ConfigurationError, UnreadableFileError: the files are not there or not whole, or an
            article of one part is also in another.
    """
    where = reading.folder(root, "citeulike_a", (*PARTS, TAGS, CITATIONS))
    read = [reading.pair_lines(where / name, "uid,iid") for name in PARTS]
    warm, valid_items, test_items = (np.unique(part.item) for part in read)
    _apart(where, warm, valid_items, test_items)
    split = reading.checked(where, *read)
    reading.whole_set(where, split, published)
    tags = reading.counted_lists(where / TAGS)
    citations = reading.counted_lists(where / CITATIONS)
    items = len(tags)
    highest = max(int(part[-1]) for part in (warm, valid_items, test_items))
    if len(citations) != items or highest >= items:
        raise UnreadableFileError(
            f"{where} describes {items:,} articles by tags, {len(citations):,} by citations and "
            f"splits ids up to {highest:,}; the files do not belong together."
        )
    parts = (split.train, split.valid, split.test)
    users = 1 + max(int(part.user.max()) for part in parts)
    presence = csr_matrix(hstack([_often(tags, TAGGED), _often(citations, CITED)]))
    known = np.asarray(presence.sum(axis=1)).ravel() > 0
    return PublicSet(
        key="citeulike",
        title="CiteULike-a, articles nobody kept before",
        users=users,
        items=items,
        train=split.train,
        valid=split.valid,
        test=split.test,
        ranked_valid=valid_items,
        ranked_test=test_items,
        grows=False,
        attributes=Attributes(rare_counts_more(presence), presence),
        counts={
            **reading.sizes(split, users, items, grows=False),
            "articles with a past": len(warm),
            "new articles ranked for validation": len(valid_items),
            "new articles ranked in the test": len(test_items),
            "ranked articles without an attribute": int((~known[test_items]).sum()),
            "attributes": int(presence.shape[1]),
        },
        notes=(
            (
                "Only articles that nobody kept before are ranked, so all that is known of them is "
                f"tags (of {TAGGED} articles at least) and citations (by {CITED} at least)."
            ),
            "The set does not tell the order in which articles were kept.",
        ),
        data_hash=hash_of(where / name for name in (*PARTS, TAGS, CITATIONS)),
    )


def _apart(where: Path, warm: Ints, valid_items: Ints, test_items: Ints) -> None:
    for one, other, names in (
        (warm, valid_items, "training and validation"),
        (warm, test_items, "training and test"),
        (valid_items, test_items, "validation and test"),
    ):
        both = np.intersect1d(one, other)
        if len(both):
            raise UnreadableFileError(
                f"{where} has {len(both)} articles in both {names}, the first is {both[0]}; a "
                "split by articles holds each in one part."
            )


def _often(lists: Sequence[Sequence[int]], least: int) -> Csr:
    """Return who has which, as ones, without the columns that fewer than ``least`` have."""
    rows = np.repeat(np.arange(len(lists)), [len(set(ids)) for ids in lists])
    columns = np.array([one for ids in lists for one in sorted(set(ids))], np.int64)
    width = int(columns.max(initial=-1)) + 1
    presence = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(lists), width))
    return presence[:, np.flatnonzero(np.bincount(columns, minlength=width) >= least)]
