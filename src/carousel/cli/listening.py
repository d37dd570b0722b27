"""The HTTP port: taken once, shared by all processes that answer on it.

Owns:    the listening socket, its address, asking whether somebody answers.
Imports: domain.errors, the standard library.
"""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from carousel.domain.errors import ConfigurationError

CONNECTIONS_WAITING = 1024
ANSWER_SECONDS = 2.0
HIGHEST_PORT = 65535


@contextmanager
def listening_socket(host: str, port: int, setting: str = "CAROUSEL") -> Iterator[socket.socket]:
    """Yield a bound, listening socket that several processes can accept from.

    Args:
        host: address to listen on.
        port: 0 takes any free one.
        setting: what the names of the two settings begin with that say so.

    Raises:
        ConfigurationError: the address is taken, or not one of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigurationError(f"{setting}_HOST: {host} is no address here ({error}).") from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(CONNECTIONS_WAITING)
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} of {host} cannot be used ({error.strerror}); "
                f"choose another: {setting}_PORT={port % HIGHEST_PORT + 1} make demo"
            ) from error
        yield listener


def address_of(listener: socket.socket) -> str:
    """Return where a browser on this machine finds the listener."""
    host, port = _reachable(listener)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def says_ready(listener: socket.socket) -> bool:
    """Return whether whoever accepts from the listener answers 200 at /readyz."""
    connection = http.client.HTTPConnection(*_reachable(listener), timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(listener: socket.socket) -> tuple[str, int]:
    host, port = listener.getsockname()[:2]
    # A listener on every interface is reached through the loopback one.
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104  # not bound
