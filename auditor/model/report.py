"""The report: what a run was, what it saw, what it found; every format renders this and nothing else."""

from auditor.frozen import frozen
from auditor.model.facts.leaks import SearchEngine
from auditor.model.facts.witness import Gap
from auditor.model.findings import Finding
from auditor.model.missing import MISSING, Missing
from auditor.model.rules import Invariant, Severity

SCHEMA_VERSION = 1


@frozen
class Tool:
    """The program that judged."""

    name: str
    version: str


@frozen
class RunInfo:
    """Which run this is; times are RFC 3339, UTC. `notes` are what a reader must know before all else.

    `history_head` is the hash of the history's last record before this run; None without a history.
    """

    id: str
    site: str
    started_at: str
    finished_at: str
    mode: str
    policy_sha256: str
    snapshot_sha256: str
    notes: tuple[str, ...] = ()
    history_head: str | None = None


@frozen
class SeverityCount:
    """How many unwaived failures of each severity."""

    low: int = 0
    medium: int = 0
    high: int = 0
    critical: int = 0


@frozen
class Summary:
    """How many findings of each outcome; a waived failure counts as `waived` alone, and in no severity."""

    pass_: int
    fail: int
    unknown: int
    not_applicable: int
    waived: int
    by_severity: SeverityCount


@frozen
class SourceStatus:
    """How the observation of one source went.

    `status` is `ok`, `partial`, `unavailable`, `not-configured`, `left-out` (by --only) or `brought` (by --with).
    `engines` are those of a search for secrets.
    """

    name: str
    status: str
    took_seconds: float | None = None
    error: str | None = None
    gaps: tuple[Gap, ...] = ()
    engines: tuple[SearchEngine, ...] | Missing = MISSING


@frozen
class RuleSummary:
    """A rule of the policy as reports list it, silent ones too; `judged` is false for a disabled or unasked one."""

    id: str
    invariant: Invariant
    severity: Severity
    title: str
    rationale: str
    remediation: str
    tags: tuple[str, ...] = ()
    needs_rights: tuple[str, ...] = ()
    judged: bool = True
    reason: str | None = None


@frozen
class ChainLink:
    """One part of the chain from the clone to the public site, in one line: `gitea 214f930 CI ok`."""

    name: str
    state: str
    text: str
    age_seconds: int | None = None


@frozen
class Statement:
    """The commit that a witness stands for, and whether it is main's tip; None: not known, or of no commit."""

    witness: str
    commit: str | None = None
    agrees: bool | None = None


@frozen
class Step:
    """One step from the commit to the public bytes: `holds`, `broken` or `unknown`."""

    name: str
    state: str
    why: str = ""


@frozen
class Agreement:
    """Who says which commit, and where the way to the public site breaks; `active` is the slot that is served."""

    statements: tuple[Statement, ...]
    steps: tuple[Step, ...] = ()
    broken_at: str | None = None
    active: str | None = None


@frozen
class Night:
    """An audit of the history, as the trend shows it."""

    finished_at: str
    verdict: str
    fail: int
    unknown: int
    waived: int


@frozen
class Report:
    """Everything that a format may show.

    `agreement` is None where the NAS was not asked; `trend` ends with this run, and is empty without a history.
    """

    schema_version: int
    tool: Tool
    run: RunInfo
    verdict: str
    summary: Summary
    sources: tuple[SourceStatus, ...]
    chain: tuple[ChainLink, ...] = ()
    rules: tuple[RuleSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    agreement: Agreement | None = None
    trend: tuple[Night, ...] = ()
