"""What a request asks for in its query string: filters, order, page.

Owns:    reading a query string, the options of each list.
Imports: domain.filters, domain.events, storage.ports, api.listing_view, api.problems, pydantic.

Clients of the prototype send every parameter, empty where it says nothing: an empty text is a
parameter that is absent. Unknown parameters are ignored.
"""

from functools import lru_cache
from typing import Annotated, Any, TypeVar, cast
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carousel.api.limits import is_plain
from carousel.api.listing_view import meant
from carousel.api.problems import FieldError, mistakes, refusal
from carousel.domain.events import LARGEST_ID
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId
from carousel.storage.ports import Sort

MOST_PARAMETERS = 400
MOST_EXCLUDED = 200
LONGEST_REMEMBERED = 512  # bytes of a query string that is worth remembering

LISTS = ("brand", "model", "fuel", "transmission", "body", "colour", "seller_type", "region")
"""Filters that may be given several times: alternatives."""

_REPEATABLE = frozenset({*LISTS, "exclude", "id"})

FILTER_NAMES = frozenset(info.alias or name for name, info in Filters.model_fields.items())
_HTTP_NAMES = {"make": "brand"}

# A bound beyond what can be listed is harmless on its open side: nothing is cheaper than nothing.
_LEAST = {"min_year": 1900, "min_price": 0, "min_mileage": 0, "min_power": 0}
_MOST = {
    "max_year": 2100,
    "max_price": 1_000_000_000,
    "max_mileage": 1_000_000_000,
    "max_power": 1_000_000_000,
    "max_owners": 99,
}
_DIGITS = 30  # a longer number is a mistake, not a generous bound


class Options(BaseModel):
    """What a list may be asked besides filters."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class SearchOptions(Options):
    """Order and page of a search; without paging parameters up to 200 listings."""

    sort: Sort = Sort.NEWEST
    limit: Annotated[int, Field(ge=1, le=200)] = 200
    offset: Annotated[int, Field(ge=0, le=10_000)] = 0
    record: bool = True


class DetailOptions(Options):
    """Whether looking at a car counts as an event."""

    record: bool = True


class Excluding(Options):
    """Which cars must not come back, for example those that the page shows already."""

    exclude: Annotated[
        tuple[Annotated[int, Field(ge=1, le=LARGEST_ID)], ...],
        Field(max_length=MOST_EXCLUDED, description="ids of cars that must not come back"),
    ] = ()

    @property
    def without(self) -> frozenset[ListingId]:
        """Return the excluded ids, each once."""
        return frozenset(self.exclude)


class ListOptions(Excluding):
    """Length of a list of recommended or popular cars."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20


class SimilarOptions(Excluding):
    """Length of a list of similar cars."""

    limit: Annotated[int, Field(ge=1, le=100)] = 12


OptionsT = TypeVar("OptionsT", bound=Options)


def read_query(query: bytes, options: type[OptionsT]) -> tuple[Filters, OptionsT]:
    """Return the filters and options of a query string, undecoded as it came.

    Raises:
        ProblemError: 422 naming every parameter that is wrong.

    >>> filters, page = read_query(b"brand=Skoda&fuel=DIESEL&min_year=&limit=5", SearchOptions)
    >>> filters.make, filters.fuel[0].value, filters.min_year, page.limit
    (('Skoda',), 'diesel', None, 5)
    """
    read = _read if len(query) <= LONGEST_REMEMBERED else _read.__wrapped__
    filters, found = read(query, options)
    return filters, cast("OptionsT", found)


def stated_filters(stated: dict[str, Any]) -> dict[str, Any]:
    """Return filters of a JSON body in the form the domain reads: lists, the domain's spellings.

    >>> stated_filters({"brand": "Skoda", "fuel": ["Diesel"], "min_year": ""})
    {'brand': ['Skoda'], 'fuel': ['diesel']}
    """
    clean: dict[str, Any] = {}
    for name, value in stated.items():
        if value in ("", None):
            continue
        if name in LISTS:
            values = value if isinstance(value, list) else [value]
            clean[name] = [meant(name, v) for v in values if v != ""]
        else:
            clean[name] = _within_reach(name, value)
    return clean


@lru_cache(maxsize=1024)
def _read(query: bytes, options: type[Options]) -> tuple[Filters, Options]:
    stated = _parameters(query)
    asked = {name: value for name, value in stated.items() if name in FILTER_NAMES}
    wrong: list[FieldError] = []
    filters, chosen = Filters(), options()
    try:
        filters = Filters.model_validate(stated_filters(asked))
    except ValidationError as error:
        wrong += mistakes(
            error.errors(include_url=False, include_input=False), _HTTP_NAMES, whole="query"
        )
    try:
        chosen = options.model_validate(stated)
    except ValidationError as error:
        wrong += mistakes(error.errors(include_url=False, include_input=False))
    if wrong:
        raise refusal("invalid_query", wrong)
    return filters, chosen


def _parameters(query: bytes) -> dict[str, Any]:
    """Return parameters by name; of one that is not a list the last value counts."""
    try:
        pairs = parse_qsl(query.decode("utf-8", "replace"), max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        message = f"must have at most {MOST_PARAMETERS} parameters"
        raise refusal("invalid_query", [FieldError("query", message)]) from error
    stated: dict[str, Any] = {}
    for name, value in pairs:
        if not is_plain(value):
            wrong = FieldError(name if is_plain(name) else "query", "has control characters")
            raise refusal("invalid_query", [wrong])
        if not value.strip():
            continue
        if name in _REPEATABLE:
            stated.setdefault(name, []).append(value)
        else:
            stated[name] = value.strip()
    return stated


def _within_reach(name: str, value: object) -> object:
    if name not in _LEAST and name not in _MOST:
        return value
    try:
        number = int(str(value)[:_DIGITS])
    except ValueError:
        return value
    if name in _LEAST:
        return _LEAST[name] if number < _LEAST[name] else value
    return _MOST[name] if number > _MOST[name] else value
