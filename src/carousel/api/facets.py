"""What there is to search for, counted.

Owns:    GET /cars/facets.
Imports: domain.{facets, filters}, api.
"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.listing_view import shown_name
from carousel.api.parts import parts_of
from carousel.api.queries import Options, read_query
from carousel.domain import facets as domain
from carousel.domain.filters import Filters
from carousel.domain.listing import spelling_key

DIGITS = 4  # of a degree: ten metres, for the middle of a region

router = APIRouter(tags=["cars"])


class Facet(TypedDict):
    """A value and how many active cars have it."""

    name: str
    count: int


class Region(Facet):
    """A region; its middle is that of all active cars there, ``null`` where none says it."""

    latitude: float | None
    longitude: float | None


class Range(TypedDict):
    """How a number is spread: ``counts[i]`` cars lie from ``edges[i]`` up to ``edges[i + 1]``.

    The upper edge is not part of a bin. The first and the last bin may be wider than the others;
    both lists are empty where no car states the number.
    """

    edges: list[int]
    counts: list[int]


class Ranges(TypedDict):
    """The numbers that have bounds."""

    selling_price: Range
    year: Range
    km_driven: Range
    power_hp: Range


class Facets(TypedDict):
    """What there is to search for, most frequent first; ``total`` passes all filters.

    ``models``: of the makes that are asked for; without any, only the models asked for.
    """

    brands: list[Facet]
    models: list[Facet]
    fuels: list[Facet]
    bodies: list[Facet]
    transmissions: list[Facet]
    colours: list[Facet]
    seller_types: list[Facet]
    regions: list[Region]
    ranges: Annotated[Ranges, Field(description="at most 24 bins of each number")]
    total: int


@router.get(
    "/cars/facets",
    operation_id="get_facets",
    summary="What there is to search for among the active cars, with counts",
    description=(
        "Every count obeys all filters but its own: it says how many cars a search finds that "
        "asks for this value instead of those chosen in the same field. A make leaves out the "
        "model too. Models are those of the makes that are asked for; without a make only the "
        "models asked for, for all there are would be a long list. Bins leave out the bounds of "
        "their number."
    ),
    response_model=Facets,
    responses={
        **doc.answer(
            "counts",
            {
                "brands": [{"name": "Skoda", "count": 812}],
                "models": [{"name": "Octavia", "count": 310}],
                "fuels": [{"name": "Diesel", "count": 9120}],
                "bodies": [{"name": "Estate", "count": 5230}],
                "transmissions": [{"name": "Manual", "count": 12800}],
                "colours": [{"name": "Silver", "count": 2950}],
                "seller_types": [{"name": "Dealer", "count": 14100}],
                "regions": [
                    {"name": "Brno", "count": 1430, "latitude": 49.195, "longitude": 16.607}
                ],
                "ranges": {
                    "selling_price": {"edges": [0, 5000, 10000], "counts": [5400, 14600]},
                    "year": {"edges": [2010, 2015, 2020], "counts": [8100, 11900]},
                    "km_driven": {"edges": [0, 100000, 200000], "counts": [9300, 10600]},
                    "power_hp": {"edges": [50, 100, 150], "counts": [7000, 12900]},
                },
                "total": 20000,
            },
        ),
        **doc.problems(422, 503),
    },
    openapi_extra={"parameters": doc.query(Options, filters=True)},
)
async def get_facets(request: Request) -> Response:
    """Answer GET /cars/facets."""
    filters, _ = read_query(request.scope["query_string"], Options)
    counted = await parts_of(request).store.facets(filters)
    found: Facets = {
        "brands": _facet(counted, "brands"),
        "models": _models(counted, filters),
        "fuels": _facet(counted, "fuels"),
        "bodies": _facet(counted, "bodies"),
        "transmissions": _facet(counted, "transmissions"),
        "colours": _facet(counted, "colours"),
        "seller_types": _facet(counted, "seller_types"),
        "regions": [_region(counted, *value) for value in counted.values["regions"]],
        "ranges": {
            "selling_price": _range(counted, "price"),
            "year": _range(counted, "year"),
            "km_driven": _range(counted, "mileage_km"),
            "power_hp": _range(counted, "power_hp"),
        },
        "total": counted.total,
    }
    return Response(to_json(found), media_type="application/json")


def _facet(counted: domain.Facets, name: str) -> list[Facet]:
    return [{"name": shown_name(value), "count": count} for value, count in counted.values[name]]


def _models(counted: domain.Facets, filters: Filters) -> list[Facet]:
    """Return the models to choose from; without a make those that are chosen."""
    chosen = {spelling_key(name) for name in filters.model}
    return [
        one
        for one in _facet(counted, "models")
        if filters.make or (chosen and spelling_key(one["name"]) in chosen)
    ]


def _region(counted: domain.Facets, name: str, count: int) -> Region:
    latitude, longitude = counted.centres.get(name, (None, None))
    return {
        "name": name,
        "count": count,
        "latitude": None if latitude is None else round(latitude, DIGITS),
        "longitude": None if longitude is None else round(longitude, DIGITS),
    }


def _range(counted: domain.Facets, name: str) -> Range:
    bins = counted.ranges[name]
    return {"edges": list(bins.edges), "counts": list(bins.counts)}
