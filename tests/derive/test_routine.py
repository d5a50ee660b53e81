"""Whether audits came as they should have, and what the auditor itself has lost since."""

from dataclasses import replace

import pytest

from auditor.config import Config
from auditor.derive.routine import derive, remembered_rights
from auditor.model.facts.earlier import Earlier, EarlierRun
from auditor.model.facts.gitea import Caller, Gitea
from auditor.model.facts.nas import Nas, Rights
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING

NOW = "2026-02-10T03:00:00Z"
CONFIG = Config(id="site")
BLANK = Snapshot(
    schema_version=1,
    tool_version="0",
    id="0",
    site_id="site",
    mode="audit",
    started_at=NOW,
    finished_at=NOW,
    sources=(),
    earlier=Earlier(run=None),
)
ADMIN = Caller(anonymous=False, admin=True, pull=True)
GITEA = Gitea(available=True, observed_at=NOW, caller=ADMIN)
NAS = Nas(available=True, observed_at=NOW, access="probe", rights=Rights(docker="helper", proxy="plain"))
ALL = ("gitea: a token", "gitea: admin of the repository", "gitea: read the repository")


def after(last: str) -> Snapshot:
    return replace(BLANK, earlier=Earlier(run=EarlierRun(id="1", finished_at=last, started_at=last)))


def said(snapshot: Snapshot) -> list[str]:
    lapses = derive(snapshot, CONFIG).lapses
    assert lapses is not MISSING
    return [f"{one.kind}:{one.name}" for one in lapses]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("2026-02-09T03:00:00Z", []),
        ("2026-02-08T15:00:00Z", []),
        ("2026-02-08T14:59:59Z", ["runs:missed"]),
        ("2026-02-10T03:04:00Z", []),
        ("2026-02-10T03:06:00Z", ["clock:set-back"]),
    ],
)
def test_one_and_a_half_times_the_usual_pause_is_too_long(last: str, expected: list[str]) -> None:
    assert said(after(last)) == expected


def test_a_run_after_missed_nights_says_how_many_and_is_marked() -> None:
    routine = derive(after("2026-02-06T03:00:00Z"), CONFIG)
    assert routine.note == "after a pause: no audit was stored for 4d, and one is due every 1d: 3 were missed"
    assert derive(after("2026-02-08T03:00:00Z"), CONFIG).note.endswith("1 was missed")
    assert derive(after("2026-02-09T03:00:00Z"), CONFIG).note == ""


def test_the_first_audit_has_missed_nothing_and_one_without_a_memory_can_not_tell() -> None:
    assert said(BLANK) == []
    blind = derive(replace(BLANK, earlier=MISSING), CONFIG)
    assert blind.lapses is MISSING
    assert [gap.pointer for gap in blind.gaps] == ["/routine/lapses"]


def test_a_right_that_was_had_and_is_not_given_any_more_is_lost() -> None:
    earlier = Earlier(run=None, rights=(*ALL, "nas: ask Docker"))
    known = replace(BLANK, earlier=earlier, gitea=GITEA, nas=NAS)
    assert said(known) == []
    less = replace(known, gitea=replace(GITEA, caller=replace(ADMIN, admin=False)))
    assert said(less) == ["right:gitea/admin of the repository"]
    less = replace(known, nas=replace(NAS, rights=Rights(docker="none", proxy="none")))
    assert said(less) == ["right:nas/ask Docker"]
    anonymous = replace(known, gitea=replace(GITEA, caller=Caller(anonymous=True, pull=True)))
    assert said(anonymous) == ["right:gitea/a token"]


@pytest.mark.parametrize(
    "blind",
    [
        {"gitea": MISSING},
        {"gitea": replace(GITEA, available=False)},
        {"gitea": replace(GITEA, caller=MISSING)},
        {"nas": replace(NAS, rights=MISSING)},
        {"nas": replace(NAS, rights=Rights(docker="not-asked"))},
    ],
)
def test_a_right_that_was_not_seen_is_not_lost_and_not_forgotten(blind: dict[str, object]) -> None:
    known = (*ALL, "nas: ask Docker")
    snapshot = replace(replace(BLANK, gitea=GITEA, nas=NAS, earlier=Earlier(run=None, rights=known)), **blind)  # type: ignore[arg-type]
    assert said(snapshot) == []
    assert set(known) <= set(remembered_rights(snapshot, known))


def test_a_right_that_is_lost_is_told_once() -> None:
    less = replace(BLANK, gitea=replace(GITEA, caller=replace(ADMIN, admin=False)))
    assert remembered_rights(less, ALL) == ("gitea: a token", "gitea: read the repository")
