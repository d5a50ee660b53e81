"""When a rule has nothing to judge: a source that it needs is not there, or its `when` is false for whatever comes."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.model.findings import Finding
from auditor.model.rules import Outcome

Judged = Callable[..., tuple[Finding, ...]]
FACTS: dict[str, Any] = {
    "nas": {"available": True, "commit": "m", "slots": []},
    "gitea": {"available": True, "main": "m"},
}


@pytest.mark.parametrize(
    ("absent", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"nas": "nas is not configured"}, Outcome.PASS),
        ({"nas": "nas is not configured", "gitea": "gitea was left out by --only"}, Outcome.NOT_APPLICABLE),
    ],
)
def test_of_two_sources_one_is_enough(judged: Judged, absent: dict[str, str], outcome: Outcome) -> None:
    (found,) = judged(FACTS, absent=absent, needs=("nas|gitea",))
    assert found.outcome is outcome
    assert found.subject == "nas:rule:nas-slot-head"
    if outcome is Outcome.NOT_APPLICABLE:
        assert found.message == "nas is not configured and gitea was left out by --only"


def test_every_other_source_is_needed_for_itself(judged: Judged) -> None:
    (found,) = judged(FACTS, absent={"gitea": "gitea is not configured"}, needs=("nas", "gitea"))
    assert (found.outcome, found.message) == (Outcome.NOT_APPLICABLE, "gitea is not configured")


@pytest.mark.parametrize("slots", [[], [{"name": "blue", "head": "x"}], None])
def test_a_condition_that_no_element_can_meet_is_no_pass_of_an_empty_list(judged: Judged, slots: Any) -> None:
    nas = {"available": True, "commit": "m"} | ({} if slots is None else {"slots": slots})
    (found,) = judged({**FACTS, "nas": nas}, when="nas.commit == 'other' && slot.head != null", otherwise="not here")
    assert (found.outcome, found.message) == (Outcome.NOT_APPLICABLE, "not here")


def test_a_condition_that_is_not_known_leaves_a_missing_list_unknown(judged: Judged) -> None:
    (found,) = judged({**FACTS, "nas": {"available": True}}, when="nas.commit == 'other'")
    assert found.outcome is Outcome.UNKNOWN
