"""The API as a whole: the routes, and the layers around them.

Owns:    which route stands where, what every request passes through.
Imports: api, FastAPI.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from carousel.api import (
    accounts,
    cars,
    cars_by_id,
    docs_page,
    documentation,
    events,
    export,
    facets,
    health,
    history,
    like,
    listings,
    notices,
    operator,
    page_errors,
    phrases,
    prices,
    problems,
    questionnaire,
    recommendations,
    refinements,
    saved_searches,
    shadow,
    shopper_profile,
    shoppers,
    trade_offs,
    updates,
    users,
    verdicts,
    visitors,
)
from carousel.api.edge import Edge
from carousel.api.loop_delay import told_loop_delay
from carousel.api.opening import ApiParams, open_parts
from carousel.api.page import PageFirst, read_page
from carousel.api.passing import templates_of
from carousel.observability.errors import release

__all__ = ["ApiParams", "create_app"]

VERSION = "1"
PREFIX = "/api/v1"
DESCRIPTION = """\
Recommendations for a car marketplace that follow what a shopper does.

Log in, send the token as `Authorization: Bearer TOKEN`, tell what the shopper does with
`POST /api/v1/events`, and ask for `GET /api/v1/cars/recommendations`.
Every error is `application/problem+json` (RFC 9457) with a stable `code`.
"""


def create_app(params: ApiParams) -> FastAPI:
    """Return the app; it opens its servers when it starts and closes them when it stops.

    Raises:
        ConfigurationError: on start, when a server does not fit.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with told_loop_delay(), open_parts(params) as parts:
            app.state.parts = parts
            yield

    app = FastAPI(
        title="Carousel",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    files = read_page(params.page_directory, params.photo_origins, release())
    problems.install(app)
    # The busiest come first, and /cars/recommendations before /cars/{car_id}/...
    included = [
        (PREFIX, module.router)
        for module in (
            recommendations,
            events,
            cars,
            cars_by_id,
            phrases,
            facets,
            refinements,
            like,
            prices,
            verdicts,
            trade_offs,
            users,
            updates,
            saved_searches,
            history,
            shopper_profile,
            export,
            notices,
            listings,
            shoppers,
            shadow,
            accounts,
            visitors,
            questionnaire,
        )
    ]
    included += [(PREFIX, page_errors.errors_router())]
    included += [("", health.router), ("", docs_page.docs_router(files))]
    included += [("", operator.operator_router(params.monitor_url))]
    for prefix, router in included:
        app.include_router(router, prefix=prefix)
    templates = templates_of([*included, ("", app.router)])
    app.add_middleware(PageFirst, files=files)
    app.add_middleware(Edge, photo_origins=params.photo_origins, templates=templates)
    documentation.finish(app)
    return app
