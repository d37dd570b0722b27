"""The HTTP port is taken once, told when it is busy, and asked whether it answers."""

import http.server
import socket
import threading

import pytest

from carousel.cli.listening import address_of, listening_socket, says_ready
from carousel.domain.errors import ConfigurationError


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


def answer_on(listener: socket.socket) -> http.server.HTTPServer:
    server = http.server.HTTPServer(listener.getsockname(), Answer, bind_and_activate=False)
    server.socket.close()
    server.socket = listener.dup()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    return server


def test_a_busy_port_is_told_with_a_way_out():
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=f"Port {port} of 127.0.0.1 .*CAROUSEL_PORT="),
            listening_socket("127.0.0.1", port),
        ):
            pytest.fail("two listeners on one port")


def test_a_port_is_free_again_at_once():
    with listening_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
    with listening_socket("127.0.0.1", port) as second:
        assert second.getsockname()[1] == port


def test_a_name_that_is_no_address_is_told():
    with (
        pytest.raises(ConfigurationError, match="CAROUSEL_HOST: no such host"),
        listening_socket("no such host", 0),
    ):
        pytest.fail("listened on nothing")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  # that is the case
def test_ready_means_somebody_answers_even_on_every_interface(host):
    with listening_socket(host, 0) as listener:
        server = answer_on(listener)
        try:
            assert says_ready(listener)
            assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.shutdown()
            server.server_close()


def test_a_listener_nobody_accepts_from_is_not_ready(monkeypatch):
    monkeypatch.setattr("carousel.cli.listening.ANSWER_SECONDS", 0.1)
    with listening_socket("127.0.0.1", 0) as listener:
        assert not says_ready(listener)
