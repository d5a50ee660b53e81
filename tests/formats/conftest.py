"""Reports made by hand, and golden files: AUDITOR_WRITE_GOLDEN=1 writes them anew, for a reader to judge."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.model.facts.witness import Gap
from auditor.model.findings import EvidenceValue, Finding, Location, WaiverNote
from auditor.model.report import (
    Agreement,
    ChainLink,
    Night,
    Report,
    RuleSummary,
    RunInfo,
    SourceStatus,
    Statement,
    Step,
    Tool,
)
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.policy.verdict import summarise

GOLDEN = Path(__file__).parent.parent / "golden"
HOSTILE = "x\x1b[2J\ny\u202egnp.md"


def finding(rule: str, outcome: Outcome, **changes: object) -> Finding:
    given: dict[str, object] = {
        "rule_id": rule,
        "invariant": Invariant.SOURCE_OF_TRUTH,
        "outcome": outcome,
        "severity": Severity.HIGH,
        "subject": f"local:rule:{rule}",
        "message": f"What {rule} says",
    }
    return Finding(**{**given, **changes})  # type: ignore[arg-type]  # as the fields say


def report_of(verdict: str, findings: tuple[Finding, ...], **changes: object) -> Report:
    given: dict[str, object] = {
        "schema_version": 1,
        "tool": Tool(name="auditor", version="0.0.0"),
        "run": RunInfo(
            id="019c0000-0000-7000-8000-000000000000",
            site="example",
            started_at="2026-02-01T02:59:58Z",
            finished_at="2026-02-01T03:00:00Z",
            mode="audit",
            policy_sha256="a" * 64,
            snapshot_sha256="b" * 64,
        ),
        "verdict": verdict,
        "summary": summarise(findings),
        "sources": (
            SourceStatus(name="local", status="ok", took_seconds=0.2),
            SourceStatus(name="gitea", status="not-configured"),
        ),
        "chain": (
            ChainLink(name="local", state="known", text="214f930 +0/-0", age_seconds=0),
            ChainLink(name="gitea", state="known", text="214f930 CI ok", age_seconds=7200),
        ),
        "findings": findings,
    }
    return Report(**{**given, **changes})  # type: ignore[arg-type]  # as the fields say


def drifted() -> Report:
    remedy = "git add -- 'a page.md'\n# then open a pull request\ngit push"
    waiver = WaiverNote(owner="ops@example.net", reason="search engines paused", expires="2026-12-31")
    low = {"severity": Severity.LOW, "invariant": Invariant.SOURCE_OF_TRUTH}
    findings = (
        finding(
            "local-main-not-ahead",
            Outcome.FAIL,
            subject="local:commit:" + "1" * 40,
            baseline="new",
            remediation=remedy,
            message="a commit whose subject is so long that no line of eighty columns could ever hold all of it",
            location=Location(commit="1" * 40),
            evidence=(EvidenceValue(name="since", value=None),),
        ),
        finding(
            "local-main-not-ahead",
            Outcome.FAIL,
            subject="local:commit:" + "2" * 40,
            baseline="unchanged",
            remediation=remedy,
        ),
        finding(
            "secrets-env-not-tracked",
            Outcome.FAIL,
            severity=Severity.CRITICAL,
            subject=f"local:file:{HOSTILE}",
            invariant=Invariant.SECRETS_STAY_OUT,
            message=f"{HOSTILE} is tracked",
            remediation="git rm --cached x",
            location=Location(path=HOSTILE, line=1),
        ),
        finding("local-tls-verified", Outcome.FAIL, severity=Severity.MEDIUM, waiver=waiver),
        finding("local-main-fresh", Outcome.FAIL, **low),
        finding("local-work-published", Outcome.FAIL, **low, remediation="git push"),
        finding("local-origin-canonical", Outcome.PASS, baseline="absent", message="right again: it was github.com"),
        finding(
            "audit-waivers-live", Outcome.PASS, invariant=Invariant.AUDIT, message="Every waiver is live (1 looked at)"
        ),
        finding(
            "nas-slots-agree",
            Outcome.NOT_APPLICABLE,
            invariant=Invariant.NAS_INVENTS_NOTHING,
            message="nas is not configured",
        ),
    )
    return report_of(
        "non-compliant",
        findings,
        rules=(
            RuleSummary(
                id="local-main-fresh",
                invariant=Invariant.SOURCE_OF_TRUTH,
                severity=Severity.LOW,
                title="Fresh",
                rationale="Because.",
                remediation="git fetch",
                judged=False,
                reason="nobody merges here",
            ),
        ),
    )


def blind() -> Report:
    gap = Gap(pointer="/local/stashes", reason="object 1 is missing", remedy="git fsck")
    findings = (
        *(
            finding(f"local-rule-{number}", Outcome.UNKNOWN, message="gitea is unavailable: no route to host")
            for number in range(8)
        ),
        finding("local-work-published", Outcome.UNKNOWN, message=gap.reason, remediation="git fsck"),
        finding(
            "local-work-published", Outcome.UNKNOWN, message=gap.reason, remediation="git fsck", subject="local:stash:1"
        ),
    )
    sources = (
        SourceStatus(name="local", status="partial", took_seconds=0.2, gaps=(gap,)),
        SourceStatus(
            name="gitea",
            status="unavailable",
            error="no route to host: is https://git.example.net the right address, and is the server up?",
        ),
        SourceStatus(name="nas", status="left-out"),
        SourceStatus(name="site", status="brought"),
    )
    return report_of(
        "inconclusive", findings, sources=sources, chain=(ChainLink(name="local", state="unknown", text="unknown"),)
    )


def green() -> Report:
    return report_of("compliant", (finding("local-main-fresh", Outcome.PASS, message="Fresh (1 looked at)"),))


def agreement(text: str = "blue runs another image", **states: str) -> Agreement:
    """Green is idle with an older commit, blue is served; `states` are those of steps that don't hold."""
    names = ("commit", "files", "image", "container", "slot", "proxy", "public")
    steps = tuple(Step(name=one, state=states.get(one, "holds"), why=text if one in states else "") for one in names)
    return Agreement(
        statements=(
            Statement(witness="local", commit="9" * 40, agrees=False),
            Statement(witness="gitea", commit="214f930" * 5, agrees=True),
            Statement(witness="nas", commit="214f930" * 5, agrees=True),
            Statement(witness="nas files"),
            Statement(witness="blue", commit=text, agrees=False),
            Statement(witness="green", commit="8" * 40, agrees=False),
            Statement(witness="public"),
        ),
        steps=steps,
        broken_at=next((step.name for step in steps if step.state == "broken"), None),
        active="blue",
    )


def whole(text: str = "blue runs another image", said: Agreement | None = None) -> Report:
    """The drifted report with an agreement and thirty nights, which say `text` where they can."""
    return replace(
        drifted(),
        sources=tuple(SourceStatus(name=name, status="ok") for name in ("local", "gitea", "nas", "site", "leaks")),
        agreement=said or agreement(text, files="unknown", image="broken", public="unknown"),
        trend=tuple(
            Night(finished_at=f"2026-01-{day:02}", verdict=text, fail=day % 4, unknown=day % 3, waived=0)
            for day in range(1, 31)
        ),
    )


REPORTS: dict[str, Callable[[], Report]] = {"drifted": drifted, "blind": blind, "green": green}


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("AUDITOR_WRITE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), "if this is meant, write it anew with AUDITOR_WRITE_GOLDEN=1"

    return compare
