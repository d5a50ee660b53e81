"""Values out of JSON are exact or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.collectors.gitea import value
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import told_scopes
from auditor.collectors.gitea.value import MalformedError
from auditor.model.codec import canonical
from auditor.model.missing import MISSING

KINDS = (
    *(value.flag, value.count, value.name, value.title, value.sha, value.moment, value.state, value.object_format),
    *(value.address, value.names, value.patterns),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON, st.sampled_from(KINDS))
def test_a_value_is_read_or_refused_and_what_was_read_can_be_stored(given_value, kind) -> None:
    try:
        read = kind(given_value)
    except MalformedError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 120
        return
    assert canonical(read)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-23T16:14:36+01:00", "2026-11-23T15:14:36Z"),
        ("2026-11-23T15:14:36.999Z", "2026-11-23T15:14:36Z"),
    ],
)
def test_times_are_utc_to_the_second(text, time) -> None:
    assert value.moment(text) == time


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-23T15:14:36", "0001-01-01T00:00:00Z", "now", 5, None])
def test_what_is_no_moment_is_refused(text) -> None:
    with pytest.raises(MalformedError):
        value.moment(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://user:secret@h.example/p?token=x#f", "https://h.example/p"),
        ("/o/r/actions/runs/1/jobs/0", "/o/r/actions/runs/1/jobs/0"),
        ("", ""),
    ],
)
def test_an_address_keeps_no_secret(text, kept) -> None:
    assert value.address(text) == kept


def test_null_is_absent_only_where_the_object_itself_is() -> None:
    gaps = GapList()
    record = Record({"gone": None, "there": {"login": None}, "user": {"login": "ada"}}, "x", gaps)
    assert record.nullable("a", value.name, "gone.login") is None
    assert record.nullable("b", value.name, "there.login") is MISSING
    assert record.nullable("c", value.name, "user.login") == "ada"
    assert record.nullable("d", value.name, "nowhere.login") is MISSING
    assert record.maybe("e", value.name, "nowhere") is MISSING
    assert [gap.pointer for gap in gaps.result()] == ["/gitea/x/b", "/gitea/x/d"]


@pytest.mark.parametrize(
    ("message", "scopes"),
    [
        ("required=[read:user], token scope=read:repository", ("read:repository",)),
        ("token scope=write:issue,read:user", ("read:user", "write:issue")),
        ("user should be the owner of the repo", None),
    ],
)
def test_the_refusal_of_a_scope_names_those_of_the_token(message, scopes) -> None:
    assert told_scopes(message) == scopes
