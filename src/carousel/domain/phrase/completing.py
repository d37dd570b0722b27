"""What a shopper who is still typing may want to say: the phrase with its last word completed.

Owns:    which names and words begin like the last word, their order; which of them may follow.
Imports: domain.listing, domain.phrase.

What was said before stays said, and the last word narrows it down: after "octavia" come no other
model and no other make, for no car is two models. Only after a word like "or" comes an alternative.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, takewhile

from carousel.domain.listing import spelling_key
from carousel.domain.phrase.amounts import Terms
from carousel.domain.phrase.dictionary import Dictionary, Meaning
from carousel.domain.phrase.nearest import errors
from carousel.domain.phrase.reading import LONGEST, Reading, read
from carousel.domain.phrase.settling import LISTS, Chip
from carousel.domain.phrase.tokens import Token, joined, key_of, spaced, tokens_of
from carousel.domain.phrase.words import Kind, Word, forms, rows, words

MOST_TOKENS = 3  # of a name that is being typed
SHORTEST_WORD = 2  # letters, before words are completed that are no names
AMOUNTS = ((1, 99, "k"), (10, 300, " 000 km"), (50, 600, " hp"))
"""What a number may become that is begun: from, to, and what follows it."""

MORE_DIGITS = ("", "0", "5", "00")
"""What a first digit may go on with; a number of two digits with nothing or a nought."""

ERAS = ("19", "20")
OR = frozenset(("or", "oder", "nebo", "and", "und", "a", "i", "/", "+"))
"""Words after which a second value of one filter is an alternative to the first."""

SHORTENED = frozenset(("est", "conv", "autom"))  # words that are offered in full
SHORTEST_GUESS = 4  # letters, before a mistyped beginning is told from another name
OF_EACH = 2  # how many times more models are tried than are asked for: some find no car
MOST_READ = 250  # words, of all phrases that are tried: a mistyped one costs half a millisecond


@dataclass(frozen=True, slots=True)
class Proposal:
    """A phrase that a shopper may mean, and how it reads.

    kind: ``make`` and ``model`` where the phrase names nothing else, otherwise ``phrase``.
    """

    text: str
    kind: str
    reading: Reading


def proposals(text: str, known: Dictionary, terms: Terms, limit: int) -> list[Proposal]:
    """Return phrases that begin with what was typed, the likeliest first.

    Each asks for something, no two for the same. A phrase that is complete comes first, then what
    may follow its last word: after a make its models. Of a very long text fewer are tried.

    >>> from carousel.domain.phrase.dictionary import dictionary_of
    >>> from carousel.domain.phrase.names import Model, Names
    >>> names = Names((("Škoda", 9), ("Seat", 5)), (Model("Škoda", "Octavia", 4),))
    >>> [one.text for one in proposals("sk", dictionary_of(names), Terms(2026, "EUR"), 5)]
    ['Škoda']
    >>> [one.text for one in proposals("skoda ", dictionary_of(names), Terms(2026, "EUR"), 5)]
    ['Škoda', 'Škoda Octavia']
    """
    text = text[:LONGEST]
    found: dict[object, Proposal] = {}
    least = LONGEST  # words that are not understood: the fewer the better
    tried = MOST_READ // (len(tokens_of(text)) + 1)
    for phrase, said in islice(_phrases(text, known, terms, limit), max(1, tried)):
        reading = read(phrase, known, terms)
        asked = (frozenset((one.name, one.value) for one in reading.chips), reading.ignored)
        left = len(reading.ignored)
        if asked not in found and left <= least and _goes_on(said, reading.chips):
            found[asked], least = Proposal(phrase, _kind(reading), reading), left
        if len(found) >= limit:
            break
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Before:
    """What was said before the words that are being typed.

    after: what the word just before says; after "under" comes no model, after "near" only a place.
    free:  whether that word lets a filter have one more value.
    """

    chips: tuple[Chip, ...] = ()
    makes: frozenset[str] = frozenset()
    after: Word | None = None
    free: bool = True

    @property
    def kind(self) -> Kind | None:
        """Return what the word just before does."""
        return None if self.after is None else self.after.kind

    @property
    def settled(self) -> frozenset[str]:
        """Return the filters that take no further value."""
        return frozenset() if self.free else frozenset(one.name for one in self.chips) & LISTS


def _before(text: str, tokens: Sequence[Token], known: Dictionary, terms: Terms) -> _Before:
    """Return what a text says that ends before a word; ``tokens`` are the text's."""
    if not tokens:
        return _Before()
    last, chips = tokens[-1].key, read(text, known, terms).chips
    return _Before(chips, _makes(chips, known), words().get(last), last in OR)


def _goes_on(said: _Before, chips: Sequence[Chip]) -> bool:
    """Return whether a phrase still says what was said before, and asks for more than that."""
    earlier = {(one.name, one.value) for one in said.chips}
    asked = {(one.name, one.value) for one in chips}
    more = {name for name, _ in asked - earlier}
    kept = all(one in asked for one in earlier if one[0] in LISTS)
    return kept and bool(more) and more.isdisjoint(said.settled)


def _phrases(
    text: str, known: Dictionary, terms: Terms, limit: int
) -> Iterator[tuple[str, _Before]]:
    """Yield what the whole phrase may become, the likeliest first, and what was said before."""
    tokens = tokens_of(text)
    if not tokens:
        yield from ((make, _Before()) for make, _ in known.names.makes[:limit])
        return
    whole = read(text, known, terms)
    understood = max((one.end for one in whole.chips), default=0) >= tokens[-1].end
    # A model alone comes with its make; a word that is no more than begun comes when it is whole.
    spelt = not any(one.corrected and one.end >= tokens[-1].end for one in whole.chips)
    spelt = spelt and not _is_half_a_year(tokens[-1].key) and tokens[-1].key not in SHORTENED
    if understood and spelt and [one.name for one in whole.chips] != ["model"]:
        yield _well_spelt(text, whole.chips), _Before()
    if not text[-1].isspace():
        for begin in range(max(0, len(tokens) - MOST_TOKENS), len(tokens)):
            before = text[: tokens[begin].start]
            said = _before(before, tokens[:begin], known, terms)
            start = _well_spelt(before, said.chips).rstrip()
            for name in _begun(tokens[begin:], known, terms, said, not understood):
                yield f"{start} {name}".lstrip(), said
    if understood and not spelt:
        said = _before(text[: tokens[-1].start], tokens[:-1], known, terms)
        yield _well_spelt(text, whole.chips), said
    if understood:
        yield from ((phrase, _Before()) for phrase in _followed(text, whole, known, limit))


def _begun(
    tokens: Sequence[Token],
    known: Dictionary,
    terms: Terms,
    before: _Before,
    guess: bool,  # noqa: FBT001 (each call names what it passes)
) -> Iterator[str]:
    """Yield what begins with some letters: names, then words and amounts; else what nearly does."""
    said = joined(tokens)
    if not said:
        return
    alone = len(tokens) == 1
    amount = said.isdigit() and before.kind in (Kind.BOUND, Kind.FIELD, Kind.BETWEEN)
    keys = () if amount else tuple(_from(said, known.keys))
    forms_ = list(_forms(tokens, before)) if before.kind is not Kind.NEAR else []
    if guess and alone and not keys and not forms_ and len(said) >= SHORTEST_GUESS:
        near = (key for key in known.guesses if len(key) >= len(said))
        keys = tuple(key for key in near if errors(said, key[: len(said)], 1) == 1.0)
    begun = [one for key in keys for one in known.meanings[key] if _fits(one, before)]
    begun = [one for one in begun if before.kind is not Kind.NEAR or one.place is not None]
    begun.sort(key=lambda one: (_by_another_name(one, said), -one.count, one.value))
    yield from dict.fromkeys(_called(one, before.makes, known) for one in begun)
    yield from forms_
    if alone and said.isdigit():
        yield from _amounts(said, terms)


def _forms(tokens: Sequence[Token], before: _Before) -> Iterator[str]:
    """Yield the words that begin with some words, the last of which is not whole.

    What makers call their engines only comes after something else: nobody begins with it.
    """
    said = spaced(tokens)
    if len(said) >= SHORTEST_WORD:
        for key, form, word in _completions():
            engine = word.kind is Kind.ENGINE
            if (
                key.startswith(said)
                and word.name not in before.settled
                and not (engine and not before.chips)
            ):
                yield form


def _amounts(said: str, terms: Terms) -> Iterator[str]:
    """Yield what a number may become: a year of which one digit is missing, or an amount.

    >>> list(_amounts("201", Terms(2016, "EUR")))[:3], list(_amounts("1", Terms(2026, "EUR")))[:3]
    (['2016', '2015', '2014'], ['1k', '10k', '15k'])
    """
    if _is_half_a_year(said):
        decade = 10 * int(said)
        yield from map(str, range(min(decade + 9, terms.year), decade - 1, -1))
        return
    more = MORE_DIGITS if len(said) == 1 else MORE_DIGITS[:2]
    for low, high, unit in AMOUNTS:
        numbers = (f"{said}{digits}" for digits in more)
        yield from (f"{number}{unit}" for number in numbers if low <= int(number) <= high)


def _is_half_a_year(said: str) -> bool:
    return said.isdigit() and len(said) == len("201") and said.startswith(ERAS)


def _by_another_name(one: Meaning, said: str) -> bool:
    """Return whether a name was begun by a nickname, or by a word that others share: "class"."""
    names = (one.value, f"{one.make} {one.value}")
    return not any(spelling_key(name).startswith(said) for name in names)


def _followed(text: str, whole: Reading, known: Dictionary, limit: int) -> Iterator[str]:
    """Yield the phrase with each of the models of the make that was named."""
    makes = _makes(whole.chips, known)
    if makes and all(one.name != "model" for one in whole.chips) and not whole.ignored:
        models = [model for make in sorted(makes) for model in known.models.get(make, ())]
        start = _well_spelt(text, whole.chips).rstrip()
        yield from (f"{start} {model}" for model in models[: OF_EACH * limit])


def _from(said: str, keys: Sequence[str]) -> Iterator[str]:
    """Yield the keys that begin with some letters; ``keys`` are in the order of the alphabet.

    >>> list(_from("au", ["alfa", "audi", "austin", "bmw"]))
    ['audi', 'austin']
    """
    return takewhile(lambda key: key.startswith(said), islice(keys, bisect_left(keys, said), None))


def _fits(one: Meaning, before: _Before) -> bool:
    """Return whether a name can follow: no second make, no model of another one."""
    if one.name in before.settled:
        return False
    if one.name == "brand":
        return before.free or not before.makes or spelling_key(one.value) in before.makes
    return one.name in ("region", "colour") or not before.makes or one.make in before.makes


def _called(one: Meaning, makes: frozenset[str], known: Dictionary) -> str:
    """Return what to write for a name: a model with its make, unless that is already there."""
    if one.name != "model" or one.make in makes:
        return one.value
    return f"{known.makes[one.make]} {one.value}"


def _makes(chips: Sequence[Chip], known: Dictionary) -> frozenset[str]:
    """Return the makes that were named, or else those of the models that were."""
    named = frozenset(spelling_key(one.value) for one in chips if one.name == "brand")
    return named or frozenset(
        meaning.make
        for one in chips
        if one.name == "model"
        for meaning in known.meanings.get(joined(tokens_of(one.value)), ())
        if (meaning.name, meaning.value) == ("model", one.value)
    )


def _well_spelt(text: str, chips: Sequence[Chip]) -> str:
    """Return a phrase with its makes, models and regions as the cars for sale spell them."""
    parts, end = [], 0
    for one in chips:
        if one.name in ("brand", "model", "region") and one.start >= end:
            parts += [text[end : one.start], one.value]
            end = one.end
    return "".join([*parts, text[end:]]).strip()


def _kind(reading: Reading) -> str:
    names = {one.name for one in reading.chips}
    if reading.ignored or not names <= {"brand", "model"}:
        return "phrase"
    return "model" if "model" in names else "make"


@cache
def _completions() -> tuple[tuple[str, str, Word], ...]:
    """Return the words that ask for a value, by their key, in the order of the table.

    Of an adjective only the form that stands in a dictionary.
    """
    return tuple(
        (key_of(form), form, word)
        for word, row in rows()
        if word.kind in (Kind.FILTER, Kind.ENGINE)
        for form in (next(forms(stated)) for stated in row.split(","))
    )
