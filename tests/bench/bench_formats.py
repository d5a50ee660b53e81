"""How long `auditor export` takes for a run of 1,000 findings in each format, the whole process, in processor time.

Run by hand: `python tests/bench/bench_formats.py [REPEATS]`. It prints the medians over `python -c pass` (at most 0.5 s
each) and what was written, and exits 1 beyond a limit.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from auditor import __version__
from auditor.history.record import Run
from auditor.history.store import History
from auditor.model.codec import canonical, encode
from auditor.model.findings import EvidenceValue, Finding, Location
from auditor.model.report import Agreement, Report, RunInfo, SourceStatus, Statement, Step, Tool
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.plugins import names
from auditor.policy.verdict import summarise

FINDINGS, NIGHTS, SECONDS = 1_000, 90, 0.5
SNAPSHOT = "{}"
SNAPSHOT_SHA256 = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
STEPS = ("commit", "files", "image", "container", "slot", "proxy", "public")


def finding(number: int) -> Finding:
    """One of fifty rules; three in four fail, the others pass or are unknown."""
    outcome = Outcome.UNKNOWN if number % 8 == 0 else Outcome.PASS if number % 8 == 4 else Outcome.FAIL
    path = f"src/content/chapter-{number:04}/a page with a rather long name.md"
    return Finding(
        rule_id=f"nas-files-rule-{number % 50:02}",
        invariant=list(Invariant)[number % 4],
        outcome=outcome,
        severity=list(Severity)[number % 4],
        subject=f"nas:file:{path}",
        message=f"{path} is modified, and no open pull request has these bytes: it was written twelve hours ago",
        location=Location(path=path, line=number, commit="2" * 40),
        evidence=tuple(EvidenceValue(name=name, value=f"{number:064x}") for name in ("expected", "found", "since")),
        remediation=f"diff <(git show '{'2' * 40}:{path}') <(ssh nas.lan 'cat /volume2/site/{path}')\n# then mend it",
        baseline="unchanged",
        dirty_at="2026-02-01T03:00:00Z",
    )


def report_of(night: int) -> Report:
    """The report of a night; the last one alone is exported, and of the others only counts are read."""
    findings = tuple(finding(number) for number in range(FINDINGS if night == NIGHTS - 1 else 10))
    day = f"2026-{1 + night // 28:02}-{1 + night % 28:02}"
    run = RunInfo(
        id=f"019c0000-0000-7000-8000-{night:012}",
        site="bench",
        started_at=f"{day}T03:00:00Z",
        finished_at=f"{day}T03:00:09Z",
        mode="audit",
        policy_sha256="a" * 64,
        snapshot_sha256=SNAPSHOT_SHA256,
    )
    slots = [Statement(witness=name, commit="2" * 40, agrees=True) for name in ("gitea", "nas", "blue", "green")]
    return Report(
        schema_version=1,
        tool=Tool(name="auditor", version=__version__),
        run=run,
        verdict="non-compliant",
        summary=summarise(findings),
        sources=tuple(SourceStatus(name=name, status="ok") for name in ("local", "gitea", "nas", "site")),
        findings=findings,
        agreement=Agreement(statements=tuple(slots), steps=tuple(Step(name=name, state="holds") for name in STEPS)),
    )


def fill(folder: Path) -> None:
    with History.open(folder) as history:
        for night in range(NIGHTS):
            report = report_of(night)
            info = report.run
            run = Run(
                id=info.id,
                site=info.site,
                started_at=info.started_at,
                finished_at=info.finished_at,
                mode=info.mode,
                tool_version=__version__,
                policy_sha256=info.policy_sha256,
                snapshot_sha256=info.snapshot_sha256,
                verdict=report.verdict,
                counts=canonical(encode(report.summary)),
                host="bench",
            )
            history.store(run, snapshot=SNAPSHOT, report=canonical(encode(report)), findings=(), judged=())


def processor_seconds(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "state")
        policy = Path(folder) / "policies.yaml"
        policy.write_text(
            json.dumps(
                {
                    "schema": 1,
                    "extends": "standard",
                    "id": "bench",
                    "local": {"path": "."},
                    "history": {"path": "state"},
                }
            )
        )
        export = [sys.executable, "-m", "auditor", "export", "-c", str(policy), "--format"]
        formats = {name: Path(folder) / name for name in names("formats")}
        commands = {name: [*export, f"{name}:{path}"] for name, path in formats.items()}
        # in turn, so that what else the machine does meets all alike
        rounds = [
            {
                name: processor_seconds(command)
                for name, command in {"": [sys.executable, "-c", "pass"], **commands}.items()
            }
            for _ in range(repeats + 1)
        ][1:]
        sizes = {name: path.stat().st_size for name, path in formats.items()}
    floor = statistics.median(one[""] for one in rounds)
    took = {name: statistics.median(one[name] for one in rounds) - floor for name in formats}
    print(f"{FINDINGS} findings, the last of {NIGHTS} nights, over python -c pass ({floor * 1000:.0f} ms)")
    for name, seconds in took.items():
        print(f"{name:<11} {seconds * 1000:4.0f} ms (at most {SECONDS * 1000:.0f}), {sizes[name] / 1024:6.0f} KiB")
    return int(max(took.values()) > SECONDS)


if __name__ == "__main__":
    sys.exit(main())
