"""A process that stores nights until it is killed, and names each on stdout as soon as it is stored.

Arguments: the folder, the number of its first night, how many.
"""

import hashlib
import os
import random
import sys
from pathlib import Path

from auditor.history.record import FindingState, Judgement, Run
from auditor.history.store import History


def main(folder: Path, first: int, count: int) -> None:
    noise = random.Random(first)
    with History.open(folder) as history:
        os.write(1, b"open\n")
        for night in range(first, first + count):
            # large enough that storing takes its time
            snapshot = f"{night} {noise.randbytes(100_000).hex()}"
            run = Run(
                id=f"{first:08x}-{night:04x}-7000-8000-{os.getpid():012x}",
                site="blog",
                started_at=f"2026-01-01T00:00:{night % 60:02d}Z",
                finished_at=f"2026-01-01T00:01:{night % 60:02d}Z",
                mode="audit",
                tool_version="1",
                policy_sha256="0" * 64,
                snapshot_sha256=hashlib.sha256(snapshot.encode()).hexdigest(),
                verdict="compliant",
                counts="{}",
                host="h",
            )
            history.store(
                run,
                snapshot=snapshot,
                report=f"report of {run.id}",
                findings=[_finding(noise.randrange(40)) for _ in range(10)],
                judged=[Judgement(rule_id="r", complete=True)],
            )
            os.write(1, f"{run.id}\n".encode())


def _finding(number: int) -> FindingState:
    return FindingState(
        fingerprint=f"{number:064x}",
        rule_id="r",
        invariant="audit",
        severity="low",
        subject=f"local:file:{number}",
        outcome="fail",
        waived=False,
        message="",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
