"""Histories in a temporary folder, and nights to store in them."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from auditor.history.record import FindingState, Judgement, Run
from auditor.history.store import History
from auditor.model.codec import canonical

SITE = "example-site"


def night_start(night: int) -> str:
    return f"2026-{1 + night // 28:02d}-{1 + night % 28:02d}T02:00:00Z"


def run_of(night: int, *, site: str = SITE, snapshot: str = "{}", **changes: str) -> Run:
    # the first half of the number is the clock of a UUID version 7: neighbours share their start
    values = {
        "id": f"019b76da-{night:04x}-7000-8000-{night:012x}",
        "site": site,
        "started_at": night_start(night),
        "finished_at": night_start(night).replace(":00Z", ":09Z"),
        "mode": "audit",
        "tool_version": "1.0.0",
        "policy_sha256": hashlib.sha256(b"policy").hexdigest(),
        "snapshot_sha256": hashlib.sha256(snapshot.encode("utf-8", "surrogatepass")).hexdigest(),
        "verdict": "compliant",
        "counts": canonical({"fail": 0, "pass": 12}),
        "host": "auditor.example",
    }
    return Run(**{**values, **changes})


def state_of(subject: str, outcome: str = "fail", *, rule_id: str = "some-rule") -> FindingState:
    return FindingState(
        fingerprint=hashlib.sha256(f"{rule_id}\n{subject}".encode()).hexdigest(),
        rule_id=rule_id,
        invariant="source-of-truth",
        severity="high",
        subject=subject,
        outcome=outcome,
        waived=False,
        message=f"{subject} is {outcome}",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def history(folder: Path) -> Iterator[History]:
    with History.open(folder) as opened:
        yield opened


Night = Callable[..., Run]


@pytest.fixture
def store_night() -> Night:
    """Store a night with `outcomes` by subject, all of one rule; returns its run."""

    def store(
        history: History,
        night: int,
        outcomes: Mapping[str, str] | None = None,
        *,
        complete: bool = True,
        site: str = SITE,
        snapshot: str | None = None,
        report: str | None = None,
        findings: Sequence[FindingState] | None = None,
        policy: str | None = None,
        **changes: str,
    ) -> Run:
        text = canonical({"night": night}) if snapshot is None else snapshot
        run = run_of(night, site=site, snapshot=text, **changes)
        history.store(
            run,
            snapshot=text,
            report=json.dumps({"id": run.id}) if report is None else report,
            findings=[state_of(*entry) for entry in (outcomes or {}).items()] if findings is None else findings,
            judged=[Judgement(rule_id="some-rule", complete=complete)],
            policy=policy,
        )
        return run

    return store


@pytest.fixture
def site() -> str:
    return SITE


@pytest.fixture
def make_run() -> Callable[..., Run]:
    return run_of


@pytest.fixture
def make_state() -> Callable[..., FindingState]:
    return state_of


@pytest.fixture
def start_of() -> Callable[[int], str]:
    return night_start
