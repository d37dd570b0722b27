"""The names that a phrase can mean, found by their letters.

Owns:    the other forms of a name, when a name needs its make beside it.
Imports: domain.listing, domain.phrase.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from carousel.domain.listing import spelling_key
from carousel.domain.phrase.names import Model, Names
from carousel.domain.phrase.nicknames import MODELS, NICKNAMES, PLACES
from carousel.domain.phrase.tokens import Token, joined, key_of, tokens_of
from carousel.domain.phrase.words import forms, words

MOST_TOKENS = 5  # of a name
SHORTEST_GUESS = 3  # letters of what may be mistyped
RANKS = ("brand", "model", "region", "colour")
_ENGINE_NAMES = re.compile(
    r"[1-8][0-9]{2}[die]|[abceglsv]{1,3}[1-6][0-9]0[de]?|[ce] [1-6][0-9]0( d)?"
)
"""What is a class or series without its make too: 320d, c220, but not A 200 of "a 200 hp"."""

_CLASSES = ("class", "klasse", "trida")
_SERIES = ("series", "er", "reihe", "rada", "serie")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name sets: a value of a filter.

    make:  spelling key of the make of a model, otherwise empty.
    count: of active listings with it.
    place: latitude and longitude of a region, degrees.
    """

    name: str
    value: str
    count: int
    make: str = ""
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What some tokens mean; several values are alternatives. end: the token after them."""

    meanings: tuple[Meaning, ...]
    end: int
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Everything that a phrase can name. Made once for many phrases; nothing in it changes.

    meanings: by the letters of the name without gaps, the most likely first.
    badges:   what cars of a class or series are called by their engines, as patterns.
    keys:     those letters, in the order of the alphabet.
    guesses:  names of which a mistyped word may be one, as in ``meanings``.
    several:  names of several words, each with its words, by the first letter.
    colours:  by the English name of a colour, what cars for sale call it.
    makes:    by spelling key, the name of a make.
    models:   by the same, the names of its models, the most frequent first.
    """

    names: Names
    meanings: Mapping[str, tuple[Meaning, ...]]
    badges: tuple[tuple[re.Pattern[str], Meaning], ...]
    keys: tuple[str, ...]
    guesses: tuple[str, ...]
    several: Mapping[str, tuple[tuple[str, ...], ...]]
    colours: Mapping[str, tuple[str, ...]]
    makes: Mapping[str, str]
    models: Mapping[str, tuple[str, ...]]


def dictionary_of(names: Names) -> Dictionary:
    """Return a dictionary of names and of the other forms that shoppers use for them.

    >>> names = Names(makes=(("Škoda", 9),), models=(Model("BMW", "3 Series", 4),))
    >>> known = dictionary_of(names).meanings
    >>> known["skodovka"][0].value, known["3er"][0].value
    ('Škoda', '3 Series')
    """
    colours: dict[str, tuple[str, ...]] = {}
    for colour, _ in names.colours:
        if (plain := words().get(key_of(colour))) is not None and plain.name == "colour":
            colours[plain.value] = (*colours.get(plain.value, ()), colour)
    models: dict[str, tuple[str, ...]] = {}
    for model in names.models:
        key = spelling_key(model.make)
        models[key] = (*models.get(key, ()), model.name)
    found: dict[str, dict[tuple[str, str, str], Meaning]] = {}
    several: dict[str, set[tuple[str, ...]]] = {}
    guesses: set[str] = set()
    for written, meaning, is_proper in chain(_spellings(names), _nicknames(names)):
        parts = tuple(one.key for one in tokens_of(written) if not one.is_sign)
        key = "".join(parts)
        if not key:
            continue
        identity = (meaning.name, meaning.value, meaning.make)
        found.setdefault(key, {}).setdefault(identity, meaning)
        # In "C-Max" the letter must be right, so it is found word by word.
        if is_proper and len(parts[0]) >= SHORTEST_GUESS:
            guesses.add(key)
        if len(parts) > 1:
            several.setdefault(parts[0][0], set()).add(parts)
    return Dictionary(
        names,
        {key: tuple(sorted(all_.values(), key=_likely)) for key, all_ in found.items()},
        tuple(_badges(names)),
        tuple(sorted(found)),
        tuple(sorted(guesses)),
        {letter: tuple(sorted(all_)) for letter, all_ in several.items()},
        colours,
        {spelling_key(make): make for make, _ in names.makes},
        models,
    )


def exactly(
    known: Dictionary, tokens: Sequence[Token], at: int, makes: frozenset[str]
) -> Found | None:
    """Return the longest name that begins at a token, letter by letter; None without one.

    Args:
        known: the names.
        tokens: of the phrase.
        at: where the name begins.
        makes: spelling keys of the makes named before. A name that is a number, or one or two
            letters, is only known as a model of one of them.
    """
    for end in range(min(at + MOST_TOKENS, len(tokens)), at, -1):
        if tokens[end - 1].is_sign or tokens[at].is_sign:
            continue
        key = joined(tokens[at:end])
        if key.isalpha() and not _together(known, tokens[at:end]):
            continue
        meanings = [
            one
            for one in known.meanings.get(key, ())
            if one.make in makes or not _needs_make(key, one)
        ]
        if meanings:
            return Found(chosen(meanings, makes), end)
        beside = tuple(
            one for pattern, one in known.badges if one.make in makes and pattern.fullmatch(key)
        )
        if beside:
            return Found(beside[:1], end)
        alone = _ENGINE_NAMES.fullmatch(" ".join(one.key for one in tokens[at:end]))
        beside = tuple(one for pattern, one in known.badges if alone and pattern.fullmatch(key))
        if beside:
            return Found(chosen(beside, makes)[:1], end)
    stripped = re.fullmatch(r"([a-z]{0,3}[0-9]{2,3})[a-z]{1,2}", tokens[at].key)
    if stripped is not None:  # an engine's letter: 320d, c220d
        meanings = [one for one in known.meanings.get(stripped[1], ()) if one.make in makes]
        if meanings:
            return Found(chosen(meanings, makes), at + 1)
    return None


def _together(known: Dictionary, tokens: Sequence[Token]) -> bool:
    """Return whether words make one name; "range r" is not Ranger, but "t roc" is T-Roc."""
    parts = tuple(one.key for one in tokens if not one.is_sign)
    whole = len(parts) == 1 or all(len(part) > 1 for part in parts)
    return whole or parts in known.several.get(parts[0][0], ())


def _needs_make(key: str, one: Meaning) -> bool:
    few = len(key) == 1 or (len(key) == 2 and key.isalpha())  # noqa: PLR2004 (a, up, ka)
    return one.name == "model" and (key.isdigit() or few)


def chosen(meanings: Sequence[Meaning], makes: frozenset[str]) -> tuple[Meaning, ...]:
    """Return the likeliest meaning, with those that other models of its make give to the name."""
    beside = [one for one in meanings if one.make in makes and one.make]
    first = (beside or list(meanings))[0]
    return tuple(
        one for one in beside or meanings if (one.name, one.make) == (first.name, first.make)
    )[:20]


def _likely(one: Meaning) -> tuple[int, int, str]:
    return RANKS.index(one.name), -one.count, one.value


def _nicknames(names: Names) -> Iterator[tuple[str, Meaning, bool]]:
    """Yield what people call makes and models; nobody means them by mistake."""
    makes = {spelling_key(make): Meaning("brand", make, count) for make, count in names.makes}
    for make, row in NICKNAMES.items():
        if spelling_key(make) in makes:
            yield from ((form, makes[spelling_key(make)], False) for form in forms(row))
    for model in names.models:
        called = _called().get(spelling_key(f"{model.make}{model.name}"))
        if called is not None:
            meaning = Meaning("model", model.name, model.count, spelling_key(model.make))
            yield from ((form, meaning, False) for form in forms(called))


@cache
def _called() -> Mapping[str, str]:
    """Return what people call models, by the spelling keys of make and model as one."""
    return {spelling_key(f"{make}{model}"): row for (make, model), row in MODELS.items()}


def _spellings(names: Names) -> Iterator[tuple[str, Meaning, bool]]:
    """Yield every way to write each name, and whether a mistyped word may mean it."""
    for make, count in names.makes:
        brand = Meaning("brand", make, count)
        yield make, brand, True
        first = make.replace("-", " ").split()[:1]
        if first != [make] and first and len(first[0]) > 4:  # noqa: PLR2004 (Mercedes, but not Land)
            yield first[0], brand, True
    for model in names.models:
        yield from _of_model(model)
    yield from _of_series(names.models)
    for region in names.regions:
        middle = (region.latitude, region.longitude)
        where = Meaning("region", region.name, region.count, place=middle)
        yield region.name, where, True
        for row in PLACES:
            if spelling_key(region.name) in map(spelling_key, row.split(",")):
                yield from ((form, where, True) for form in forms(row))
    for colour, count in names.colours:
        yield colour, Meaning("colour", colour, count), True


def _of_model(model: Model) -> Iterator[tuple[str, Meaning, bool]]:
    meaning = Meaning("model", model.name, model.count, spelling_key(model.make))
    yield model.name, meaning, True
    if "/" in model.name:  # two names for one model: "Ceed / cee'd"
        yield from ((one, meaning, True) for one in model.name.split("/"))
    series = series_of(model.name)
    if series is not None:
        letter, words_ = series
        yield from ((f"{letter} {word}", meaning, True) for word in words_)
        yield from ((f"{word} {letter}", meaning, False) for word in words_ if word != "er")


def _of_series(models: Sequence[Model]) -> Iterator[tuple[str, Meaning, bool]]:
    """Yield the names of classes and series that no model has as its own: 3er of 318 and 320."""
    for model in models:
        of_class = re.fullmatch(r"([a-z]{1,3})([0-9]{2,3})", spelling_key(model.name))
        of_series = re.fullmatch(r"([1-8])([0-9]{2})", spelling_key(model.name))
        make = spelling_key(model.make)
        meaning = Meaning("model", model.name, model.count, make)
        if of_class and make == "mercedesbenz":
            yield from ((f"{of_class[1]} {word}", meaning, True) for word in _CLASSES)
        if of_series and make == "bmw":
            yield from ((f"{of_series[1]} {word}", meaning, True) for word in _SERIES)
            yield f"rada {of_series[1]}", meaning, False


def _badges(names: Names) -> Iterator[tuple[re.Pattern[str], Meaning]]:
    for model in names.models:
        series = series_of(model.name)
        if series is None:
            continue
        letter = series[0]
        figures = "[0-9]{2,3}[a-z]?" if letter.isalpha() else "([0-9]{2}[a-z]{0,2})?"
        meaning = Meaning("model", model.name, model.count, spelling_key(model.make))
        yield re.compile(letter + figures), meaning


def series_of(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the letter of a class or the figure of a series, and the words it is followed by.

    >>> series_of("C-Class")[0], series_of("3er")[0], series_of("3 Series")[0], series_of("Golf")
    ('c', '3', '3', None)
    """
    matched = re.fullmatch(r"([a-z]{1,3}|[0-9]) ?(class|klasse|series|er|reihe)", key_of(name))
    if matched is None or (matched[2] == "er" and not matched[1].isdigit()):
        return None
    return matched[1], _CLASSES if matched[2] in _CLASSES else _SERIES
