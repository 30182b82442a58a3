"""AWS STS is asked with one GET: exactly the request, no redirect, and neither for long nor for much."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from rollcall.adapters.identities import StsIdentities
from rollcall.control.proof import MOST_BYTES, IdentityRequest, read_answer
from rollcall.model.errors import RetryableError

pytestmark = pytest.mark.usefixtures("socket_enabled")
REQUEST = IdentityRequest(
    host="sts.us-east-1.amazonaws.com", query="Action=GetCallerIdentity&X-Amz-Signature=0f", command="c0ffee"
)


@pytest.fixture
def server():
    """A server that notes requests and answers with what `answer` (status, headers, body) says."""

    class Handler(BaseHTTPRequestHandler):
        server: Any

        def do_GET(self):
            self.server.asked.append((self.path, dict(self.headers)))
            status, headers, body = self.server.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for part in body:
                self.wfile.write(part)
                self.wfile.flush()
                self.server.stop.wait(self.server.pause)

        def log_message(self, *_):
            """Say nothing."""

    made: Any = HTTPServer(("127.0.0.1", 0), Handler)
    made.asked, made.pause, made.stop = [], 0.0, threading.Event()
    made.answer = (200, {"Content-Type": "application/json"}, [b"{}"])
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.stop.set()
    made.shutdown()
    made.server_close()


def ask(server, seconds=5.0):
    endpoint = f"http://127.0.0.1:{server.server_port}"
    return StsIdentities(endpoint=endpoint, seconds=seconds).ask(REQUEST)


def test_the_request_is_sent_as_it_is_with_one_header_of_ours(server):
    answer = ask(server)
    ((path, headers),) = server.asked
    assert path == f"/?{REQUEST.query}"
    assert headers == {
        "Host": REQUEST.host,
        "x-rollcall-command": "c0ffee",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
    }
    assert (answer.status, answer.content_type, answer.body) == (200, "application/json", b"{}")


def test_a_redirect_is_an_answer_and_is_not_followed(server):
    there = f"http://127.0.0.1:{server.server_port}/elsewhere"
    server.answer = (307, {"Location": there, "Content-Type": "application/json"}, [b"{}"])
    answer = ask(server)
    assert (answer.status, len(server.asked)) == (307, 1)
    with pytest.raises(RetryableError):
        read_answer(answer)


def test_of_an_endless_answer_one_byte_too_many_is_read(server):
    server.answer = (200, {"Content-Type": "application/json"}, [b" " * 1_000_000])
    answer = ask(server)
    assert len(answer.body) == MOST_BYTES + 1
    with pytest.raises(RetryableError):
        read_answer(answer)


@pytest.mark.parametrize("pause", [0.05, 2.0])
def test_an_answer_that_drips_or_stops_is_given_up(server, pause):
    server.pause = pause
    server.answer = (200, {"Content-Type": "application/json"}, [b" "] * 100)
    with pytest.raises(RetryableError, match="AWS STS did not answer: TimeoutError"):
        ask(server, seconds=0.3)


def test_while_nobody_is_there_it_is_tried_again(server):
    server.server_close()
    with pytest.raises(RetryableError, match="did not answer"):
        ask(server, seconds=0.3)


def test_without_an_endpoint_it_is_the_host_of_the_request_over_tls(monkeypatch):
    made: list[Any] = []

    class Connection:
        def __init__(self, host, timeout):
            made.append((host, timeout))

        def request(self, *_, **__):
            raise ConnectionRefusedError

        def close(self):
            made.append("closed")

    monkeypatch.setattr("rollcall.adapters.identities.HTTPSConnection", Connection)
    with pytest.raises(RetryableError, match="ConnectionRefusedError"):
        StsIdentities(endpoint=None).ask(REQUEST)
    assert made == [(REQUEST.host, 5.0), "closed"]
