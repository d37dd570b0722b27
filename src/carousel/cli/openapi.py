"""``carousel openapi``: the description of the HTTP API, for whoever generates a client from it.

Owns:    the command.
Imports: api.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from carousel.api.app import ApiParams, create_app


def run(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there, not to stdout.")
    ] = None,
) -> None:
    """Print the API's OpenAPI document as JSON; no server is asked."""
    text = document()
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")


def document() -> str:
    """Return the OpenAPI document of this version as text that ends with a newline."""
    nowhere = "nowhere:"  # the app opens its servers when it starts, and it never starts here
    params = ApiParams(
        database_url=nowhere,
        log_url=nowhere,
        cache_url=nowhere,
        log_shards=1,
        currency="EUR",
        development_login=False,
        token_secret=nowhere * 8,
    )
    return json.dumps(create_app(params).openapi(), ensure_ascii=False, indent=1) + "\n"
