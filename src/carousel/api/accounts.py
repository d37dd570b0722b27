"""The operator's door for people: the marketplace makes its shoppers known.

Owns:    POST /users.
Imports: domain.listing, storage.ports, api.
"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import operator
from carousel.api.desk import at_the_desk
from carousel.api.limits import read_json
from carousel.api.parts import parts_of
from carousel.api.problems import FieldError, mistakes, refusal
from carousel.domain.listing import Line
from carousel.storage.ports import Catalogue, User

MOST_ACCOUNTS = 1_000

router = APIRouter(tags=["users"])

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+$"
    ),
]
"""An e-mail address as a name: something, an @, something; at most 254 characters (RFC 5321)."""


class NewAccount(BaseModel):
    """A shopper to be made known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Email
    first_name: Annotated[Line, Field(max_length=100)] = "-"
    surname: Annotated[Line, Field(max_length=100)] = "-"


class Known(TypedDict):
    """How many accounts of those sent are new; the others were known and stay as they are."""

    new: int
    known: int


_ACCOUNTS: TypeAdapter[list[NewAccount]] = TypeAdapter(
    Annotated[list[NewAccount], Field(max_length=MOST_ACCOUNTS)]
)


@router.post(
    "/users",
    operation_id="put_users",
    summary="Make shoppers known",
    description=(
        "A list of up to 1,000; all are stored or none. An e-mail that is known, in any case, is "
        "left as it is, so a request may be repeated. Every account is a shopper's."
    ),
    response_model=Known,
    responses={
        **doc.answer("known from now on", {"new": 1, "known": 0}),
        **doc.problems(400, 401, 403, 413, 415, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "requestBody": doc.body(
            {
                "type": "array",
                "maxItems": MOST_ACCOUNTS,
                "items": {
                    "type": "object",
                    "required": ["email"],
                    "additionalProperties": False,
                    "properties": {
                        "email": {"type": "string", "maxLength": 254},
                        "first_name": {"type": "string", "maxLength": 100},
                        "surname": {"type": "string", "maxLength": 100},
                    },
                },
            },
            {"one": {"value": [{"email": "ann@example.com", "first_name": "Ann"}]}},
        ),
    },
)
async def put_users(request: Request) -> Response:
    """Answer POST /users."""
    parts = parts_of(request)
    await operator(request)
    stated = await read_json(request)
    if not isinstance(stated, list):
        raise refusal("invalid_account", [FieldError("body", "must be a list of accounts")])
    try:
        accounts = _ACCOUNTS.validate_python(stated)
    except ValidationError as error:
        raise refusal("invalid_account", mistakes(error.errors())) from None
    users = [User(0, a.email, a.first_name, a.surname, "shopper") for a in accounts]

    def add(catalogue: Catalogue) -> int:
        return catalogue.add_users(users)

    new = await at_the_desk(parts, add)
    known: Known = {"new": new, "known": len(users) - new}
    return Response(to_json(known), media_type="application/json")
