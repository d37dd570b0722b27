"""The process that serves the API: uvicorn, and an end that open streams do not hold up.

Owns:    running the app on a listening socket.
Imports: api.app, FastAPI, uvicorn.
"""

import gc
import socket

import uvicorn
from fastapi import FastAPI

from carousel.api.app import ApiParams, create_app
from carousel.api.parts import Parts

PATIENCE = 2  # seconds that requests under way get at the end
YOUNG_OBJECTS = 20_000  # between two looks for garbage; Python's own 700 are for small programs
KEEP_ALIVE = 75  # seconds that a quiet connection stays open


class ApiServer(uvicorn.Server):
    """A server that ends the update streams before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then as uvicorn does."""
        parts: Parts = self._app.state.parts
        parts.fanout.close()
        await super().shutdown(sockets)


def api_server(params: ApiParams) -> ApiServer:
    """Return the server, ready to run on a socket."""
    app = create_app(params)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=PATIENCE,
        timeout_keep_alive=KEEP_ALIVE,
        # What one request says of itself must not stand in the lines of the next.
        reset_contextvars=True,
    )
    return ApiServer(config, app)


def serve(params: ApiParams, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; takes at most about three seconds to stop.

    Args:
        params: of the API.
        listener: bound and listening, may be shared with other processes.
    """
    server = api_server(params)
    # What lives as long as the process need not be looked through for garbage again and again;
    # those looks are what a slow request of a busy process has usually waited for.
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    server.run(sockets=[listener])
