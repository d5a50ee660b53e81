"""What the history tells a run that is not stored: the nights before, or that they can't be read."""

from pathlib import Path

from auditor.config import Config
from auditor.history.database import FILE
from auditor.history.store import History
from auditor.model.facts.earlier import Earlier
from auditor.pipeline.collection import Request
from auditor.pipeline.override import KIND
from auditor.pipeline.storage import with_memory

from .conftest import MOMENT


def test_where_no_audit_was_ever_stored_it_is_the_first_night_and_stays_so(config: Config, tmp_path: Path) -> None:
    request, warnings = with_memory(Request(config=config, mode="collect", timeout=1), tmp_path / "state")
    assert request.earlier is not None
    assert (request.earlier(), warnings) == (Earlier(run=None), ())
    assert not (tmp_path / "state").exists()


def test_a_gate_that_was_overridden_is_remembered_and_told_again(config: Config, tmp_path: Path) -> None:
    told = {"run": "1", "at": MOMENT, "stage": "deploy", "verdict": "non-compliant", "reason": "the shop is down"}
    with History.open(tmp_path) as history:
        head = history.append(KIND, {"site": config.id, **told, "until": MOMENT, "by": "anna"}, at=MOMENT)
    for _ in range(2):
        request, warnings = with_memory(Request(config=config, mode="collect", timeout=1), tmp_path)
        assert warnings == ()
        assert request.earlier is not None
        assert [one.reason for one in request.earlier().overrides] == ["the shop is down"]
        assert request.earlier().history_head == head


def test_a_history_that_can_not_be_read_leaves_the_nights_unknown_and_says_so(config: Config, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"another program's" * 100)
    request, [warning] = with_memory(Request(config=config, mode="collect", timeout=1), tmp_path)
    assert request.earlier is None
    assert warning.startswith("what earlier audits saw is not known: history")
