"""What OpenAPI cannot see by itself, because the routes read queries and bodies themselves.

Owns:    the documents of parameters, bodies, answers and problems; the finished OpenAPI.
Imports: domain.events, domain.filters, api.listing_view, api.queries, FastAPI, pydantic.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from carousel.api.listing_view import CHOICES, EXAMPLE_CARD, HTTP_NAMES, shown
from carousel.api.queries import LISTS, Options, SearchOptions
from carousel.domain.events import EVENT
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingFacts, Place

Document: TypeAlias = dict[str, Any]

REF = "#/components/schemas/{model}"
BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
BEARER_OR_NOT: list[dict[str, list[str]]] = [{}, {"bearer": []}]

PROBLEMS: Mapping[int, str] = {
    400: "not JSON",
    401: "no token, or not a good one",
    403: "whoever calls may not do this",
    404: "there is no such thing",
    409: "it contradicts what was done before",
    413: "the body is too large",
    415: "the body is not declared as JSON",
    422: "something that was sent is wrong; `errors` names it",
    429: "too many open at once",
    503: "a server behind the API does not answer; try again",
}

EXAMPLE_LISTING: Document = {
    "ref": "dealer-7/4711",
    **{
        name: value
        for name, value in EXAMPLE_CARD.items()
        if name not in ("id", "currency", "owner", "status")
    },
}

EXAMPLE_EVENTS: Mapping[str, Document] = {
    "one": {"summary": "A car was opened", "value": {"type": "view", "listing_id": 4711}},
    "many": {
        "summary": "A car was dismissed, a search was made",
        "value": [
            {"type": "dismiss", "listing_id": 4711, "reason": "too_expensive"},
            {"type": "search", "filters": {"brand": ["Skoda"], "max_price": 10000}},
        ],
    },
    "undo": {
        "summary": "The dismissal was undone",
        "value": {
            "type": "undismiss",
            "listing_id": 4711,
            "reason": "too_expensive",
            "dismissed_at": "2026-01-01T12:00:00Z",
        },
    },
}


def problems(*statuses: int) -> dict[int | str, Document]:
    """Return the documents of these problem answers."""
    return {
        status: {
            "description": PROBLEMS[status],
            "content": {
                "application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}
            },
        }
        for status in statuses
    }


def answer(
    description: str,
    example: object,
    status: int = 200,
    headers: Mapping[str, Document] | None = None,
) -> dict[int | str, Document]:
    """Return the document of a good answer; ``headers`` of its own, by name."""
    document: Document = {
        "description": description,
        "content": {"application/json": {"example": example}},
    }
    if headers:
        document["headers"] = dict(headers)
    return {status: document}


def query(options: type[Options], *, filters: bool) -> list[Document]:
    """Return the documents of the query parameters that ``read_query`` reads."""
    documents = []
    if filters:
        for name, schema in Filters.model_json_schema(ref_template=REF)["properties"].items():
            documents.append(_parameter(name, _of_filter(name, schema), repeatable=name in LISTS))
    for name, schema in options.model_json_schema(ref_template=REF)["properties"].items():
        documents.append(_parameter(name, schema, repeatable=False))
    return documents


def body(schema: Document, examples: Mapping[str, Document]) -> Document:
    """Return the document of a JSON body."""
    content = {"application/json": {"schema": schema, "examples": dict(examples)}}
    return {"required": True, "content": content}


def listing_schema(*, partial: bool) -> Document:
    """Return the JSON schema of a listing as an operator states it."""
    ours = ListingFacts.model_json_schema(ref_template=REF)
    place = Place.model_json_schema()["properties"]
    stated = {HTTP_NAMES.get(n, n): s for n, s in ours["properties"].items() if n != "place"}
    for name in CHOICES:
        stated[name] = _of_filter(name, {"items": {}})["items"]
    required = [HTTP_NAMES.get(name, name) for name in ours["required"] if name != "listed_at"]
    if partial:
        stated.pop("ref")
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**stated, **place},
        **({} if partial else {"required": required}),
    }


def finish(app: FastAPI) -> None:
    """Give the app its complete OpenAPI document, made when it is first asked for."""

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def _complete(app: FastAPI) -> Document:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (Filters, ListingFacts, SearchOptions):
        schemas.update(model.model_json_schema(ref_template=REF).get("$defs", {}))
    event = EVENT.json_schema(ref_template=REF)
    schemas.update(event.pop("$defs"))
    schemas["Event"] = event
    schemas["Problem"] = _PROBLEM
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    return document


def _parameter(name: str, schema: Document, *, repeatable: bool) -> Document:
    document: Document = {"name": name, "in": "query", "required": False, "schema": schema}
    if repeatable:
        document |= {"style": "form", "explode": True}
    return document


def _of_filter(name: str, schema: Document) -> Document:
    if name in CHOICES:  # shown as the API shows them; accepted in any case
        items = {"type": "string", "enum": [shown(member) for member in CHOICES[name]]}
        return {**schema, "items": items}
    return schema


_PROBLEM: Document = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is one sentence for a person.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "example": {
        "type": "https://carousel.invalid/problems/unknown_car",
        "title": "Unknown car",
        "status": 404,
        "detail": "No car has the id 99.",
        "code": "unknown_car",
    },
}
