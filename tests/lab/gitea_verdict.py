"""The real way from a recorded server to verdicts: the collector, the derivations and the standard rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from gitea_recording import ROOT_URL
from gitea_replay import Caller, ReplayGitea

from auditor.config import Allow, Config, Gitea, Local
from auditor.config.loader import load_standard
from auditor.config.secret import SecretRef
from auditor.model.facts.earlier import Earlier
from auditor.model.facts.snapshot import Snapshot
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.collection import Request, collect
from auditor.pipeline.evaluation import Bench, Terms, evaluate, prepare

CHECKS = ("CI / build-and-anchors", "SMOKE / smoke")
FIRST_NIGHT = Earlier(run=None)
# whoever posted the statuses of the recordings in the place of a CI system
RECORDER = "root-admin"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a rule, and the subjects of its findings of that outcome, without their source."""

    outcome: str
    subjects: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.outcome} {', '.join(self.subjects)}".strip()


@cache
def standard() -> Bench:
    """The standard policy, compiled once."""
    return prepare(load_standard(Config(id="lab")), None)


def site(gitea: ReplayGitea, folder: Path, caller: Caller = Caller.AUDITEUR, **settings: Any) -> Config:
    """The configuration of a site whose server is the recorded one; `settings` are of the section `gitea`."""
    owner, repo = (settings.pop("repository", None) or gitea.recording.repository or "x/x").split("/")
    local: Local | None = settings.pop("local", None)
    token = None
    if caller is not Caller.ANONYMOUS:
        file = folder / "token"
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(gitea.token(caller))
        file.chmod(0o600)
        token = SecretRef(file=file, name="gitea.token")
    section = Gitea(base=ROOT_URL, api=gitea.url, owner=owner, repo=repo, token=token, checks=CHECKS)
    section = replace(section, allow=Allow(ci_accounts=(RECORDER,)))
    return Config(id="lab", gitea=replace(section, **settings), local=local)


def observe(config: Config, state: Path, earlier: Earlier | None = FIRST_NIGHT, seconds: float = 60) -> Snapshot:
    """What one run sees of the recorded server, a day after it was recorded."""
    memory = None if earlier is None else lambda: earlier
    return later(collect(Request(config=config, mode="audit", timeout=seconds, earlier=memory, state=state)))


def later(snapshot: Snapshot, hours: int = 24) -> Snapshot:
    """The same snapshot, judged later: recorded commits must be no younger than `ci_grace` whenever a test runs."""
    moment = datetime.fromisoformat(snapshot.finished_at) + timedelta(hours=hours)
    return replace(snapshot, finished_at=moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def judge(snapshot: Snapshot, config: Config) -> Report:
    """The report of the snapshot by the standard policy."""
    return evaluate(snapshot, replace(standard(), config=config), Terms())


def verdicts(report: Report, prefix: str = "gitea-") -> Mapping[str, Verdict]:
    """The worst outcome of each rule of the report, with the subjects that have it."""
    found: dict[str, list[Any]] = {}
    for finding in report.findings:
        if finding.rule_id.startswith(prefix):
            found.setdefault(finding.rule_id, []).append(finding)
    return {rule: _verdict(findings) for rule, findings in found.items()}


def _verdict(findings: Sequence[Any]) -> Verdict:
    order = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)
    worst = next(outcome for outcome in order if any(one.outcome is outcome for one in findings))
    subjects = [one.subject.removeprefix("gitea:") for one in findings if one.outcome is worst]
    return Verdict(worst.value, tuple(sorted(subjects)) if worst is Outcome.FAIL else ())
