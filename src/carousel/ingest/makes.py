"""Makes, spelled one way whatever file they come from.

Owns:    the list of makes and their aliases (makes.toml).
Imports: domain.listing.
"""

import tomllib
from functools import cache
from importlib.resources import files

from carousel.domain.listing import spelling_key


@cache
def _spellings() -> dict[str, str]:
    document = tomllib.loads((files("carousel.ingest") / "makes.toml").read_text("utf-8"))
    names: list[str] = document["names"]
    aliases: dict[str, str] = document["aliases"]
    return {spelling_key(said): meant for said, meant in ({n: n for n in names} | aliases).items()}


def spelled(make: str) -> str:
    """Return a make as Carousel spells it; an unknown one as it is.

    >>> spelled("vw"), spelled("alfa_romeo"), spelled("Zhidou")
    ('Volkswagen', 'Alfa Romeo', 'Zhidou')
    """
    return _spellings().get(spelling_key(make), make)


@cache
def of_several_words() -> tuple[str, ...]:
    """Return the makes whose name has more than one word."""
    return tuple(sorted({name for name in _spellings().values() if " " in name}))
