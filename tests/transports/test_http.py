"""What is asked over HTTP: who gets the token, what is tried again, what is capped, what an answer must be."""

import gzip
import json
import secrets
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from auditor.config.secret import Secret
from auditor.errors import ConfigError, TransportError
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Origin
from auditor.transports.http.answer import AnswerError
from auditor.transports.http.fault import Fault, HttpError
from auditor.transports.http.retry import Patience

Serve = Callable[..., Any]


@dataclass
class Clock:
    """A run that has so many seconds left, whatever happens."""

    seconds: float = 60

    def remaining(self) -> float:
        return self.seconds


@dataclass
class Until:
    """A run that ends, as the real one does."""

    end: float

    def remaining(self) -> float:
        return max(0.0, self.end - time.monotonic())


@dataclass
class Pauses:
    """Sleeps for no time and remembers for how long it was asked to."""

    asked: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)


def client_for(*origins: Origin, patience: Patience | None = None, **options: Any) -> HttpClient:
    options.setdefault("deadline", Clock())
    return HttpClient(origins, patience=patience or Patience(sleep=Pauses()), **options)


def ok(handler: Any) -> None:
    handler.json(b'{"ok": true}')


@pytest.fixture
def token() -> str:
    return secrets.token_hex(20)


def everything_said(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + str(error.args)


def test_a_token_travels_in_the_authorization_header_and_nowhere_else(serve: Serve, token: str) -> None:
    server = serve(ok)
    with client_for(Origin(url=server.url, token=Secret(token))) as client:
        answer = client.get_json(f"{server.url}/api/v1/user", params={"q": "a b&c"}, token=True)
        client.get(f"{server.url}/page")
    first, second = server.asked
    assert first.headers["authorization"] == f"token {token}"
    assert token not in first.path
    assert first.path == "/api/v1/user?q=a%20b%26c"
    assert "authorization" not in second.headers
    assert answer.value == {"ok": True}
    assert token not in repr(answer) + repr(client.warnings)


def test_a_redirect_is_a_fact_and_its_target_never_sees_the_token(serve: Serve, token: str) -> None:
    other = serve(ok)
    server = serve(lambda handler: handler.send(status=302, Location=f"{other.url}/stolen"))
    with client_for(Origin(url=server.url, token=Secret(token))) as client:
        answer = client.get_json(f"{server.url}/api/v1/user", token=True)
    assert (answer.status, answer.location) == (302, f"{other.url}/stolen")
    assert other.asked == []
    with pytest.raises(AnswerError, match="answered 302: it points to"):
        _ = answer.value


def test_a_hostile_location_stays_a_fact(serve: Serve) -> None:
    server = serve(lambda handler: handler.send(status=301, Location="https://u:hunter2@[::bad/?x"))
    with client_for() as client:
        location = client.get(server.url).location
    assert location is not None
    assert "hunter2" not in location


@pytest.mark.parametrize("path", ["/other", "/git/../other", "/git/%2e%2e/other", "/gitea"])
def test_a_token_stays_in_its_sub_path(serve: Serve, token: str, path: str) -> None:
    server = serve(ok)
    with (
        client_for(Origin(url=f"{server.url}/git", token=Secret(token))) as client,
        pytest.raises(HttpError, match="configured address alone"),
    ):
        client.get(server.url + path, token=True)
    assert server.asked == []


def test_a_token_for_one_port_is_refused_to_another(serve: Serve, token: str) -> None:
    server, other = serve(ok), serve(ok)
    with client_for(Origin(url=server.url, token=Secret(token))) as client, pytest.raises(HttpError) as caught:
        client.get(other.url, token=True)
    assert caught.value.fault is Fault.FORBIDDEN
    assert other.asked == []


def test_an_anonymous_run_sends_no_authorization(serve: Serve) -> None:
    server = serve(ok)
    with client_for(Origin(url=server.url)) as client:
        client.get(server.url, token=True)
    assert "authorization" not in server.asked[0].headers


def test_a_token_over_plain_http_is_refused_beyond_private_networks(serve: Serve, token: str) -> None:
    origin = Origin(url="http://git.example.org", token=Secret(token))
    with client_for(origin, connect={"git.example.org:80": "198.51.100.1:9"}) as client:
        with pytest.raises(HttpError, match="not sent over plain http") as caught:
            client.get("http://git.example.org/api", token=True)
        assert client.requests_sent == 0
    assert token not in everything_said(caught.value)


def test_a_token_over_plain_http_in_a_private_network_is_a_warning(serve: Serve, token: str) -> None:
    server = serve(ok)
    with client_for(Origin(url=server.url, token=Secret(token))) as client:
        assert len(client.warnings) == 1
        assert server.place in client.warnings[0]
    with client_for(Origin(url=server.url)) as client:
        assert client.warnings == ()


def test_a_connect_entry_that_leads_out_of_the_private_network_is_refused_a_plain_token(token: str) -> None:
    origin = Origin(url="http://gitea.lan", token=Secret(token))
    with (
        client_for(origin, connect={"gitea.lan:80": "203.0.113.5:80"}) as client,
        pytest.raises(HttpError, match="plain http"),
    ):
        client.get("http://gitea.lan/", token=True)


def test_a_token_that_no_header_can_hold_is_refused_without_quoting_it() -> None:
    value = "x" * 20 + "\n" + "y" * 20
    with pytest.raises(ConfigError) as caught:
        client_for(Origin(url="https://git.example", token=Secret(value)))
    assert "xxx" not in everything_said(caught.value)


def test_a_caller_can_not_set_the_clients_own_headers(serve: Serve) -> None:
    server = serve(ok)
    with client_for() as client, pytest.raises(HttpError, match="'authorization'"):
        client.get(server.url, headers={"Authorization": "Basic x"})
    assert server.asked == []


def test_a_password_in_a_url_is_neither_sent_nor_shown(serve: Serve) -> None:
    server = serve(lambda handler: handler.send(status=403))
    url = server.url.replace("://", "://user:hunter2@")
    with client_for() as client:
        answer = client.get_json(url)
        with pytest.raises(HttpError) as caught:
            client.get("ftp://user:hunter2@host/")
    assert "authorization" not in server.asked[0].headers
    assert "hunter2" not in answer.response.url + repr(answer) + str(caught.value)


def test_a_server_that_echoes_the_token_does_not_get_it_into_a_message(serve: Serve, token: str) -> None:
    def echo(handler: Any) -> None:
        said = {"message": "no \x1b[31m right: " + handler.headers["Authorization"] + "x" * 5000}
        handler.json(json.dumps(said).encode(), 403)

    server = serve(echo)
    with client_for(Origin(url=server.url, token=Secret(token))) as client:
        answer = client.get_json(f"{server.url}/x", token=True)
    assert answer.message.startswith("no \\x1b[31m right: token ***")
    assert len(answer.message) <= 300
    with pytest.raises(AnswerError) as caught:
        _ = answer.value
    assert token not in everything_said(caught.value)


def test_a_malformed_answer_that_echoes_the_token_does_not_get_it_into_a_trace(serve: Serve, token: str) -> None:
    def echo(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nbad line " + handler.headers["Authorization"].encode() + b"\r\n\r\n")
        handler.close_connection = True

    server = serve(echo)
    with (
        client_for(Origin(url=server.url, token=Secret(token))) as client,
        pytest.raises(HttpError, match="what came is no HTTP") as caught,
    ):
        client.get(server.url, token=True)
    assert token not in everything_said(caught.value)


def test_cookies_are_not_kept(serve: Serve) -> None:
    server = serve(lambda handler: handler.send(Set_Cookie="a=b"))
    with client_for() as client:
        client.get(server.url)
        client.get(server.url)
    assert "cookie" not in server.asked[1].headers


def test_a_proxy_of_the_environment_is_not_used(serve: Serve, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server, proxy = serve(ok), serve(ok)
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    with client_for(Origin(url=server.url, token=Secret(token))) as client:
        client.get(server.url, token=True)
    assert (len(server.asked), len(proxy.asked)) == (1, 0)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(serve: Serve, status: int) -> None:
    def answer(handler: Any) -> None:
        if len(server.asked) < 3:
            handler.send(b"hook is running", status, Content_Type="text/plain")
        else:
            ok(handler)

    server, pauses = serve(answer), Pauses()
    with client_for(patience=Patience(sleep=pauses, jitter=lambda: 1.0)) as client:
        got = client.get_json(server.url)
        assert got.value == {"ok": True}
        assert got.response.attempts == client.requests_sent == 3
        assert client.requests_by_origin == {server.url: 3}
    assert pauses.asked == [1.0, 2.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_tried_again(serve: Serve, status: int) -> None:
    server = serve(lambda handler: handler.json(b'{"message": "no"}', status))
    with client_for() as client:
        answer = client.get_json(server.url)
    assert (answer.status, answer.message, len(server.asked)) == (status, "no", 1)


def test_what_keeps_failing_is_an_answer_with_its_status(serve: Serve) -> None:
    server = serve(lambda handler: handler.send(b"<h1>down</h1>", 503, Content_Type="text/html"))
    with client_for() as client:
        answer = client.get_json(server.url)
    assert (answer.status, answer.message, len(server.asked)) == (503, "", 3)


def test_retry_after_is_honoured_within_the_budget(serve: Serve) -> None:
    server, pauses = serve(lambda handler: handler.send(status=429, Retry_After="7")), Pauses()
    with client_for(patience=Patience(sleep=pauses)) as client:
        client.get(server.url)
    assert pauses.asked == [7.0, 7.0]


@pytest.mark.parametrize(("after", "left"), [("7", 5.0), ("86400", 1e9)])
def test_a_retry_after_beyond_the_budget_ends_the_attempts(serve: Serve, after: str, left: float) -> None:
    server, pauses = serve(lambda handler: handler.send(status=503, Retry_After=after)), Pauses()
    with client_for(patience=Patience(sleep=pauses), deadline=Clock(left)) as client:
        assert client.get(server.url).status == 503
    assert (pauses.asked, len(server.asked)) == ([], 1)


def test_a_refused_connection_is_tried_again_and_named(unused_port: int) -> None:
    pauses, url = Pauses(), "http://127.0.0.1:{}/x?token={}".format(unused_port, "hunter2")
    with client_for(patience=Patience(sleep=pauses)) as client:
        with pytest.raises(TransportError, match=f"'127.0.0.1:{unused_port}' refused the connection") as caught:
            client.get(url)
        assert client.requests_sent == 3
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert len(pauses.asked) == 2
    assert "hunter2" not in str(caught.value)


def test_a_name_without_an_address_is_named() -> None:
    with client_for() as client, pytest.raises(HttpError, match="has no address: correct it") as caught:
        client.get("http://nowhere.invalid/")
    assert caught.value.fault is Fault.NAME


def test_an_answer_that_is_cut_is_tried_again(serve: Serve) -> None:
    def cut(handler: Any) -> None:
        if len(server.asked) > 1:
            return ok(handler)
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True
        return None

    server = serve(cut)
    with client_for() as client:
        assert client.get_json(server.url).value == {"ok": True}
    assert len(server.asked) == 2


def test_a_slow_drip_ends_with_the_requests_own_time(serve: Serve) -> None:
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(600):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    server, started = serve(drip), time.monotonic()
    with client_for() as client, pytest.raises(HttpError, match="did not end within") as caught:
        client.get(server.url, seconds=0.8)
    assert time.monotonic() - started < 15
    assert (caught.value.fault, len(server.asked)) == (Fault.TIMEOUT, 1)


def test_headers_that_drip_end_with_the_requests_own_time(serve: Serve) -> None:
    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(600):
            handler.wfile.write(b"x-%d: y\r\n" % number)
            time.sleep(0.05)

    server, started = serve(drip), time.monotonic()
    with client_for() as client, pytest.raises(HttpError, match="did not end within"):
        client.get(server.url, seconds=0.8)
    assert time.monotonic() - started < 15


def test_silence_is_tried_again_until_the_attempts_are_used_up(serve: Serve) -> None:
    done = threading.Event()
    server = serve(lambda handler: done.wait(5) and None)
    with (
        client_for(patience=Patience(sleep=Pauses(), idle_seconds=0.1)) as client,
        pytest.raises(HttpError, match="said nothing for too long"),
    ):
        client.get(server.url)
    done.set()
    # the server may read the last one when the client has gone
    deadline = time.monotonic() + 20
    while len(server.asked) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(server.asked) == 3


def test_the_runs_deadline_ends_a_request_and_its_repetitions(serve: Serve) -> None:
    done = threading.Event()
    server = serve(lambda handler: done.wait(5) and None)
    started = time.monotonic()
    with client_for(deadline=Until(started + 0.5), patience=Patience(idle_seconds=0.2, attempts=200)) as client:
        with pytest.raises(HttpError) as caught:
            client.get(server.url)
        assert time.monotonic() - started < 15
        with pytest.raises(HttpError):
            client.get(server.url)
    done.set()
    assert caught.value.fault in (Fault.BUDGET, Fault.TIMEOUT)


def test_nothing_is_sent_once_the_run_is_over(serve: Serve) -> None:
    server = serve(ok)
    with client_for(deadline=Clock(0)) as client, pytest.raises(HttpError, match="raise --timeout"):
        client.get(server.url)
    assert server.asked == []


def test_at_most_so_many_requests_run_at_once(serve: Serve) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def slow(handler: Any) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        ok(handler)

    server = serve(slow)
    with client_for(max_parallel=3) as client:
        threads = [threading.Thread(target=client.get, args=(server.url,)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.requests_sent == 12
    assert most == 3


def test_a_gzip_answer_is_unpacked(serve: Serve) -> None:
    body = b"[" + b"1," * 100_000 + b"1]"
    server = serve(lambda handler: handler.json(gzip.compress(body), Content_Encoding="gzip"))
    with client_for() as client:
        assert len(client.get_json(server.url).value) == 100_001
    assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_a_gzip_bomb_is_cut_at_the_cap(serve: Serve) -> None:
    bomb = gzip.compress(bytes(200 << 20))
    server = serve(lambda handler: handler.send(bomb, Content_Encoding="gzip"))
    with client_for() as client, pytest.raises(HttpError, match="more than 1048576 bytes") as caught:
        client.get(server.url, limit_bytes=1 << 20)
    assert (caught.value.fault, len(server.asked)) == (Fault.SIZE, 1)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate"])
def test_a_packing_that_was_not_asked_for_is_refused(serve: Serve, encoding: str) -> None:
    server = serve(lambda handler: handler.send(b"x", Content_Encoding=encoding))
    with client_for() as client, pytest.raises(HttpError, match="was not asked for"):
        client.get(server.url)


def test_a_large_body_is_cut_at_the_cap(serve: Serve) -> None:
    server = serve(lambda handler: handler.send(bytes(2 << 20)))
    with client_for() as client, pytest.raises(HttpError, match="more than 1000 bytes"):
        client.get(server.url, limit_bytes=1000)


def test_html_where_json_is_expected_is_an_error(serve: Serve) -> None:
    server = serve(lambda handler: handler.send(b"<html>sign in</html>", Content_Type="text/html"))
    with client_for() as client, pytest.raises(HttpError, match="answered 'text/html' instead of JSON"):
        client.get_json(server.url)


def test_a_missing_route_is_told_from_a_missing_object(serve: Serve) -> None:
    def answer(handler: Any) -> None:
        if handler.path == "/route":
            handler.send(b"404 page not found\n", 404, Content_Type="text/plain; charset=utf-8")
        else:
            handler.json(b'{"message": "not found", "url": "x"}', 404)

    server = serve(answer)
    with client_for() as client:
        route, missing = client.get_json(f"{server.url}/route"), client.get_json(f"{server.url}/object")
    assert (route.route_missing, missing.route_missing) == (True, False)
    assert missing.message == "not found"


def test_fresh_asks_caches_to_step_aside(serve: Serve) -> None:
    server = serve(ok)
    with client_for() as client:
        client.get(server.url, fresh=True)
    assert server.asked[0].headers["cache-control"] == "no-cache"


def test_an_answer_names_its_peer_and_its_duration(serve: Serve) -> None:
    server = serve(ok)
    with client_for(connect={"git.example:80": server.place}) as client:
        answer = client.get("http://git.example/x")
    assert (answer.peer, answer.url) == (server.place, "http://git.example/x")
    assert 0 < answer.took_seconds < 5
    assert server.asked[0].headers["host"] == "git.example"


def test_a_stream_asks_for_packs_and_nothing_else(serve: Serve, token: str) -> None:
    server = serve(lambda handler: handler.send(b"0000" * 50_000))
    base = f"{server.url}/o/r.git"
    with client_for(Origin(url=server.url, token=Secret(token))) as client:
        with client.stream("GET", f"{base}/info/refs?service=git-upload-pack", token=True) as answer:
            assert b"".join(answer.chunks) == b"0000" * 50_000
        with client.stream("POST", f"{base}/git-upload-pack", content=b"0009done\n") as answer:
            assert next(answer.chunks)
        asked = list(server.asked)
        for method, path in (
            ("POST", "/git-receive-pack"),
            ("POST", "/api?x=/git-upload-pack"),
            ("POST", "/git-upload-pack?x=1"),
            ("GET", "/info/refs?service=git-receive-pack"),
            ("GET", "/HEAD"),
            ("DELETE", "/git-upload-pack"),
        ):
            with pytest.raises(HttpError, match="only git-upload-pack"), client.stream(method, base + path):
                pass
    assert [(one.method, one.body) for one in asked] == [("GET", b""), ("POST", b"0009done\n")]
    assert asked[0].headers["authorization"] == f"token {token}"
    assert len(server.asked) == 2


def test_a_stream_that_is_left_gives_its_turn_back(serve: Serve) -> None:
    server = serve(lambda handler: handler.send(bytes(1 << 20)))
    with client_for(max_parallel=1) as client:
        for _ in range(3):
            with client.stream("POST", f"{server.url}/r.git/git-upload-pack") as answer:
                next(answer.chunks)
        assert client.get(server.url).status == 200


def test_a_stream_is_tried_again_before_its_body_begins(serve: Serve) -> None:
    server = serve(lambda handler: handler.send(b"PACK", 200 if len(server.asked) > 1 else 502))
    with client_for(max_parallel=1) as client, client.stream("POST", f"{server.url}/r.git/git-upload-pack") as answer:
        assert (answer.status, b"".join(answer.chunks)) == (200, b"PACK")


def test_importing_the_client_imports_no_http_library() -> None:
    script = (
        "import sys, auditor.transports.http; "
        "print([name for name in ('httpx', 'httpcore', 'ssl', 'auditor.config') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_request_loads_neither_the_librarys_command_line_nor_what_colours_it(serve: Serve) -> None:
    server = serve(lambda handler: handler.send())
    script = (
        "import sys; from auditor.transports.http import HttpClient; from auditor.interfaces import Deadline;"
        "client = HttpClient(deadline=Deadline.after(20)); print(client.get(sys.argv[1]).status);"
        "print([name for name in ('rich', 'pygments') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, server.url], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["200", "[]", ""]
