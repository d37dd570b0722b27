"""Numbers as shoppers write them, with what stands beside them: 15k, 15.000 €, 100 tis. km, 110kW.

Owns:    how figures are grouped, multipliers, units.
Imports: domain.phrase.tokens, domain.phrase.words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from carousel.domain.phrase.tokens import Token, key_of, spaced
from carousel.domain.phrase.words import Kind, forms, words

HP_PER_KW = 1 / 0.73549875  # metric horsepower, DIN 66036
KM_PER_MILE = 1.609344
LONGEST = 12  # figures; a longer run of them is no number that a shopper means

_ROWS: Mapping[float, str] = {
    0.5: "half a, half, halbe, halben, půl, půlka",
    2: "two, zwei, dva, dvě, dvou",
    3: "three, drei, tři, tří",
    4: "four, vier, čtyři, čtyř",
    5: "five, fünf, pět, pěti",
    6: "six, sechs, šest, šesti",
    7: "seven, sieben, sedm, sedmi",
    8: "eight, acht, osm, osmi",
    9: "nine, neun, devět, devíti",
    10: "ten, zehn, deset, deseti",
    12: "twelve, zwölf, dvanáct, dvanácti",
    15: "fifteen, fünfzehn, patnáct, patnácti",
    20: "twenty, zwanzig, dvacet, dvaceti",
    25: "twentyfive, fünfundzwanzig, pětadvacet, pětadvaceti",
    30: "thirty, dreißig, dreissig, třicet, třiceti",
    40: "forty, vierzig, čtyřicet, čtyřiceti",
    50: "fifty, fünfzig, padesát, padesáti",
    60: "sixty, sechzig, šedesát, šedesáti",
    80: "eighty, achtzig, osmdesát, osmdesáti",
    100: "hundred, hundert, einhundert, sto, sta",
    150: "hundertfünfzig, stopadesát, stopadesáti",
    200: "zweihundert, dvě stě, dvěstě, dvou set, dvouset",
}
"""Numbers in words; only with a multiplier or a unit after them, for "ten" is "that" in Czech."""

_FIGURES = re.compile(r"([0-9]{1,12})([a-z0-9]*)")
_GROUPS = frozenset(" .,'\u2019")
_MOST_WORDS = 3  # of a unit


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    value: with its multiplier; the unit is as written, not converted.
    unit:  ``value`` of a word of Kind.UNIT, empty where none is stated.
    plain: whether it is one run of figures and nothing else: only such a number can be a year.
    times: whether it has a multiplier.
    end:   the token after it.
    """

    value: float
    unit: str
    plain: bool
    times: bool
    end: int


def quantities(tokens: Sequence[Token], at: int) -> Iterator[Quantity]:
    """Yield the numbers that may begin at a token, the longest first.

    >>> from carousel.domain.phrase.tokens import tokens_of
    >>> found = next(quantities(tokens_of("100 tis. km"), 0))
    >>> found.value, found.unit, found.end
    (100000.0, 'km', 3)
    >>> [one.value for one in quantities(tokens_of("7 150 PS"), 0)]  # a Golf 7 of 150 PS?
    [7150.0, 7.0]
    """
    if tokens[at].key.isalpha():
        yield from _in_words(tokens, at)
        return
    unit, start = "", at
    if tokens[at].is_sign and (unit := _unit(tokens[at].key)):
        start = at + 1
        if start == len(tokens):
            return
    for bare, rest in _figures(tokens, start):
        found = _with_units(tokens, bare, rest)
        if found is not None:
            yield replace(found, unit=found.unit or unit, plain=found.plain and not unit)


def _figures(tokens: Sequence[Token], at: int) -> Iterator[tuple[Quantity, str]]:
    """Yield the bare numbers that may begin at a token, and the letters that stick to each."""
    first = _FIGURES.fullmatch(tokens[at].key)
    if first is None:
        return
    figures, rest = first.groups()
    if not rest and len(figures) <= 3:  # noqa: PLR2004 (a group of thousands)
        grouped = _grouped(tokens, at, figures)
        if grouped is not None:
            yield grouped
    if not rest and at + 1 < len(tokens) and tokens[at + 1].glue in (".", ","):
        after = re.fullmatch(r"([0-9]{1,2})([a-z]*)", tokens[at + 1].key)
        if after is not None:
            value = float(f"{figures}.{after[1]}")
            yield Quantity(value, "", plain=False, times=False, end=at + 2), after[2]
            return
    yield Quantity(float(figures), "", plain=not rest, times=False, end=at + 1), rest


def _in_words(tokens: Sequence[Token], at: int) -> Iterator[Quantity]:
    """Yield the number that words name: ten thousand, zehntausend, půl milionu."""
    key = tokens[at].key
    if key.endswith("tausend") and (value := _numerals().get(key.removesuffix("tausend"))):
        bare = Quantity(1000 * value, "", plain=False, times=True, end=at + 1)
        found = _with_units(tokens, bare, "")
        yield from () if found is None else (found,)
    for end in range(min(at + 2, len(tokens) - 1), at, -1):
        value = _numerals().get(spaced(tokens[at:end]))
        if value and len(tokens[end].key) > 1:  # "a k" is no thousand
            found = _with_units(tokens, Quantity(value, "", plain=False, times=False, end=end), "")
            yield from (found,) if found is not None and (found.times or found.unit) else ()


@cache
def _numerals() -> Mapping[str, float]:
    return {key_of(form): value for value, row in _ROWS.items() for form in forms(row)}


def _grouped(tokens: Sequence[Token], at: int, figures: str) -> tuple[Quantity, str] | None:
    """Return a number in groups of three figures, parted by the same sign each time."""
    end, rest = at + 1, ""
    glue = tokens[end].glue if end < len(tokens) else ""
    while end < len(tokens) and not rest and len(figures) < LONGEST:
        group = re.fullmatch(r"([0-9]{3})([a-z]*)", tokens[end].key)
        if group is None or tokens[end].glue != glue or glue not in _GROUPS or not glue:
            break
        figures, rest, end = figures + group[1], group[2], end + 1
    if end == at + 1:
        return None
    cents = end < len(tokens) and tokens[end].glue in ".," and tokens[end].glue not in ("", glue)
    if cents and not rest and re.fullmatch(r"[0-9]{2}", tokens[end].key):
        end += 1
    return Quantity(float(figures), "", plain=False, times=False, end=end), rest


def _with_units(tokens: Sequence[Token], bare: Quantity, rest: str) -> Quantity | None:
    """Return a number with its multiplier and unit; None where letters stick to it that are none.

    One of each may follow: the multiplier first.
    """
    found = bare
    if rest:
        stuck = _said(found, rest, found.end)
        if stuck is None:
            return None
        found = stuck
    while True:
        for end in range(min(found.end + _MOST_WORDS, len(tokens)), found.end, -1):
            if end > found.end + 1 and tokens[end - 1].is_sign:
                continue  # "thousand €" is two
            following = _said(found, spaced(tokens[found.end : end]), end)
            if following is not None:
                found = following
                break
        else:
            return found


def _said(number: Quantity, key: str, end: int) -> Quantity | None:
    """Return a number with one more word said of it, if that word is a multiplier or a unit."""
    if number.unit:
        return None
    if key == "tkm":
        return replace(
            number, value=number.value * 1000, unit="km", plain=False, times=True, end=end
        )
    word = words().get(key)
    if word is None:
        return None
    if word.kind is Kind.TIMES and not number.times:
        value = number.value * int(word.name)
        return replace(number, value=value, plain=False, times=True, end=end)
    if word.kind is Kind.UNIT:
        return replace(number, unit=word.name, plain=False, end=end)
    return None


def _unit(key: str) -> str:
    word = words().get(key)
    return word.name if word is not None and word.kind is Kind.UNIT else ""
