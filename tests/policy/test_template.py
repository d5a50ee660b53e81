import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.policy.template import Slot, TemplateError, parse_template, shown


def test_expressions_stand_between_braces_and_doubled_braces_for_themselves() -> None:
    assert parse_template("a {b.c} {{x}} {d}") == ("a ", Slot("b.c", 3), " ", "{", "x", "}", " ", Slot("d", 15))


@pytest.mark.parametrize("text", ["{", "}", "a {b", "{a{b}", "x } y"])
def test_a_single_brace_is_an_error(text: str) -> None:
    with pytest.raises(TemplateError):
        parse_template(text)


@given(st.text())
def test_text_whose_braces_are_doubled_stays_as_it_is(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert "".join(str(part) for part in parse_template(doubled)) == text


def test_values_are_shown_as_a_sentence_shows_them() -> None:
    assert [shown(value) for value in ("x", None, True, 3, ["a", "b"], [], {"k": 1}, object())] == [
        "x", "none", "true", "3", "a, b", "none", '{"k": 1}', "<unknown>",
    ]  # fmt: skip
