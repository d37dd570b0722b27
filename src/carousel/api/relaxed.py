"""How HTTP tells of a relaxed filter: under the names and in the spellings that it was asked with.

Owns:    the document of one concession.
Imports: serving.relaxing, api.listing_view, pydantic.
"""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api.listing_view import HTTP_NAMES, shown_name
from carousel.domain.relaxation import Value
from carousel.serving.relaxing import Counted

Shown: TypeAlias = int | float | list[str]

Relaxed = TypedDict(
    "Relaxed",
    {
        "field": Annotated[str, Field(description="the parameter that was relaxed")],
        "from": Annotated[Shown, Field(description="what was asked for")],
        "to": Annotated[Shown | None, Field(description="what was looked for; null: anything")],
        "sentence": Annotated[str, Field(description="the same in English")],
        "matches": Annotated[
            int, Field(description="active cars that pass after this step and those before it")
        ],
    },
)
"""One filter that gave way."""

EXAMPLE_RELAXED: dict[str, object] = {
    "field": "max_price",
    "from": 9000,
    "to": 9900,
    "sentence": "Price up to 9,900, not only up to 9,000.",
    "matches": 31,
}


def relaxed(made: Iterable[Counted]) -> list[Relaxed]:
    """Return concessions as HTTP shows them."""
    return [
        {
            "field": HTTP_NAMES.get(counted.step.field, counted.step.field),
            "from": _shown(counted.step.before),
            "to": None if counted.step.after is None else _shown(counted.step.after),
            "sentence": counted.step.sentence,
            "matches": counted.matches,
        }
        for counted in made
    ]


def _shown(value: Value) -> Shown:
    return [shown_name(str(v)) for v in value] if isinstance(value, tuple) else value
