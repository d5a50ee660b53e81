"""The parsers of the HTTP client: addresses, private hosts, JSON, gzip, Retry-After, without a server."""

import gzip
import json
import zlib
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.notation import is_private
from auditor.transports.http.address import joined, parse_address, parse_place
from auditor.transports.http.answer import parse_json
from auditor.transports.http.fault import HttpError
from auditor.transports.http.inflation import unpacked
from auditor.transports.http.retry import Patience, parse_retry_after

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("HTTP://Git.Example", "http://git.example", "/"),
        ("https://h:443/a?b=c#d", "https://h", "/a?b=c"),
        ("https://h:80/a b/é", "https://h:80", "/a%20b/%C3%A9"),
        ("http://[::1]:3000/x%2Fy", "http://[::1]:3000", "/x%2Fy"),
        ("https://u:p@bücher.example/", "https://xn--bcher-kva.example", "/"),
    ],
)
def test_an_address_is_taken_apart_as_it_is_asked(url: str, origin: str, target: str) -> None:
    address = parse_address(url)
    assert (address.origin, address.target) == (origin, target)


@pytest.mark.parametrize(
    "url",
    [
        "", "h", "//h", "ftp://h", "file:///etc/passwd", "http://", "http://h:0x", "http://h:99999", "http://[::1",
        "http://a b/", "http://h\r\nx: y/", "http://h\\@evil/", "http://%31/", "http://-:a", "http://" + "a" * 70,
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(HttpError):
        parse_address(url)


@given(st.text())
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    for url in (text, f"https://host/{text}", f"https://{text}/"):
        try:
            address = parse_address(url)
        except HttpError as error:
            assert "\n" not in str(error)
        else:
            assert address.url.isascii()
            assert not set(address.url) & set("\r\n\t ")
            assert parse_address(address.url) == address


@given(st.text())
def test_any_location_is_a_text_without_a_user_name(text: str) -> None:
    assert "hunter2" not in joined(parse_address("https://h/a/b"), f"https://u:hunter2@{text.replace('@', '')}")


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.8.8.8", "::1", "10.1.2.3", "172.31.0.1", "192.168.0.9", "169.254.1.1",
     "fd00::1", "fe80::1", "::ffff:10.0.0.1", "nas", "nas.lan", "nas.local", "git.home.arpa"],
)  # fmt: skip
def test_hosts_of_private_networks_are_private(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize(
    "host",
    ["git.example.org", "8.8.8.8", "172.32.0.1", "192.0.2.7", "203.0.113.5", "100.64.0.1", "2001:db8::1", "0.0.0.0",
     "::ffff:8.8.8.8", "134744072", "0x8080808", "8.0x080808", "lan", "evil-lan.example", "nas.lan.example.org"],
)  # fmt: skip
def test_other_hosts_are_public(host: str) -> None:
    # a name of one label is looked up in the local domain
    assert is_private(host) is (host == "lan")


@pytest.mark.parametrize("text", ["", "host", "host:", "host:0", "host:65536", "host:٣", "h h:1", ":1"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(HttpError):
        parse_place(text)


def test_a_place_may_be_an_ipv6_address() -> None:
    assert parse_place("[::1]:3000") == ("::1", 3000)


@given(JSON)
def test_json_comes_back_as_it_went(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary())
def test_any_bytes_are_json_or_a_value_error_of_one_line(body: bytes) -> None:
    try:
        parse_json(body)
    except ValueError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(("depth", "fine"), [(64, True), (65, False), (100_000, False)])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_json_is_64_levels_deep_at_most(depth: int, fine: bool, opening: bytes, closing: bytes) -> None:
    body = opening * depth + b"1" + closing * depth
    if fine:
        assert parse_json(body)
    else:
        with pytest.raises(ValueError, match="deeper than 64"):
            parse_json(body)


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[Infinity]", b"\xff", b"1" * 5000, b"{} x"])
def test_broken_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        parse_json(body)


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    assert parse_json(rb'{"\ud800": ["\udfff", "\ud83d\ude00"]}') == {"\ufffd": ["\ufffd", "\U0001f600"]}


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50))
def test_gzip_in_any_pieces_unpacks_to_the_same(members: list[bytes], size: int) -> None:
    packed = b"".join(gzip.compress(member) for member in members)
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(unpacked(pieces, "gzip", None, "'x'")) == b"".join(members)


def test_gzip_is_unpacked_in_small_pieces() -> None:
    pieces = [len(piece) for piece in unpacked([gzip.compress(bytes(8 << 20))], "gzip", None, "'x'")]
    assert (sum(pieces), max(pieces)) == (8 << 20, 1 << 16)


def test_gzip_that_ends_early_is_an_error() -> None:
    packed = gzip.compress(bytes(range(256)) * 100)
    with pytest.raises(HttpError, match="ends early") as caught:
        list(unpacked([packed[:-20]], "gzip", None, "'x'"))
    assert caught.value.passing


def test_gzip_that_unpacks_to_nothing_for_ever_is_cut() -> None:
    empty = zlib.compressobj(wbits=31)
    head, block = empty.compress(b"") or b"", empty.flush(zlib.Z_FULL_FLUSH)

    def endless() -> Any:
        yield head + block
        while True:
            yield b"\x00\x00\x00\xff\xff" * 1000

    with pytest.raises(HttpError, match="more than"):
        list(unpacked(endless(), "gzip", 1000, "'x'"))


def test_pauses_grow_and_are_jittered_in_full() -> None:
    longest = Patience(jitter=lambda: 1.0, attempts=9)
    assert [longest.pause_seconds(n, None) for n in (1, 2, 3, 8)] == [1.0, 2.0, 4.0, 30.0]
    assert Patience(jitter=lambda: 0.0).pause_seconds(1, None) == 0
    assert longest.pause_seconds(9, None) is None


def test_retry_after_is_a_number_or_a_date() -> None:
    assert parse_retry_after("12") == 12
    late = parse_retry_after(formatdate(4_000_000_000, usegmt=True))
    assert late is not None and late > 1e8
    assert parse_retry_after(formatdate(0, usegmt=True)) == 0


@given(st.text())
def test_any_retry_after_is_seconds_or_nothing(text: str) -> None:
    seconds = parse_retry_after(text)
    assert seconds is None or seconds >= 0
