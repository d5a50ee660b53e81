"""What the engine found: one finding per failing or unknown element, one per rule that has none."""

import hashlib
from collections.abc import Sequence
from dataclasses import field

from auditor.frozen import frozen
from auditor.model.rules import Invariant, Outcome, Severity

COMPLIANT, NON_COMPLIANT, INCONCLUSIVE = "compliant", "non-compliant", "inconclusive"


def fingerprint(rule_id: str, subject: str) -> str:
    """The identity of a finding through the nights: neither message, line nor time."""
    return hashlib.sha256(f"{rule_id}\n{subject}".encode("utf-8", "surrogatepass")).hexdigest()


@frozen
class Location:
    """Where the reader should look; every part may be unknown."""

    path: str | None = None
    line: int | None = None
    commit: str | None = None
    url: str | None = None


@frozen
class EvidenceValue:
    """One value that the verdict rests on; `value` is JSON text, null where it could not be had."""

    name: str
    value: str | None


@frozen
class WaiverNote:
    """The waiver that covers a finding, as reports show it."""

    owner: str
    reason: str
    expires: str


@frozen
class Finding:
    """What one rule says of one element, or of all of them.

    `subject` is `source:kind:name`; `baseline` is `new`, `unchanged`, `absent`, or None where there is no earlier run.
    `clean_at` and `dirty_at` bound the moment at which a failure began: when its rule last saw it right (None: never),
    and when it was first seen wrong (None: without a history). `content` is the hash that a waiver's own is compared
    with.
    """

    rule_id: str
    invariant: Invariant
    outcome: Outcome
    severity: Severity
    subject: str
    message: str
    location: Location | None = None
    evidence: tuple[EvidenceValue, ...] = ()
    remediation: str = ""
    fingerprint: str = field(default="")
    waiver: WaiverNote | None = None
    baseline: str | None = None
    clean_at: str | None = None
    dirty_at: str | None = None
    content: str | None = None

    def __post_init__(self) -> None:
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", fingerprint(self.rule_id, self.subject))


def verdict_of(findings: Sequence[Finding], fail_on: Severity) -> str:
    """The verdict's word: failure wins over unknown, and below `fail_on` neither counts."""
    weighty = [finding for finding in findings if finding.severity.weight >= fail_on.weight and finding.waiver is None]
    if any(finding.outcome is Outcome.FAIL for finding in weighty):
        return NON_COMPLIANT
    return INCONCLUSIVE if any(finding.outcome is Outcome.UNKNOWN for finding in weighty) else COMPLIANT
