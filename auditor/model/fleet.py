"""Many sites in one summary: a line for each, whatever became of it; `schemas/fleet.schema.json` describes it."""

from auditor.frozen import frozen
from auditor.model.report import Summary, Tool
from auditor.model.rules import Outcome, Severity
from auditor.text import printable, short

SCHEMA_VERSION = 1
NOT_JUDGED = "not judged"
_LONGEST = 200


@frozen
class Gravest:
    """The weightiest open finding of a site; its message and its remedy stand in the site's own report."""

    rule_id: str
    outcome: Outcome
    severity: Severity
    subject: str
    fingerprint: str


@frozen
class SiteLine:
    """What is left of one site: `verdict` and `summary` are null where nothing was judged, and `error` says why.

    `warnings` are what could not be done besides.
    """

    site: str
    file: str
    verdict: str | None = None
    exit_code: int
    finished_at: str | None = None
    summary: Summary | None = None
    gravest: Gravest | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The verdict, or that there is none."""
        return self.verdict or NOT_JUDGED

    @property
    def counts(self) -> str:
        """How many findings of each outcome; empty where nothing was judged."""
        summary = self.summary
        if summary is None:
            return ""
        by = summary.by_severity
        graver = (("critical", by.critical), ("high", by.high))
        grave = ", ".join(f"{count} {name}" for name, count in graver if count)
        failed = f"{summary.fail} failed{f' ({grave})' if grave else ''}"
        waived = f", {summary.waived} waived" if summary.waived else ""
        return f"{failed}, {summary.unknown} unknown{waived}, {summary.pass_} passed"

    @property
    def why(self) -> str:
        """The gravest open finding, or why nothing was judged; empty where all is well."""
        if self.error is not None:
            return short(printable(self.error), _LONGEST)
        if self.gravest is None:
            return ""
        unknown = "unknown: " if self.gravest.outcome is Outcome.UNKNOWN else ""
        return short(f"{unknown}{self.gravest.rule_id} {printable(self.gravest.subject)}", _LONGEST)


@frozen
class VerdictCount:
    """How many sites of each verdict, and how many of none."""

    compliant: int = 0
    non_compliant: int = 0
    inconclusive: int = 0
    not_judged: int = 0


@frozen
class Fleet:
    """The sites, the worst first; `exit_code` is that of the worst."""

    schema_version: int
    tool: Tool
    exit_code: int
    verdicts: VerdictCount
    sites: tuple[SiteLine, ...]

    @property
    def head(self) -> str:
        """How many sites there are, and how many of each verdict."""
        counts = self.verdicts
        told = (
            ("non-compliant", counts.non_compliant),
            (NOT_JUDGED, counts.not_judged),
            ("inconclusive", counts.inconclusive),
            ("compliant", counts.compliant),
        )
        words = ", ".join(f"{count} {word}" for word, count in told if count)
        return f"{len(self.sites)} {'site' if len(self.sites) == 1 else 'sites'}: {words}"

    @property
    def tone(self) -> str:
        """The verdict of all of them together; what was not judged is no better than a failure."""
        if self.verdicts.non_compliant or self.verdicts.not_judged:
            return "non-compliant"
        return "inconclusive" if self.verdicts.inconclusive else "compliant"
