"""Lists in pages: read to their end by count, Link and clamp; a list that can't be whole is an error."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from auditor.transports.http import HttpClient
from auditor.transports.http.answer import AnswerError
from auditor.transports.http.fault import Fault, HttpError
from auditor.transports.http.retry import Patience

Serve = Callable[..., Any]
CLAMP = 10


class Clock:
    def remaining(self) -> float:
        return 30.0


def numbers(client: HttpClient, url: str, **options: Any) -> list[int]:
    return [item["id"] for page in client.pages(url, **options) for item in page.items]


def client_for() -> HttpClient:
    return HttpClient(deadline=Clock(), patience=Patience(sleep=lambda _: None))


def asked_page(handler: Any) -> int:
    return int(parse_qs(urlsplit(handler.path).query)["page"][0])


def entries(first: int, end: int) -> bytes:
    return json.dumps([{"id": number} for number in range(first, end)]).encode()


def listing(size: int, *, count: bool = True, link: bool = True) -> Callable[[Any], None]:
    """A list as Gitea serves it: clamped to ten entries, Link with the host of its own ROOT_URL."""

    def answer(handler: Any) -> None:
        page = asked_page(handler)
        end = min(page * CLAMP, size)
        headers = {"X_Total_Count": str(size)} if count else {}
        if link:
            last = f'<https://elsewhere.invalid/x?limit=10&page={-(-size // CLAMP)}>; rel="last"'
            following = f'<https://elsewhere.invalid/x?page={page + 1}&limit=10>; rel="next",'
            headers["Link"] = (following if end < size else "") + last
        handler.json(entries((page - 1) * CLAMP, max(end, (page - 1) * CLAMP)), **headers)

    return answer


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 25])
@pytest.mark.parametrize(("count", "link"), [(True, True), (True, False), (False, True), (False, False)])
def test_every_entry_of_a_clamped_list_comes_once(serve: Serve, size: int, count: bool, link: bool) -> None:
    server = serve(listing(size, count=count, link=link))
    with client_for() as client:
        assert numbers(client, server.url, params={"state": "closed"}) == list(range(size))
    if count:
        assert len(server.asked) == max(1, -(-size // CLAMP))
    assert all("state=closed" in asked.path and "limit=50" in asked.path for asked in server.asked)


def test_pages_are_asked_for_only_when_they_are_wanted(serve: Serve) -> None:
    server = serve(listing(100))
    with client_for() as client:
        first = next(client.pages(server.url))
    assert (first.number, first.total, len(first.items), len(server.asked)) == (1, 100, 10, 1)


def test_endless_pages_end_at_the_cap(serve: Serve) -> None:
    def endless(handler: Any) -> None:
        page = asked_page(handler)
        handler.json(entries(page * 10, page * 10 + 10), X_Total_Count="999999999")

    server = serve(endless)
    with client_for() as client, pytest.raises(HttpError, match="more than 5 pages") as caught:
        numbers(client, server.url, most_pages=5)
    assert (caught.value.fault, len(server.asked)) == (Fault.PAGING, 5)


@pytest.mark.parametrize("headers", [{"X_Total_Count": "30"}, {}])
def test_a_page_that_repeats_is_an_error(serve: Serve, headers: dict[str, str]) -> None:
    server = serve(lambda handler: handler.json(entries(0, 10), **headers))
    with client_for() as client, pytest.raises(HttpError, match="repeats itself on page 2"):
        numbers(client, server.url)
    assert len(server.asked) == 2


@pytest.mark.parametrize("following", [1, 7])
def test_a_link_to_any_page_but_the_next_is_an_error(serve: Serve, following: int) -> None:
    server = serve(lambda handler: handler.json(entries(0, 10), Link=f'</x?page={following}>; rel="next"'))
    with client_for() as client, pytest.raises(HttpError, match=f"names {following} as the page after 1"):
        numbers(client, server.url)


@pytest.mark.parametrize("headers", [{"X_Total_Count": "20"}, {"Link": '</x?page=3>; rel="next"'}])
def test_a_list_that_ends_before_its_total_is_an_error(serve: Serve, headers: dict[str, str]) -> None:
    def answer(handler: Any) -> None:
        if asked_page(handler) == 1:
            handler.json(entries(0, 10), Link='</x?page=2>; rel="next"')
        else:
            handler.json(b"null", **headers)

    server = serve(answer)
    with client_for() as client, pytest.raises(HttpError, match="promised more and ended after 10 entries"):
        numbers(client, server.url)


def test_a_list_that_shrinks_while_it_is_read_is_an_error(serve: Serve) -> None:
    def answer(handler: Any) -> None:
        page = asked_page(handler)
        handler.json(entries(page * 10, page * 10 + 10), X_Total_Count=str(21 - page))

    server = serve(answer)
    with client_for() as client, pytest.raises(HttpError, match="shrank from 20 to 19"):
        numbers(client, server.url)


def test_an_entry_that_moves_to_the_next_page_comes_once(serve: Serve) -> None:
    def answer(handler: Any) -> None:
        first = asked_page(handler) == 1
        handler.json(entries(0, 10) if first else entries(9, 15), X_Total_Count="15" if first else "16")

    server = serve(answer)
    with client_for() as client:
        assert numbers(client, server.url) == list(range(15))


@pytest.mark.parametrize("count", ["-3", "many", "1" * 40, "٣"])
def test_a_count_that_is_none_is_no_count(serve: Serve, count: str) -> None:
    def answer(handler: Any) -> None:
        header = f"X-Total-Count: {count}\r\n".encode()
        body = entries(0, 10) if asked_page(handler) == 1 else b"[]"
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n%b"
            % (header, len(body), body)
        )

    server = serve(answer)
    with client_for() as client:
        assert numbers(client, server.url) == list(range(10))
    assert len(server.asked) == 2


def test_a_list_within_an_object_is_paged_by_its_own_count(serve: Serve) -> None:
    def answer(handler: Any) -> None:
        first = asked_page(handler) == 1
        runs = json.loads(entries(0, 10) if first else entries(10, 12))
        handler.json(json.dumps({"workflow_runs": runs, "total_count": 12}).encode())

    server = serve(answer)
    with client_for() as client:
        assert numbers(client, server.url, key="workflow_runs") == list(range(12))
        with pytest.raises(HttpError, match="has no 'runs'"):
            numbers(client, server.url, key="runs")


@pytest.mark.parametrize("body", [b"{}", b'"x"', b"3"])
def test_what_is_no_list_is_an_error(serve: Serve, body: bytes) -> None:
    server = serve(lambda handler: handler.json(body))
    with client_for() as client, pytest.raises(HttpError, match="is no list"):
        numbers(client, server.url)


def test_a_refused_page_is_an_error_with_the_answer(serve: Serve) -> None:
    def answer(handler: Any) -> None:
        if asked_page(handler) == 1:
            listing(20)(handler)
        else:
            handler.json(b'{"message": "token is required"}', 401)

    server, seen = serve(answer), []
    with client_for() as client, pytest.raises(AnswerError) as caught:
        for page in client.pages(server.url):
            seen.append(page.number)
    assert seen == [1]
    assert (caught.value.answer.status, caught.value.answer.message) == (401, "token is required")
    assert re.search(r"answered 401 \(token is required\): is the token valid\?", str(caught.value))
