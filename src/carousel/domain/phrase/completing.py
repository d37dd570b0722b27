"""What a shopper who is still typing may want to say: the phrase with its last word completed.

Owns:    which names and words begin like the last word, their order.
Imports: domain.listing, domain.phrase.
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
from carousel.domain.phrase.settling import Chip
from carousel.domain.phrase.tokens import Token, joined, key_of, tokens_of
from carousel.domain.phrase.words import Kind, Word, forms, rows, words

MOST_TOKENS = 3  # of a name that is being typed
SHORTEST_WORD = 2  # letters, before words are completed that are no names
AMOUNTS = ((1, 99, "k"), (10, 300, " 000 km"), (50, 600, " hp"))
"""What a number may become that is begun: from, to, and what follows it."""

SHORTEST_GUESS = 4  # letters, before a mistyped beginning is told from another name
OF_EACH = 2  # how many times more are proposed than are asked for: some find no car
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
    tried = MOST_READ // (len(tokens_of(text)) + 1)
    for phrase in islice(_phrases(text, known, terms, limit), max(1, tried)):
        reading = read(phrase, known, terms)
        asked = (frozenset((one.name, one.value) for one in reading.chips), reading.ignored)
        if reading.chips and asked not in found:
            found[asked] = Proposal(phrase, _kind(reading), reading)
        if len(found) >= limit:
            break
    return list(found.values())


def _phrases(text: str, known: Dictionary, terms: Terms, limit: int) -> Iterator[str]:
    """Yield what the whole phrase may become, the likeliest first."""
    tokens = tokens_of(text)
    if not tokens:
        yield from (make for make, _ in known.names.makes[:limit])
        return
    whole = read(text, known, terms)
    understood = max((one.end for one in whole.chips), default=0) >= tokens[-1].end
    if understood and [one.name for one in whole.chips] != ["model"]:  # that comes with its make
        yield _well_spelt(text, whole.chips)
    if not text[-1].isspace():
        for begin in range(max(0, len(tokens) - MOST_TOKENS), len(tokens)):
            before = text[: tokens[begin].start]
            earlier = read(before, known, terms)
            said = words().get(tokens[begin - 1].key) if begin else None
            for name in _begun(tokens[begin:], known, _makes(earlier.chips), said, not understood):
                yield f"{_well_spelt(before, earlier.chips).rstrip()} {name}".lstrip()
    if understood:
        yield from _followed(text, whole, known, limit)


def _begun(
    tokens: Sequence[Token],
    known: Dictionary,
    makes: frozenset[str],
    after: Word | None,
    guess: bool,  # noqa: FBT001 (each call names what it passes)
) -> Iterator[str]:
    """Yield what begins with some letters: names, then words and amounts; else what nearly does.

    after: what the word before says; after "under" comes no model, after "near" only a place.
    """
    said = joined(tokens)
    if not said:
        return
    kind = None if after is None else after.kind
    alone = len(tokens) == 1
    amount = said.isdigit() and kind in (Kind.BOUND, Kind.FIELD, Kind.BETWEEN)
    keys = () if amount else tuple(_from(said, known.keys))
    forms_ = [form for key, form in _completions() if key.startswith(said)]
    forms_ = forms_ if alone and len(said) >= SHORTEST_WORD and kind is not Kind.NEAR else []
    if guess and alone and not keys and not forms_ and len(said) >= SHORTEST_GUESS:
        near = (key for key in known.guesses if len(key) >= len(said))
        keys = tuple(key for key in near if errors(said, key[: len(said)], 1) == 1.0)
    begun = [one for key in keys for one in known.meanings[key] if _fits(one, makes)]
    begun = [one for one in begun if kind is not Kind.NEAR or one.place is not None]
    begun.sort(key=lambda one: (_by_another_name(one, said), -one.count, one.value))
    yield from dict.fromkeys(_called(one, makes, known) for one in begun)
    yield from forms_
    if alone and said.isdigit():
        yield from (f"{said}{unit}" for low, high, unit in AMOUNTS if low <= int(said) <= high)


def _by_another_name(one: Meaning, said: str) -> bool:
    """Return whether a name was begun by a nickname, or by a word that others share: "class"."""
    names = (one.value, f"{one.make} {one.value}")
    return not any(spelling_key(name).startswith(said) for name in names)


def _followed(text: str, whole: Reading, known: Dictionary, limit: int) -> Iterator[str]:
    """Yield the phrase with each of the models of the make that was named."""
    makes = _makes(whole.chips)
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


def _fits(one: Meaning, makes: frozenset[str]) -> bool:
    """Return whether a name can follow: no second make, no model of another one."""
    if one.name == "brand":
        return not makes
    return one.name in ("region", "colour") or not makes or one.make in makes


def _called(one: Meaning, makes: frozenset[str], known: Dictionary) -> str:
    """Return what to write for a name: a model with its make, unless that is already there."""
    if one.name != "model" or one.make in makes:
        return one.value
    return f"{known.makes[one.make]} {one.value}"


def _makes(chips: Sequence[Chip]) -> frozenset[str]:
    return frozenset(spelling_key(one.value) for one in chips if one.name == "brand")


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
def _completions() -> tuple[tuple[str, str], ...]:
    """Return the words that ask for a value, by their key, in the order of the table.

    Of an adjective only the form that stands in a dictionary.
    """
    return tuple(
        (key_of(form), form)
        for word, row in rows()
        if word.kind is Kind.FILTER
        for form in (next(forms(stated)) for stated in row.split(","))
    )
