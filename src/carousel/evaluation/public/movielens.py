"""MovieLens: films people rated; one million in a usual split, 100,000 in the order of time.

Owns:    reading both.
Imports: numpy, scipy, domain.features, evaluation.public, evaluation.provenance.

Source:  Harper & Konstan, ACM TiiS 2015; for research use.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack

from carousel.domain.errors import UnreadableFileError
from carousel.domain.features import Bumps, Description, OneHot, Vector
from carousel.evaluation.provenance import hash_of
from carousel.evaluation.public import reading
from carousel.evaluation.public.gowalla import FILES, user_line_set
from carousel.evaluation.public.reactions import (
    Attributes,
    Csr,
    PublicSet,
    Reactions,
    rare_counts_more,
)

PUBLISHED_1M = 590_733 + 80_897 + 164_848
RATINGS = 100_000
RATING_HEADER = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
FILM_HEADER = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"
LIKED = 4.0
"""Ratings from here are reactions; lower ones are counted and dropped."""

HIGHEST = 5.0
TRAINING, VALIDATION = 0.8, 0.1


def load_1m(root: Path, published: int | None = PUBLISHED_1M) -> PublicSet:
    """Return MovieLens-1M: ids, ratings from 3, the given split.

    Raises:
        ConfigurationError, UnreadableFileError: the files are not there or not whole.
    """
    return user_line_set(
        reading.folder(root, "movielens_1m", FILES),
        "movielens-1m",
        "MovieLens-1M",
        published,
        (
            (
                "Ratings of 3 and more in a given split; all films a user has not rated before are "
                "ranked; training and validation together are the past."
            ),
            "The split does not tell the order of the ratings.",
        ),
    )


def load_100k(root: Path, ratings: int | None = RATINGS) -> PublicSet:
    """Return MovieLens-100K: ratings from 4, split where time has 80 and 90 % of them behind it.

    Raises:
        ConfigurationError, UnreadableFileError: the files are not there or not whole.
    """
    files = ("ml-100k.inter", "ml-100k.item")
    where = reading.folder(root, "movielens_100k", files)
    films, things = _films(where / files[1])
    rated, stars, strange = _ratings(where / files[0], films)
    if ratings is not None and len(rated) + strange != ratings:
        raise UnreadableFileError(
            f"{where / files[0]} holds {len(rated) + strange:,} ratings where {ratings:,} were "
            "published; it is cut short or another one."
        )
    liked = rated.only(stars >= LIKED)
    order = np.argsort(liked.at, kind="stable")
    split = reading.checked(where, *_by_time(liked.only(order)))
    users, items = 1 + int(rated.user.max(initial=-1)), len(films)
    everything = np.arange(items)
    return PublicSet(
        key="movielens-100k",
        title="MovieLens-100K",
        users=users,
        items=items,
        train=split.train,
        valid=split.valid,
        test=split.test,
        ranked_valid=everything,
        ranked_test=everything,
        grows=True,
        attributes=_attributes(things),
        counts={
            "ratings": len(rated) + strange,
            f"ratings below {LIKED:.0f}, dropped": int((stars < LIKED).sum()),
            "ratings of unknown films, dropped": strange,
            **reading.sizes(split, users, items),
            "films without a year": sum(1 for thing in things if not thing["year"]),
            "films without a genre": sum(1 for thing in things if not thing["genre"]),
        },
        notes=(
            (
                f"Ratings from {LIKED:.0f}; one moment parts the past from the test for everybody: "
                "only users with a past before it are in the test, and films new since it are "
                "ranked with all others."
            ),
            "Genres and the year are the attributes; times are real.",
        ),
        data_hash=hash_of(where / name for name in files),
    )


def _by_time(liked: Reactions) -> tuple[Reactions, Reactions, Reactions]:
    """Cut reactions in order of time; those of one moment stay together."""
    share = np.array([TRAINING, TRAINING + VALIDATION])
    if not len(liked):
        return liked, liked, liked
    moments = liked.at[np.minimum((share * len(liked)).astype(np.int64), len(liked) - 1)]
    first, second = np.searchsorted(liked.at, moments)
    everything = np.arange(len(liked))
    train, valid, test = np.split(everything, [first, second])
    return liked.only(train), liked.only(valid), liked.only(test)


def _rows(path: Path, header: str) -> list[tuple[int, list[str]]]:
    """Return a table's rows with their line numbers, every one with as many cells as the header."""
    rows = reading.lines(path)
    first = next(rows, (1, ""))[1]
    if first != header:
        raise UnreadableFileError(
            f"{path} begins with {first[:40]!r} and not with {header[:40]!r}."
        )
    found, cells = [], header.count("\t") + 1
    for number, line in rows:
        values = line.split("\t")
        if len(values) != cells:
            raise UnreadableFileError(
                f"{path}, line {number} has {len(values)} cells and not {cells}; the file is cut "
                "short or another one."
            )
        found.append((number, values))
    return found


def _films(path: Path) -> tuple[dict[str, int], tuple[Description, ...]]:
    """Return films by id, and what is known of each: genres, and the year where there is one."""
    films: dict[str, int] = {}
    things: list[Description] = []
    for number, (film, _, year, genres) in _rows(path, FILM_HEADER):
        if film in films:
            raise UnreadableFileError(f"{path}, line {number}: film {film} comes twice.")
        films[film] = len(films)
        things.append(
            {
                "genre": [genre for genre in genres.split() if genre != "unknown"],
                "year": [float(year)] if year.isdigit() else [],
            }
        )
    return films, tuple(things)


def _ratings(path: Path, films: dict[str, int]) -> tuple[Reactions, Vector, int]:
    """Return all ratings of known films, their stars, and how many rate unknown films."""
    users: dict[str, int] = {}
    rows: list[tuple[int, int, float, float]] = []
    strange = 0
    for number, (user, film, stars, at) in _rows(path, RATING_HEADER):
        row = users.setdefault(user, len(users))
        if film not in films:
            strange += 1
            continue
        rows.append((row, films[film], _stars(path, number, stars), _moment(path, number, at)))
    table = np.array(rows, np.float64).reshape(-1, 4)
    who, what = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    return Reactions(who, what, table[:, 3]), table[:, 2], strange


def _stars(path: Path, number: int, text: str) -> float:
    stars = _number(text)
    if not 1.0 <= stars <= HIGHEST:
        raise UnreadableFileError(
            f"{path}, line {number}: {text[:40]!r} is no rating between 1 and {HIGHEST:.0f}."
        )
    return stars


def _moment(path: Path, number: int, text: str) -> float:
    at = _number(text)
    if not 0.0 < at < 4e9:  # noqa: PLR2004 (the year 2096; milliseconds lie beyond)
        raise UnreadableFileError(
            f"{path}, line {number}: {text[:40]!r} is no time in seconds since 1970."
        )
    return at


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _attributes(things: Sequence[Description]) -> Attributes:
    genres = sorted({str(genre) for thing in things for genre in thing["genre"]})
    one_hot = _one_hot([list(map(str, thing["genre"])) for thing in things], genres)
    years = [[str(int(float(str(y)))) for y in thing["year"]] for thing in things]
    known = sorted({year for stated in years for year in stated})
    decades = [[year[:3] for year in stated] for stated in years]
    numbers = np.array([float(stated[0]) if stated else math.nan for stated in years])
    low, high = (min(map(float, known)), max(map(float, known))) if known else (0.0, 1.0)
    scaled = np.nan_to_num((numbers - low) / max(high - low, 1.0))
    presence = hstack(
        [one_hot, _one_hot(decades, sorted({year[:3] for year in known})), _one_hot(years, known)]
    )
    return Attributes(
        weighted=rare_counts_more(csr_matrix(presence)),
        plain=csr_matrix(hstack([one_hot, csr_matrix(scaled[:, None])])),
        blocks=(OneHot("genre", 1.0), Bumps("year", 8, 0.5)),
        things=tuple(things),
    )


def _one_hot(names: list[list[str]], known: list[str]) -> Csr:
    column = {name: place for place, name in enumerate(known)}
    pairs = [(row, column[name]) for row, stated in enumerate(names) for name in set(stated)]
    places = np.array(pairs, np.int64).reshape(-1, 2)
    return csr_matrix(
        (np.ones(len(places)), (places[:, 0], places[:, 1])), shape=(len(names), len(known))
    )
