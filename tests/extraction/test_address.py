"""Addresses of new-issue forms, and when two bases are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extraction.address import FormAddress, OpenAddress, parse_form, same_base
from auditor.extraction.value import Hole, Text, literal

BASE = "https://git.example.net"


@pytest.mark.parametrize(
    ("text", "base", "expected"),
    [
        (f"{BASE}/Acme/site/issues/new", BASE, (BASE, "Acme", "site")),
        (f"{BASE}/Acme/site/issues/new/choose?x=1", BASE, (BASE, "Acme", "site")),
        (f"{BASE}/forge/Acme/site/issues/new", f"{BASE}/forge", (f"{BASE}/forge", "Acme", "site")),
        (f"{BASE}/Acme/site/issues/new", f"{BASE}/forge", (BASE, "Acme", "site")),
        (f"{BASE}/forge/Acme/site/issues/new", BASE, (f"{BASE}/forge", "Acme", "site")),
        (f"{BASE}//site/issues/new", BASE, (BASE, "", "site")),
        (f"{BASE}//Acme/site/issues/new", BASE, (BASE, "Acme", "site")),
        ("/Acme/site/issues/new", BASE, ("", "Acme", "site")),
        ("undefined/Acme/site/issues/new", BASE, ("undefined", "Acme", "site")),
        (f"{BASE}/Ac%C3%A9/site/issues/new", BASE, (BASE, "Acé", "site")),
        (f"{BASE}/old/../Acme/./site/issues/new", BASE, (BASE, "Acme", "site")),
    ],
)
def test_an_address_is_taken_apart(text: str, base: str, expected: tuple[str, str, str]) -> None:
    form = parse_form(literal(text), base)
    assert isinstance(form, FormAddress)
    assert (form.base, form.owner, form.repo) == expected


@pytest.mark.parametrize(
    "text",
    ["", "issues/new", f"{BASE}/Acme/site/issues", f"{BASE}/Acme/site/-/issues/new", "see the page at /a/b/issues/new"],
)
def test_any_other_text_is_no_address(text: str) -> None:
    form = parse_form(literal(text), BASE)
    assert form is None


def test_a_hole_before_the_form_leaves_it_open_and_one_after_it_does_not() -> None:
    hole = Hole("e")
    assert isinstance(parse_form(Text((hole, "/Acme/site/issues/new")), BASE), OpenAddress)
    form = parse_form(Text((f"{BASE}/Acme/site/issues/new?title=", hole, "&body=ab")), BASE)
    assert isinstance(form, FormAddress)
    assert (form.title_length, form.body_length, form.parameters) == (None, 2, ("title", "body"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://Git.Example.net:443/", BASE, True),
        ("HTTPS://git.example.net", BASE, True),
        ("http://git.example.net", BASE, False),
        (f"{BASE}/forge", BASE, False),
        ("https://ada:sesame@git.example.net", BASE, False),
        (f"{BASE}:8443", BASE, False),
        ("", BASE, False),
        ("https://[::1", BASE, False),
    ],
)
def test_bases_are_compared_after_normalisation(one: str, other: str, same: bool) -> None:
    assert same_base(one, other) is same


@given(st.text(max_size=200), st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str, base: str) -> None:
    parse_form(literal(text + "/issues/new" + text), base)
    same_base(text, base)
