"""What becomes of one site; whatever goes wrong with it is said in its line, and no failure leaves it."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from threading import Lock

from auditor.cli import exit_code
from auditor.cli.fault import crash_text
from auditor.cli.fleet.job import Job, Order
from auditor.cli.session import Session, session_of
from auditor.cli.snapshot import parse_snapshot
from auditor.config.loader import Chain
from auditor.errors import AuditorError, SnapshotError
from auditor.frozen import frozen
from auditor.model.codec import canonical, encode
from auditor.model.findings import Finding
from auditor.model.fleet import Gravest, SiteLine
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.audit import Audited, audit, judged
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import Bench, Terms
from auditor.text import printable

# reckoning holds the interpreter: two threads at it would only wait for each other
_RECKONING = Lock()


@frozen
class Told:
    """The line of a site, and the text of its report where that was asked for."""

    line: SiteLine
    report: str | None = None


def settled(file: str, tell: Callable[[], Told]) -> Told:
    """What `tell` gives, or the line that says why it gives nothing."""
    try:
        return tell()
    except Exception as error:
        return failed(file, error)


def failed(file: str, error: Exception) -> Told:
    """The line of a site whose judging raised `error`."""
    if isinstance(error, AuditorError):
        return unjudged(file, error.exit_code, _first(error))
    return unjudged(file, exit_code.INTERNAL, crash_text(error))


def unjudged(file: str, code: int, why: str) -> Told:
    """The line of a site of which nothing was judged."""
    return Told(line=SiteLine(site=file, file=file, exit_code=code, error=why))


def judge(job: Job, order: Order) -> Told:
    """Audit the site, or judge its stored facts; raises AuditorError."""
    audited = _audit(job, order) if job.snapshot is None else _judge_facts(job, job.snapshot, order)
    report = audited.report
    line = SiteLine(
        site=printable(report.run.site),
        file=job.file,
        verdict=report.verdict,
        exit_code=exit_code.of_verdict(report.verdict, on_unknown=order.on_unknown),
        finished_at=report.run.finished_at,
        summary=report.summary,
        gravest=_gravest(report),
        warnings=audited.warnings,
    )
    return Told(line=line, report=canonical(encode(report)) if order.reports else None)


def _audit(job: Job, order: Order) -> Audited:
    session = session_of(job.chain, trusted=job.trusted)
    request = Request(config=session.config, mode="audit", timeout=order.timeout, state=session.state)
    terms = Terms(fail_on=order.fail_on, rules=order.rules, notes=session.notes)
    audited = audit(request, session.bench(), terms, session.state if order.store else None)
    return Audited(snapshot=audited.snapshot, report=audited.report, warnings=(*session.notes, *audited.warnings))


def _judge_facts(job: Job, raw: bytes, order: Order) -> Audited:
    with _RECKONING:
        snapshot = parse_snapshot(raw, job.file)
        session, bench = _opened(job.chain)
        if snapshot.site_id != session.config.id:
            other, own = printable(snapshot.site_id), printable(session.config.id)
            raise SnapshotError(f"'{job.file}' is of the site '{other}', its policy of '{own}': put them together")
        return judged(snapshot, bench, Terms(fail_on=order.fail_on, rules=order.rules))


# a compiled policy takes megabytes, and the snapshots of one site come one after the other
@lru_cache(maxsize=4)
def _opened(chain: Chain) -> tuple[Session, Bench]:
    session = session_of(chain, trusted=True)
    return session, session.bench()


def _first(error: AuditorError) -> str:
    """The first problem of an error, and how many there are besides."""
    first, *others = str(error).splitlines() or [type(error).__name__]
    more = f" (and {len(others)} more: auditor validate shows them)" if others else ""
    return printable(first) + more


def _gravest(report: Report) -> Gravest | None:
    found = min(_open_findings(report), key=_gravity, default=None)
    if found is None:
        return None
    return Gravest(
        rule_id=found.rule_id,
        outcome=found.outcome,
        severity=found.severity,
        subject=found.subject,
        fingerprint=found.fingerprint,
    )


def _open_findings(report: Report) -> Iterator[Finding]:
    for finding in report.findings:
        if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN) and finding.waiver is None:
            yield finding


def _gravity(finding: Finding) -> tuple[bool, int]:
    return finding.outcome is not Outcome.FAIL, -finding.severity.weight
