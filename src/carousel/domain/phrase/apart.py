"""Words that were typed without the gap between them: 2.0tdi, bj2018, mazda3, unter15k.

Owns:    where such a run of letters and digits parts.
Imports: domain.phrase.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from carousel.domain.phrase.dictionary import Dictionary
from carousel.domain.phrase.tokens import Token
from carousel.domain.phrase.words import Kind, words

_BEFORE = (Kind.BOUND, Kind.FIELD, Kind.FILTER, Kind.ENGINE)
_AFTER = (Kind.FILTER, Kind.ENGINE)
_SHORTEST_MODEL = 3  # letters


def apart(tokens: Sequence[Token], known: Dictionary) -> tuple[Token, ...]:
    """Return tokens, those that are a number and a word in two; what is a name stays whole.

    >>> from carousel.domain.phrase.dictionary import dictionary_of
    >>> from carousel.domain.phrase.names import Model, Names
    >>> from carousel.domain.phrase.tokens import tokens_of
    >>> known = dictionary_of(Names((("Mazda", 2),), (Model("Volkswagen", "ID.3", 1),)))
    >>> [one.key for one in apart(tokens_of("mazda3 id3 bj2018 1.4tsi"), known)]
    ['mazda', '3', 'id3', 'bj', '2018', '1', '4', 'tsi']
    """
    return tuple(part for one in tokens for part in _parts(one, known))


def _parts(one: Token, known: Dictionary) -> Iterator[Token]:
    at = _gap(one.key, known)
    if at and one.end - one.start == len(one.key):
        middle = one.start + at
        yield replace(one, key=one.key[:at], end=middle)
        yield Token(one.key[at:], middle, one.end, "")
    else:
        yield one


def _gap(key: str, known: Dictionary) -> int:
    """Return the letter or digit that begins the second word, 0 where there is but one."""
    if key.isalpha() or key.isdigit() or key in words() or key in known.meanings:
        return 0
    matched = re.fullmatch("([a-z]{2,})([0-9]+[a-z]*)", key)
    if matched is not None:
        before, number = matched.groups()
        word = words().get(before)
        named = any(
            one.name == "brand" or len(before) >= _SHORTEST_MODEL
            for one in known.meanings.get(before, ())
        )
        said = word is not None and word.kind in _BEFORE and len(number) > 1
        return len(before) if named or said else 0
    matched = re.fullmatch("([0-9]{1,2})([a-z]{3,})", key)
    if matched is None:
        return 0
    word = words().get(matched[2])
    asked = word is not None and word.kind in _AFTER and word.name == "fuel"
    return len(matched[1]) if asked else 0
