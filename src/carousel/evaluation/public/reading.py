"""Reading the text files of public sets, and saying clearly what is wrong with them.

Owns:    where the files are, the two line formats, the checks of a given split.
Imports: numpy, domain, evaluation.provenance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from carousel.domain.errors import ConfigurationError, UnreadableFileError
from carousel.domain.factors import Ints
from carousel.evaluation.public.reactions import Reactions

DATA = Path(__file__).parents[5] / "shared" / "data"
"""Where public data is looked for unless another folder is given: beside the checkout."""

WIDEST = 10_000_000
"""An id above this is no row number of a public set but something else."""


def folder(root: Path, name: str, files: tuple[str, ...]) -> Path:
    """Return the folder of a set.

    Raises:
        ConfigurationError: the folder or one of its files is not there.
    """
    found = root / "interactions" / name
    missing = [file for file in files if not (found / file).is_file()]
    if missing:
        raise ConfigurationError(
            f"{found} lacks {', '.join(missing)}; public sets are not part of Carousel: fetch the "
            f"set and name the folder that holds interactions/{name}."
        )
    return found


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, with their numbers from 1.

    Raises:
        UnreadableFileError: the file is no text.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except UnicodeDecodeError:
        raise UnreadableFileError(f"{path} is no UTF-8 text; it is another file.") from None


def whole(path: Path, number: int, words: list[str]) -> list[int]:
    """Return the words of a line as row numbers.

    Raises:
        UnreadableFileError: one of them is none.
    """
    try:
        ids = [int(word) for word in words]
    except ValueError:
        odd = next(word for word in words if not word.lstrip("-").isdigit())
        raise UnreadableFileError(
            f"{path}, line {number}: {odd[:40]!r} is no whole number; the file is damaged or "
            "another one."
        ) from None
    for one in ids:
        if not 0 <= one < WIDEST:
            raise UnreadableFileError(
                f"{path}, line {number}: {one} is no id between 0 and {WIDEST:,}; the file is "
                "damaged or another one."
            )
    return ids


def user_lines(path: Path) -> Reactions:
    """Read lines of "user item item ...".

    Raises:
        UnreadableFileError: a line is not like that, or a user comes twice.
    """
    users: list[int] = []
    items: list[int] = []
    met: set[int] = set()
    for number, line in lines(path):
        user, *liked = whole(path, number, line.split())
        if user in met:
            raise UnreadableFileError(
                f"{path}, line {number}: user {user} has a line already; the file holds two splits."
            )
        met.add(user)
        users += [user] * len(liked)
        items += liked
    return untimed(users, items)


def pair_lines(path: Path, header: str) -> Reactions:
    """Read lines of "user,item" below a header.

    Raises:
        UnreadableFileError: the header is another, or a line is no pair.
    """
    rows = lines(path)
    first = next(rows, (1, ""))[1].strip()
    if first != header:
        raise UnreadableFileError(f"{path} begins with {first[:40]!r} and not with {header!r}.")
    pairs = []
    for number, line in rows:
        ids = whole(path, number, line.split(","))
        if len(ids) != 2:  # noqa: PLR2004 (a pair)
            raise UnreadableFileError(
                f"{path}, line {number}: {line[:40]!r} is no pair; the file seems cut short."
            )
        pairs.append(ids)
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return untimed(table[:, 0], table[:, 1])


def counted_lists(path: Path) -> list[list[int]]:
    """Read lines of "count id id ...", one an item.

    Raises:
        UnreadableFileError: a line holds more or fewer ids than it says.
    """
    lists = []
    for number, line in lines(path):
        said, *ids = whole(path, number, line.split())
        if said != len(ids):
            raise UnreadableFileError(
                f"{path}, line {number} announces {said} ids and holds {len(ids)}; the file is cut "
                "short or another one."
            )
        lists.append(ids)
    return lists


def untimed(users: list[int] | Ints, items: list[int] | Ints) -> Reactions:
    """Return reactions whose times nobody kept."""
    user = np.asarray(users, np.int64)
    return Reactions(user, np.asarray(items, np.int64), np.full(len(user), np.nan))


@dataclass(frozen=True, slots=True)
class Split:
    """The three parts of a set after all checks, and what they dropped."""

    train: Reactions
    valid: Reactions
    test: Reactions
    dropped: Mapping[str, int]


def checked(where: Path, train: Reactions, valid: Reactions, test: Reactions) -> Split:
    """Return the parts without repetitions.

    A reaction told twice counts once, and in the earliest part that has it: what a model was told
    is no riddle. Users without a past are left out when models are measured. Items without one
    stay: a model that knows ids alone misses them, and that is part of the truth.

    Raises:
        UnreadableFileError: a part is empty, or is so after this.
    """
    dropped: dict[str, int] = {}
    kept: dict[str, Reactions] = {}
    earlier = np.empty(0, np.int64)
    for name, part in (("training", train), ("validation", valid), ("test", test)):
        keys = part.user * WIDEST + part.item
        first = np.zeros(len(part), np.bool_)
        first[np.unique(keys, return_index=True)[1]] = True
        fresh = first & ~np.isin(keys, earlier)
        dropped[f"{name} reactions told twice, dropped"] = int((~first).sum())
        if name != "training":
            dropped[f"{name} reactions known before, dropped"] = int((first & ~fresh).sum())
        kept[name] = part.only(fresh)
        earlier = np.concatenate([earlier, keys])
        if not len(kept[name]):
            raise UnreadableFileError(
                f"{where} leaves nothing for {name}: {len(part)} reactions were read and none of "
                "them can be used."
            )
    return Split(kept["training"], kept["validation"], kept["test"], dropped)


def sizes(split: Split, users: int, items: int, *, grows: bool = True) -> dict[str, int]:
    """Return how large the parts are and what was dropped.

    Args:
        split: the parts.
        users: rows.
        items: columns.
        grows: whether training and validation together are the past of the test.
    """
    past = split.train.followed_by(split.valid) if grows else split.train
    met = np.isin(split.test.user, past.user)
    return {
        "users": users,
        "items": items,
        "training reactions": len(split.train),
        "validation reactions": len(split.valid),
        "test reactions": len(split.test),
        "users in the test": len(np.unique(split.test.user[met])),
        "test reactions of users without a past, left out": int((~met).sum()),
        "test items nobody reacted to before": len(np.setdiff1d(split.test.item[met], past.item)),
        **split.dropped,
    }


def whole_set(where: Path, split: Split, published: int | None) -> None:
    """Check that a set has as many reactions as were published; None: do not.

    Raises:
        UnreadableFileError: it has not.
    """
    found = len(split.train) + len(split.valid) + len(split.test)
    if published is not None and found != published:
        raise UnreadableFileError(
            f"{where} holds {found:,} usable reactions where the published split has "
            f"{published:,}; it is cut short or another one."
        )
