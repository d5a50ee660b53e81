"""Many sites: which are meant, and one line for each; no report outlives its line, and no failure leaves its site."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock

from auditor.cli import exit_code
from auditor.cli.fault import crash_text
from auditor.cli.option import Settings
from auditor.cli.session import Session, open_session
from auditor.cli.snapshot import read_snapshot
from auditor.config.loader import NAME, find_config, is_standard
from auditor.errors import AuditorError, ConfigError, SnapshotError, UsageError
from auditor.model.findings import Finding
from auditor.model.report import Report, Summary
from auditor.model.rules import Outcome
from auditor.pipeline.audit import Audited, audit, judged
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import Bench, Terms
from auditor.text import printable

# a compiled policy takes megabytes, and the snapshots of one site come one after the other
_KEPT_POLICIES = 4
# failure wins over what was not judged, and that over what is unknown
_WORST_FIRST = (
    exit_code.NON_COMPLIANT,
    exit_code.INTERNAL,
    exit_code.USAGE,
    exit_code.LOCKED,
    exit_code.INCONCLUSIVE,
    exit_code.COMPLIANT,
)


@dataclass(frozen=True)
class Target:
    """A policy file to audit by, or a stored snapshot; `named` is false where a folder was named and not the file."""

    path: Path
    named: bool = True

    @property
    def is_snapshot(self) -> bool:
        """Whether facts are at hand and no source is asked."""
        return self.path.suffix == ".json"


@dataclass(frozen=True)
class Line:
    """What is left of one site: `verdict` and `summary` are None where nothing was judged, and `error` says why.

    `gravest` is the weightiest open finding; `warnings` are what could not be done besides.
    """

    file: str
    site: str
    exit_code: int
    finished_at: str | None = None
    verdict: str | None = None
    summary: Summary | None = None
    gravest: Finding | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """What was asked of every site; `timeout` is for each, in seconds, and without `store` no history is touched."""

    options: Settings
    terms: Terms
    timeout: float
    on_unknown: str = "fail"
    store: bool = True


def find_targets(paths: Sequence[Path]) -> tuple[Target, ...]:
    """The files that are named, and those that named folders hold, each once; raises UsageError for an empty folder."""
    found: dict[Path, Target] = {}
    for path in paths:
        targets = _held(path) if path.is_dir() else [Target(path)]
        if not targets:
            where = printable(str(path))
            raise UsageError(f"'{where}' holds no policy file of a site and no snapshot: name a file or another folder")
        for target in targets:
            found.setdefault(target.path.absolute(), target)
    return tuple(found.values())


def _held(folder: Path) -> list[Target]:
    """Policy files in a folder and in the folders of it; where there is none, the snapshots in it."""
    policies = sorted((*folder.glob("*.yaml"), *folder.glob(f"*/{NAME}")))
    sites = [Target(path, named=False) for path in policies if not is_standard(path)]
    return sites or [Target(path, named=False) for path in sorted(folder.glob("*.json"))]


def survey(targets: Sequence[Target], order: Order, jobs: int, say: Callable[[str, str], None]) -> list[Line]:
    """A line for every target, the worst first; `jobs` of them are at work at a time."""
    surveyor = Surveyor(order)
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="site")
    lines: list[Line] = []
    try:
        for future in as_completed([pool.submit(surveyor.line, target) for target in targets]):
            lines.append(future.result())
            say("fleet", f"{len(lines)} of {len(targets)} sites")
    finally:
        # an interrupted run waits for no site
        pool.shutdown(wait=False, cancel_futures=True)
    say("fleet", "")
    return sorted(lines, key=_weight)


def worst_code(lines: Sequence[Line]) -> int:
    """The exit code of the worst of the sites."""
    return min((line.exit_code for line in lines), key=_WORST_FIRST.index)


def _weight(line: Line) -> tuple[object, ...]:
    counts: tuple[int, ...] = ()
    if line.summary is not None:
        by = line.summary.by_severity
        counts = (-by.critical, -by.high, -by.medium, -by.low, -line.summary.unknown)
    return (_WORST_FIRST.index(line.exit_code), counts, line.site, line.file)


class Surveyor:
    """Judges one target at a time for each thread that asks; compiled policies are shared."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._lock = Lock()
        self._opened = lru_cache(maxsize=_KEPT_POLICIES)(self._open)

    def line(self, target: Target) -> Line:
        """What becomes of the target; whatever goes wrong with it is said in its line."""
        file = printable(str(target.path))
        try:
            return self._told(file, self._audited(target))
        except AuditorError as error:
            return Line(file=file, site=file, exit_code=error.exit_code, error=_first(error))
        except Exception as error:
            return Line(file=file, site=file, exit_code=exit_code.INTERNAL, error=crash_text(error))

    def _told(self, file: str, audited: Audited) -> Line:
        report = audited.report
        return Line(
            file=file,
            site=printable(report.run.site),
            exit_code=exit_code.of_verdict(report.verdict, on_unknown=self._order.on_unknown),
            finished_at=report.run.finished_at,
            verdict=report.verdict,
            summary=report.summary,
            gravest=_gravest(report),
            warnings=audited.warnings,
        )

    def _audited(self, target: Target) -> Audited:
        if target.is_snapshot:
            return self._read(target.path)
        session, bench = self._open(target.path, named=target.named)
        order = self._order
        request = Request(config=session.config, mode="audit", timeout=order.timeout, state=session.state)
        terms = replace(order.terms, notes=session.notes)
        audited = audit(request, bench, terms, session.state if order.store else None)
        return replace(audited, warnings=(*session.notes, *audited.warnings))

    def _read(self, path: Path) -> Audited:
        """A stored snapshot, judged by the policy that `-c` names or that lies beside or above it."""
        policy = self._order.options.config or find_config(path.absolute().parent)
        if policy is None:
            raise ConfigError(f"no {NAME} beside '{printable(str(path))}' or above: name its policy with -c")
        # reckoning holds the interpreter: two threads at it would only wait for each other
        with self._lock:
            return self._judged(path, policy)

    def _judged(self, path: Path, policy: Path) -> Audited:
        snapshot = read_snapshot(path)
        # a snapshot is judged without any credential, so it matters not who named its policy
        session, bench = self._opened(policy, named=True)
        if snapshot.site_id != session.config.id:
            other, own = printable(snapshot.site_id), printable(session.config.id)
            raise SnapshotError(
                f"'{printable(str(path))}' is of the site '{other}', its policy of '{own}': put them together"
            )
        return judged(snapshot, bench, self._order.terms)

    def _open(self, path: Path, *, named: bool) -> tuple[Session, Bench]:
        session = open_session(replace(self._order.options, config=path, config_named=named))
        return session, session.bench()


def _first(error: AuditorError) -> str:
    """The first problem of an error, and how many there are besides."""
    first, *others = str(error).splitlines() or [type(error).__name__]
    more = f" (and {len(others)} more: auditor validate shows them)" if others else ""
    return printable(first) + more


def _gravest(report: Report) -> Finding | None:
    """The weightiest open finding, without what would weigh on memory."""
    found = min(_open_findings(report), key=_gravity, default=None)
    return found and replace(found, evidence=(), remediation="", message="")


def _open_findings(report: Report) -> Iterator[Finding]:
    for finding in report.findings:
        if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN) and finding.waiver is None:
            yield finding


def _gravity(finding: Finding) -> tuple[bool, int]:
    return finding.outcome is not Outcome.FAIL, -finding.severity.weight
