"""Audits night after night: what is new, what stays, what is right again, and what is only out of sight."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loopback import Server

from auditor.config import Config, HeartbeatNotice, WebhookNotice
from auditor.config.secret import SecretRef
from auditor.errors import LockError
from auditor.history.lock import site_lock
from auditor.history.store import History
from auditor.model.facts.local import Local, MainBranch
from auditor.model.facts.witness import Gap
from auditor.model.findings import Finding
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.audit import Audited, audit
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import Bench, Terms
from auditor.text import time_text

from .conftest import AHEAD, MOMENT, WHOLE, FakeCollector, ahead_of

Night = Callable[..., Audited]
OTHER = replace(AHEAD, commit="3" * 40)


@pytest.fixture
def night(config: Config, bench: Bench, tmp_path: Path) -> Night:
    """One audit of a clone as it is that night, stored in a history of the test's own."""

    def run(local: Local, *, folder: Path | None = tmp_path / "state", rules: tuple[str, ...] = ()) -> Audited:
        fresh = replace(local, observed_at=MOMENT)
        request = Request(
            config=config, mode="audit", timeout=20, state=folder, collectors={"local": FakeCollector(lambda _: fresh)}
        )
        return audit(request, bench, Terms(rules=rules), folder)

    return run


def today(local: Local) -> Local:
    """The clone, fetched a moment ago."""
    assert isinstance(local.main, MainBranch)
    return replace(local, main=replace(local.main, tracking_updated_at=time_text(datetime.now(UTC))))


def of(report: Report, rule: str = "local-main-not-ahead") -> list[Finding]:
    return [finding for finding in report.findings if finding.rule_id == rule]


def baselines(audited: Audited) -> dict[str, str | None]:
    return {finding.subject.rsplit(":", 1)[-1][:3]: finding.baseline for finding in of(audited.report)}


def test_three_nights_tell_new_from_unchanged_from_gone(night: Night) -> None:
    first = night(today(ahead_of((AHEAD,))))
    assert baselines(first) == {"222": None}, "the first night has nothing to compare with"
    second = night(today(ahead_of((AHEAD, OTHER))))
    assert baselines(second) == {"222": "unchanged", "333": "new"}
    third = night(today(ahead_of((OTHER,))))
    assert baselines(third) == {"222": "absent", "333": "unchanged"}
    gone = next(finding for finding in of(third.report) if finding.baseline == "absent")
    assert gone.outcome is Outcome.PASS
    fourth = night(today(ahead_of((OTHER,))))
    assert baselines(fourth) == {"333": "unchanged"}, "what is gone is told once"


def test_a_failure_that_becomes_unknown_is_not_gone_and_not_new_when_it_is_seen_again(night: Night) -> None:
    night(today(ahead_of((AHEAD,))))
    blind = replace(WHOLE, main=MISSING, gaps=(Gap(pointer="/local/main", reason="damaged"),))
    second = night(blind)
    assert {finding.outcome for finding in of(second.report)} == {Outcome.UNKNOWN}
    assert "absent" not in {finding.baseline for finding in second.report.findings}
    third = night(today(ahead_of((AHEAD,))))
    assert baselines(third) == {"222": "unchanged"}


def test_a_rule_that_was_not_asked_for_keeps_its_baseline(night: Night) -> None:
    night(today(ahead_of((AHEAD,))))
    night(today(ahead_of((AHEAD,))), rules=("secrets-*",))
    assert baselines(night(today(ahead_of((AHEAD,))))) == {"222": "unchanged"}


def test_the_second_night_remembers_the_first(night: Night) -> None:
    first, second = night(today(WHOLE)), night(today(WHOLE))
    assert first.snapshot.earlier is not MISSING
    assert first.snapshot.earlier.run is None
    assert second.snapshot.earlier is not MISSING
    assert second.snapshot.earlier.run is not None
    assert second.snapshot.earlier.run.id == first.report.run.id


def test_without_a_store_nothing_is_written_and_nothing_is_compared(night: Night, tmp_path: Path) -> None:
    night(today(ahead_of((AHEAD,))))
    before = {path: path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()}
    again = night(today(ahead_of((AHEAD,))), folder=None)
    assert {finding.baseline for finding in again.report.findings} == {None}
    assert again.snapshot.earlier is MISSING
    assert again.warnings == ()
    assert {path: path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()} == before


def test_a_history_that_cannot_be_written_is_a_warning_and_the_rest_is_judged(night: Night, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    audited = night(today(ahead_of((AHEAD,))), folder=blocked)
    assert audited.report.verdict == "non-compliant"
    assert {finding.baseline for finding in audited.report.findings} == {None}
    (warning,) = audited.warnings
    assert "not stored" in warning


def test_a_run_is_stored_whole_with_its_snapshot_and_its_report(night: Night, tmp_path: Path) -> None:
    audited = night(today(ahead_of((AHEAD,))))
    with History.open(tmp_path / "state") as history:
        assert history.verify() == ()
        run = history.latest("site", mode="audit")
        assert run is not None
        assert run.id == audited.report.run.id
        assert run.verdict == "non-compliant"


def test_a_second_audit_of_the_same_site_at_once_is_refused(night: Night, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with site_lock(tmp_path / "state", "site", at=MOMENT), pytest.raises(LockError):
        night(WHOLE)
    assert night(WHOLE).report.verdict in ("compliant", "inconclusive")


def test_a_notice_that_does_not_arrive_is_a_warning_and_changes_no_verdict(
    config: Config, bench: Bench, tmp_path: Path, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_WEBHOOK", f"http://127.0.0.1:{unused_port}/token-in-path")
    told = replace(config, notify=(WebhookNotice(webhook=SecretRef(env="A_WEBHOOK")),))
    fresh = today(ahead_of((AHEAD,)))
    request = Request(config=told, mode="audit", timeout=20, collectors={"local": FakeCollector(lambda _: fresh)})
    audited = audit(request, bench, Terms(), tmp_path / "state")
    assert audited.report.verdict == "non-compliant"
    [warning] = audited.warnings
    assert warning.startswith("webhook:A_WEBHOOK was not told of")
    assert "token-in-path" not in warning


def test_a_service_that_watches_for_silence_hears_of_every_run(
    config: Config, bench: Bench, tmp_path: Path, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(lambda handler: handler.send())
    monkeypatch.setenv("A_HEARTBEAT", f"{server.url}/uuid")
    watched = replace(config, notify=(HeartbeatNotice(heartbeat=SecretRef(env="A_HEARTBEAT")),))
    request = Request(
        config=watched, mode="audit", timeout=20, collectors={"local": FakeCollector(lambda _: ahead_of((AHEAD,)))}
    )
    assert audit(request, bench, Terms(), tmp_path / "state").warnings == ()
    assert [asked.path for asked in server.asked] == ["/uuid/start", "/uuid"]
