"""A text cut into words, numbers and the few signs that mean something, each with its place.

Owns:    how letters are compared, what parts two words.
Imports: nothing.

Letters are compared as in ``domain.listing.spelling_key``: no case, no marks. A word is a run of
letters and digits; of the signs only those of money, comparison, range and list are kept.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

DASHES = frozenset("-\u2013\u2014")
SIGNS = frozenset("<>≤≥€$£₹+/") | DASHES


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign.

    key:        its letters as they are compared.
    start, end: where it stands in the text, in characters, ``end`` exclusive.
    glue:       what parts it from the token before: nothing, one character, a space for any number
                of them, a semicolon for whatever else.
    """

    key: str
    start: int
    end: int
    glue: str

    @property
    def is_sign(self) -> bool:
        """Return whether it is a sign and no word."""
        return self.key in SIGNS


def tokens_of(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text in order. No two overlap, whatever the text.

    >>> [(one.key, one.glue) for one in tokens_of("Škoda, do 15.000€")]
    [('skoda', ''), ('do', ';'), ('15', ' '), ('000', '.'), ('€', '')]
    """
    found: list[Token] = []
    key, start, end, glue = "", 0, 0, ""
    for place, letter in enumerate(text):
        folded = _folded(letter)
        if folded.isalnum():
            start = start if key else place
            key, end = key + folded, place + 1
        elif folded == "" and key:  # a mark that stands alone belongs to its letter
            end = place + 1
        else:
            if key:
                found.append(Token(key, start, end, glue))
                key, glue = "", ""
            if folded in SIGNS:
                found.append(Token(folded, place, place + 1, glue))
                glue = ""
            else:
                glue = _glued(glue, " " if folded.isspace() else folded)
    if key:
        found.append(Token(key, start, end, glue))
    return tuple(found)


def joined(tokens: Sequence[Token]) -> str:
    """Return the letters of several tokens as one name; signs do not count.

    >>> joined(tokens_of("Mercedes-Benz C 220"))
    'mercedesbenzc220'
    """
    return "".join(one.key for one in tokens if not one.is_sign)


def key_of(word: str) -> str:
    """Return words as they are compared, parted by one space; a sign counts only alone.

    >>> key_of("Baujahr  AB"), key_of("Plug-in"), key_of("€")
    ('baujahr ab', 'plug in', '€')
    """
    return spaced(tokens_of(word))


def spaced(tokens: Sequence[Token]) -> str:
    """Return the letters of several tokens parted by one space; a sign counts only alone."""
    if len(tokens) == 1:
        return tokens[0].key
    return " ".join(one.key for one in tokens if not one.is_sign)


def _glued(glue: str, more: str) -> str:
    return more if glue in ("", more) else (glue if not more else ";")


def _folded(letter: str) -> str:
    """Return a character as it is compared; digits of every script as ours.

    What would fall into letters and something else, such as a fraction, is a gap.
    """
    if letter.isascii():
        return letter.lower()
    decomposed = unicodedata.normalize("NFKD", letter.casefold())
    plain = "".join(
        str(unicodedata.decimal(c, c)) for c in decomposed if not unicodedata.combining(c)
    )
    return plain if len(plain) <= 1 or plain.isalnum() else " "
