"""How long the history takes: `python tests/bench/bench_history.py` prints one line a measure, and exits 1 over budget.

A year of nights, each with a snapshot of 50 KB, 60 findings and 80 rules.
"""

import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from auditor.history.record import FindingState, Judgement, Run
from auditor.history.store import History
from auditor.model.codec import canonical

NIGHTS = 365
SITE = "bench"


def main() -> int:
    with tempfile.TemporaryDirectory() as name, History.open(Path(name)) as history:
        stored = timed(lambda: store_year(history))
        runs = history.runs(SITE)
        measures = [
            ("store one night", stored / NIGHTS, 0.05),
            ("replay 365 snapshots", timed(lambda: [history.snapshot(run) for run in runs]), 1.0),
            ("read 365 reports", timed(lambda: [history.report(run) for run in runs]), 1.0),
            ("last judgement", timed(lambda: history.last_judgement(SITE)), 0.05),
            ("verify a year", timed(lambda: complain(history.verify())), 2.0),
            ("open", timed(lambda: History.open(Path(name)).close()), 0.05),
        ]
        size = (Path(name) / "history.sqlite").stat().st_size
    for label, seconds, budget in measures:
        print(f"{label:22} {seconds * 1000:9.2f} ms   budget {budget * 1000:6.0f} ms")
    print(f"{'size of a year':22} {size / 1e6:9.2f} MB")
    return int(any(seconds > budget for _, seconds, budget in measures))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def complain(problems: tuple[str, ...]) -> None:
    if problems:
        sys.exit("\n".join(problems))


def store_year(history: History) -> None:
    for night in range(NIGHTS):
        store(history, night)


def store(history: History, night: int) -> None:
    snapshot = snapshot_of(night)
    run = Run(
        id=f"019b76da-{night:04x}-7000-8000-{night:012x}",
        site=SITE,
        started_at=f"2026-{1 + night // 31:02d}-{1 + night % 31:02d}T02:00:00Z",
        finished_at=f"2026-{1 + night // 31:02d}-{1 + night % 31:02d}T02:00:09Z",
        mode="audit",
        tool_version="1.0.0",
        policy_sha256="0" * 64,
        snapshot_sha256=hashlib.sha256(snapshot.encode()).hexdigest(),
        verdict="compliant",
        counts=canonical({"fail": 60, "pass": 20}),
        host="bench",
    )
    findings = [finding_of(number) for number in range(night % 7, night % 7 + 60)]
    judged = [Judgement(rule_id=f"rule-{number}", complete=True) for number in range(80)]
    history.store(run, snapshot=snapshot, report=snapshot + "\n", findings=findings, judged=judged)


def snapshot_of(night: int) -> str:
    # paths repeat from night to night, hashes do not compress
    noise = random.Random(night)
    return canonical([{"path": f"src/page-{n}.md", "sha256": noise.randbytes(32).hex()} for n in range(490)])


def finding_of(number: int) -> FindingState:
    return FindingState(
        fingerprint=f"{number:064x}",
        rule_id=f"rule-{number % 80}",
        invariant="nas-invents-nothing",
        severity="high",
        subject=f"nas:file:src/page-{number}.md",
        outcome="fail",
        waived=False,
        message=f"src/page-{number}.md differs from main",
    )


if __name__ == "__main__":
    sys.exit(main())
