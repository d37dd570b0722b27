"""What pydantic finds wrong, in the words of whoever sent it: no classes, none of its own notions.

Owns:    the words for each kind of finding, the field that it is about, which ones to tell.
Imports: domain.listing, re.

A finding is an entry of ``ValidationError.errors()``. Its words are what comes after the name of
the field: "must be a list", "is missing".
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from carousel.domain.listing import PHOTO_FORM

Finding: TypeAlias = Mapping[str, Any]
Location: TypeAlias = tuple[str | int, ...]

MOMENT = "2026-01-31T12:00:00Z"

_OBJECT = "must be an object with named fields"
_WHOLE = "must be a whole number"
_TIME = f"must be a date and time such as {MOMENT}"

_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "union_tag_not_found": "is missing; it says what kind of thing this is",
    "extra_forbidden": "is not a known field",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "string_type": "must be text",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": "is too large a number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": f"must name its time zone, as {MOMENT} does",
}

_LIMITS: Mapping[str, str] = {
    "greater_than": "must be more than {}",
    "greater_than_equal": "must be {} or more",
    "less_than": "must be less than {}",
    "less_than_equal": "must be {} or less",
}

_LENGTHS: Mapping[str, tuple[str, str, str]] = {
    "too_short": ("least", "min_length", "item"),
    "too_long": ("most", "max_length", "item"),
    "string_too_short": ("least", "min_length", "character"),
    "string_too_long": ("most", "max_length", "character"),
}

FORMS: Mapping[str, str] = {
    r"^[\x21-\x7e]+$": "must be printable ASCII characters without blanks",
    r"^[^\x00-\x1f\x7f]*$": "must be one line without control characters",
    r"^[^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+$": "must be an e-mail address",
    PHOTO_FORM: "must be an http or https address, or a path that begins with one slash",
}
"""Pattern that a text must match to what it asks for."""


def words(finding: Finding) -> str:
    """Return what is wrong, to be said after the name of the field.

    >>> words({"type": "too_long", "ctx": {"max_length": 20, "actual_length": 21}})
    'must have at most 20 items, not 21'
    >>> words({"type": "value_error", "msg": "Value error, 'x' is not one of 'a', 'b'."})
    "'x' is not one of 'a', 'b'."
    """
    kind, context = finding["type"], finding.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    if kind in _LIMITS:
        return _LIMITS[kind].format(*map(_number, context.values()))
    if kind in _LENGTHS:
        bound, name, unit = _LENGTHS[kind]
        limit = context[name]
        told = f"must have at {bound} {limit} {unit}{'' if limit == 1 else 's'}"
        return f"{told}, not {context['actual_length']}" if kind == "too_long" else told
    if kind == "union_tag_invalid":
        return f"must be {' or '.join(context['expected_tags'].rsplit(', ', 1))}"
    return FORMS.get(context.get("pattern", "")) or _said(finding["msg"])


def place(finding: Finding) -> Location:
    """Return where the mistake is: a kind that is missing or unknown, in the field that tells it.

    >>> place({"type": "union_tag_not_found", "loc": (3,), "ctx": {"discriminator": "'type'"}})
    (3, 'type')
    """
    location: Location = tuple(finding["loc"])
    if finding["type"] in {"union_tag_not_found", "union_tag_invalid"}:
        return (*location, finding["ctx"]["discriminator"].strip("'"))
    return location


def worth_telling(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings without those that only follow from others.

    A list of nothing but broken items counts as empty: told are the items.

    >>> alone = {"type": "too_short", "loc": ("listings",)}
    >>> item = {"type": "int_type", "loc": ("listings", 0)}
    >>> worth_telling([item, alone]) == [item], worth_telling([alone]) == [alone]
    (True, True)
    """
    told = list(found)
    around = {tuple(one["loc"][:end]) for one in told for end in range(len(one["loc"]))}
    return [one for one in told if one["type"] != "too_short" or tuple(one["loc"]) not in around]


def _number(limit: float) -> str:
    return str(int(limit) if limit == int(limit) else limit)


def _said(text: str) -> str:
    """Return pydantic's own sentence, which begins with the field, without that beginning."""
    text = text.removeprefix("Value error, ")
    text = re.sub(r"^\w+ should ", "must ", text)
    return text[:1].lower() + text[1:]
