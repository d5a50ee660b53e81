"""What the HTTP library is kept from: headers, cookies, redirects, logs and errors of its own making."""

import json
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx
import pytest

from auditor import __version__
from auditor.config.secret import Secret
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Origin
from auditor.transports.http.courier import peer
from auditor.transports.http.fault import Fault, HttpError
from auditor.transports.http.retry import Patience

Serve = Callable[..., Any]


class Clock:
    def remaining(self) -> float:
        return 30.0


def client_for(*origins: Origin, **options: Any) -> HttpClient:
    return HttpClient(origins, deadline=Clock(), patience=Patience(sleep=lambda _: None), **options)


@contextmanager
def replying(reply: Callable[[bytes], bytes]) -> Iterator[str]:
    """A server that makes its bytes from those of the request, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()
        listener.settimeout(0.05)

        def run() -> None:
            while not done.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.sendall(reply(connection.recv(65_536)))

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that led to it, hidden contexts included."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_a_request_is_to_the_byte_what_the_client_made_of_it() -> None:
    token, seen = secrets.token_hex(20), []

    def reply(request: bytes) -> bytes:
        seen.append(request)
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

    with replying(reply) as url, client_for(Origin(url=url, token=Secret(token))) as client:
        client.get_json(f"{url}//a/./b%2Fc?q='x'&r=%7e", token=True)
        with client.stream("POST", f"{url}/r/git-upload-pack", content=b"0009done\n") as answer:
            list(answer.chunks)
    head, host = "accept: application/json\r\naccept-encoding: gzip\r\n", url.removeprefix("http://")
    agent = f"user-agent: auditor/{__version__}"
    assert seen[0].decode() == (
        f"GET //a/./b%2Fc?q='x'&r=%7e HTTP/1.1\r\nhost: {host}\r\n{agent}\r\n{head}authorization: token {token}\r\n\r\n"
    )
    assert seen[1].decode().partition("\r\n\r\n")[0] == (
        f"POST /r/git-upload-pack HTTP/1.1\r\nhost: {host}\r\n{agent}\r\n"
        "accept: */*\r\naccept-encoding: identity\r\ncontent-length: 9"
    )


@pytest.mark.parametrize("name", ["user-agent", "accept-encoding", "accept"])
def test_what_a_caller_says_of_a_header_is_said_once(serve: Serve, name: str) -> None:
    server = serve(lambda handler: handler.json(json.dumps(handler.headers.get_all(name)).encode()))
    with client_for() as client:
        assert client.get_json(server.url, headers={name.title(): "mine"}).value == ["mine"]


@pytest.mark.parametrize(
    "cookie", ["a=b", "a=b; Path=/; Max-Age=9999", "a=b; Domain=git.example; Path=/", 'a="b"; Version=1']
)
def test_no_cookie_is_ever_sent_back(serve: Serve, cookie: str) -> None:
    server = serve(lambda handler: handler.send(Set_Cookie=cookie, Set_Cookie2=cookie))
    with client_for(connect={"git.example:80": server.place}) as client:
        for path in ("/a", "/a", "/a/b"):
            assert client.get(f"http://git.example{path}").headers.all("set-cookie") == (cookie,)
    assert len(server.asked) == 3
    assert not any("cookie" in one.headers for one in server.asked)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["/next", "//127.0.0.1:1/", "http://[::bad/", "http://h:99999999/", "\x80", ""])
def test_a_redirect_is_never_followed_nor_taken_apart_by_the_library(serve: Serve, status: int, target: str) -> None:
    server = serve(lambda handler: handler.send(b"moved", status, Location=target))
    with client_for() as client:
        answer = client.get(f"{server.url}/first")
        assert client.requests_sent == 1
    assert (answer.status, answer.body, answer.headers.get("location")) == (status, b"moved", target)
    assert [one.path for one in server.asked] == ["/first"]


def test_the_librarys_log_shows_neither_path_nor_query_nor_the_servers_words(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(handler: Any) -> None:
        handler.send_response(200, "words")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server = serve(answer)
    with caplog.at_level(logging.INFO), client_for() as client:
        client.get(f"{server.url}/path?key=hunter2")
    assert server.url in caplog.text
    assert not [word for word in ("hunter2", "key", "path", "words") if word in caplog.text]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"what? %s\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nbad line %s\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n%s", Fault.CUT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz %s\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n%s", Fault.CONTENT),
    ],
)
def test_no_error_carries_the_request(answer: bytes, fault: Fault) -> None:
    token = secrets.token_hex(20)
    with (
        replying(lambda request: answer % request.partition(b"token ")[2].split(b"\r\n")[0]) as url,
        client_for(Origin(url=url, token=Secret(token))) as client,
        pytest.raises(HttpError) as caught,
    ):
        client.get(url, token=True)
    assert caught.value.fault is fault
    assert token not in str(caught.value)
    assert not any(isinstance(error, httpx.RequestError) for error in chain(caught.value))


@pytest.mark.parametrize("host", ["1.2.3.400", "010.0.0.1", "1.2", "0x7f000001", "2130706433"])
def test_an_ip_address_that_is_none_is_refused(host: str) -> None:
    # resolvers read the leading zero as octal, so that another server than the written one would be asked
    with client_for() as client, pytest.raises(HttpError, match="correct it") as caught:
        client.get(f"http://{host}/")
    assert caught.value.fault is Fault.ADDRESS
    assert client.requests_sent == 0


def test_a_closed_client_has_no_connection_left_and_opens_new_ones(serve: Serve) -> None:
    server = serve(lambda handler: handler.json(json.dumps(handler.client_address[1]).encode()))
    client = client_for()
    first, second = client.get_json(server.url).value, client.get_json(server.url).value
    client.close()
    third = client.get_json(server.url).value
    client.close()
    assert first == second != third


def test_a_peer_that_has_hung_up_has_no_address() -> None:
    class Gone(httpcore.NetworkStream):
        def get_extra_info(self, info: str) -> Any:
            raise OSError(107, "not connected")

    assert peer(httpx.Response(200, extensions={"network_stream": Gone()})) is None
