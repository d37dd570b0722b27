"""The name or word that was meant by a mistyped one.

Owns:    which error is forgiven, which of several near names counts.
Imports: domain.phrase, rapidfuzz.

Errors are letters left out, added, changed or exchanged with their neighbour.
Source:  optimal string alignment; F. J. Damerau, CACM 7(3), 1964: four of five misspelled words
         hold one such error.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from carousel.domain.phrase.dictionary import (
    RANKS,
    SHORTEST_GUESS,
    Dictionary,
    Found,
    Meaning,
    chosen,
)
from carousel.domain.phrase.tokens import Token
from carousel.domain.phrase.words import Kind, Word, words

FIRST_LETTER = 0.4  # errors that a wrong first letter counts more: people know how words begin
BESIDE_ITS_MAKE = 0.5  # errors that are forgiven to a model whose make was named
LONGER = 0.01  # errors that a letter more is worth: of two names the longer was mistyped sooner
MOST_ERRORS = 3
_OF_WORDS = 0  # a mistyped word of the table is likelier than any name but a make


def nearly(
    known: Dictionary, tokens: Sequence[Token], at: int, makes: frozenset[str]
) -> Found | Word | None:
    """Return the name or the word that was most likely meant; None where nothing is near enough.

    Args:
        known: the names.
        tokens: of the phrase.
        at: the mistyped one, or the first of several.
        makes: spelling keys of the makes named before; their models are likelier.
    """
    best: tuple[float, int, int, Found | Word] | None = None
    for cost, found in _near(known, tokens, at, makes):
        rank = _OF_WORDS if isinstance(found, Word) else 2 * RANKS.index(found.meanings[0].name) - 1
        count = 0 if isinstance(found, Word) else found.meanings[0].count
        if best is None or (cost, rank, -count) < best[:3]:
            best = (cost, rank, -count, found)
    return None if best is None else best[3]


def nearly_longer(
    known: Dictionary, tokens: Sequence[Token], at: int, makes: frozenset[str], than: int
) -> Found | None:
    """Return the likeliest mistyped name of several words that ends after token ``than``.

    "alfa romoe" begins with a name that is known, and yet means more than it.
    """
    longer = [one for one in _near_several(known, tokens, at, makes) if one[1].end > than]
    return min(longer, key=lambda one: one[0])[1] if longer else None


def errors(said: str, meant: str, most: int = MOST_ERRORS) -> float | None:
    """Return the errors in a word, a wrong first letter counting more; None if too many.

    How many are forgiven depends on how long the shorter form is. Figures have to be right.

    >>> errors("scoda", "skoda"), errors("ocatvia", "octavia"), errors("honda", "skoda")
    (1.0, 1.0, None)
    >>> errors("onda", "honda"), errors("a5", "a4")
    (1.4, None)
    """
    if said == meant:
        return 0.0
    shorter = min(len(said), len(meant))
    if shorter < SHORTEST_GUESS or _figures(said) != _figures(meant):
        return None
    forgiven = 1 if shorter < 6 else (2 if shorter < 10 else 3)  # noqa: PLR2004 (letters)
    most = min(most, forgiven)
    count = OSA.distance(said, meant, score_cutoff=most)
    if count > most:
        return None
    begins_well = said[0] == meant[0] or said[:2] == meant[1::-1]
    return count + (0.0 if begins_well else FIRST_LETTER)


def _figures(word: str) -> list[str]:
    return [] if word.isalpha() else re.findall("[0-9]", word)


def _near(
    known: Dictionary, tokens: Sequence[Token], at: int, makes: frozenset[str]
) -> Iterator[tuple[float, Found | Word]]:
    """Yield what may have been meant, with its errors."""
    said = tokens[at].key
    yield from _near_several(known, tokens, at, makes)
    if len(said) < SHORTEST_GUESS or said.isdigit():
        return
    for meant in _within(said, known.guesses):
        meanings = [one for one in known.meanings[meant] if _may_be_meant(said, meant, one, makes)]
        if not meanings:
            continue
        likeliest = chosen(meanings, makes)
        beside = likeliest[0].make in makes
        trusted = beside or likeliest[0].name == "brand"
        cost = errors(said, meant, _forgiven(meant, trusted=trusted))
        if cost is not None:
            cost -= LONGER * len(meant) + (BESIDE_ITS_MAKE if beside else 0.0)
            yield cost, Found(likeliest, at + 1, corrected=True)
    if len(said) > 4:  # noqa: PLR2004 (shorter words are too easily others)
        for meant in _within(said, _common()):
            cost = errors(said, meant, _forgiven(meant, trusted=False))
            word = words()[meant]
            if cost is not None and (word.name != "colour" or word.value in known.colours):
                yield cost - LONGER * len(meant), word


def _within(said: str, names: Sequence[str]) -> list[str]:
    """Return the names that may be near enough."""
    near = extract(said, names, scorer=OSA.distance, score_cutoff=MOST_ERRORS, limit=None)
    return [name for name, _, _ in near]


def _forgiven(meant: str, *, trusted: bool) -> int:
    """Return the most errors in a word that may as well be one of a hundred thousand others."""
    return MOST_ERRORS if trusted else (2 if len(meant) >= 8 else 1)  # noqa: PLR2004 (letters)


def _near_several(
    known: Dictionary, tokens: Sequence[Token], at: int, makes: frozenset[str]
) -> Iterator[tuple[float, Found]]:
    """Yield names of several words of which each is near to the one said in its place."""
    places = [n for n in range(at, min(at + 12, len(tokens))) if not tokens[n].is_sign]
    if not places or places[0] != at:
        return
    said = [tokens[n].key for n in places]
    for parts in known.several.get(said[0][0], ()):
        if len(parts) > len(said):
            continue
        cost = 0.0
        for one, meant in zip(said, parts, strict=False):
            wrong = _in_its_place(one, meant)
            if wrong is None:
                break
            cost += wrong
        else:
            # More was said and understood: better than one of the words alone.
            meanings = chosen(known.meanings["".join(parts)], makes)
            yield cost - len(parts), Found(meanings, places[len(parts) - 1] + 1, corrected=True)


def _in_its_place(said: str, meant: str) -> float | None:
    """Return the errors in one word of several; a short word, or one that is known, has none."""
    if said == meant:
        return 0.0
    if abs(len(said) - len(meant)) > 1 or max(len(said), len(meant)) < 4:  # noqa: PLR2004 (letters)
        return None  # also GTI, which is not GTE
    if said in words():
        return None
    return errors(said, meant, 1)


def _may_be_meant(said: str, meant: str, one: Meaning, makes: frozenset[str]) -> bool:
    """Return whether a mistyped word may be this name; short ones are easily something else."""
    same_letters = said[0] == meant[0] or sorted(said) == sorted(meant)
    if one.name == "brand":
        return len(meant) > SHORTEST_GUESS or same_letters
    if one.make in makes:
        return len(meant) > SHORTEST_GUESS or (len(meant) == SHORTEST_GUESS and same_letters)
    return len(meant) > 5 or (len(meant) > 4 and said[0] == meant[0])  # noqa: PLR2004 (letters)


@cache
def _common() -> tuple[str, ...]:
    """Return the words that may be mistyped: long ones that ask for something."""
    told = (Kind.FILTER, Kind.ENGINE, Kind.BOUND, Kind.FIELD, Kind.SORT, Kind.NEAR)
    return tuple(
        key
        for key, word in words().items()
        if word.kind in told and " " not in key and len(key) > 4  # noqa: PLR2004 (letters)
    )
