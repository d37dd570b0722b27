"""What a number in a phrase is of: a price, a year, kilometres, power; the least, the most, both.

Owns:    which numbers can be what, conversions, ranges.
Imports: domain.phrase.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from carousel.domain.phrase.numbers import HP_PER_KW, KM_PER_MILE, Quantity, quantities
from carousel.domain.phrase.tokens import DASHES, Token, spaced
from carousel.domain.phrase.words import Kind, Word, afterwords, words

FIRST_YEAR = 1990
"""A bare number from here to next year is a year; with a word for it from 1900 on."""

_RANGES = DASHES | {"to", "bis", "do", "az", "az do", "till", "until"}
_BETWEEN = _RANGES | {"and", "und", "a"}
_LIMITS = {
    "price": (1, 1_000_000_000),
    "mileage": (0, 999_999),
    "power": (10, 2_000),
    "age": (0, 60),
}
_BARE_PRICE, _BOUNDED_PRICE = 1_000, 200  # the least that is taken for a price without a unit
_DEAR = {"EUR": 150_000, "USD": 150_000, "GBP": 150_000, "CHF": 150_000}
"""From here on a number without a unit is rather of kilometres, by currency: few cars cost more."""

_WORN = 500_000  # kilometres; hardly a car has driven as many

_SHORT_WAY = 1_000
"""Kilometres. Fewer are how far away a car may stand: no used car has driven as few."""

_BARE_WAY = 300  # kilometres, where none are stated: "around 500" is no way but a price
_FARTHEST = 1_500  # kilometres or miles that a car can on one charge
_MOST_WORDS = 2  # of a word after a number


@dataclass(frozen=True, slots=True)
class Terms:
    """What a phrase does not say itself.

    year:     the present one.
    currency: of prices, ISO 4217.
    dear:     whether the phrase names a make whose cars may cost whatever is said.
    """

    year: int
    currency: str
    dear: bool = False

    def is_year(self, number: float) -> bool:
        """Return whether a bare number is taken for a year."""
        return FIRST_YEAR <= number <= self.year + 1

    def whole_year(self, number: float) -> float:
        """Return the year that two figures stand for, and any other number as it is.

        >>> Terms(2026, "EUR").whole_year(18), Terms(2026, "EUR").whole_year(98)
        (2018, 1998)
        """
        if number >= 100:  # noqa: PLR2004 (more than two figures)
            return number
        century = self.year - self.year % 100
        return century + number if number <= self.year % 100 + 1 else century - 100 + number

    def is_too_dear(self, number: float) -> bool:
        """Return whether a number is too high for a price, and not for kilometres."""
        return not self.dear and _DEAR.get(self.currency, math.inf) <= number < _WORN


@dataclass(frozen=True, slots=True)
class Pending:
    """What the words before a number said of it.

    bound:     ``max`` or ``min``; ``until`` or ``from`` where a year is as likely; empty for none.
    field:     what the number is of, empty where nothing was said.
    start:     the first token of those words.
    between:   whether the number begins a range that ends with "and".
    corrected: whether one of the words was mistyped.
    """

    bound: str = ""
    field: str = ""
    start: int | None = None
    between: bool = False
    corrected: bool = False

    def with_word(self, word: Word, at: int, *, corrected: bool) -> "Pending":
        """Return what is known after one more word."""
        start = at if self.start is None else self.start
        corrected = corrected or self.corrected
        if word.kind is Kind.FIELD:
            return replace(self, field=word.name, start=start, corrected=corrected)
        if word.kind is Kind.BETWEEN:
            return replace(self, between=True, start=start, corrected=corrected)
        of = word.name or self.field
        return replace(self, bound=word.value, field=of, start=start, corrected=corrected)


@dataclass(frozen=True, slots=True)
class Ask:
    """One query parameter of the search and what to set it to."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Amount:
    """What numbers ask for: from which token to which, each span with its parameters."""

    spans: tuple[tuple[int, int, tuple[Ask, ...]], ...]


def amount_at(tokens: Sequence[Token], at: int, pending: Pending, terms: Terms) -> Amount | None:
    """Return what the number at a token asks for; None where there is none, or none that can be.

    >>> from carousel.domain.phrase.tokens import tokens_of
    >>> now = Terms(2026, "EUR")
    >>> amount_at(tokens_of("2015 - 2018"), 0, Pending(), now).spans
    ((0, 1, (Ask(name='min_year', value='2015'),)), (2, 3, (Ask(name='max_year', value='2018'),)))
    >>> amount_at(tokens_of("110 kW"), 0, Pending(), now).spans
    ((0, 2, (Ask(name='min_power', value='149'),)),)
    """
    start = at if pending.start is None else pending.start
    for first in _numbers(tokens, at, pending, terms):
        ranged = _range(tokens, first, start, pending, terms)
        if ranged is not None:
            return ranged
        of = _field(first, pending, terms)
        if of is None:
            continue
        bound, end = pending.bound, first.end
        if of == "age" and pending.field == "year":  # older is more years, and an earlier one
            bound = {"min": "max", "max": "min"}.get(bound, bound)
        if not bound:
            bound, end = _after(tokens, first.end)
        asks = _asks(of, _value(first, of, terms), bound, first.unit, terms)
        return Amount(((start, end, asks),))
    return None


def has_unit(tokens: Sequence[Token], at: int, terms: Terms) -> bool:
    """Return whether the number at a token states what it is of, and can be that."""
    return any(
        _field(one, Pending("max"), terms)
        for one in quantities(tokens, at)
        if one.unit or one.times
    ) or any(one.unit in ("km", "miles") for one in quantities(tokens, at))


def way_at(tokens: Sequence[Token], at: int, *, bare: bool) -> tuple[int, int] | None:
    """Return how many kilometres away the number at a token may mean, and the token after it.

    bare: whether it needs no unit. None where it is no number, or too high.

    >>> from carousel.domain.phrase.tokens import tokens_of
    >>> way_at(tokens_of("20 km"), 0, bare=False), way_at(tokens_of("20000 km"), 0, bare=False)
    ((20, 2), None)
    """
    for one in quantities(tokens, at):
        if one.unit in ("km", "miles") or (bare and one.plain and one.value <= _BARE_WAY):
            km = round(one.value * (KM_PER_MILE if one.unit == "miles" else 1))
            return (km, one.end) if 1 <= km < _SHORT_WAY else None
    return None


def aside_at(tokens: Sequence[Token], at: int, word: Word, terms: Terms) -> int | None:
    """Return the token after a number that belongs to a word of ``Kind.ASIDE``; None without one.

    Args:
        tokens: of the phrase.
        at: the token after that word, or the number itself.
        word: the word; ``reach`` has kilometres, anything else small figures or a date to come.
        terms: the present year.
    """
    while at < len(tokens) and (tokens[at].is_sign or _says_how_much(tokens[at])):
        at += 1
    if at >= len(tokens):
        return None
    for one in quantities(tokens, at):
        if word.name == "reach":
            fits = one.unit in ("km", "miles") or (one.plain and not terms.is_year(one.value))
            return one.end if fits and not one.times and 0 < one.value <= _FARTHEST else None
        month = re.fullmatch(r"0?[1-9]|1[0-2]", tokens[at].key) is not None
        if month and at + 1 < len(tokens):
            then = at + 2 if tokens[at + 1].key == "/" else at + 1
            if then < len(tokens) and re.fullmatch("(20)?[0-9]{2}", tokens[then].key):
                return then + 1
        if one.unit in ("", "other", "years") and not one.times:
            figures = one.value < 100 or terms.year <= one.value <= terms.year + 20  # noqa: PLR2004
            return one.end if figures else None
    return None


def _says_how_much(token: Token) -> bool:
    word = words().get(token.key)
    return token.key in ("of", "is", "je", "ist") or (
        word is not None and word.kind is Kind.BOUND and not word.name
    )


def _numbers(
    tokens: Sequence[Token], at: int, pending: Pending, terms: Terms
) -> Iterator[Quantity]:
    """Yield the numbers that may begin at a token; of a month with its year only the year."""
    of_year = pending.field == "year"
    if re.fullmatch(r"0?[1-9]|1[0-2]", tokens[at].key):
        slash = at + 1 < len(tokens) and tokens[at + 1].key == "/"
        then = at + 2 if slash else at + 1
        if then < len(tokens) and (slash or tokens[then].glue == "."):
            year = next(quantities(tokens, then), None)
            if year is not None and year.plain:
                value = terms.whole_year(year.value) if of_year else year.value
                if terms.is_year(value):
                    yield replace(year, value=value)
    for one in quantities(tokens, at):
        whole = of_year and one.plain
        yield replace(one, value=terms.whole_year(one.value)) if whole else one


def _range(
    tokens: Sequence[Token], first: Quantity, start: int, pending: Pending, terms: Terms
) -> Amount | None:
    """Return the range that begins with a number; None if it begins none."""
    if pending.bound in ("max", "until"):
        return None
    joining = _BETWEEN if pending.between else _RANGES
    for end in (first.end + 2, first.end + 1):
        if end >= len(tokens) or spaced(tokens[first.end : end]) not in joining:
            continue
        for second in _numbers(tokens, end, pending, terms):
            of = _field(second, replace(pending, bound="min"), terms)
            low = _alike(first, second)
            beside = replace(pending, bound="min")
            if of == "mileage":  # 0 to 50,000 km, but 2017 to 100,000 km are two things
                if pending.field == "year" or (first.plain and terms.is_year(first.value)):
                    continue
                beside = replace(beside, field=of)
            if of is None or _field(low, beside, terms) != of:
                continue
            values = sorted(
                ((_value(low, of, terms), low), (_value(second, of, terms), second)),
                key=lambda one: one[0],
            )
            least = _asks(of, values[0][0], "min", values[0][1].unit, terms)
            most = _asks(of, values[1][0], "max", values[1][1].unit, terms)
            if of == "age":
                least, most = most, least
            then = end if tokens[first.end].is_sign else first.end
            return Amount(((start, first.end, least), (then, second.end, most)))
    return None


def _alike(first: Quantity, second: Quantity) -> Quantity:
    """Return the first number of a range with the unit and multiplier that the second states.

    "10 - 15k" is ten to fifteen thousand, "5000 - 15k" is not five million.
    """
    found = first
    if not found.unit and second.unit:
        found = replace(found, unit=second.unit, plain=False)
    if not found.times and second.times and found.value < 1000:  # noqa: PLR2004 (said in thousands)
        times = 1_000_000 if second.value >= 1_000_000 else 1000  # noqa: PLR2004 (a million)
        found = replace(found, value=found.value * times, plain=False, times=True)
    return found


def _field(number: Quantity, pending: Pending, terms: Terms) -> str | None:
    """Return what a number is of: price, year, mileage, power, age; None if of nothing known."""
    of = _stated(number, pending, terms)
    if of is None:
        return None
    if of == "year":
        return of if 1900 <= number.value <= terms.year + 1 else None  # noqa: PLR2004 (cars began)
    low, high = _LIMITS[of]
    if of == "mileage" and pending.field != of:
        low = _SHORT_WAY
    return of if low <= _value(number, of, terms) <= high else None


def _stated(number: Quantity, pending: Pending, terms: Terms) -> str | None:
    by_unit = {"km": "mileage", "miles": "mileage", "hp": "power", "kw": "power"}
    if number.unit in ("years", "years old"):  # "5 years" alone may be those of a warranty
        return "age" if pending.bound or number.unit == "years old" else None
    if number.unit:
        return by_unit.get(number.unit, "price" if number.unit == terms.currency else None)
    as_year = number.plain and terms.is_year(number.value)
    if pending.field and not (pending.field == "year" and not number.plain):
        return pending.field
    if as_year and pending.bound != "max":
        return "year"
    if pending.bound not in ("min", "from") and terms.is_too_dear(number.value):
        return "mileage"
    least = _BOUNDED_PRICE if pending.bound else _BARE_PRICE
    return "price" if number.times or number.value >= least else None


def _value(number: Quantity, of: str, terms: Terms) -> float:
    """Return a number in the unit of its filter, not rounded."""
    if of == "mileage" and not number.unit and not number.times and 0 < number.value < _SHORT_WAY:
        return 1000 * number.value  # "mileage under 60" is sixty thousand
    if number.unit == "kw":
        return number.value * HP_PER_KW
    if number.unit == "miles":
        return number.value * KM_PER_MILE
    return terms.year - number.value if of == "age" and number.value > terms.year else number.value


def _asks(of: str, value: float, bound: str, unit: str, terms: Terms) -> tuple[Ask, ...]:
    """Return the parameters for a number; where no bound was said, what shoppers mostly mean."""
    least = bound in ("min", "from")
    most = bound in ("max", "until")
    if of == "age":  # at most five years old: built five years ago or later
        return (Ask("max_year" if least else "min_year", str(terms.year - round(value))),)
    if of == "year" and not least and not most:
        return (Ask("min_year", str(round(value))), Ask("max_year", str(round(value))))
    least = least or (of == "power" and not most)
    # What is converted must not shut out a car of just that size: 110 kW is 149.6 hp.
    whole = (math.floor if least else math.ceil) if unit in ("kw", "miles") else round
    return (Ask(f"{'min' if least else 'max'}_{of}", str(whole(value))),)


def _after(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """Return the bound that the words after a number make of it, and the token after them.

    A bound word that a number follows belongs to that one.
    """
    for end in range(min(at + _MOST_WORDS, len(tokens)), at, -1):
        bound = afterwords().get(spaced(tokens[at:end]))
        if bound is None:
            continue
        word = words().get(spaced(tokens[at:end]))
        before = word is not None and word.kind is Kind.BOUND and end < len(tokens)
        if not before or next(quantities(tokens, end), None) is None:
            return bound, end
    return "", at
