"""A shopper's phrase read from left to right: what each word and number of it asks for.

Owns:    chips, which of several readings of a word counts, what is left over.
Imports: domain.phrase.

A word is read as the longest thing it can begin: a name of a car for sale, a word of the table, a
number. Only what is none of them is looked for among names that are spelt much the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from carousel.domain.listing import spelling_key
from carousel.domain.phrase.amounts import Ask, Pending, Terms, amount_at, has_unit
from carousel.domain.phrase.dictionary import Dictionary, Found, exactly
from carousel.domain.phrase.nearest import nearly, nearly_longer
from carousel.domain.phrase.numbers import quantities
from carousel.domain.phrase.settling import Chip, settled
from carousel.domain.phrase.tokens import Token, spaced, tokens_of
from carousel.domain.phrase.words import Kind, Word, words

LONGEST = 300
"""Characters of a phrase that are worth reading."""

MOST_WORDS = 4  # of an entry of the table of words
NEAR_KM = 50  # "near Brno": half an hour's drive
SHORT = 3  # letters; a word of the table this short is that word before it is a name

_AWAY = frozenset(
    ("of", "from", "um", "von", "od", "around", "near", "okolo", "kolem", "rund um", "away from")
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a phrase asks for.

    chips:   in the order of the text. Chips of one span belong together; different spans never
             overlap.
    ignored: words that were not understood, as they were written.
    sort:    name of an order of search, None where the phrase asks for none.
    """

    chips: tuple[Chip, ...]
    ignored: tuple[str, ...]
    sort: str | None


def read(text: str, known: Dictionary, terms: Terms) -> Reading:
    """Return what a phrase asks for; of a longer text only the first ``LONGEST`` characters.

    Args:
        text: anything.
        known: the names of the cars for sale.
        terms: the present year and the currency of prices.

    >>> from carousel.domain.phrase.dictionary import dictionary_of
    >>> from carousel.domain.phrase.names import Names
    >>> known = dictionary_of(Names(makes=(("Škoda", 9), ("BMW", 5))))
    >>> found = read("scoda kombi under 15k", known, Terms(2026, "EUR"))
    >>> [(one.name, one.value, one.text) for one in found.chips]
    [('brand', 'Škoda', 'scoda'), ('body', 'estate', 'kombi'), ('max_price', '15000', 'under 15k')]
    """
    text = text[:LONGEST]
    reader = _Reader(text, tokens_of(text), known, terms)
    while reader.at < len(reader.tokens):
        reader.step()
    chips, left_over = settled(reader.chips)
    ignored = [*reader.ignored, *((one.start, one.text) for one in left_over)]
    sort = reader.sort
    if sort == "distance" and all(one.name != "radius_km" for one in chips):
        sort = None
    return Reading(chips, tuple(said for _, said in sorted(ignored)), sort)


@dataclass(slots=True)
class _Reader:
    """Where the reading stands, and what the words before said of what comes."""

    text: str
    tokens: Sequence[Token]
    known: Dictionary
    terms: Terms
    at: int = 0
    chips: list[Chip] = field(default_factory=list)
    ignored: list[tuple[int, str]] = field(default_factory=list)
    sort: str | None = None
    makes: frozenset[str] = frozenset()
    last_make: str = ""  # of the chip just before, if that named a make
    pending: Pending = field(default_factory=Pending)
    near: int | None = None  # the token from which on a place is the middle of a circle
    unwanted: int | None = None  # the token that says that what follows is not wanted

    def step(self) -> None:
        """Read the next word, number or name."""
        word, word_end = self._word()
        name = self._name(word_end)
        if name is not None and (word is None or self._prefers(name, word, word_end)):
            self._take_name(name)
        elif word is not None:
            self._take_word(word, word_end)
        elif not self._take_number():
            self._guess()

    def _word(self) -> tuple[Word | None, int]:
        """Return the longest entry of the table that begins here, and the token after it."""
        for end in range(min(self.at + MOST_WORDS, len(self.tokens)), self.at, -1):
            if end > self.at + 1 and self.tokens[end - 1].is_sign:
                continue
            word = words().get(spaced(self.tokens[self.at : end]))
            if word is not None and not (word.kind is Kind.UNIT and self.tokens[self.at].is_sign):
                return word, end
        return None, self.at

    def _name(self, word_end: int) -> Found | None:
        """Return the longest name that begins here, unless it rather is a number or a year.

        word_end: the token after the word of the table that begins here; a mistyped name counts
        only if it is longer than that.
        """
        found = exactly(self.known, self.tokens, self.at, self.makes)
        end = max(word_end, self.at if found is None else found.end)
        if end > self.at:
            longer = nearly_longer(self.known, self.tokens, self.at, self.makes, end)
            found = longer or found
        if found is None:
            return None
        key = self.tokens[self.at].key
        if found.end > self.at + 1 or not key.isdigit():
            return found
        if self.pending.bound or self.pending.field or found.meanings[0].name != "model":
            return None
        if self.terms.is_year(int(key)) and found.meanings[0].make != self.last_make:
            return None
        following = self.tokens[found.end : found.end + 1]
        decimal = any(one.glue in (".", ",") and one.key[0].isdigit() for one in following)
        return None if decimal or has_unit(self.tokens, self.at, self.terms) else found

    def _prefers(self, name: Found, word: Word, word_end: int) -> bool:
        """Return whether a name that begins here counts more than a word that does."""
        if name.end != word_end:
            return name.end > word_end
        if name.meanings[0].make and name.meanings[0].make in self.makes:
            return True
        if word.kind in (Kind.EMPTY, Kind.UNHEARD, Kind.UNIT, Kind.TIMES):
            return self.tokens[word_end - 1].end - self.tokens[self.at].start > SHORT
        return False

    def _take_name(self, found: Found) -> None:
        first = found.meanings[0]
        asks = [Ask(one.name, one.value) for one in found.meanings]
        if first.name == "region" and self.near is not None and first.place is not None:
            asks = _circle(first.place, NEAR_KM)
            self._chip(self.near, found.end, asks, corrected=found.corrected)
        else:
            start = self.at
            self._chip(start, found.end, asks, corrected=found.corrected)
        self.last_make = spelling_key(first.value) if first.name == "brand" else ""
        if first.name == "brand":
            self.makes |= {self.last_make}

    def _take_word(self, word: Word, end: int, *, corrected: bool = False) -> None:
        if word.kind in (Kind.FILTER, Kind.ENGINE):
            values = (
                self.known.colours.get(word.value, ()) if word.name == "colour" else (word.value,)
            )
            if values:
                asks = [Ask(word.name, value) for value in values]
                self._chip(self.at, end, asks, corrected=corrected)
            else:
                self._ignore(end)
        elif word.kind is Kind.SORT:
            if self.unwanted is None:
                self.sort = self.sort or word.name
                self._forget(end)
            else:
                self._ignore(end)
        elif word.kind in (Kind.BOUND, Kind.FIELD, Kind.BETWEEN):
            self.pending = self.pending.with_word(word, self.at, corrected=corrected)
            self.at = end
        elif word.kind is Kind.NEAR:
            self.near, self.at = (self.at if self.near is None else self.near), end
        elif word.kind is Kind.NOT:
            self.unwanted, self.at = (self.at if self.unwanted is None else self.unwanted), end
        elif word.kind is Kind.EMPTY:
            self.at = end
        elif word.kind is Kind.UNIT and word.name in ("km", "miles"):
            # "km bis 100000": a unit before its number says of what the number is
            field_ = Word(Kind.FIELD, "mileage")
            self.pending, self.at = self.pending.with_word(field_, self.at, corrected=False), end
        else:
            self._ignore(end)

    def _take_number(self) -> bool:
        """Read a number and what it is of; return whether there is one."""
        token = self.tokens[self.at]
        if token.is_sign and next(quantities(self.tokens, self.at), None) is None:
            self.at += 1
            return True
        if self._take_distance():
            return True
        found = amount_at(self.tokens, self.at, self.pending, self.terms)
        if found is None:
            if not token.is_sign and not token.key[0].isdigit():
                return False
            stated = list(quantities(self.tokens, self.at))
            if not stated:
                return False
            ours = ("", "km", "miles", "hp", "kw")  # too many of these: figures of two numbers
            whole = next((one for one in stated if one.unit not in ours), stated[-1])
            self._ignore(whole.end)
            return True
        corrected = self.pending.corrected
        for start, end, asks in found.spans:
            self._chip(start, end, asks, corrected=corrected)
        return True

    def _take_distance(self) -> bool:
        """Read "50 km from Brno"; return whether it stands here."""
        for stated in quantities(self.tokens, self.at):
            if stated.unit != "km" or not 1 <= stated.value <= 1000:  # noqa: PLR2004 (of a circle)
                continue
            at = stated.end
            for end in (at + 2, at + 1):
                if spaced(self.tokens[at:end]) in _AWAY and end < len(self.tokens):
                    place = exactly(self.known, self.tokens, end, frozenset())
                    place = place or _as_name(nearly(self.known, self.tokens, end, frozenset()))
                    if place is not None and place.meanings[0].place is not None:
                        starts = (self.at, self.near, self.pending.start)
                        start = min(one for one in starts if one is not None)
                        asks = _circle(place.meanings[0].place, int(stated.value))
                        self._chip(start, place.end, asks, corrected=place.corrected)
                        return True
        return False

    def _guess(self) -> None:
        """Take the nearest name or word, or tell that nothing is near."""
        found = nearly(self.known, self.tokens, self.at, self.makes)
        if isinstance(found, Word):
            self._take_word(found, self.at + 1, corrected=True)
        elif found is not None:
            self._take_name(found)
        else:
            self._ignore(self.at + 1)

    def _chip(self, start: int, end: int, asks: Sequence[Ask], *, corrected: bool) -> None:
        """Put down what a span of tokens asks for, unless it is not wanted."""
        if self.unwanted is not None:
            self._ignore(end)
            return
        first, last = self.tokens[start].start, self.tokens[end - 1].end
        said = self.text[first:last]
        self.chips += [Chip(one.name, one.value, said, first, last, corrected) for one in asks]
        self._forget(end)

    def _ignore(self, end: int) -> None:
        start = self.at if self.unwanted is None else self.unwanted
        first, last = self.tokens[start].start, self.tokens[end - 1].end
        self.ignored.append((first, self.text[first:last]))
        self._forget(end)

    def _forget(self, end: int) -> None:
        """Go on at a token; what was said of the number before it is done with."""
        self.at = end
        self.pending, self.near, self.unwanted, self.last_make = Pending(), None, None, ""


def _circle(place: tuple[float, float], radius_km: int) -> list[Ask]:
    return [
        Ask("near_latitude", f"{place[0]:.4f}"),
        Ask("near_longitude", f"{place[1]:.4f}"),
        Ask("radius_km", str(radius_km)),
    ]


def _as_name(found: Found | Word | None) -> Found | None:
    return found if isinstance(found, Found) else None
