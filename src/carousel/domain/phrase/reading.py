"""A shopper's phrase read from left to right: what each word and number of it asks for.

Owns:    chips, which of several readings of a word counts, what is left over.
Imports: domain.phrase.

A word is read as the longest thing it can begin: a name of a car for sale, a word of the table, a
number. Only what is none of them is looked for among names that are spelt much the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from carousel.domain.listing import Transmission, spelling_key
from carousel.domain.phrase.amounts import (
    Ask,
    Pending,
    Terms,
    amount_at,
    aside_at,
    has_unit,
    way_at,
)
from carousel.domain.phrase.apart import apart
from carousel.domain.phrase.circles import (
    AROUND,
    Distance,
    Spot,
    alternatives,
    around,
    chips_of,
)
from carousel.domain.phrase.dictionary import Dictionary, Found, exactly
from carousel.domain.phrase.gearbox import is_gearbox
from carousel.domain.phrase.nearest import nearly, nearly_longer
from carousel.domain.phrase.numbers import quantities
from carousel.domain.phrase.settling import Chip, settled
from carousel.domain.phrase.tokens import Token, spaced, tokens_of
from carousel.domain.phrase.words import Kind, Word, words

LONGEST = 300
"""Characters of a phrase that are worth reading."""

MOST_WORDS = 4  # of an entry of the table of words
SHORT = 3  # letters; a word of the table this short is that word before it is a name

_PLAIN = (Kind.EMPTY, Kind.NEAR)

_ANY_PRICE = frozenset(
    ("astonmartin", "bentley", "bugatti", "ferrari", "lamborghini", "maybach", "mclaren")
) | {"mercedesmaybach", "pagani", "porsche", "rollsroyce"}
"""Makes, by their spelling keys, of which many cars cost more than others drive kilometres."""


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
    reader = _Reader(text, apart(tokens_of(text), known), known, terms)
    while reader.at < len(reader.tokens):
        reader.step()
    chips, left_over = settled(reader.placed())
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
    spots: list[Spot] = field(default_factory=list)
    distances: list[Distance] = field(default_factory=list)
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
            if any(one.key in ("/", "+") for one in self.tokens[self.at + 1 : end]):
                continue  # two that are alternatives: hybrid/petrol
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
        if first.name == "region" and self.unwanted is None:
            start, is_near = (self.at, False) if self.near is None else (self.near, True)
            self.spots.append(Spot(start, found.end, found.meanings, found.corrected, is_near))
            self._forget(found.end)
        else:
            asks = [Ask(one.name, one.value) for one in found.meanings]
            self._chip(self.at, found.end, asks, corrected=found.corrected)
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
        elif word.kind is Kind.ASIDE:
            self._take_aside(word, end)
        elif word.kind is Kind.EMPTY:
            modelled = any(one.name == "model" for one in self.chips)
            if is_gearbox(self.tokens, self.at, after_a_model=modelled):
                automatic = Ask("transmission", str(Transmission.AUTOMATIC))
                self._chip(self.at, end, [automatic], corrected=False)
            self.at = end
        elif not self._take_small_word(word, end, corrected=corrected):
            self._ignore(end)

    def _take_small_word(self, word: Word, end: int, *, corrected: bool) -> bool:
        """Keep what a word says of those after it; return whether it says anything of them."""
        if word.kind is Kind.NEAR and self._is_after_a_place(end):
            self.spots[-1] = replace(self.spots[-1], end=end, near=True)
        elif word.kind is Kind.NEAR:
            self.near = self.at if self.near is None else self.near
        elif word.kind is Kind.NOT:
            self.unwanted = self.at if self.unwanted is None else self.unwanted
        elif word.kind in (Kind.BOUND, Kind.FIELD, Kind.BETWEEN):
            self.pending = self.pending.with_word(word, self.at, corrected=corrected)
        elif word.kind is Kind.UNIT and word.name in ("km", "miles"):
            # "km bis 100000": a unit before its number says of what the number is
            field_ = Word(Kind.FIELD, "mileage")
            self.pending = self.pending.with_word(field_, self.at, corrected=False)
        else:
            return False
        self.at = end
        return True

    def _take_number(self) -> bool:
        """Read a number and what it is of; return whether there is one."""
        token = self.tokens[self.at]
        if token.is_sign and next(quantities(self.tokens, self.at), None) is None:
            self.at += 1
            return True
        if self._take_reach() or self._take_way():
            return True
        driven = any(one.name.endswith("_mileage") for one in self.chips)
        terms = replace(self.terms, dear=driven or bool(self.makes & _ANY_PRICE))
        found = amount_at(self.tokens, self.at, self.pending, terms)
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

    def _take_aside(self, word: Word, end: int) -> None:
        """Tell that no filter knows a word such as "range", with the number after it."""
        if word.name == "reach" and self.pending.field:  # "price range"
            self.at = end
        else:
            found = aside_at(self.tokens, end, word, self.terms)
            meant = nearly(self.known, self.tokens, self.at, self.makes) if found is None else None
            if isinstance(meant, Found) and meant.meanings[0].make in self.makes:
                self._take_name(meant)  # "ford range" is a Ranger
            else:
                self._ignore(found or end)

    def _take_reach(self) -> bool:
        """Tell that no filter knows "400 km range"; return whether it stands here."""
        reach = Word(Kind.ASIDE, "reach")
        end = aside_at(self.tokens, self.at, reach, self.terms)
        for at in () if end is None else range(end, min(end + 2, len(self.tokens))):
            word = words().get(self.tokens[at].key)
            named = exactly(self.known, self.tokens, at, self.makes)  # Range Rover
            if word == reach and named is None:
                self._ignore(at + 1)
                return True
        return False

    def _take_way(self) -> bool:
        """Read how far from a place a car may stand; return whether that is said here."""
        if self.pending.field or self.pending.bound in ("min", "from"):
            return False
        found = way_at(self.tokens, self.at, bare=self.near is not None)
        if found is None:
            return False
        km, end = found
        if self.unwanted is not None:
            self._ignore(end)
            return True
        starts = (self.at, self.near, self.pending.start)
        start = min(one for one in starts if one is not None)
        self.distances.append(Distance(start, end, km))
        self._forget(end)
        return True

    def _is_after_a_place(self, end: int) -> bool:
        """Return whether a word that says "around" belongs to the place before it."""
        if not self.spots or self.tokens[end - 1].key not in AROUND or self.near is not None:
            return False
        between = self.tokens[self.spots[-1].end : self.at]
        said = (words().get(one.key) for one in between if not one.is_sign)
        if not all(word is not None and word.kind in _PLAIN for word in said):
            return False
        following = (
            exactly(self.known, self.tokens, end, self.makes) if end < len(self.tokens) else None
        )
        return following is None or following.meanings[0].name != "region"

    def placed(self) -> list[Chip]:
        """Return all chips in the order of the text, those of the places among them."""
        spots, distances = around(self.spots, self.distances, self.tokens)
        spots, places = alternatives(spots, self.tokens)
        gone = [(one.start, one.end) for one in distances]
        for start, end in (*gone, *((one.start, one.end) for one in places)):
            first, last = self.tokens[start].start, self.tokens[end - 1].end
            self.ignored.append((first, self.text[first:last]))
        of_places = [chip for one in spots for chip in chips_of(one, self.tokens, self.text)]
        return sorted([*self.chips, *of_places], key=lambda one: one.start)

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
