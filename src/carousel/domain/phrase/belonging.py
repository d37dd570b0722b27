"""The makes of models that were said without them.

Owns:    which make a model brings along.
Imports: domain.phrase.
"""

from collections.abc import Sequence
from dataclasses import replace

from carousel.domain.phrase.dictionary import Dictionary
from carousel.domain.phrase.settling import Chip, settled
from carousel.domain.phrase.tokens import joined, tokens_of


def with_makes(chips: Sequence[Chip], known: Dictionary) -> tuple[Chip, ...]:
    """Return settled chips, where no make was said with that of each model, beside it.

    The make stands on the model's own words, for they go together. Of several makes that call a
    model so, it is the one with the most cars.

    >>> from carousel.domain.phrase.dictionary import dictionary_of
    >>> from carousel.domain.phrase.names import names_of
    >>> known = dictionary_of(names_of([("Volkswagen", "Golf", 3)], [], []))
    >>> golf = Chip("model", "Golf", "golf", 0, 4, corrected=False)
    >>> [(one.name, one.value, one.text) for one in with_makes([golf], known)]
    [('model', 'Golf', 'golf'), ('brand', 'Volkswagen', 'golf')]
    """
    if any(one.name == "brand" for one in chips):
        return tuple(chips)
    found: list[Chip] = []
    for one in chips:
        found.append(one)
        if one.name == "model" and (make := _make_of(one.value, known)):
            found.append(replace(one, name="brand", value=make))
    kept, _ = settled(found)
    return kept


def _make_of(model: str, known: Dictionary) -> str | None:
    """Return the make with the most cars of a model of that name."""
    named = known.meanings.get(joined(tokens_of(model)), ())
    makes = (known.makes[one.make] for one in named if (one.name, one.value) == ("model", model))
    return next(makes, None)
