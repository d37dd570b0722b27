"""The names that a phrase can mean, found by their letters, also where some of them are wrong.

Owns:    the other forms of a name, when a name needs its make beside it, which error is forgiven.
Imports: domain.listing, domain.phrase, rapidfuzz.

Errors are counted as letters left out, added, changed or exchanged with their neighbour.
Source:  optimal string alignment; F. J. Damerau, CACM 7(3), 1964: four of five misspelled words
         hold one such error.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from carousel.domain.listing import spelling_key
from carousel.domain.phrase.names import Model, Names
from carousel.domain.phrase.tokens import Token, joined, key_of, tokens_of
from carousel.domain.phrase.words import NICKNAMES, PLACES, Kind, Word, forms, words

MOST_TOKENS = 5  # of a name
FIRST_LETTER = 0.4  # errors that a wrong first letter counts more: people know how words begin
BESIDE_ITS_MAKE = 0.5  # errors that are forgiven to a model whose make was named
_RANKS = ("brand", "model", "region", "colour")
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
    several:  names of several words, by how many, each with its words.
    colours:  by the English name of a colour, what cars for sale call it.
    """

    names: Names
    meanings: Mapping[str, tuple[Meaning, ...]]
    badges: tuple[tuple[re.Pattern[str], Meaning], ...]
    several: Mapping[int, tuple[tuple[str, ...], ...]]
    colours: Mapping[str, tuple[str, ...]]


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
    found: dict[str, dict[tuple[str, str, str], Meaning]] = {}
    several: dict[int, set[tuple[str, ...]]] = {}
    for written, meaning in _spellings(names):
        parts = tuple(one.key for one in tokens_of(written) if not one.is_sign)
        key = "".join(parts)
        if not key:
            continue
        identity = (meaning.name, meaning.value, meaning.make)
        found.setdefault(key, {}).setdefault(identity, meaning)
        if len(parts) > 1:
            several.setdefault(len(parts), set()).add(parts)
    return Dictionary(
        names,
        {key: tuple(sorted(all_.values(), key=_likely)) for key, all_ in found.items()},
        tuple(_badges(names)),
        {count: tuple(sorted(all_)) for count, all_ in several.items()},
        colours,
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
        meanings = [
            one
            for one in known.meanings.get(key, ())
            if one.make in makes or not _needs_make(key, one)
        ]
        if meanings:
            return Found(_chosen(meanings, makes), end)
        beside = tuple(
            one for pattern, one in known.badges if one.make in makes and pattern.fullmatch(key)
        )
        if beside:
            return Found(beside[:1], end)
    stripped = re.fullmatch(r"([a-z]{0,3}[0-9]{2,3})[a-z]{1,2}", tokens[at].key)
    if stripped is not None:  # an engine's letter: 320d, c220d
        meanings = [one for one in known.meanings.get(stripped[1], ()) if one.make in makes]
        if meanings:
            return Found(_chosen(meanings, makes), at + 1)
    return None


def nearly(
    known: Dictionary, tokens: Sequence[Token], at: int, makes: frozenset[str]
) -> Found | Word | None:
    """Return the name or the word that was most likely meant; None where nothing is near enough."""
    best: tuple[float, int, int, Found | Word] | None = None
    for cost, found in _near(known, tokens, at, makes):
        rank = -1 if isinstance(found, Word) else _RANKS.index(found.meanings[0].name)
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


def forgiven(said: str, meant: str) -> int:
    """Return how many errors are forgiven in a word, by how long the shorter form is.

    >>> forgiven("kia", "kia"), forgiven("scoda", "skoda"), forgiven("volkswagon", "volkswagen")
    (1, 1, 3)
    """
    shorter = min(len(said), len(meant))
    if shorter < 3 or re.sub(r"[^0-9]", "", said) != re.sub(r"[^0-9]", "", meant):  # noqa: PLR2004
        return 0
    if shorter < 6:  # noqa: PLR2004
        return 1
    return 2 if shorter < 10 else 3  # noqa: PLR2004


def errors(said: str, meant: str) -> float | None:
    """Return the errors in a word, a wrong first letter counting more; None if too many.

    >>> errors("scoda", "skoda"), errors("ocatvia", "octavia"), errors("honda", "skoda")
    (1.0, 1.0, None)
    """
    most = forgiven(said, meant)
    if said == meant:
        return 0.0
    count = OSA.distance(said, meant, score_cutoff=most)
    if count > most:
        return None
    same = said[0] == meant[0]
    swapped = len(meant) > 1 and said[:2] == meant[1::-1]
    return count + (0.0 if same or swapped else FIRST_LETTER)


def _near(
    known: Dictionary, tokens: Sequence[Token], at: int, makes: frozenset[str]
) -> Iterator[tuple[float, Found | Word]]:
    said = tokens[at].key
    if len(said) < 3 or said.isdigit():  # noqa: PLR2004
        return
    for meant, _, _ in extract(
        said, known.meanings.keys(), scorer=OSA.distance, score_cutoff=3, limit=None
    ):
        cost = errors(said, meant)
        if cost is None:
            continue
        meanings = [one for one in known.meanings[meant] if _may_be_meant(said, meant, one, makes)]
        if meanings:
            chosen = _chosen(meanings, makes)
            beside = BESIDE_ITS_MAKE if chosen[0].make in makes else 0.0
            yield cost - beside, Found(chosen, at + 1, corrected=True)
    for meant, _, _ in extract(said, _common(), scorer=OSA.distance, score_cutoff=2, limit=None):
        cost = errors(said, meant)
        if cost is not None and len(said) > 4:  # noqa: PLR2004
            yield cost, words()[meant]
    yield from _near_several(known, tokens, at, makes)


def _near_several(
    known: Dictionary, tokens: Sequence[Token], at: int, makes: frozenset[str]
) -> Iterator[tuple[float, Found]]:
    """Yield names of several words of which each is near to the one said in its place."""
    for count, names in known.several.items():
        said = [one.key for one in tokens[at : at + count]]
        if len(said) < count:
            continue
        for parts in names:
            if said[0][0] != parts[0][0]:
                continue
            costs = [_in_its_place(one, meant) for one, meant in zip(said, parts, strict=True)]
            if None in costs:
                continue
            meanings = known.meanings["".join(parts)]
            # More was said and understood: better than one of the words alone.
            cost = sum(cost for cost in costs if cost is not None) - len(parts)
            yield cost, Found(_chosen(meanings, makes), at + count, corrected=True)


def _in_its_place(said: str, meant: str) -> float | None:
    """Return the errors in one word of several; a short word, or one that is known, has none."""
    if said == meant:
        return 0.0
    if min(len(said), len(meant)) < 4 or said in words():  # noqa: PLR2004 (GTI is not GTE)
        return None
    return errors(said, meant)


def _may_be_meant(said: str, meant: str, one: Meaning, makes: frozenset[str]) -> bool:
    """Return whether a mistyped word may be this name; short ones are easily something else."""
    if one.name == "brand":
        return len(meant) > 3 or said[0] == meant[0] or sorted(said) == sorted(meant)  # noqa: PLR2004
    if one.make in makes:
        return len(meant) > 3  # noqa: PLR2004
    return len(meant) > 5 or (len(meant) > 4 and said[0] == meant[0])  # noqa: PLR2004


def _needs_make(key: str, one: Meaning) -> bool:
    few = len(key) == 1 or (len(key) == 2 and key.isalpha())  # noqa: PLR2004 (a, up, ka)
    return one.name == "model" and (key.isdigit() or few)


def _chosen(meanings: Sequence[Meaning], makes: frozenset[str]) -> tuple[Meaning, ...]:
    """Return the likeliest meaning, with those that other models of its make give to the name."""
    beside = [one for one in meanings if one.make in makes and one.make]
    first = (beside or list(meanings))[0]
    return tuple(
        one for one in beside or meanings if (one.name, one.make) == (first.name, first.make)
    )[:20]


def _likely(one: Meaning) -> tuple[int, int, str]:
    return _RANKS.index(one.name), -one.count, one.value


def _spellings(names: Names) -> Iterator[tuple[str, Meaning]]:
    """Yield every way to write each name."""
    makes = {spelling_key(make): Meaning("brand", make, count) for make, count in names.makes}
    for one in makes.values():
        yield one.value, one
        first = one.value.replace("-", " ").split()[0]
        if first != one.value and len(first) > 4:  # noqa: PLR2004
            yield first, one
    for make, row in NICKNAMES.items():
        if spelling_key(make) in makes:
            yield from ((form, makes[spelling_key(make)]) for form in forms(row))
    for model in names.models:
        yield from _of_model(model)
    yield from _of_series(names.models)
    for region in names.regions:
        middle = (region.latitude, region.longitude)
        where = Meaning("region", region.name, region.count, place=middle)
        yield region.name, where
        for row in PLACES:
            if spelling_key(region.name) in map(spelling_key, row.split(",")):
                yield from ((form, where) for form in forms(row))
    for colour, count in names.colours:
        yield colour, Meaning("colour", colour, count)


def _of_model(model: Model) -> Iterator[tuple[str, Meaning]]:
    meaning = Meaning("model", model.name, model.count, spelling_key(model.make))
    yield model.name, meaning
    series = series_of(model.name)
    if series is not None:
        letter, words_ = series
        yield from ((f"{letter} {word}", meaning) for word in words_)
        yield from ((f"{word} {letter}", meaning) for word in words_ if word != "er")


def _of_series(models: Sequence[Model]) -> Iterator[tuple[str, Meaning]]:
    """Yield the names of classes and series that no model has as its own: 3er of 318 and 320."""
    for model in models:
        of_class = re.fullmatch(r"([a-z]{1,3})([0-9]{2,3})", spelling_key(model.name))
        of_series = re.fullmatch(r"([1-8])([0-9]{2})", spelling_key(model.name))
        make = spelling_key(model.make)
        meaning = Meaning("model", model.name, model.count, make)
        if of_class and make == "mercedesbenz":
            yield from ((f"{of_class[1]} {word}", meaning) for word in _CLASSES)
        if of_series and make == "bmw":
            yield from ((f"{of_series[1]} {word}", meaning) for word in _SERIES)
            yield f"rada {of_series[1]}", meaning


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


@cache
def _common() -> tuple[str, ...]:
    """Return the words that may be mistyped: long ones that ask for something."""
    told = (Kind.FILTER, Kind.ENGINE, Kind.BOUND, Kind.FIELD, Kind.SORT, Kind.NEAR)
    return tuple(
        key
        for key, word in words().items()
        if word.kind in told and " " not in key and len(key) > 4  # noqa: PLR2004
    )
