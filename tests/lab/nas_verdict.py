"""An audit's findings about the NAS in the short form that tests compare."""

from dataclasses import dataclass

from nas_world import World

from auditor.derive import cause
from auditor.model.facts.snapshot import Snapshot
from auditor.model.report import Report
from auditor.model.rules import Outcome


@dataclass(frozen=True)
class Verdict:
    """What an audit said; `failed` and `unknown` are by rule, each with the subjects, waived ones left out."""

    report: Report
    snapshot: Snapshot
    failed: dict[str, set[str]]
    unknown: dict[str, set[str]]
    place: str
    files: str

    @property
    def green(self) -> bool:
        """Whether everything was observed, and right."""
        return not self.failed and not self.unknown

    def text(self, rule: str) -> str:
        """Messages and remedies of a rule's findings."""
        found = [one for one in self.report.findings if one.rule_id == rule]
        return "\n".join(f"{one.message}\n{one.remediation}" for one in found)


def judge(world: World, *rules: str) -> Verdict:
    """Audits the world by the rules of invariant 2, or those given."""
    audited = world.audited(*(rules or ("nas-*",)))
    explained = cause.derive(audited.snapshot, world.config())
    return Verdict(
        report=audited.report,
        snapshot=audited.snapshot,
        failed=_subjects(audited.report, Outcome.FAIL),
        unknown=_subjects(audited.report, Outcome.UNKNOWN),
        place=explained.place.name,
        files=explained.files.name,
    )


def _subjects(report: Report, outcome: Outcome) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in report.findings:
        if one.outcome is outcome and one.waiver is None:
            found.setdefault(one.rule_id, set()).add(one.subject)
    return found
