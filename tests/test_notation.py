"""The small notations accept what the contract shows and refuse the rest whole."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import notation
from auditor.schemas import FORMATS


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("0s", 0)])
def test_durations_are_seconds(text: str, seconds: int) -> None:
    assert notation.duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "24", "24 h", "1h30m", "-1s", "1.5h", "1w", "٣s", "9999999999s", "1h\n"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        notation.duration_seconds(text)


def test_a_date_holds_through_its_day_and_a_moment_to_itself() -> None:
    assert notation.utc_text(notation.end_of("2026-12-31")) == "2027-01-01T00:00:00Z"
    assert notation.utc_text(notation.end_of("2026-12-31T14:00:00+02:00")) == "2026-12-31T12:00:00Z"


@pytest.mark.parametrize(
    "text", ["2026-13-40", "2026-02-30", "9999-12-31", "2026-1-1", "tomorrow", "2026-12-31T12:00:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        notation.end_of(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("auditor@nas.lan:22", ("auditor", "nas.lan", 22)),
        ("auditor@nas.lan", ("auditor", "nas.lan", 22)),
        ("a@[2001:db8::1]:2222", ("a", "2001:db8::1", 2222)),
        ("a@[2001:db8::1]", ("a", "2001:db8::1", 22)),
    ],
)
def test_ssh_addresses_have_user_host_and_port(text: str, parts: tuple[str, str, int]) -> None:
    assert notation.ssh_target(text) == parts


REFUSED = {
    "ssh-address": ["nas.lan", "-oProxyCommand=x@h", "a@-h", "a@h:0", "a:pw@h", "a@h:99999", "a@h x", "a@h\n"],
    "host-port": ["h", "h:0", "h:65536", "h:x", "https://h:1", ":1", "h:1\n"],
    "host-name": ["", "-h", "h/x", "a b", "h:1"],
    "http-address": ["h", "ftp://h", "https://", "https://u@h",
                     "https://h?q", "https://h#f", "https://h:0", "https://h h"],
    "git-address": ["git@h:o/r", "ssh://h/o", "https://u:p@h/o", "file:///x"],
    "re2": [r"(?=a)", r"(?!a)", r"(?<=a)b", r"(?<!a)b", r"(a)\1", r"(?P<n>a)(?P=n)",
            r"(?>a)", "a++", "a{1001}", "(", r"\p{L}", "a\\Z"],
    "branch-name": ["", "-x", "a..b", "a b", "a~", "/a", "a/", "a.lock", "@", "a//b", ".a", "a:b"],
    "remote-path": ["x", "/a/../b", "/a\n"],
    "own-value": [".env", "site:.env", "local:/etc/passwd", "nas:../.env", "local:~/.env", "local:"],
    "mail-address": ["ops", "a@b@c", "Ops <a@b>", "a@b\nBcc: c@d"],
    "plain-text": ["/a b", "/a\n"],
}  # fmt: skip
ACCEPTED = {
    "host-port": ["nas.lan:443", "[2001:db8::1]:443", "192.0.2.7:443"],
    "host-name": ["nas.lan", "192.0.2.7", "web_1", "[::1]"],
    "http-address": ["https://g.example", "http://nas.lan:3000/git", "https://[2001:db8::1]:8443/"],
    "git-address": ["https://nas.lan/o/r.git", "../mirror.git", "/srv/r.git", "~/r.git"],
    "re2": ["AKIA[0-9A-Z]{16}", r"[(?=]x", r"\(?=x", "(?i)tok", "(?P<n>a)", "(?:a|b)+?", r"[\1-9]", r"a\+\+"],
    "branch-name": ["main", "feat/x", "release-1.0"],
    "remote-path": ["/volume2/docker/site", "/"],
    "own-value": ["local:.env", "nas:app/.env.production"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in REFUSED.items() for text in texts])
def test_what_does_not_fit_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        FORMATS[name](text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in ACCEPTED.items() for text in texts])
def test_what_fits_is_accepted(name: str, text: str) -> None:
    FORMATS[name](text)


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=40))
def test_no_text_breaks_a_notation(name: str, text: str) -> None:
    with contextlib.suppress(ValueError):
        FORMATS[name](text)
